/* When and by what people write in the tests of dialogs: a number for SMS, a code for USSD. */
#pragma once

#include "app/dialog/dialog.h"
#include "core/gsm/gsm.h"

#define START 1736143200000 /* 2025-01-06 06:00 UTC */

static const struct config_channel channels[] = {
    {.name = {"at", 2},
     .country = {"KE", 2},
     .from = {"20880", 5},
     .ussd_septets = GSM_USSD_SEPTETS,
     .ussd_ucs2 = GSM_USSD_UCS2,
     .fold = GSM_FOLD_LATIN},
    {.name = {"ussd", 4},
     .country = {"KE", 2},
     .dial_code = {"*384*7#", 7},
     .sms_channel = {"at", 2},
     .ussd_septets = GSM_USSD_SEPTETS,
     .ussd_ucs2 = GSM_USSD_UCS2,
     .fold = GSM_FOLD_LATIN},
};
#define SMS (&channels[0])
#define USSD (&channels[1])

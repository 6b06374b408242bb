/*
 * qr.h: a text as a QR code (libqrencode), for a page that is printed and scanned.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

#define QR_MAX_SIDE 57u /* version 10: some 150 bytes, still easily scanned from paper */

struct qr {
    uint32_t side; /* modules; the four light ones around it are for who draws it */
    bool is_dark[QR_MAX_SIDE * QR_MAX_SIDE];
};

/* ERR_TOO_LONG: it does not fit; ERR_FULL: no memory. *ret is untouched then. */
enum err qr_make(struct str text, struct qr *ret) MUST_CHECK;

/*
 * xlsform.h: the columns of an XLSForm, for xlsform.c, which writes them, and xlsform_read.c.
 */
#pragma once

#include "lab/exchange/format.h"

enum xlsform_column {
    COLUMN_TYPE,
    COLUMN_NAME,
    COLUMN_LABEL,
    COLUMN_REQUIRED,
    COLUMN_RELEVANT,
    COLUMN_CONSTRAINT,
    COLUMN_KIND, /* from here on ours */
    EXCHANGE_COLUMNS(EXCHANGE_COLUMN) N_COLUMNS
};

/* Up to NULL. */
extern const char *const xlsform_headings[N_COLUMNS + 1];

enum xlsform_choice_column {
    CHOICE_LIST,
    CHOICE_NAME,
    CHOICE_LABEL,
    CHOICE_RIGHT,
    CHOICE_FEEDBACK,
    N_CHOICES
};

extern const char *const xlsform_choice_headings[N_CHOICES + 1];

/* Of struct exchange_format. */
void xlsform_read(struct exchange *x, struct str name, struct str text);

/*
 * number_table.h: country calling codes (ITU-T E.164, list of assigned codes) with the possible
 * lengths of fixed and mobile national numbers and the trunk prefix that is dialled before them at
 * home. Lengths are a range on purpose: plans grow, and a volunteer must not be refused for it.
 */
#pragma once

#include "base/str.h"

struct calling_code {
    char code[4];
    char country[3]; /* main country; "" for satellite networks */
    uint8_t min_digits;
    uint8_t max_digits;
    char trunk[3]; /* "0", "8", "1", "06" or "" */
};

/* The code that a number without + begins with; NULL when no country has it. */
const struct calling_code *number_find_code(struct str digits);
/* By ISO 3166-1 alpha-2 code of any country that shares the calling code; NULL when unknown. */
const struct calling_code *number_find_country(struct str country);
/* Country of a number of a shared calling code by its area code, else the main country. */
struct str number_find_region(const struct calling_code *code, struct str national);

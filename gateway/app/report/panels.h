/*
 * panels.h: which reports stand on which page under /report/, under which words. A report is added
 * by a row in panels.c.
 */
#pragma once

#include "app/report/table.h"

struct report_page {
    const char *path; /* below /report/; "" is the first one */
    const char *title;
    const struct report_panel *panels;
    uint32_t n_panels;
};

extern const struct report_page report_pages_list[];
extern const uint32_t report_n_pages;

/* NULL: there is no such page. */
const struct report_page *report_page_find(struct str path);
/* By its id, which no two panels have. NULL: none. */
const struct report_panel *report_panel_find(struct str id);

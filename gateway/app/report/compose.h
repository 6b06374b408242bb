/*
 * compose.h: the frame of the pages under /report/: head, navigation, filters, and the form to sign
 * in; with the files that the build has put into the program.
 */
#pragma once

#include "app/report/panels.h"
#include "base/clock.h"
#include "wire/http/page.h"

/* What stands around the figures. */
struct report_frame {
    const struct report_page *page; /* NULL: the form to sign in, or a word alone */
    const struct report_ask *ask;
    const struct report_choices *values, *organisations, *courses;
    struct str name; /* of who is signed in */
    /* "demo 3, north 0": organisations counted in the background, and how many hours ago; or "". */
    struct str counted;
    struct wall_ms now;
    uint64_t behind_s;      /* how far the writer is behind */
    bool is_writer_away;    /* it does not reach PostgreSQL */
    struct str title, main; /* main: HTML */
};

/* The whole page. */
void report_compose(const struct report_frame *frame, struct buf *out);
/* The form to sign in, for `main`; words: what was wrong, or absent. */
void report_compose_login(struct str words, struct buf *out);
/* "?grain=week&by=all...", as HTML; "" where nothing differs from what is shown anyway. */
void report_add_query(const struct report_ask *ask, struct buf *out);
/* Reads the filters of a query; what is none of the known words is as if it was not said. Texts are
 * in the arena. ERR_INVALID: a day that is none, which would be the whole time if it was not said.
 */
enum err report_read_ask(struct str query, struct arena *arena, struct report_ask *ret) MUST_CHECK;
/* Style, script or library; NULL: no such file. */
const struct page_file *report_file(struct str name);

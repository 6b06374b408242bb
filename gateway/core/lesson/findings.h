/*
 * findings.h: what the lesson parser and checks have to say to an author, as data.
 *
 * Every finding has a place, what is wrong, the text it is about, and what to do. They are
 * collected, not printed one by one, so that an author mends a whole course in one pass; the list
 * is bounded and counts what it had to leave out.
 *
 *     struct lesson_findings *findings = lesson_findings_new(arena);
 *     lesson_findings_add(findings, (struct lesson_finding){.rule = "id-form", .pos = pos, ...});
 *     lesson_findings_print(findings, LESSON_OUTPUT_TEXT, &out);
 */
#pragma once

#include "base/buf.h"
#include "core/course.h"

#define LESSON_FINDINGS_MAX 200u

enum lesson_severity {
    LESSON_SEVERITY_ERROR,
    LESSON_SEVERITY_WARNING,
    LESSON_SEVERITY_HINT /* read it again; it may well be right */
};

struct lesson_finding {
    const char *rule; /* "id-form": a stable name for programs; static */
    enum lesson_severity severity;
    struct source_pos pos;
    struct str what;      /* what is wrong, one sentence without full stop */
    struct str offending; /* the text it is about; may be absent */
    struct str fix;       /* what to do, one sentence without full stop */
};

struct lesson_findings {
    struct arena *arena; /* borrowed; owns the list and is meant for what, offending and fix */
    uint32_t n;
    uint32_t n_errors; /* these three count the left out as well */
    uint32_t n_warnings, n_hints;
    struct lesson_finding list[LESSON_FINDINGS_MAX];
};

/* NULL when the arena is full. */
struct lesson_findings *lesson_findings_new(struct arena *arena);
/* Keeps the finding as it is; its texts must live as long as the arena. */
void lesson_findings_add(struct lesson_findings *findings, struct lesson_finding finding);
/* By file name, line, column; findings of one place stay in the order in which they came. */
void lesson_findings_sort(struct lesson_findings *findings);

enum lesson_output {
    LESSON_OUTPUT_TEXT,   /* file:line:column: error: what [rule], then the text and the fix */
    LESSON_OUTPUT_JSON,   /* one object: {"errors":n,"warnings":n,"hints":n,"findings":[...]} */
    LESSON_OUTPUT_GITHUB, /* ::error file=,line=,col=,title=:: workflow commands */
};

/* Appends all of it. dir is put before each file name with a '/', unless it is empty. */
void lesson_findings_print(const struct lesson_findings *findings, struct str dir,
                           enum lesson_output output, struct buf *out);

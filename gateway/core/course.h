/*
 * course.h: the immutable model of one version of a course, as the engine reads it.
 *
 * Built by core/lesson/parse.h from Markdown files, checked by core/lesson/lesson.h, owned by the
 * arena it was built in, never changed afterwards, and shared by every dialog. All struct str in
 * it live as long as that arena.
 *
 * A course is a list of modules in file order; a module is a list of units in file order; a unit is
 * a lesson (one or more screens) or a question. Ids are stable: they are PO contexts, SQL values
 * and metric labels, [a-z][a-z0-9_]{0,30}, unique in the course.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "core/course_question.h"
#include "core/course_text.h"
#include "core/match/safe.h"

/* Ceilings on what an author controls; one past each is an error with its place. */
#define COURSE_MAX_BYTES (4u << 20) /* all files of one version together */
#define COURSE_MAX_MODULES 64u
#define COURSE_MAX_UNITS 1024u
#define COURSE_MAX_SCORED 128u      /* quiz questions with a right answer: the learner's bitmap */
#define COURSE_MAX_TEST 16u         /* questions of the pre/post test */
#define COURSE_MAX_FORMS 9u         /* equal forms of the test */
#define COURSE_MAX_VARIANTS 64u     /* questions of it that stand in for each other */
#define COURSE_MAX_SCREENS 32u      /* per lesson */
#define COURSE_MAX_TEXT_BYTES 1600u /* one screen, stem, feedback or system text, UTF-8 */
#define COURSE_MAX_LANGUAGES 16u
#define COURSE_ID_BYTES 32 /* with NUL */

enum module_kind {
    MODULE_ROLE,     /* exactly one question, skippable with 0, no right answer */
    MODULE_LESSONS,  /* the course proper, numbered M1, M2 ... in file order */
    MODULE_TEST,     /* asked before as pre-test and after as post-test, no feedback */
    MODULE_SURVEY,   /* optional, at the end */
    MODULE_FOLLOWUP, /* pushed weeks after the end */
};

enum unit_kind { UNIT_STORY, UNIT_LESSON, UNIT_QUESTION };

/* Where something was written, for errors. line and column count from 1, column in characters. */
struct source_pos {
    struct str file;
    uint32_t line;
    uint32_t column;
};

struct unit {
    struct str id;
    struct str title;
    enum unit_kind kind;
    uint16_t module;    /* index in course.modules */
    uint16_t n_screens; /* 0 for questions */
    /* Of a test with forms: which of so many questions that stand in for each other, from 0. */
    uint8_t variant, n_variants;
    const struct str *screens;
    const struct question *question; /* NULL for lessons */
    struct str source;               /* the author's source tag, for reviewers */
    struct source_pos pos;
};

struct module {
    struct str id;
    struct str title;
    struct str summary;     /* for who catches up; absent: none */
    struct str key_message; /* by SMS to who learns by USSD and agrees; absent: none */
    struct str guide; /* of the meeting about it, for facilitators; absent: text_lead_guide alone */
    enum module_kind kind;
    bool is_untranslated; /* of a translated course: these units are in the original language */
    bool is_required;     /* for completing the course; M7 may be optional */
    uint16_t number;      /* 1.. among MODULE_LESSONS, else 0 */
    uint16_t first_unit;  /* index in course.units */
    uint16_t n_units;
    uint16_t n_scored;
    uint8_t n_forms;  /* of a test: so many are equal, one is drawn for each try; 0: all is asked */
    uint16_t n_asked; /* of a test: questions of one form */
};

struct vocabulary;

/* When the next module comes by itself: never, or a week after the one before was begun. A group
 * may have its own (core/cohort.h). */
enum course_pace { COURSE_PACE_OPEN, COURSE_PACE_WEEKLY };

/* Who has finished that module in an earlier major version goes on behind this one in this. */
struct course_moves {
    uint16_t n;
    const struct course_move {
        struct str from, to;
    } * list;
};

struct course {
    struct str id;
    struct str title;
    struct str name;     /* how texts name it: {course} */
    struct str keyword;  /* in normal form: begins it, as JOIN does the first; absent: none */
    struct str after;    /* id of the course that must be finished before; absent: none */
    struct str version;  /* "1.0.0" */
    struct str language; /* "en": of these texts */
    uint32_t key;        /* names id@version in a learner's state; see course_key() */
    uint8_t hash[32];    /* SHA-256 of the files, filled by who publishes or loads */
    uint16_t n_languages;
    const struct str *languages;              /* published languages, BCP 47 codes */
    const struct str *language_names;         /* each in its own script */
    const struct course *const *translations; /* by language; NULL: these texts */
    uint16_t n_modules;
    const struct module *modules;
    uint16_t n_units;
    const struct unit *units;
    uint16_t n_course_modules;                                        /* MODULE_LESSONS only */
    int16_t role_module, test_module, survey_module, followup_module; /* index or -1 */
    uint8_t pass_right; /* post-test answers needed for the certificate */
    uint8_t max_tries;  /* post-test tries */
    uint16_t retake_hours;
    uint16_t effort_hours; /* what the course takes, as its certificate says; 0: an hour a module */
    uint16_t followup_days;  /* after the end; 0 = never */
    enum course_pace pace;   /* OPEN or WEEKLY; a group may have its own */
    const uint16_t *hardest; /* indices of all units, those that are hardest first */
    const uint16_t *by_id;   /* what course_unit looks in (course_index_units); NULL: in the list */
    uint32_t n_by_id;        /* a power of two */
    struct str texts[N_COURSE_TEXTS];
    struct safe_list safe;
    const struct vocabulary *words; /* that people type, of all languages; core/match/words.h */
    struct course_moves moves;      /* from an earlier major version */
};

/* 32-bit FNV-1a of "id@version", never 0; a loader refuses two versions with one key. */
uint32_t course_key(struct str id, struct str version);
/* Of the post-test with so many right answers, in percent, rounded. */
int32_t course_score(const struct course *course, uint32_t n_right);
/* The course in a language, with the same modules and units; itself where it is not offered in it,
 * or where the module of this index (-1: none) is not there in it. */
const struct course *course_in(const struct course *course, struct str lang, int module);
/* From now on course_unit finds in one look; ids and order of the units stay. Without memory it
 * goes through the list as before. */
void course_index_units(struct course *course, struct arena *arena);
/* Is a page in this language read from right to left? */
bool course_is_rtl(struct str lang);
/* NULL when the course has no such unit. */
const struct unit *course_unit(const struct course *course, struct str unit_id);
/* Index of a unit that belongs to this course. */
uint16_t course_unit_index(const struct course *course, const struct unit *unit);

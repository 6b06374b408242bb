/*
 * command.h: the words that mean something everywhere, one row each
 * (docs/course-rules.md 1.3, 6.1).
 *
 * To add a command: a row here, its words in lessons/packs/standard/words-en.md and the files of
 * the other languages, and its function, which core/engine/command.c calls. Columns:
 * - name: also the canonical keyword
 * - key: digits that mean the same on every screen (docs/course-rules.md 1.2 rule 2), or NULL
 * - scope: who may use it
 * - tail: what may stand behind the word
 * - fuzzy: does a near miss count?
 * - everywhere: known in all languages, or only in the learner's and in English
 * - run: the engine's function; NULL where the word is an answer, or reserved
 */
#pragma once

#include <stdbool.h>

enum command_scope {
    SCOPE_ANYBODY, /* in every state */
    SCOPE_MEMBERS, /* of people who are in the course */
    SCOPE_NUMBER,  /* where somebody on the number is */
};

enum command_tail {
    TAIL_COURTESY, /* "next please"; other words make it a sentence that only begins like one */
    TAIL_WORDS,    /* up to three, the command's argument; digits also stuck to it: "join482156" */
    TAIL_CODE,     /* digits in any pieces, and words about a certificate */
    TAIL_ANY,      /* whoever is in danger, or asks, need not be brief */
    TAIL_STOP,     /* what match_is_stop() takes */
    TAIL_LEAVE,    /* a number, "group", what a STOP is about: never "no one behind" */
};

enum command_fuzzy {
    FUZZY_NO,
    FUZZY_YES,  /* where it is the only nearest word */
    FUZZY_WINS, /* also where another word is as near */
};

/* clang-format off */
#define COMMANDS(X)                                                                       \
    /* name    key   scope          tail           fuzzy       everywhere run */          \
    X(JOIN,    NULL, SCOPE_ANYBODY, TAIL_WORDS,    FUZZY_YES,  false, run_join)           \
    X(MENU,    "00", SCOPE_MEMBERS, TAIL_COURTESY, FUZZY_YES,  false, run_menu)           \
    X(NEXT,    "9",  SCOPE_MEMBERS, TAIL_COURTESY, FUZZY_YES,  false, run_next)           \
    X(BACK,    "0",  SCOPE_MEMBERS, TAIL_COURTESY, FUZZY_YES,  false, run_back)           \
    X(REPEAT,  NULL, SCOPE_MEMBERS, TAIL_COURTESY, FUZZY_YES,  false, step_return)        \
    X(SCORE,   NULL, SCOPE_MEMBERS, TAIL_COURTESY, FUZZY_YES,  false, run_score)          \
    X(LANG,    NULL, SCOPE_ANYBODY, TAIL_WORDS,    FUZZY_YES,  false, run_language)       \
    X(HELP,    NULL, SCOPE_ANYBODY, TAIL_COURTESY, FUZZY_YES,  true,  run_help)           \
    X(STOP,    NULL, SCOPE_ANYBODY, TAIL_STOP,     FUZZY_WINS, true,  engine_stop)        \
    X(SAFE,    NULL, SCOPE_ANYBODY, TAIL_ANY,      FUZZY_YES,  true,  run_safe)           \
    X(PAUSE,   NULL, SCOPE_MEMBERS, TAIL_COURTESY, FUZZY_YES,  false, run_pause)          \
    X(REFRESH, NULL, SCOPE_MEMBERS, TAIL_COURTESY, FUZZY_YES,  false, run_refresh)        \
    X(CATCH,   NULL, SCOPE_MEMBERS, TAIL_COURTESY, FUZZY_YES,  false, engine_catch)       \
    X(CERT,    NULL, SCOPE_MEMBERS, TAIL_WORDS,    FUZZY_YES,  false, run_certificate)    \
    X(CHECK,   NULL, SCOPE_ANYBODY, TAIL_CODE,     FUZZY_YES,  false, check_ask)          \
    X(MOVE,    NULL, SCOPE_ANYBODY, TAIL_CODE,     FUZZY_NO,   false, move_run)           \
    X(SWITCH,  NULL, SCOPE_NUMBER,  TAIL_WORDS,    FUZZY_YES,  false, who_switch)         \
    X(GROUP,   NULL, SCOPE_ANYBODY, TAIL_WORDS,    FUZZY_NO,   false, engine_group)       \
    X(COURSES, NULL, SCOPE_ANYBODY, TAIL_COURTESY, FUZZY_NO,   false, run_courses)        \
    X(DELETE,  NULL, SCOPE_ANYBODY, TAIL_WORDS,    FUZZY_NO,   true,  run_delete)         \
    X(MYDATA,  NULL, SCOPE_ANYBODY, TAIL_COURTESY, FUZZY_NO,   false, self_my_data)       \
    X(LEAVE,   NULL, SCOPE_MEMBERS, TAIL_LEAVE,    FUZZY_NO,   false, self_leave)         \
    X(ASK,     NULL, SCOPE_MEMBERS, TAIL_ANY,      FUZZY_NO,   false, ask_run)            \
    X(CLAIM,   NULL, SCOPE_MEMBERS, TAIL_ANY,      FUZZY_NO,   false, ask_claim)          \
    X(YES,     NULL, SCOPE_MEMBERS, TAIL_COURTESY, FUZZY_YES,  false, NULL)               \
    X(NO,      NULL, SCOPE_MEMBERS, TAIL_COURTESY, FUZZY_YES,  false, NULL)
/* clang-format on */

enum command {
    COMMAND_NONE,
#define COMMAND_ENUM(name, key, scope, tail, fuzzy, everywhere, run) COMMAND_##name,
    COMMANDS(COMMAND_ENUM)
#undef COMMAND_ENUM
        N_COMMANDS
};

/* All of a row but its function, which belongs to the engine. */
struct command_row {
    const char *name;
    const char *key;
    enum command_scope scope;
    enum command_tail tail;
    enum command_fuzzy fuzzy;
    bool is_everywhere;
};

const struct command_row *command_row(enum command command);

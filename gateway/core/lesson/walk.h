/*
 * walk.h: an imaginary learner who goes through a course with the engine and a clock that jumps:
 * for the check, the transcript, and tests that look at every screen.
 */
#pragma once

#include "core/engine/engine.h"

struct lesson_walk {
    struct courses courses;
    struct learner learner;
    enum via via;
    uint8_t option; /* chosen wherever there are so many; 0 = the right one */
    uint8_t draw;   /* another one is asked other questions of a test with forms */
    int64_t now_ms, wake_at_ms;
    bool is_shown, is_erase_asked; /* as in struct input */
    bool is_open;                  /* USSD: a session; nothing can be typed without one */
    bool takes_keys;               /* USSD: asks for the key messages, which come by SMS */
    bool was_in_menu;              /* to be asked about them */
    bool is_over;                  /* nothing follows any more */
};

void lesson_walk_begin(struct lesson_walk *walk, const struct course *course, enum via via,
                       uint8_t option);
/* By USSD: the learner agrees to the key messages. */
void lesson_walk_take_keys(struct lesson_walk *walk);
/* What takes the learner on from there, in walk's clock; may end the walk instead. Its text lives
 * in the arena. */
struct input lesson_walk_next(struct lesson_walk *walk, struct arena *arena);
/* Takes a step. Errors are those of engine_step(), and leave the learner where he or she was. */
enum err lesson_walk_step(struct lesson_walk *walk, const struct input *input, struct arena *arena,
                          struct outcome *ret) MUST_CHECK;

/* One SMS, or one page of a USSD text, as a phone gets it. */
struct lesson_said {
    const struct lesson_walk *walk; /* after the step */
    const struct input *input;      /* what brought it */
    enum via via;                   /* of what is said: a push comes by SMS */
    struct str text;
    struct str reply;       /* of which it is a page, as the engine gave it */
    uint32_t page, n_pages; /* from 0; an SMS has one */
    bool is_open;           /* USSD: the session goes on */
    bool is_aside;          /* beside the way through the course */
};

typedef void lesson_said_fn(void *ctx, const struct lesson_said *said);

/* What is walked through, and who is told. */
struct lesson_tour {
    const struct course *course;
    enum via via;
    struct arena *arena, *scratch; /* the second one is reset again and again */
    lesson_said_fn *fn;
    void *ctx;
};

/*
 * Everything that a learner of this course can get by this via, each text once: first the way
 * through it, then what other answers bring, then what stands beside it, which every key, word,
 * redial or dropped session brings at the first place of each kind (at all places: is_everywhere).
 * said->text lives until fn returns. ERR_INVALID: the engine refused a step; ERR_TOO_LONG: the
 * course says more than 65,536 things, or scratch is too small.
 */
enum err lesson_walk_all(const struct lesson_tour *tour, bool is_everywhere) MUST_CHECK;
/* The way through it alone, by right answers. By USSD the learner agrees to the key messages, hangs
 * up where a text ends, once the session had so many screens and something new among them, and
 * dials again. */
enum err lesson_walk_way(const struct lesson_tour *tour, uint32_t screens_a_session) MUST_CHECK;

/*
 * The safeguarding detector with the lists that ship: tests/safe/disclosures.txt must all be
 * noticed; tests/safe/ordinary.txt and everything that the course itself says must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/lesson/parse.h"
#include "core/match/match.h"
#include "port/lesson_files.h"

#define FOLDER "lessons/children-on-the-move"
#define MIN_DISCLOSURES 200
#define MIN_ORDINARY 500
#define SHOWN 40

static struct arena *arena;
static struct arena *scratch;
static const struct course *course;

static int load(void **state)
{
    (void)state;
    struct lesson_file *files = NULL;
    uint32_t n = 0;
    struct errmsg msg = {""};
    arena = arena_new(LESSON_ARENA_BYTES);
    scratch = arena_new(1 << 20);
    if (lesson_files_read(FOLDER, arena, &files, &n, &msg) != ERR_OK ||
        lesson_load(files, n, arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    arena_free(arena);
    arena_free(scratch);
    return 0;
}

static const struct safe_pattern *find(struct str text)
{
    arena_reset(scratch);
    struct str normal = match_normalise(text, scratch);
    const struct safe_pattern *found = match_find_safe(normal, &course->safe, scratch);
    assert_int_equal(arena_error(scratch), ERR_OK);
    return found;
}

/* The first words of a pattern, to find it in its file. */
static void print_pattern(const struct safe_pattern *pattern)
{
    for (uint8_t i = 0; pattern != NULL && i < pattern->n_slots; i++) {
        const struct safe_slot *slot = &pattern->slots[i];
        print_error("%s %.*s%s", slot->has_gap ? " ..." : "", STR_ARG(slot->words[0].text),
                    slot->n_words > 1 ? "/" : "");
    }
    print_error("\n");
}

/* ---- what a pattern finds ---- */

#define WORD(literal) .text = {(literal), sizeof(literal) - 1}
#define SLOT(words_) .words = (words_), .n_words = ARRAY_LEN(words_), .initials = UINT32_MAX

static void test_what_a_pattern_finds(void **state)
{
    (void)state;
    static const struct safe_word beat[] = {{WORD("beat"), .has_tail = true}};
    static const struct safe_word me[] = {{WORD("me")}, {WORD("him")}};
    static const struct safe_word piga[] = {{WORD("piga"), .has_head = true}};
    static const struct safe_word teka[] = {{WORD("teka"), .has_head = true, .has_tail = true}};
    static const struct safe_word strangle[] = {{WORD("stranger")}};
    static const struct safe_word help[] = {{WORD("help")}};
    static const struct safe_word im[] = {{WORD("im")}};
    static const struct safe_word not [] = {{WORD("not")}};
    static const struct safe_word safe[] = {{WORD("safe")}};
    static const struct safe_word at[] = {{WORD("at")}};
    static const struct safe_word knife[] = {{WORD("нож")}};
    static const struct safe_word beats[] = {{WORD("бьет")}};
    static const struct safe_word abducted[] = {{WORD("похитили")}};
    static const struct safe_word chess[] = {{WORD("chess")}};
    static const struct safe_slot beat_me[] = {{SLOT(beat)}, {SLOT(me), .has_gap = true}};
    static const struct safe_slot not_safe[] = {{SLOT(not )}, {SLOT(safe)}};
    static const struct safe_slot at_chess[] = {{SLOT(me)}, {SLOT(at)}, {SLOT(chess)}};
    static const struct safe_slot one[][1] = {
        {{SLOT(piga)}}, {{SLOT(teka)}},  {{SLOT(strangle)}}, {{SLOT(help)}},
        {{SLOT(im)}},   {{SLOT(knife)}}, {{SLOT(beats)}},    {{SLOT(abducted)}}};
    static const struct safe_pattern patterns[] = {
        {beat_me, 2, false}, {not_safe, 2, false}, {one[0], 1, false}, {one[1], 1, false},
        {one[2], 1, false},  {one[3], 1, false},   {one[4], 1, false}, {at_chess, 3, true},
        {one[5], 1, false},  {one[6], 1, false},   {one[7], 1, false}};
    static const struct safe_list list = {patterns, ARRAY_LEN(patterns)};
    static const struct {
        const char *text;
        bool is_found;
    } cases[] = {
        {"beat me", true},
        {"He BEATS him!", true},
        {"beaten by the big old him", true},
        {"beaten by the very big old him", false}, /* five words between */
        {"me beat", false},
        {"upbeat me", false},
        {"beat-me", true},
        {"beat...me", true},
        {"he beats me at chess", false},
        {"he beats me at chess and beats me", true},
        {"not safe", true},
        {"not very safe", false},
        {"safe not", false},
        {"notsafe", false},
        {"alinipiga", true},
        {"pigana", false},
        {"alitekwa", false},
        {"alitekana", true},
        {"stranger", true},
        {"strangr", true},
        {"бьет", true}, /* letters count, not bytes: a short word is exact in every script */
        {"пьет", false},
        {"похители", true},
        {"strannger", true},
        {"strngr", false},
        {"halp", false}, /* short words only exactly */
        {"heeelp", true},
        {"heelp", false},
        {"h3lp", true},
        {"he1p", false},
        {"I'm", true},
        {"I\u2019m", true},
        {"", false},
        {"2", false},
        {"im", false}, /* shorter than any alarm */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        arena_reset(scratch);
        struct str normal = match_normalise(str_from(cases[i].text), scratch);
        if ((match_find_safe(normal, &list, scratch) != NULL) != cases[i].is_found)
            fail_msg("%s", cases[i].text);
    }
    assert_null(match_find_safe(STR("beat me"), &(struct safe_list){NULL, 0}, scratch));
}

/* ---- the lists that ship ---- */

/* What was tried, and what came out wrong. */
struct tally {
    bool is_expected;
    uint32_t n;
    uint32_t n_wrong;
};

static void try_text(struct tally *tally, struct str text)
{
    tally->n++;
    const struct safe_pattern *found = find(text);
    if ((found != NULL) == tally->is_expected || tally->n_wrong++ >= SHOWN)
        return;
    print_error("%s: %.*s", tally->is_expected ? "missed" : "false alarm", STR_ARG(text));
    print_pattern(found);
}

static void try_file(struct tally *tally, const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        struct str text = str_trim(str_from(line));
        if (text.len > 0 && text.p[0] != '#')
            try_text(tally, text);
    }
    assert_int_equal(fclose(file), 0);
}

static void test_disclosures_are_noticed(void **state)
{
    (void)state;
    struct tally tally = {.is_expected = true};
    try_file(&tally, "tests/safe/disclosures.txt");
    assert_in_range(tally.n, MIN_DISCLOSURES, UINT32_MAX);
    assert_int_equal(tally.n_wrong, 0);
}

/* Whole, and sentence by sentence, as somebody may type a part of it. */
static void try_sentences(struct tally *tally, struct str text)
{
    if (text.p == NULL)
        return;
    try_text(tally, text);
    for (struct str rest = text; rest.p != NULL;) {
        struct str sentence = str_trim(str_split(&rest, '.'));
        if (sentence.len > 0 && sentence.len < text.len)
            try_text(tally, sentence);
    }
}

static void try_question(struct tally *tally, const struct question *q)
{
    for (uint8_t i = 0; i < q->n_choices; i++) {
        try_text(tally, q->choices[i].text);
        try_sentences(tally, q->choices[i].feedback);
    }
    for (uint8_t i = 0; i < q->n_accepted; i++)
        try_text(tally, q->accepted[i]);
    try_sentences(tally, q->feedback);
    try_sentences(tally, q->feedback_right);
    try_sentences(tally, q->feedback_wrong);
}

static void test_ordinary_messages_are_no_alarm(void **state)
{
    (void)state;
    struct tally tally = {.is_expected = false};
    try_file(&tally, "tests/safe/ordinary.txt");
    for (uint16_t i = 0; i < course->n_units; i++) {
        const struct unit *unit = &course->units[i];
        if (unit->question != NULL) /* a question itself may speak of harm; nobody types it */
            try_question(&tally, unit->question);
        else
            try_text(&tally, unit->title);
        for (uint16_t k = 0; k < unit->n_screens; k++)
            try_sentences(&tally, unit->screens[k]);
    }
    for (uint16_t i = 0; i < course->n_modules; i++)
        try_text(&tally, course->modules[i].title);
    assert_in_range(tally.n, MIN_ORDINARY, UINT32_MAX);
    assert_int_equal(tally.n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_pattern_finds),
        cmocka_unit_test(test_disclosures_are_noticed),
        cmocka_unit_test(test_ordinary_messages_are_no_alarm),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

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
        cmocka_unit_test(test_disclosures_are_noticed),
        cmocka_unit_test(test_ordinary_messages_are_no_alarm),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

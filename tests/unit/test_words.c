/*
 * The words that learners type as files of a pack and of a course: what a course inherits, what it
 * may take away and what not, and the ceilings. What each word means is test_match.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/lesson/parse.h"
#include "core/match/token.h"
#include "core/match/words.h"
#include "port/lesson_files.h"

static struct arena *arena;
static struct lesson_file files[LESSON_MAX_FILES + 1];
static uint32_t n_files;
static struct errmsg msg;

/* The shipped course; its pack's words only where they are asked for. */
static void read_course(bool has_words)
{
    struct lesson_file *all = NULL;
    uint32_t n = 0;
    struct str lang;
    arena_reset(arena);
    n_files = 0;
    if (lesson_files_read("lessons/children-on-the-move", arena, &all, &n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    for (uint32_t i = 0; i < n; i++) {
        bool is_of_pack = str_starts(all[i].name, STR("packs/"));
        if (has_words || !is_of_pack || !lesson_is_words(all[i].name, &lang))
            files[n_files++] = all[i];
    }
}

static void add_file(const char *name, struct str text)
{
    files[n_files++] = (struct lesson_file){str_from(name), text};
}

static const struct vocabulary *load(void)
{
    const struct course *course = NULL;
    if (lesson_load(files, n_files, arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    return course->words;
}

static void expect_refused(const char *what)
{
    const struct course *course = NULL;
    assert_int_equal(lesson_load(files, n_files, arena, &course, &msg), ERR_INVALID);
    if (strstr(msg.text, what) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", msg.text, what);
}

static enum command command_of(const struct vocabulary *words, const char *text, const char *lang)
{
    return match_command(words, match_normalise(str_from(text), arena), lang).command;
}

static int begin(void **state)
{
    (void)state;
    arena = arena_new(2 * LESSON_ARENA_BYTES);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* A version that was published before packs had words is understood as it always was. */
static void without_files_there_are_those_of_the_standard_pack(void **state)
{
    (void)state;
    read_course(true);
    const struct vocabulary *own = load();
    uint32_t n_rows = own->n_rows;
    uint16_t n_keywords = own->n_keywords;
    read_course(false);
    const struct vocabulary *words = load();
    assert_int_equal(words->n_rows, n_rows);
    assert_int_equal(words->n_keywords, n_keywords);
    assert_true(match_is_stop(words, STR("stop")));
    assert_true(match_is_stop(words, STR("ne m'envoyez plus de messages")));
    assert_int_equal(command_of(words, "далее", "ru"), COMMAND_NEXT);
}

static void a_course_adds_a_language_with_a_file(void **state)
{
    (void)state;
    for (int has_words = 0; has_words < 2; has_words++) { /* beside its pack's, and the built-in */
        read_course(has_words != 0);
        add_file("words-it.md",
                 STR("# command_next: x\n\n- AVANTI\n\n# command_stop: x\n\n- SMETTI\n\n"
                     "# numbers: x\n\n- 2: due\n\n# phrases_stop_whole: x\n\n"
                     "- non voglio -/più messaggi/sms\n"));
        const struct vocabulary *words = load();
        assert_int_equal(command_of(words, "Avanti!", "it"), COMMAND_NEXT);
        assert_int_equal(command_of(words, "avanti", "fr"), COMMAND_NONE);
        assert_int_equal(command_of(words, "avanti", NULL), COMMAND_NEXT);
        assert_string_equal(match_command(words, STR("avanti"), NULL).lang, "it");
        assert_int_equal(command_of(words, "smetti", "ru"), COMMAND_STOP);
        assert_int_equal(match_find_number_word(words, STR("due")), 2);
        assert_true(match_is_stop(words, STR("non voglio sms")));
        assert_true(match_is_stop(words, STR("non voglio piu messaggi")));
        assert_false(match_is_stop(words, STR("non voglio piu")));
        assert_int_equal(command_of(words, "next", "it"), COMMAND_NEXT);
    }
}

static void a_section_of_the_course_replaces_that_of_its_pack(void **state)
{
    (void)state;
    read_course(true);
    add_file("words-en.md", STR("# command_next: x\n\n- ONWARD\n\n# command_stop: x\n\n- WHOA\n"));
    const struct vocabulary *words = load();
    assert_int_equal(command_of(words, "onward", "en"), COMMAND_NEXT);
    assert_int_equal(command_of(words, "next", "en"), COMMAND_NONE);
    assert_int_equal(command_of(words, "suite", "fr"), COMMAND_NEXT);
    /* no course may lose STOP */
    assert_int_equal(command_of(words, "whoa", "en"), COMMAND_STOP);
    assert_int_equal(command_of(words, "stop", "en"), COMMAND_STOP);
    assert_int_equal(command_of(words, "unsubscribe", "en"), COMMAND_STOP);
}

static void a_pack_without_stop_is_not_even_loaded(void **state)
{
    (void)state;
    static const char *const names[] = {"STOP", "HELP", "SAFE", "JOIN"};
    for (size_t missing = 0; missing < ARRAY_LEN(names); missing++) {
        read_course(false);
        struct str text = STR("");
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            if (i != missing)
                text = arena_printf(arena, "%.*s# command_%s: x\n\n- %s\n\n", STR_ARG(text),
                                    names[i], names[i]);
        }
        add_file("packs/standard/words-en.md", text);
        expect_refused(arena_printf(arena, "no English word for %s", names[missing]).p);
    }
}

/* Both languages have it, and neither is told by it. */
static void a_word_of_two_languages(void **state)
{
    (void)state;
    read_course(true);
    add_file("words-it.md", STR("# command_next: x\n\n- POI\n"));
    add_file("words-eo.md", STR("# command_next: x\n\n- POI\n"));
    const struct vocabulary *words = load();
    assert_int_equal(command_of(words, "poi", "it"), COMMAND_NEXT);
    assert_int_equal(command_of(words, "poi", "eo"), COMMAND_NEXT);
    assert_int_equal(command_of(words, "poi", "fr"), COMMAND_NONE);
    assert_string_equal(match_command(words, STR("poi"), NULL).lang, "");
}

/* Answers are read piece by piece: "peut-etre" as one word would stand around none. */
static void words_around_an_answer_are_single_pieces(void **state)
{
    (void)state;
    read_course(true);
    const struct vocabulary *words = load();
    uint32_t n = 0;
    for (uint32_t i = 0; i < words->n_rows; i++) {
        const struct word_row *row = &words->rows[i];
        if (row->kind != WORD_LIST || row->which != WORDS_FILLER)
            continue;
        struct token token = token_next(words, row->text);
        if (!str_eq(token.text, row->text))
            fail_msg("words_filler: %.*s is read as two words", STR_ARG(row->text));
        n++;
    }
    assert_true(n > 100);
}

static struct str n_words(uint32_t n)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_add_str(&out, STR("# words_filler: x\n\n"));
    for (uint32_t i = 0; i < n; i++)
        buf_addf(&out, "%sx%u%s", i % 20 == 0 ? "- " : "", i,
                 i % 20 == 19 || i + 1 == n ? "\n" : ", ");
    struct str text = arena_str(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

static void ceilings(void **state)
{
    (void)state;
    read_course(true);
    uint32_t n_shipped = load()->n_rows;
    for (uint32_t past = 0; past < 2; past++) {
        read_course(true);
        add_file("words-it.md", n_words(WORDS_MAX_ROWS - n_shipped + past));
        if (past == 0)
            assert_int_equal(load()->n_rows, WORDS_MAX_ROWS);
        else
            expect_refused("more than 16000 words");
    }
    for (uint32_t past = 0; past < 2; past++) {
        char phrase[WORDS_MAX_BYTES + 2];
        (void)memset(phrase, 'x', sizeof(phrase));
        phrase[WORDS_MAX_BYTES + past] = '\0';
        read_course(true);
        add_file("words-it.md", arena_printf(arena, "# phrases_stop: x\n\n- %s\n", phrase));
        if (past == 0)
            assert_true(match_is_stop(load(), str_from(phrase)));
        else
            expect_refused("a phrase of more than 800 bytes");
    }
    for (uint32_t past = 0; past < 2; past++) {
        read_course(true);
        uint16_t n = load()->n_langs;
        for (uint32_t i = 0; i < WORDS_MAX_LANGUAGES - n + past; i++)
            add_file(arena_printf(arena, "words-x%u.md", i + 10).p,
                     arena_printf(arena, "# command_next: x\n\n- NEXT%c%c%c\n", 'q',
                                  (char)('a' + i / 26), (char)('a' + i % 26)));
        if (past == 0)
            assert_int_equal(load()->n_langs, WORDS_MAX_LANGUAGES);
        else
            expect_refused("words of more than 32 languages");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_files_there_are_those_of_the_standard_pack),
        cmocka_unit_test(a_course_adds_a_language_with_a_file),
        cmocka_unit_test(a_section_of_the_course_replaces_that_of_its_pack),
        cmocka_unit_test(a_pack_without_stop_is_not_even_loaded),
        cmocka_unit_test(a_word_of_two_languages),
        cmocka_unit_test(words_around_an_answer_are_single_pieces),
        cmocka_unit_test(ceilings),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

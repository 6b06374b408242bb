/*
 * Every screen and SMS that the shipped course can bring, in each of its languages, by the
 * imaginary learner of walk.h, in the state of each place on the way and of what stands beside it:
 * what docs/course-rules.md 1.2 rules 1, 2 and 10 and 1.5 promise of each of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/gsm/gsm.h"
#include "core/lesson/lesson.h"
#include "core/lesson/parse.h"
#include "core/lesson/walk.h"
#include "core/match/command.h"
#include "core/utf8.h"
#include "port/lesson_files.h"

#define COURSE "lessons/children-on-the-move"
#define MENU_LINES 6
#define NEAR_MISS 20u  /* septets over one SMS */
#define SHORT_LINE 80u /* septets: less than that is not worth a key press */
#define SHORT_PAGE 50u

static struct arena *arena, *scratch, *inner;
static const char *const languages[] = {"en", "fr", "es", "ar", "tr", "de", "ru"};
static struct lesson_source source;
static const struct course *course;
static bool is_english, is_ucs2;
static uint32_t n_screens, n_sms, n_keys;

static void fail_screen(const struct lesson_said *said, const char *what)
{
    (void)fprintf(stderr, "> %.*s (%s %s)\n%.*s\n", STR_ARG(said->input->text),
                  learner_state_name(said->walk->learner.state), said->walk->learner.unit,
                  STR_ARG(said->text));
    fail_msg("%s", what);
}

static struct str last_line(struct str text)
{
    size_t from = text.len;
    while (from > 0 && text.p[from - 1] != '\n')
        from--;
    return str_sub(text, from, text.len);
}

static uint32_t count_lines(struct str text)
{
    uint32_t n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] == '\n';
    return n;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A capital letter of Latin or Cyrillic; Arabic has none. */
static bool has_capital(struct str text, size_t at)
{
    int32_t c = at < text.len ? utf8_next(text, &at) : 0;
    return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde) || (c >= 0x410 && c <= 0x42f);
}

/* "00 Menu": the key at the beginning; absent: there is none. */
static struct str key_at(struct str text)
{
    size_t n = 0;
    while (n < text.len && is_digit(text.p[n]))
        n++;
    bool is_key = n > 0 && n <= 2 && n + 1 < text.len && text.p[n] == ' ';
    return is_key ? str_sub(text, 0, n) : STR_NONE;
}

/* ---- single promises ---- */

static void expect_room(const struct lesson_said *said)
{
    struct gsm_size size = gsm_measure(said->text);
    bool is_gsm7 = size.encoding == GSM_ENCODING_GSM7;
    if (is_gsm7 == is_ucs2 || size.units > (is_gsm7 ? GSM_USSD_SEPTETS : GSM_USSD_UCS2))
        fail_screen(said, "longer than a screen");
}

static void expect_key_line(const struct lesson_said *said)
{
    if (said->is_open && key_at(last_line(said->text)).p == NULL)
        fail_screen(said, "no key line");
}

static void expect_short_menu(const struct lesson_said *said)
{
    enum learner_state state = said->walk->learner.state;
    bool is_list = state == LEARNER_STATE_MODULES; /* of as many as there are, without keys */
    bool is_menu = (learner_state_is_side(state) && !is_list) || state == LEARNER_STATE_STOPPED;
    struct str menu = said->text;
    if (said->n_pages == 1) { /* what is said before it is not the menu */
        for (size_t i = 0; i < said->reply.len; i++) {
            if (said->reply.p[i] == '\f' || said->reply.p[i] == '\v')
                menu = str_sub(said->reply, i + 1, said->reply.len);
        }
    }
    if (is_menu && count_lines(menu) > MENU_LINES)
        fail_screen(said, "a menu of more than six lines");
}

/* A command's word in capital letters, but in the course's title, or a request to send one. An
 * e-mail address needs letters: it goes by SMS, and the screen says so. */
static void expect_no_typed_word(const struct lesson_said *said)
{
    static const char *const words[] = {
#define COMMAND_NAME(name, key, scope, tail, fuzzy, everywhere, run) #name,
        COMMANDS(COMMAND_NAME)
#undef COMMAND_NAME
            "Send",
        "Type"};
    for (size_t at = 0; at < said->text.len;) {
        size_t end = at;
        while (end < said->text.len && strchr(" \n.,:;()", said->text.p[end]) == NULL)
            end++;
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
            if (str_eq(str_sub(said->text, at, end), str_from(words[i])) &&
                !str_ends(str_sub(said->text, 0, end), STR("CHILDREN ON THE MOVE")) &&
                !str_ends(str_sub(said->text, 0, end), STR("by SMS send CLAIM")))
                fail_screen(said, "asks for a typed word");
        }
        at = end + 1;
    }
}

static void expect_worth_a_key(const struct lesson_said *said)
{
    if (said->page + 1 == said->n_pages || is_ucs2) /* 70 units are one short line, or two */
        return;
    struct str body = str_sub(said->text, 0, said->text.len - last_line(said->text).len - 1);
    uint32_t units = gsm_measure(body).units;
    if (units < SHORT_PAGE || (units < SHORT_LINE && count_lines(body) == 1))
        fail_screen(said, "one short line and 9 More");
}

/* Presses the key and compares what comes. */
static void expect_key_works(const struct lesson_said *said, struct str key)
{
    struct lesson_walk walk = *said->walk;
    struct input input = {.kind = INPUT_TEXT, .via = VIA_USSD, .text = key};
    arena_reset(inner);
    struct outcome *out = arena_new_array(inner, struct outcome, 1);
    walk.now_ms += 1000;
    n_keys++;
    assert_int_equal(lesson_walk_step(&walk, &input, inner, out), ERR_OK);
    if (out->reply.p == NULL || str_eq(out->reply, said->reply))
        fail_screen(said, arena_printf(inner, "%.*s does nothing", STR_ARG(key)).p);
    for (uint32_t i = 0; i < out->n_events; i++) {
        if (out->events[i].kind == EVENT_unknown_input)
            fail_screen(said, arena_printf(inner, "%.*s is not understood", STR_ARG(key)).p);
    }
}

/* The keys that a line shows: at its beginning, and before each word with a capital letter, but in
 * an option's text. */
static void expect_keys_work(const struct lesson_said *said, struct str line, bool is_last)
{
    bool has_more = is_last || learner_state_is_side(said->walk->learner.state);
    for (size_t at = 0; at < line.len; at++) {
        struct str rest = str_sub(line, at, line.len);
        struct str key = at == 0 || line.p[at - 1] == ' ' ? key_at(rest) : STR_NONE;
        bool is_key = key.p != NULL && (at == 0 || (has_more && has_capital(rest, key.len + 1)));
        bool is_page = said->page + 1 < said->n_pages &&
                       (str_eq(key, STR("9")) || said->page > 0); /* turns it */
        if (is_key && !is_page)
            expect_key_works(said, key);
    }
}

static void expect_all_keys_work(const struct lesson_said *said)
{
    bool is_last = said->page + 1 == said->n_pages;
    struct str rest = said->text;
    for (struct str line; said->is_open && (line = str_split(&rest, '\n')).p != NULL;) {
        if (key_at(line).p != NULL && (is_last || rest.p == NULL))
            expect_keys_work(said, line, rest.p == NULL);
    }
}

static void on_screen(void *ctx, const struct lesson_said *said)
{
    (void)ctx;
    if (said->via != VIA_USSD)
        return;
    n_screens++;
    expect_room(said);
    expect_key_line(said);
    expect_short_menu(said);
    expect_worth_a_key(said);
    expect_all_keys_work(said);
    if (is_english)
        expect_no_typed_word(said); /* of the others test_tongues holds it */
}

/* Lists of as many modules or codes as there are, and what names course and contact, by HELP twice.
 */
static bool has_own_length(const struct lesson_said *said)
{
    enum learner_state state = said->walk->learner.state;
    return state == LEARNER_STATE_MODULES || state == LEARNER_STATE_DONE ||
           str_find(said->text, STR("0000 0000 0013")) != SIZE_MAX;
}

/* One thought just over one SMS, which costs two, is shortened. How short what stands before a
 * question is, test_tongues holds. */
static void expect_no_near_miss(const struct lesson_said *said, struct gsm_size size)
{
    bool is_one = str_find_char(said->reply, '\f') == SIZE_MAX &&
                  str_find_char(said->reply, '\v') == SIZE_MAX;
    if (size.segments == 2 && size.encoding == GSM_ENCODING_GSM7 &&
        size.units <= GSM_SMS_SEPTETS + NEAR_MISS && is_one && !has_own_length(said))
        fail_screen(said, "a few letters too long for one SMS");
}

static void on_sms(void *ctx, const struct lesson_said *said)
{
    (void)ctx;
    n_sms++;
    struct gsm_size size = gsm_measure(said->text);
    uint32_t most = !is_ucs2 ? 2 : has_own_length(said) ? 4 : 3;
    if ((size.encoding == GSM_ENCODING_GSM7) == is_ucs2 || size.segments > most)
        fail_screen(said, "more SMS than two, or three in UCS-2");
    if (str_find(said->text, STR("{")) != SIZE_MAX)
        fail_screen(said, "a word in braces");
    expect_no_near_miss(said, size);
}

/* The course as those have it who learn in this language. */
static void speak(const char *lang)
{
    const struct lesson_source *found = &source;
    is_english = strcmp(lang, "en") == 0;
    is_ucs2 = strcmp(lang, "ar") == 0 || strcmp(lang, "ru") == 0;
    if (!is_english)
        found = lesson_in_language(&source, str_from(lang), arena);
    assert_non_null(found);
    course = &found->course;
    n_screens = n_sms = n_keys = 0;
}

static void each_ussd_screen(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(languages); i++) {
        speak(languages[i]);
        struct lesson_tour tour = {course, VIA_USSD, arena, scratch, on_screen, NULL};
        assert_int_equal(lesson_walk_all(&tour, true), ERR_OK);
        print_message("%s: %u screens, %u keys\n", languages[i], n_screens, n_keys);
        assert_true(n_screens > 1000 && n_keys > 1000);
    }
}

static void each_sms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(languages); i++) {
        speak(languages[i]);
        struct lesson_tour tour = {course, VIA_SMS, arena, scratch, on_sms, NULL};
        assert_int_equal(lesson_walk_all(&tour, true), ERR_OK);
        print_message("%s: %u SMS\n", languages[i], n_sms);
        assert_true(n_sms > 1000);
    }
}

static int setup(void **state)
{
    struct lesson_file *files;
    struct errmsg msg = {""};
    uint32_t n;
    (void)state;
    arena = arena_new(16 * LESSON_ARENA_BYTES);
    scratch = arena_new(LESSON_ARENA_BYTES);
    inner = arena_new(LESSON_ARENA_BYTES);
    struct lesson_findings *findings = lesson_findings_new(arena);
    assert_int_equal(lesson_files_read(COURSE, arena, &files, &n, &msg), ERR_OK);
    return lesson_parse(files, n, arena, findings, &source) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    arena_free(scratch);
    arena_free(inner);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_ussd_screen),
                                       cmocka_unit_test(each_sms)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

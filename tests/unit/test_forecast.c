/*
 * `waypost lessons forecast` against the whole program: a learner who sends what the imaginary one
 * of walk.h sends gets as many SMS, in as many parts, as were forecast; and by USSD as many screens
 * in as many sessions, when he or she hangs up once a session had six, and the key messages of the
 * modules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/course_bundle.h"
#include "core/gsm/gsm.h"
#include "core/lesson/findings.h"
#include "core/lesson/lesson.h"
#include "core/lesson/parse.h"
#include "core/lesson/sample.h"
#include "core/lesson/walk.h"
#include "lab/handset.h"
#include "lab/talk/run.h"
#include "port/lesson_files.h"

#define COURSE "lessons/children-on-the-move"

static struct arena *arena, *scratch;

/* With the address of the forecast's example in place of this world's, which is shorter. */
static struct str as_forecast(struct str text)
{
    struct str url = STR("example.org/course");
    size_t at = str_find(text, url);
    if (at == SIZE_MAX)
        return text;
    struct str before = str_sub(text, 0, at), behind = str_sub(text, at + url.len, text.len);
    return arena_printf(scratch, "%.*s%.*s%.*s", STR_ARG(before),
                        STR_ARG(lesson_sample_context()->url), STR_ARG(behind));
}

static void count_sms(struct talk_world *world, const struct handset *phone,
                      struct lesson_forecast *f)
{
    struct buf got CLEANUP(buf_fini);
    buf_init(&got, 65536);
    while (world->ops->next_sms(world, phone->number, false, &got) == ERR_OK) {
        f->n_sms++;
        f->n_parts += gsm_measure(as_forecast(buf_str(&got))).segments;
        buf_reset(&got);
    }
}

struct learning {
    struct talk_world *world;
    struct handset phone;
    struct lesson_walk walk; /* tells what the learner types */
    struct str join;         /* instead of JOIN: the language is chosen by it */
    struct lesson_forecast f;
    uint32_t n_screens;  /* of the session */
    uint64_t hung_up_at; /* hash of the text */
};

static void get_screens(struct learning *l, uint64_t *ret_hash)
{
    struct talk_response answer;
    struct str text;
    struct buf whole CLEANUP(buf_fini);
    bool is_open;
    buf_init(&whole, 65536);
    for (;;) {
        assert_int_equal(
            l->world->ops->post(l->world, l->phone.path, buf_str(&l->phone.body), 1, &answer),
            ERR_OK);
        assert_int_equal(
            handset_read_screen(&l->phone, answer.status, answer.body, &text, &is_open), ERR_OK);
        l->f.n_screens++;
        l->n_screens++;
        buf_add_str(&whole, text);
        if (str_find(text, STR("\n9 More")) == SIZE_MAX)
            break;
        handset_answer(&l->phone, STR("9"));
        l->f.n_keys++;
    }
    *ret_hash = str_hash(buf_str(&whole));
}

/* Dials or types; hangs up where a text ends, once there were six screens and something new. */
static void use_ussd(struct learning *l, const struct input *input)
{
    uint64_t hash;
    if (input->kind == INPUT_DIAL) {
        handset_dial(&l->phone, STR("*384*7#"));
        l->f.n_sessions++;
        l->n_screens = 0;
    } else {
        handset_answer(&l->phone, input->text);
        l->f.n_keys++;
    }
    get_screens(l, &hash);
    assert_int_equal(l->phone.is_in_session, l->walk.is_open);
    if (l->walk.is_open && l->n_screens >= 6 && hash != l->hung_up_at) {
        l->hung_up_at = hash;
        l->walk.is_open = false;
        assert_true(handset_drop(&l->phone, true, l->world->ops->now(l->world)));
    }
}

static void send_sms(struct learning *l, const struct input *input)
{
    struct talk_response answer;
    struct str text = str_eq(input->text, STR("JOIN")) ? l->join : input->text;
    handset_send_sms(&l->phone, text, l->world->ops->now(l->world));
    l->f.n_sent++;
    assert_int_equal(
        l->world->ops->post(l->world, l->phone.path, buf_str(&l->phone.body), 1, &answer), ERR_OK);
}

static void play(struct talk_world *world, const struct course *course, enum via via,
                 struct str join, struct lesson_forecast *ret)
{
    struct learning l = {.world = world, .join = join};
    lesson_walk_begin(&l.walk, course, via, 0);
    lesson_walk_take_keys(&l.walk);
    handset_init(&l.phone, "+254700000001", "*384*7#", "forecast");
    for (;;) {
        arena_reset(scratch);
        int64_t ms = 20000, before_ms = l.walk.now_ms; /* somebody reads it */
        struct input input = lesson_walk_next(&l.walk, scratch);
        struct outcome *out = arena_new_array(scratch, struct outcome, 1);
        bool is_copy = l.walk.learner.due_sms != 0;
        if (l.walk.is_over)
            break;
        assert_int_equal(lesson_walk_step(&l.walk, &input, scratch, out), ERR_OK);
        if (is_copy)
            ms = MINUTE_MS;
        else if (input.kind == INPUT_TIMER)
            ms = l.walk.now_ms - before_ms + DAY_MS / 2; /* what is pushed comes by day */
        else if (via == VIA_USSD)
            use_ussd(&l, &input);
        else
            send_sms(&l, &input);
        assert_int_equal(world->ops->wait(world, ms), ERR_OK);
        count_sms(world, &l.phone, &l.f);
    }
    handset_fini(&l.phone);
    *ret = l.f;
}

/* The test with two equal forms: each question under a heading of its own, and once more. */
static struct str with_forms(struct str text)
{
    struct str mark = STR("\n## "), kind = STR("\nkind: test\n");
    size_t front = str_find(text, kind) + kind.len, first = str_find(text, STR("\n# "));
    struct buf out;
    buf_init(&out, COURSE_MAX_BYTES);
    buf_addf(&out, "%.*sforms: 2\n%.*s", STR_ARG(str_sub(text, 0, front)),
             STR_ARG(str_sub(text, front, first)));
    struct str rest = str_sub(text, str_find(text, mark) + mark.len, text.len);
    for (unsigned n = 1; rest.p != NULL; n++) {
        size_t end = str_find(rest, mark);
        struct str question = str_sub(rest, 0, end);
        size_t colon = str_find_char(question, ':');
        buf_addf(&out, "\n# form%u: Item\n\n## %.*s\n\n## %.*sb%.*s\n", n, STR_ARG(question),
                 STR_ARG(str_sub(question, 0, colon)),
                 STR_ARG(str_sub(question, colon, question.len)));
        rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + mark.len, rest.len);
    }
    struct str made = arena_str(arena, buf_str(&out));
    buf_fini(&out);
    return made;
}

/* With these languages, as course.md of an author who tries them says it. */
static struct str with_languages(struct str text, const char *langs)
{
    return arena_printf(arena, "---\ntrial_languages: [%s]\n%.*s", langs,
                        STR_ARG(str_sub(text, strlen("---\n"), text.len)));
}

/* lang: NULL is the course's own. */
static void expect_forecast(enum via via, bool has_forms, const char *lang, const char *join)
{
    struct lesson_file *files;
    const struct course *course = NULL;
    struct talk_fast *fast = NULL;
    struct errmsg msg = {""};
    uint32_t n;
    struct buf bundle CLEANUP(buf_fini);
    struct lesson_forecast told, sent = {0};
    arena_reset(arena);
    buf_init(&bundle, COURSE_MAX_BYTES + 65536);
    assert_int_equal(lesson_files_read(COURSE, arena, &files, &n, &msg), ERR_OK);
    for (uint32_t i = 0; i < n && has_forms; i++) {
        if (str_eq(files[i].name, STR("test.md")))
            files[i].text = with_forms(files[i].text);
    }
    for (uint32_t i = 0; i < n && lang != NULL; i++) {
        if (str_eq(files[i].name, STR("course.md")))
            files[i].text = with_languages(files[i].text, lang);
    }
    if (lesson_load(files, n, arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    assert_int_equal(course->modules[course->test_module].n_forms, has_forms ? 2 : 0);
    assert_int_equal(course_bundle_write(files, n, &bundle), ERR_OK);
    struct talk_fast_settings settings = {.profiles_dir = "config/profiles",
                                          .course_name = STR("children-on-the-move@1.0.0"),
                                          .bundle = buf_str(&bundle),
                                          .start = {1736143200000},
                                          .seed = 1};
    assert_int_equal(talk_fast_new(&settings, &fast, &msg), ERR_OK);
    const struct course *in = lang != NULL ? course_in(course, str_from(lang), -1) : course;
    play(talk_fast_world(fast), in, via, str_from(join), &sent);
    talk_fast_free(fast);
    assert_int_equal(lesson_forecast(in, via, arena, scratch, &told), ERR_OK);
    print_message("%u SMS, %u parts, %u of the learner; %u screens, %u keys, %u sessions\n",
                  sent.n_sms, sent.n_parts, sent.n_sent, sent.n_screens, sent.n_keys,
                  sent.n_sessions);
    assert_int_equal(sent.n_sms, told.n_sms);
    assert_int_equal(sent.n_parts, told.n_parts);
    assert_int_equal(sent.n_sent, told.n_sent);
    assert_int_equal(sent.n_screens, told.n_screens);
    assert_int_equal(sent.n_keys, told.n_keys);
    assert_int_equal(sent.n_sessions, told.n_sessions);
}

/* Accents are folded away where that halves the price, as channels do it. */
static void accents_do_not_make_it_dearer(void **state)
{
    (void)state;
    static const struct {
        const char *lang;
        bool is_gsm7;
    } rows[] = {{"fr", true}, {"es", true},  {"tr", true},
                {"de", true}, {"ru", false}, {"ar", false}};
    struct arena *own = arena_new(3 * LESSON_ARENA_BYTES);
    struct lesson_file *files;
    struct lesson_findings *findings = lesson_findings_new(own);
    struct lesson_source source;
    struct errmsg msg = {""};
    uint32_t n;
    assert_int_equal(lesson_files_read(COURSE, own, &files, &n, &msg), ERR_OK);
    assert_int_equal(lesson_parse(files, n, own, findings, &source), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lesson_forecast told;
        const struct lesson_source *in = lesson_in_language(&source, str_from(rows[i].lang), own);
        assert_non_null(in);
        assert_int_equal(lesson_forecast(&in->course, VIA_SMS, own, scratch, &told), ERR_OK);
        assert_int_equal(told.n_ucs2_parts, rows[i].is_gsm7 ? 0 : told.n_parts);
    }
    arena_free(own);
}

static void a_learner_gets_what_was_forecast(void **state)
{
    (void)state;
    expect_forecast(VIA_SMS, false, NULL, "JOIN");
}

static void a_learner_by_ussd_uses_what_was_forecast(void **state)
{
    (void)state;
    expect_forecast(VIA_USSD, false, NULL, "JOIN");
}

/* Accents are folded, and Arabic has parts of its own. */
static void a_learner_of_another_language_gets_what_was_forecast(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *join;
    } rows[] = {{"es", "inicio"}, {"ar", "ابدأ"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("%s: ", rows[i].lang);
        expect_forecast(VIA_SMS, false, rows[i].lang, rows[i].join);
    }
}

/* A course whose modules have no key message asks nobody whether to send it. */
static void a_course_without_key_messages_ends(void **state)
{
    (void)state;
    struct arena *own = arena_new(LESSON_ARENA_BYTES);
    struct lesson_findings *findings = lesson_findings_new(own);
    struct errmsg msg;
    struct lesson_source source;
    struct lesson_file *files;
    struct lesson_forecast told;
    uint32_t n;
    assert_int_equal(lesson_files_read("tests/lessons/water", own, &files, &n, &msg), ERR_OK);
    assert_int_equal(lesson_parse(files, n, own, findings, &source), ERR_OK);
    assert_int_equal(lesson_forecast(&source.course, VIA_USSD, own, scratch, &told), ERR_OK);
    assert_true(told.n_screens > 0);
    assert_int_equal(told.n_sms, 0);
    arena_free(own);
}

/* Whichever form is drawn, when they are as long as each other. */
static void with_equal_forms_as_well(void **state)
{
    (void)state;
    expect_forecast(VIA_SMS, true, NULL, "JOIN");
    expect_forecast(VIA_USSD, true, NULL, "JOIN");
}

int main(void)
{
    arena = arena_new(3 * LESSON_ARENA_BYTES);
    scratch = arena_new(LESSON_ARENA_BYTES);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_learner_gets_what_was_forecast),
        cmocka_unit_test(a_learner_by_ussd_uses_what_was_forecast),
        cmocka_unit_test(a_learner_of_another_language_gets_what_was_forecast),
        cmocka_unit_test(a_course_without_key_messages_ends),
        cmocka_unit_test(accents_do_not_make_it_dearer),
        cmocka_unit_test(with_equal_forms_as_well)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    arena_free(scratch);
    return failed;
}

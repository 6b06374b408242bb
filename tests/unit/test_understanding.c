/*
 * Hundreds of ordinary, odd and hostile messages in every state of a learner, against the rules
 * that must hold whatever is typed (docs/course-rules.md 1.3, 1.7): STOP is obeyed, a disclosure is
 * heard and stands nowhere in clear, nobody is enrolled, brought back or erased by accident.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/engine/engine.h"
#include "core/match/match.h"
#include "port/lesson_files.h"

#define NOW_MS INT64_C(1732433860000)

static struct courses courses;
static struct arena *course_arena, *arena;
static struct outcome out;

static const struct engine_context context = {.org = {"Red Cross", 9},
                                              .url = {"example.org/c", 13},
                                              .code = {"*384*7#", 7},
                                              .emergency = {"999", 3},
                                              .helpline = {"116", 3}};

/* Where learners are: state, place behind it, unit on the screen. */
static const struct place {
    enum learner_state state;
    enum learner_state back;
    const char *unit;
    bool is_member; /* agreed, and did not leave */
} places[] = {
    {LEARNER_STATE_NEW, 0, "", false},
    {LEARNER_STATE_CONSENT, 0, "", false},
    {LEARNER_STATE_LANGUAGE, 0, "", true},
    {LEARNER_STATE_ROLE, 0, "role", true},
    {LEARNER_STATE_PRETEST, 0, "p1", true},
    {LEARNER_STATE_LESSON, 0, "m1l1", true},
    {LEARNER_STATE_QUIZ, 0, "m1q1", true},
    {LEARNER_STATE_QUIZ, 0, "m5q3", true},
    {LEARNER_STATE_MODULE_DONE, 0, "m1q4", true},
    {LEARNER_STATE_POSTTEST, 0, "p2", true},
    {LEARNER_STATE_RETAKE, 0, "", true},
    {LEARNER_STATE_CERTIFIED, 0, "", true},
    {LEARNER_STATE_SURVEY, 0, "", true},
    {LEARNER_STATE_SURVEY, 0, "y1", true},
    {LEARNER_STATE_SURVEY, 0, "y2", true},
    {LEARNER_STATE_SURVEY, 0, "y6", true},
    {LEARNER_STATE_SURVEY, 0, "y8", true},
    {LEARNER_STATE_DONE, 0, "", true},
    {LEARNER_STATE_FOLLOWUP, 0, "w1", true},
    {LEARNER_STATE_MENU, LEARNER_STATE_LESSON, "m1l1", true},
    {LEARNER_STATE_MODULES, LEARNER_STATE_QUIZ, "m1q1", true},
    {LEARNER_STATE_SWITCH_LANGUAGE, LEARNER_STATE_SURVEY, "y8", true},
    {LEARNER_STATE_RESUME, LEARNER_STATE_POSTTEST, "p3", true},
    {LEARNER_STATE_STOPPED, LEARNER_STATE_NEW, "", false},
    {LEARNER_STATE_STOPPED, LEARNER_STATE_SURVEY, "y8", false},
    {LEARNER_STATE_STOPPED, LEARNER_STATE_QUIZ, "m1q1", false},
    {LEARNER_STATE_DELETED, LEARNER_STATE_NEW, "", false},
    {LEARNER_STATE_DELETED, LEARNER_STATE_STOPPED, "", false}, /* and STOP was confirmed */
};

static const char *const stops[] = {"stop",
                                    "STOP!!",
                                    "Stop. Thank you",
                                    "please stop",
                                    "s.t.o.p",
                                    "stooop",
                                    "stpo",
                                    "stp",
                                    "STOPP",
                                    "unsubscribe",
                                    "unsubcribe",
                                    "UNSUB",
                                    "cancel",
                                    "quit",
                                    "END",
                                    "halt",
                                    "remove",
                                    "revoke",
                                    "optout",
                                    "td",
                                    "arret",
                                    "baja",
                                    "salir",
                                    "basta",
                                    "abbrechen",
                                    "sair",
                                    "sitisha",
                                    "acha",
                                    "стоп",
                                    "CTO\u041f",
                                    "توقف",
                                    "I want to stop now",
                                    "leave me alone",
                                    "no more",
                                    "enough",
                                    "remove my number",
                                    "please cancel my subscription",
                                    "stop sending me messages",
                                    "ne m'envoyez plus",
                                    "stop\n-- \nAnna",
                                    "ＳＴＯＰ",
                                    "ST\u041eP",
                                    "\u200fstop\u200f",
                                    "do not send me messages",
                                    "dont send again",
                                    "no messages",
                                    "i dont want messages",
                                    "I don't want this anymore",
                                    "wrong number",
                                    "remove my data",
                                    "end course",
                                    "stopped",
                                    "2 stop",
                                    "stop 1",
                                    "arrêtez",
                                    "deja de enviarme mensajes",
                                    "não quero mais",
                                    "الغاء",
                                    "خلاص",
                                    "отмена",
                                    "sitaki",
                                    "wacha",
                                    "aufhören",
                                    "nie wieder",
                                    "çık",
                                    "durdur"};

/* Odd and hostile, on top of tests/safe/ordinary.txt. */
static const char *const odd[] = {"",
                                  " ",
                                  "\n",
                                  "\t\t",
                                  "\x01",
                                  "\x7f",
                                  "\xff",
                                  "\xff\xfe",
                                  "\xc3",
                                  "\xed\xa0\x80",
                                  "a\xffz",
                                  "?",
                                  "!!!",
                                  "...",
                                  "*",
                                  "#",
                                  "*#",
                                  "**",
                                  "*384*7#",
                                  "*384#1",
                                  "\U0001f44d",
                                  "\u200b",
                                  "\ufeff",
                                  "0",
                                  "00",
                                  "000",
                                  "9",
                                  "99",
                                  "10",
                                  "-1",
                                  "1.5",
                                  "1/2",
                                  "1 2 3",
                                  "123",
                                  "11",
                                  "1e9",
                                  "0x1",
                                  "st0p",
                                  "j0in",
                                  "n0",
                                  "d3lete 1",
                                  "2 or 3",
                                  "both",
                                  "all",
                                  "A",
                                  "В",
                                  "Z",
                                  "zz",
                                  "e",
                                  "i",
                                  "x",
                                  "John",
                                  "jion",
                                  "joim",
                                  "join the army",
                                  "joint",
                                  "coin",
                                  "smart",
                                  "stark",
                                  "restart",
                                  "debut",
                                  "basla",
                                  "inicios",
                                  "commence",
                                  "delet 1",
                                  "dlete 1",
                                  "delete 11",
                                  "delete 2",
                                  "delete one",
                                  "delete",
                                  "efface 1",
                                  "sil 2",
                                  "deleted 1",
                                  "undelete 1",
                                  "please delete 1",
                                  "shop",
                                  "step",
                                  "top",
                                  "stoop",
                                  "atop",
                                  "stopped",
                                  "stopping",
                                  "bus stop",
                                  "non stop",
                                  "same",
                                  "save",
                                  "cafe",
                                  "held",
                                  "text",
                                  "best",
                                  "menus",
                                  "more stories",
                                  "no idea",
                                  "yes but no",
                                  "1 2",
                                  "yes 2",
                                  "no 1",
                                  "agree to disagree",
                                  "ok google",
                                  "null",
                                  "NULL",
                                  "undefined",
                                  "%s%n",
                                  "{org}",
                                  "{{7*7}}",
                                  "<script>alert(1)</script>",
                                  "'; DROP TABLE core.learner; --",
                                  "\\n",
                                  "\\",
                                  "$(reboot)",
                                  "`id`",
                                  "../../etc/passwd",
                                  "http://example.org/x",
                                  "call 0700 123 456",
                                  "+254 700 123456",
                                  "my number is 0700-123-456",
                                  "٠٧٠٠١٢٣٤٥٦",
                                  "4111 1111 1111 1111",
                                  "2\n3",
                                  "2\r\n--\r\nAnna",
                                  "1\nthanks",
                                  "help\n1",
                                  "menu\n2",
                                  "next next next",
                                  "back back",
                                  "safe place",
                                  "is it safe",
                                  "I feel safe now",
                                  "stop the violence",
                                  "stop child labour",
                                  "end violence",
                                  "remove barriers",
                                  "the end of the story",
                                  "quit smoking campaign",
                                  "cancel culture",
                                  "no more questions",
                                  "enough time",
                                  "next week",
                                  "start again tomorrow",
                                  "score 10",
                                  "check in",
                                  "cert please",
                                  "lang",
                                  "language",
                                  "repeat",
                                  "pause",
                                  "catch",
                                  "switch",
                                  "1. but why?",
                                  "2. but why?",
                                  "1) I am a nurse",
                                  "yes, but what does it cost",
                                  "no, not for me",
                                  "the second one",
                                  "last one",
                                  "the middle one",
                                  "none of them",
                                  "2 years ago",
                                  "separatted"};

static int load(void **state)
{
    (void)state;
    struct lesson_file *files = NULL;
    uint32_t n = 0;
    const struct course *course = NULL;
    struct errmsg msg = {""};
    course_arena = arena_new(LESSON_ARENA_BYTES);
    arena = arena_new(1 << 17);
    if (lesson_files_read("lessons/children-on-the-move", course_arena, &files, &n, &msg) !=
            ERR_OK ||
        lesson_load(files, n, course_arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    courses = (struct courses){.list = {course}, .n = 1};
    return 0;
}

static int unload(void **state)
{
    (void)state;
    arena_free(course_arena);
    arena_free(arena);
    return 0;
}

static const char *now_lang = ""; /* of the learner */

static struct learner learner_at(const struct place *place)
{
    struct learner l;
    learner_init(&l);
    if (place->state != LEARNER_STATE_DELETED)
        memset(l.learner_id, 7, sizeof(l.learner_id));
    l.state = place->state;
    l.back = place->back;
    bool has_agreed = place->is_member ||
                      (place->state == LEARNER_STATE_STOPPED && place->back != LEARNER_STATE_NEW);
    if (has_agreed) {
        l.consent_ms = NOW_MS - 1000;
        l.course_key = courses.list[0]->key;
    }
    l.asked_ms = NOW_MS - 1000;
    assert_int_equal(str_copy(str_from(now_lang), l.lang, sizeof(l.lang)), ERR_OK);
    assert_int_equal(str_copy(str_from(place->unit), l.unit, sizeof(l.unit)), ERR_OK);
    return l;
}

static bool is_shown = true; /* did the screen reach the phone? */
static bool is_erase_asked = true;
static const struct place *now_at;
static struct str now_text;

#define FAIL(why)                                                                                  \
    fail_msg("%s, in %s %s: \"%.*s\"", (why), learner_state_name(now_at->state), now_at->unit,     \
             STR_ARG(now_text))

/* One message by SMS in one place; out is the outcome. */
static void say(const struct place *place, struct str text)
{
    struct learner l = learner_at(place);
    struct input input = {.kind = INPUT_TEXT,
                          .via = VIA_SMS,
                          .text = text,
                          .now = {NOW_MS},
                          .is_shown = is_shown,
                          .is_erase_asked = is_erase_asked,
                          .seed = {1}};
    now_at = place;
    now_text = text;
    arena_reset(arena);
    if (engine_step(&courses, &context, &l, &input, arena, &out) != ERR_OK)
        FAIL("no outcome");
}

static const struct event *find_event(enum event_kind kind)
{
    for (uint32_t i = 0; i < out.n_events; i++) {
        if (out.events[i].kind == kind)
            return &out.events[i];
    }
    return NULL;
}

static bool has_digits(struct str text, size_t n)
{
    size_t run = 0;
    for (size_t i = 0; i < text.len && run < n; i++)
        run = text.p[i] >= '0' && text.p[i] <= '9' ? run + 1 : 0;
    return run == n;
}

/* Where a side state returns to. */
static enum learner_state home(const struct place *place)
{
    return learner_state_is_side(place->state) ? place->back : place->state;
}

/* ---- the rules ---- */

static bool is_confirmed_tombstone(const struct place *place)
{
    return place->state == LEARNER_STATE_DELETED && place->back == LEARNER_STATE_STOPPED;
}

/* Does anything else than JOIN leave the place as it is? */
static bool has_left(void)
{
    return now_at->state == LEARNER_STATE_STOPPED || is_confirmed_tombstone(now_at);
}

/* Confirmed once. Of an erased number nothing is recorded. */
static void expect_stopped(void)
{
    bool is_erased = now_at->state == LEARNER_STATE_DELETED;
    if (out.next.state != (is_erased ? LEARNER_STATE_DELETED : LEARNER_STATE_STOPPED))
        FAIL("STOP was not obeyed");
    if ((find_event(EVENT_stopped) != NULL) == has_left() || find_event(EVENT_answered) != NULL)
        FAIL("STOP was recorded wrongly");
    if (str_is_empty(out.reply) != has_left() || out.is_passing != is_erased)
        FAIL("STOP was not confirmed once");
    if (is_erased && (!learner_is_nobody(&out.next) || out.next.back != LEARNER_STATE_STOPPED))
        FAIL("something else was kept of an erased number");
}

static void expect_heard(void)
{
    if (find_event(EVENT_safe_raised) == NULL || out.sealed_text.p == NULL || out.reply.p == NULL)
        FAIL("a disclosure was not heard");
    bool is_new = now_at->state == LEARNER_STATE_DELETED && out.next.state == LEARNER_STATE_NEW;
    if ((out.next.state != home(now_at) && !is_new) ||
        !str_eq(str_from(out.next.unit), str_from(now_at->unit)))
        FAIL("a disclosure moved the learner");
    if (out.next.held_ms != NOW_MS)
        FAIL("a disclosure does not hold pushes back");
    for (uint32_t i = 0; i < out.n_events; i++) {
        bool is_other =
            out.events[i].kind != EVENT_safe_raised && out.events[i].kind != EVENT_contact;
        if (is_other || !str_is_empty(out.events[i].text))
            FAIL("a disclosure was stored in clear, or as something else");
    }
}

/* Rules for messages that are neither. */
static void expect_nothing_by_accident(void)
{
    const struct event *safe = find_event(EVENT_safe_raised);
    struct str norm = match_normalise(now_text, arena);
    struct command_match match = match_command(courses.list[0]->words, norm, NULL);
    bool is_join = match.command == COMMAND_JOIN;
    if (safe != NULL && match.command != COMMAND_SAFE &&
        !match_command_fuzzy(courses.list[0]->words, norm, NULL).is_fuzzy)
        FAIL("a false alarm");
    if (out.is_erased)
        FAIL("erased by accident");
    bool is_agreed = out.next.consent_ms == NOW_MS;
    if (is_agreed &&
        (now_at->state != LEARNER_STATE_CONSENT ||
         (match_agreement(courses.list[0]->words, norm) != AGREEMENT_YES &&
          match_near_agreement(courses.list[0]->words, now_text, norm, arena) != AGREEMENT_YES)))
        FAIL("agreed by accident");
    bool is_back = has_left() && out.next.state != now_at->state && safe == NULL;
    if (is_back && !(is_join && match_is_bare(courses.list[0]->words, match.argument)))
        FAIL("brought back by accident");
    if (find_event(EVENT_answered) != NULL && str_is_empty(str_from(now_at->unit)))
        FAIL("an answer to no question");
    for (uint32_t i = 0; i < out.n_events; i++) {
        if (has_digits(out.events[i].text, 6))
            FAIL("a number was stored");
    }
}

static void test_stop_is_always_obeyed(void **state)
{
    (void)state;
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
            say(&places[p], str_from(stops[i]));
            expect_stopped();
        }
    }
}

/* A message of a file is played at every fourth place, the next one from the place behind:
 * thousands of them at all places would take minutes. What a test names itself is played at all. */
#define PLACES_APART 4u

static size_t first_place;
static size_t places_apart = 1;

/* Calls play for every message of a file; returns how many there are. */
static size_t for_each_line(const char *path, void (*play)(struct str text))
{
    char line[512];
    size_t n = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    places_apart = PLACES_APART;
    while (fgets(line, sizeof(line), file) != NULL) {
        struct str text = str_trim(str_from(line));
        if (text.len == 0 || text.p[0] == '#')
            continue;
        first_place = n++ % PLACES_APART;
        play(text);
    }
    assert_int_equal(fclose(file), 0);
    first_place = 0;
    places_apart = 1;
    return n;
}

static void disclose(struct str text)
{
    for (size_t p = first_place; p < ARRAY_LEN(places); p += places_apart) {
        say(&places[p], text);
        expect_heard();
    }
}

static void test_disclosures_are_always_heard(void **state)
{
    (void)state;
    assert_in_range(for_each_line("tests/safe/disclosures.txt", disclose), 500, SIZE_MAX);
    disclose(STR("SAFE"));
    disclose(STR("2 he beats me"));
    disclose(STR("2\nhe beats me"));
    disclose(STR("help\nhe beats me"));
    disclose(STR("next he has a gun"));
}

static bool is_stop(struct str text)
{
    return match_is_stop(courses.list[0]->words, match_normalise(text, arena));
}

static void is_no_stop(struct str text)
{
    arena_reset(arena);
    bool is_meant = str_eq(text, STR("stop")) || str_eq(text, STR("wrong number"));
    if (is_stop(text) && !is_meant)
        fail_msg("taken for STOP: %.*s", STR_ARG(text));
}

/* "fr: soin": neither a STOP nor near one for a learner of this language. */
static void is_no_stop_there(struct str text)
{
    struct str rest = text, lang = str_split(&rest, ':');
    const struct vocabulary *words = courses.list[0]->words;
    char code[LEARNER_LANG_BYTES];
    if (rest.p == NULL || lang.len != 2) {
        is_no_stop(text);
        return;
    }
    arena_reset(arena);
    assert_int_equal(str_copy(lang, code, sizeof(code)), ERR_OK);
    struct str norm = match_normalise(rest, arena);
    bool is_everyday = match_is_everyday(words, norm, code);
    if ((!is_everyday && match_is_stop(words, norm)) ||
        match_command_fuzzy(words, norm, code).command == COMMAND_STOP)
        fail_msg("taken for STOP: %.*s", STR_ARG(text));
}

static size_t n_missed;

/* Also a near miss, and where any text would be an answer. */
static void leaves(struct str text)
{
    static const char *const where[] = {"m1l1", "m1q1", "y8"};
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        bool is_tried = false;
        for (size_t i = 0; i < ARRAY_LEN(where); i++)
            is_tried = is_tried || (!learner_state_is_side(places[p].state) &&
                                    places[p].is_member && strcmp(places[p].unit, where[i]) == 0);
        if (!is_tried)
            continue;
        say(&places[p], text);
        if (out.next.state != LEARNER_STATE_STOPPED) {
            print_error("not taken for STOP: %.*s (%s)\n", STR_ARG(text), places[p].unit);
            n_missed++;
        }
    }
}

static void test_opt_outs_are_obeyed(void **state)
{
    (void)state;
    assert_in_range(for_each_line("tests/safe/opt-outs.txt", leaves), 600, SIZE_MAX);
    assert_int_equal(n_missed, 0);
    assert_in_range(for_each_line("tests/safe/no-opt-outs.txt", is_no_stop_there), 150, SIZE_MAX);
}

/* Neither what people write nor what they may copy from a question lets them leave. */
static void test_ordinary_texts_are_no_stop(void **state)
{
    (void)state;
    (void)for_each_line("tests/safe/ordinary.txt", is_no_stop);
    for (uint16_t i = 0; i < courses.list[0]->n_units; i++) {
        const struct unit *unit = &courses.list[0]->units[i];
        for (uint16_t k = 0; k < unit->n_screens; k++)
            is_no_stop(unit->screens[k]);
        const struct question *q = unit->question;
        for (uint16_t k = 0; q != NULL && k < q->n_choices; k++)
            is_no_stop(q->choices[k].text);
        if (q != NULL)
            is_no_stop(q->stem);
    }
}

static void play_ordinary(struct str text)
{
    if (is_stop(text))
        return;
    for (size_t p = first_place; p < ARRAY_LEN(places); p += places_apart) {
        say(&places[p], text);
        expect_nothing_by_accident();
    }
}

static void test_nothing_happens_by_accident(void **state)
{
    (void)state;
    assert_in_range(for_each_line("tests/safe/ordinary.txt", play_ordinary), 300, SIZE_MAX);
    for (size_t i = 0; i < ARRAY_LEN(odd); i++)
        play_ordinary(str_from(odd[i]));
    play_ordinary((struct str){"2\0003", 3});
    char longest[5000];
    for (char c = 'a'; c <= 'b'; c++) {
        memset(longest, c == 'a' ? 'a' : '7', sizeof(longest));
        play_ordinary((struct str){longest, sizeof(longest)});
    }
}

/* The long words of STOP, of the learner's language, leave also mistyped. */
static void test_mistyped_stops_leave(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *text;
    } cases[] = {{"es", "detenre"},
                 {"es", "canclear"},
                 {"tr", "itpal"},
                 {"de", "abemlden"},
                 {"de", "abmeldne"},
                 {"de", "abbrechn"},
                 {"ru", "\u0441\u0442\u043e\u043f\u043f"},
                 {"ru", "\u0441\u0442\u043f\u043e"},
                 {"ar", "\u062a\u0648\u0642\u0642\u0641"},
                 {"fr", "areter"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        now_lang = cases[i].lang;
        for (size_t p = 0; p < ARRAY_LEN(places); p++) {
            if (!places[p].is_member)
                continue;
            say(&places[p], str_from(cases[i].text));
            expect_stopped();
        }
    }
    now_lang = "";
}

static void test_delete_one_erases_everywhere(void **state)
{
    (void)state;
    static const char *const texts[] = {"DELETE 1", "delete 1",       "Delete  1.",
                                        "DELETE1",  "delete 1\nAnna", "delete 1 please",
                                        "borrar 1", "effacer 1 svp"};
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
            say(&places[p], str_from(texts[i]));
            bool is_erased = out.is_erased || is_confirmed_tombstone(&places[p]);
            if (!is_erased || out.next.state != LEARNER_STATE_DELETED || out.reply.p == NULL)
                FAIL("not erased");
        }
    }
}

/* And never before it was explained: it brings that, and is no answer either. */
static void test_delete_one_unasked_only_asks(void **state)
{
    (void)state;
    is_erase_asked = false;
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        say(&places[p], STR("DELETE 1"));
        if (is_confirmed_tombstone(&places[p])) /* there is nothing to ask about */
            continue;
        if (out.is_erased || !out.is_erase_asked || find_event(EVENT_answered) != NULL ||
            str_find(out.reply, STR("Send DELETE 1 to erase")) == SIZE_MAX)
            FAIL("not asked");
    }
    is_erase_asked = true;
}

static void test_help_is_always_answered(void **state)
{
    (void)state;
    static const char *const texts[] = {"HELP", "help!", "Help please", "INFO", "aide", "ayuda"};
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
            say(&places[p], str_from(texts[i]));
            if (find_event(EVENT_helped) == NULL || out.reply.p == NULL)
                FAIL("no help");
        }
    }
}

/* 9 and SKIP skip it, thanks and commands are none of its answers. */
static void test_the_open_question_takes_answers_only(void **state)
{
    (void)state;
    const struct place place = {LEARNER_STATE_SURVEY, 0, "y8", true};
    say(&place, STR("9"));
    assert_null(find_event(EVENT_answered));
    assert_int_equal(out.next.state, LEARNER_STATE_DONE);
    static const char *const skips[] = {"skip", "Skip please", "next", "next please"};
    for (size_t i = 0; i < ARRAY_LEN(skips); i++) {
        say(&place, str_from(skips[i]));
        assert_null(find_event(EVENT_answered));
        assert_int_equal(out.next.state, LEARNER_STATE_DONE);
    }
    static const char *const thanks[] = {"ok", "Thanks!", "ok thank you", "merci"};
    for (size_t i = 0; i < ARRAY_LEN(thanks); i++) {
        say(&place, str_from(thanks[i]));
        assert_int_equal(out.n_events, 0);
        assert_int_equal(out.next.state, LEARNER_STATE_SURVEY);
        assert_non_null(out.reply.p);
    }
    static const char *const answers[] = {"delete the quiz", "skip the test", "ok but shorter",
                                          "more time", "thanks to all teachers"};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        say(&place, str_from(answers[i]));
        assert_non_null(find_event(EVENT_answered));
    }
    say(&place, STR("8"));
    assert_non_null(find_event(EVENT_answered));
    say(&place, STR("menu"));
    assert_null(find_event(EVENT_answered));
    assert_int_equal(out.next.state, LEARNER_STATE_MENU);
}

/* No push while nobody has looked after a disclosure; the waiting time is not lost. */
static void test_a_disclosure_holds_pushes_back(void **state)
{
    (void)state;
    const struct place place = {LEARNER_STATE_DONE, 0, "", true};
    struct learner l = learner_at(&place);
    l.ended_ms = NOW_MS - 1;
    struct input input = {.kind = INPUT_TIMER, .now = {NOW_MS}};
    assert_int_equal(engine_step(&courses, &context, &l, &input, arena, &out), ERR_OK);
    input.now.ms = out.wake_at_ms;
    assert_int_equal(engine_step(&courses, &context, &l, &input, arena, &out), ERR_OK);
    assert_int_equal(out.next.state, LEARNER_STATE_FOLLOWUP);
    l.held_ms = NOW_MS - 1000;
    assert_int_equal(engine_step(&courses, &context, &l, &input, arena, &out), ERR_OK);
    assert_int_equal(out.next.state, LEARNER_STATE_DONE);
    assert_int_equal(out.next.ended_ms, NOW_MS - 1);
    assert_int_equal(out.wake_at_ms, 0);
    assert_null(out.reply.p);
    /* Who has not agreed gets no push anyway, and is forgotten in time. */
    const struct place new = {LEARNER_STATE_NEW, 0, "", false};
    l = learner_at(&new);
    l.ended_ms = NOW_MS - 1;
    l.held_ms = NOW_MS - 1000;
    assert_int_equal(engine_step(&courses, &context, &l, &input, arena, &out), ERR_OK);
    assert_true(out.is_erased);
    /* And who left without having agreed. */
    const struct place left = {LEARNER_STATE_STOPPED, LEARNER_STATE_NEW, "", false};
    l = learner_at(&left);
    l.ended_ms = NOW_MS - 1;
    assert_int_equal(engine_step(&courses, &context, &l, &input, arena, &out), ERR_OK);
    assert_true(out.is_erased);
}

/* What did not reach the phone is no question: but STOP and a disclosure need none. */
static void test_the_rules_hold_for_what_was_not_shown(void **state)
{
    is_shown = false;
    test_stop_is_always_obeyed(state);
    test_delete_one_erases_everywhere(state);
    test_help_is_always_answered(state);
    disclose(STR("raped 2 times"));
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        static const char *const texts[] = {"1", "2", "9", "yes", "ok", "more", "a text"};
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
            say(&places[p], str_from(texts[i]));
            expect_nothing_by_accident();
            if (find_event(EVENT_answered) != NULL || out.next.consent_ms == NOW_MS)
                FAIL("an answer to what was not shown");
        }
    }
    is_shown = true;
}

/* Every placeholder that a text may have, behind the number of the text. */
static struct str all_placeholders(enum course_text text)
{
    char words[128], out_text[256];
    bool is_on_ussd = str_starts(str_from(course_text_name(text)), STR("ussd_"));
    (void)snprintf(words, sizeof(words), "%s%s", course_text_placeholders(text),
                   is_on_ussd ? " code" : "");
    int n = snprintf(out_text, sizeof(out_text), "<%d>", (int)text);
    for (char *rest = words, *word; (word = strtok_r(rest, " ", &rest)) != NULL;)
        n += snprintf(out_text + n, sizeof(out_text) - (size_t)n, " {%s}", word);
    return arena_str(course_arena, str_from(out_text));
}

/* Whatever is said where, and however little the configuration tells: no brace reaches a phone. */
static void test_every_placeholder_is_filled(void **state)
{
    (void)state;
    static const char *const texts[] = {"1",      "2",    "3",    "4",    "5",    "6",
                                        "7",      "9",    "0",    "22",   "HELP", "SCORE",
                                        "NEXT",   "BACK", "MENU", "LANG", "SAFE", "STOP",
                                        "DELETE", "CERT", "JOIN", "zzz",  "1 2",  "no"};
    static const struct engine_context bare;
    struct engine_context full = context;
    full.contact = full.staffed = full.voice = full.cost = STR("x");
    bool is_said[N_COURSE_TEXTS] = {false};
    struct course course = *courses.list[0];
    const struct courses all = {.list = {&course}, .n = 1};
    for (int i = 0; i < N_COURSE_TEXTS; i++)
        course.texts[i] = all_placeholders((enum course_text)i);
    const size_t n_kinds = 5, n_texts = ARRAY_LEN(texts);
    for (size_t i = 0; i < ARRAY_LEN(places) * n_texts * n_kinds * 2 * 2 * 2; i++) {
        size_t k = i / n_texts / n_kinds;
        struct input input = {.kind = (enum input_kind)(i / n_texts % n_kinds),
                              .via = k % 2 == 0 ? VIA_SMS : VIA_USSD,
                              .text = str_from(texts[i % n_texts]),
                              .now = {NOW_MS},
                              .is_shown = true};
        struct learner l = learner_at(&places[k / 8]);
        bool is_good = k / 4 % 2 != 0;
        l.n_unknown = is_good ? 0 : 2;
        l.test_right = is_good ? 7 : 0;
        l.certificate = is_good ? 1 : 0;
        l.post_tries = 1;
        if (l.state == LEARNER_STATE_POSTTEST)
            memcpy(l.unit, "p7", sizeof("p7"));
        arena_reset(arena);
        enum err e = engine_step(&all, k / 2 % 2 == 0 ? &full : &bare, &l, &input, arena, &out);
        assert_int_equal(e, ERR_OK);
        if (str_find_char(out.reply, '{') != SIZE_MAX)
            fail_msg("\"%s\" brings %.*s", texts[i % n_texts], STR_ARG(out.reply));
        for (int t = 0; t < N_COURSE_TEXTS; t++) {
            char mark[16];
            (void)snprintf(mark, sizeof(mark), "<%d>", t);
            is_said[t] |= str_find(out.reply, str_from(mark)) != SIZE_MAX;
        }
    }
    unsigned n_said = 0;
    for (int t = 0; t < N_COURSE_TEXTS; t++)
        n_said += is_said[t];
    assert_in_range(n_said, 80, N_COURSE_TEXTS); /* or it would prove little */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop_is_always_obeyed),
        cmocka_unit_test(test_disclosures_are_always_heard),
        cmocka_unit_test(test_opt_outs_are_obeyed),
        cmocka_unit_test(test_ordinary_texts_are_no_stop),
        cmocka_unit_test(test_nothing_happens_by_accident),
        cmocka_unit_test(test_mistyped_stops_leave),
        cmocka_unit_test(test_delete_one_erases_everywhere),
        cmocka_unit_test(test_delete_one_unasked_only_asks),
        cmocka_unit_test(test_help_is_always_answered),
        cmocka_unit_test(test_the_open_question_takes_answers_only),
        cmocka_unit_test(test_a_disclosure_holds_pushes_back),
        cmocka_unit_test(test_the_rules_hold_for_what_was_not_shown),
        cmocka_unit_test(test_every_placeholder_is_filled),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

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

/* All languages are tried, as course.md of an author who tries them says it. */
static void try_all_languages(struct lesson_file *files, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(files[i].name, STR("course.md")))
            files[i].text =
                arena_printf(arena, "---\ntrial_languages: [fr, es, ar, tr, de, ru]\n%.*s",
                             STR_ARG(str_sub(files[i].text, strlen("---\n"), files[i].text.len)));
    }
}

static int load(void **state)
{
    (void)state;
    struct lesson_file *files = NULL;
    uint32_t n = 0;
    struct errmsg msg = {""};
    arena = arena_new(2 * LESSON_ARENA_BYTES);
    scratch = arena_new(1 << 20);
    if (lesson_files_read(FOLDER, arena, &files, &n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    try_all_languages(files, n);
    if (lesson_load(files, n, arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    assert_int_equal(course->n_languages, 7);
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
#define SLOT(words_) .words = (words_), .n_words = ARRAY_LEN(words_)

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
    static const struct safe_word guard[] = {{WORD("guard")}};
    static const struct safe_word girls[] = {{WORD("girls")}, {WORD("guard")}};
    static const struct safe_word tent[] = {{WORD("tent")}};
    static const struct safe_word story[] = {{WORD("story")}};
    static const struct safe_word of[] = {{WORD("of")}};
    static const struct safe_word hikaye[] = {{WORD("hikayesi")}};
    static const struct safe_word mine[] = {{WORD("mine")}};
    static const struct safe_slot story_of[] = {{SLOT(story)}, {SLOT(of)}};
    static const struct safe_slot beat_me[] = {{SLOT(beat)}, {SLOT(me), .has_gap = true}};
    static const struct safe_slot not_safe[] = {{SLOT(not )}, {SLOT(safe)}};
    static const struct safe_slot apart[] = {
        {SLOT(guard)}, {SLOT(girls), .is_apart = true}, {SLOT(tent), .is_apart = true}};
    static const struct safe_slot at_chess[] = {{SLOT(me)}, {SLOT(at)}, {SLOT(chess)}};
    static const struct safe_slot one[][1] = {
        {{SLOT(piga)}},  {{SLOT(teka)}},  {{SLOT(strangle)}}, {{SLOT(help)}},   {{SLOT(im)}},
        {{SLOT(knife)}}, {{SLOT(beats)}}, {{SLOT(abducted)}}, {{SLOT(hikaye)}}, {{SLOT(mine)}}};
    static struct safe_pattern patterns[] = {
        {beat_me, 2, SAFE_ALARM, 0},  {not_safe, 2, SAFE_ALARM, 0},    {one[0], 1, SAFE_ALARM, 0},
        {one[1], 1, SAFE_ALARM, 0},   {one[2], 1, SAFE_ALARM, 0},      {one[3], 1, SAFE_ALARM, 0},
        {one[4], 1, SAFE_ALARM, 0},   {at_chess, 3, SAFE_ORDINARY, 0}, {one[5], 1, SAFE_ALARM, 0},
        {apart, 3, SAFE_ALARM, 0},    {one[6], 1, SAFE_ALARM, 0},      {one[7], 1, SAFE_ALARM, 0},
        {story_of, 2, SAFE_ABOUT, 0}, {one[8], 1, SAFE_ABOUT_IT, 0},   {one[9], 1, SAFE_OWN, 0}};
    struct safe_list list = {.patterns = patterns, .n = ARRAY_LEN(patterns)};
    list.index = safe_index_new(&list, arena);
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
        {"the story of one who beat me", false},
        {"they beat me, the story of one", true},
        {"the story of a b c d e f g h beat me", false}, /* ten words belong to it */
        {"the story of a b c d e f g h i j beat me", true},
        {"the story of one who beat me is mine", true},
        {"the story I know: he beat me", true},
        {"beat me hikayesi", false},
        {"hikayesi beat me", true},
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
        {"guard girls tent", true},
        {"in the tent of the girls there was a guard", true},
        {"the guard has a tent", false}, /* no word counts for two */
        {"the guard of the guard has a tent", true},
        {"girls a b c d e f g h i j k l m tent guard", true},
        {"girls a b c d e f g h i j k l m n o p tent guard", false}, /* too far from each other */
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
    assert_null(match_find_safe(STR("beat me"), &(struct safe_list){0}, scratch));
}

/* ---- the lists that ship ---- */

/* What was tried, and what came out wrong. */
struct tally {
    bool is_expected;
    bool is_whole; /* whole texts, too, not only their sentences */
    bool is_blind; /* nobody is to read them: only counted */
    uint32_t n;
    uint32_t n_wrong;
};

static void try_text(struct tally *tally, struct str text)
{
    tally->n++;
    const struct safe_pattern *found = find(text);
    if ((found != NULL) == tally->is_expected || tally->n_wrong++ >= SHOWN || tally->is_blind)
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

/* Messages by which the lists were last changed, all of a kind that the older ones hardly have. */
static void test_of_messages_of_the_last_change(void **state)
{
    (void)state;
    struct tally told = {.is_expected = true}, ordinary = {.is_expected = false};
    try_file(&told, "tests/safe/development-disclosures.txt");
    try_file(&ordinary, "tests/safe/development-ordinary.txt");
    print_message("development: noticed %u of %u, false alarms %u of %u\n", told.n - told.n_wrong,
                  told.n, ordinary.n_wrong, ordinary.n);
    assert_in_range(told.n, 380, UINT32_MAX);
    assert_in_range(ordinary.n, 330, UINT32_MAX);
    assert_int_equal(told.n_wrong, 0);
    assert_in_range(ordinary.n_wrong * 100 / ordinary.n, 0, 5);
}

/* Messages that no pattern was written for: what is noticed of these may be expected of others. As
 * many as are noticed today must stay so; false alarms are at most a few. */
static void test_of_messages_held_out(void **state)
{
    (void)state;
    struct tally told = {.is_expected = true, .is_blind = true};
    struct tally ordinary = {.is_expected = false, .is_blind = true};
    try_file(&told, "tests/safe/held-out-disclosures.txt");
    try_file(&ordinary, "tests/safe/held-out-ordinary.txt");
    print_message("held out: noticed %u of %u, false alarms %u of %u\n", told.n - told.n_wrong,
                  told.n, ordinary.n_wrong, ordinary.n);
    assert_in_range(told.n, 185, UINT32_MAX);
    assert_in_range(ordinary.n, 185, UINT32_MAX);
    assert_in_range(told.n_wrong * 100 / told.n, 0, 8);
    assert_in_range(ordinary.n_wrong * 100 / ordinary.n, 0, 3);
}

/* The weights know the messages that they were learned from, and those of the same kind that were
 * put apart before. */
static void test_of_messages_learned_from(void **state)
{
    (void)state;
    struct tally told = {.is_expected = true, .is_blind = true};
    struct tally ordinary = {.is_expected = false, .is_blind = true};
    struct tally told_apart = told, ordinary_apart = ordinary;
    try_file(&told, "tests/safe/learned-disclosures.txt");
    try_file(&ordinary, "tests/safe/learned-ordinary.txt");
    try_file(&told_apart, "tests/safe/apart-disclosures.txt");
    try_file(&ordinary_apart, "tests/safe/apart-ordinary.txt");
    print_message("learned: noticed %u of %u, false alarms %u of %u\n", told.n - told.n_wrong,
                  told.n, ordinary.n_wrong, ordinary.n);
    print_message("put apart: noticed %u of %u, false alarms %u of %u\n",
                  told_apart.n - told_apart.n_wrong, told_apart.n, ordinary_apart.n_wrong,
                  ordinary_apart.n);
    assert_in_range(told.n, 1100, UINT32_MAX);
    assert_in_range(told.n_wrong * 100 / told.n, 0, 1);
    assert_in_range(ordinary.n_wrong * 100 / ordinary.n, 0, 5);
    assert_int_equal(told_apart.n, 322);
    assert_in_range(told_apart.n_wrong, 0, 38);
    assert_in_range(ordinary_apart.n_wrong, 0, 16);
}

/* Of every five messages of the last change, one was drawn by a hash and kept for this. */
static void test_of_fresh_messages(void **state)
{
    (void)state;
    struct tally told = {.is_expected = true, .is_blind = true}, ordinary = {.is_blind = true};
    try_file(&told, "tests/safe/fresh-disclosures.txt");
    try_file(&ordinary, "tests/safe/fresh-ordinary.txt");
    print_message("fresh: missed %u of %u, false alarms %u of %u\n", told.n_wrong, told.n,
                  ordinary.n_wrong, ordinary.n);
    assert_int_equal(told.n, 383);
    assert_int_equal(ordinary.n, 603);
    assert_in_range(told.n_wrong, 0, 22);
    assert_in_range(ordinary.n_wrong, 0, 95);
}

/* Every second of the messages that were written for the weights; the other half is learned from.
 */
static void test_of_unseen_messages(void **state)
{
    (void)state;
    struct tally told = {.is_expected = true, .is_blind = true}, ordinary = {.is_blind = true};
    try_file(&told, "tests/safe/unseen-disclosures.txt");
    try_file(&ordinary, "tests/safe/unseen-ordinary.txt");
    print_message("unseen: missed %u of %u, false alarms %u of %u\n", told.n_wrong, told.n,
                  ordinary.n_wrong, ordinary.n);
    assert_int_equal(told.n, 737);
    assert_int_equal(ordinary.n, 1233);
    assert_in_range(told.n_wrong, 0, 110);
    assert_in_range(ordinary.n_wrong, 0, 290);
}

/* The figures to expect of real messages. The ordinary ones speak of harm, or nearly; most answers
 * do not. No worse from here on. */
static void test_of_messages_nobody_looked_at(void **state)
{
    (void)state;
    struct tally told = {.is_expected = true, .is_blind = true};
    struct tally ordinary = {.is_expected = false, .is_blind = true};
    try_file(&told, "tests/safe/blind-disclosures.txt");
    try_file(&ordinary, "tests/safe/blind-ordinary.txt");
    print_message("blind: noticed %u of %u, false alarms %u of %u\n", told.n - told.n_wrong, told.n,
                  ordinary.n_wrong, ordinary.n);
    assert_int_equal(told.n, 200);
    assert_int_equal(ordinary.n, 120);
    assert_in_range(told.n_wrong, 0, 37);
    assert_in_range(ordinary.n_wrong, 0, 18);
}

/* Sentences of the course that are an alarm all the same. */
static const struct exception {
    const char *sentence, *reason;
} exceptions[] = {
    {"Tehlikede: TEHLİKE", "the word SAFE itself"},
    {"В опасности: ОПАСНОСТЬ", "the same"},
    {"Send a number, or HELP", "who sends this word calls for help; nobody types the sentence"},
    {"ruft die Polizei", "a cry for help; as an option of the question it is an answer"},
    {"1 nicht sicher ... 5 sehr sicher", "says that somebody is not safe"},
    {"Und VOR dem Kurs? 1 nicht sicher ... 5 sehr sicher", "the same"},
};

static bool is_exception(struct str sentence)
{
    for (size_t i = 0; i < ARRAY_LEN(exceptions); i++) {
        if (str_eq(sentence, str_from(exceptions[i].sentence)))
            return true;
    }
    return false;
}

/* Line by line and sentence by sentence, as somebody may type a part of it; an English text whole
 * as well. */
static void try_sentences(struct tally *tally, struct str text)
{
    bool is_english = text.p != NULL && tally->is_whole;
    if (is_english)
        try_text(tally, text);
    for (struct str rest = text; rest.p != NULL;) {
        for (struct str line = str_split(&rest, '\n'); line.p != NULL;) {
            struct str sentence = str_trim(str_split(&line, '.'));
            if (sentence.len > 0 && sentence.len < text.len + !is_english &&
                !is_exception(sentence))
                try_text(tally, sentence);
        }
    }
}

static void try_question(struct tally *tally, const struct question *q)
{
    for (uint8_t i = 0; i < q->n_choices; i++) {
        if (!is_exception(q->choices[i].text))
            try_text(tally, q->choices[i].text);
        try_sentences(tally, q->choices[i].feedback);
    }
    for (uint8_t i = 0; i < q->n_accepted; i++)
        try_text(tally, q->accepted[i]);
    try_sentences(tally, q->feedback);
    try_sentences(tally, q->feedback_right);
    try_sentences(tally, q->feedback_wrong);
}

static void try_course(struct tally *tally, const struct course *c)
{
    for (uint16_t i = 0; i < c->n_units; i++) {
        const struct unit *unit = &c->units[i];
        if (unit->question != NULL) /* a question itself may speak of harm; nobody types it */
            try_question(tally, unit->question);
        else
            try_text(tally, unit->title);
        for (uint16_t k = 0; k < unit->n_screens; k++)
            try_sentences(tally, unit->screens[k]);
    }
    for (uint16_t i = 0; i < c->n_modules; i++)
        try_text(tally, c->modules[i].title);
}

/* The answer to a disclosure speaks of danger, and nobody types it. */
static bool is_of_danger(enum course_text which, struct str text)
{
    return str_starts(str_from(course_text_name(which)), STR("safe")) ||
           str_starts(str_from(course_text_name(which)), STR("ussd_safe")) ||
           which == COURSE_TEXT_emergency_none || str_find(text, STR("{emergency}")) != SIZE_MAX;
}

static void test_ordinary_messages_are_no_alarm(void **state)
{
    (void)state;
    struct tally tally = {.is_expected = false, .is_whole = true};
    try_file(&tally, "tests/safe/ordinary.txt");
    try_course(&tally, course);
    assert_in_range(tally.n, MIN_ORDINARY, UINT32_MAX);
    assert_int_equal(tally.n_wrong, 0);
}

static void test_what_the_course_says_is_no_alarm_in_any_language(void **state)
{
    (void)state;
    uint32_t n_wrong = 0;
    for (uint16_t lang = 0; lang < course->n_languages; lang++) {
        struct tally tally = {.is_expected = false};
        const struct course *c = course_in(course, course->languages[lang], -1);
        try_course(&tally, c);
        for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
            if (!is_of_danger((enum course_text)i, c->texts[i]))
                try_sentences(&tally, c->texts[i]);
        }
        assert_in_range(tally.n, MIN_ORDINARY, UINT32_MAX);
        n_wrong += tally.n_wrong;
    }
    assert_int_equal(n_wrong, 0);
}

/* ---- what it is about ---- */

static void check_kind(const char *path, bool is_psea, enum safe_kind kind)
{
    char line[512];
    uint32_t n = 0, n_wrong = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        struct str text = str_trim(str_from(line));
        if (text.len == 0 || text.p[0] == '#')
            continue;
        const struct safe_pattern *found = find(text);
        struct str normal = match_normalise(text, scratch);
        bool is_good = found != NULL && found->kind == kind &&
                       match_says_safe(normal, &course->safe, SAFE_PSEA, scratch) == is_psea;
        if (!is_good)
            print_error("%s: %.*s\n", path, STR_ARG(text));
        n_wrong += !is_good;
        n++;
    }
    assert_int_equal(fclose(file), 0);
    assert_in_range(n, 30, UINT32_MAX);
    assert_int_equal(n_wrong, 0);
}

static void test_what_a_disclosure_is_about(void **state)
{
    (void)state;
    check_kind("tests/safe/psea.txt", true, SAFE_ALARM);
    check_kind("tests/safe/not-psea.txt", false, SAFE_ALARM);
    check_kind("tests/safe/suicide.txt", false, SAFE_SUICIDE);
}

/* ---- the index ---- */

/* The n-th word of each place; a place of fewer words begins anew. */
static struct str written_out(const struct safe_pattern *pattern, uint32_t n, struct buf *out)
{
    buf_reset(out);
    for (uint8_t k = 0; k < pattern->n_slots; k++) {
        if (k > 0)
            buf_add_char(out, ' ');
        buf_add_str(out, pattern->slots[k].words[n % pattern->slots[k].n_words].text);
    }
    return buf_str(out);
}

/* What the index leaves out would be missed: each word of each place is looked for. */
static void test_each_pattern_finds_its_own_words(void **state)
{
    (void)state;
    struct buf text CLEANUP(buf_fini);
    uint32_t n_tried = 0, n_wrong = 0;
    buf_init(&text, 4096);
    for (uint16_t i = 0; i < course->safe.n; i++) {
        const struct safe_pattern *pattern = &course->safe.patterns[i];
        uint16_t n = 0;
        for (uint8_t k = 0; k < pattern->n_slots; k++)
            n = pattern->slots[k].n_words > n ? pattern->slots[k].n_words : n;
        for (uint16_t k = 0; k < n; k++, n_tried++) {
            arena_reset(scratch);
            if (match_says_safe(written_out(pattern, k, &text), &course->safe, pattern->kind,
                                scratch))
                continue;
            n_wrong++;
            print_error("missed: %.*s\n", STR_ARG(buf_str(&text)));
        }
    }
    assert_in_range(n_tried, 10000, UINT32_MAX);
    assert_int_equal(n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_pattern_finds_its_own_words),
        cmocka_unit_test(test_what_a_pattern_finds),
        cmocka_unit_test(test_disclosures_are_noticed),
        cmocka_unit_test(test_of_messages_of_the_last_change),
        cmocka_unit_test(test_of_messages_held_out),
        cmocka_unit_test(test_of_messages_learned_from),
        cmocka_unit_test(test_of_fresh_messages),
        cmocka_unit_test(test_of_unseen_messages),
        cmocka_unit_test(test_of_messages_nobody_looked_at),
        cmocka_unit_test(test_ordinary_messages_are_no_alarm),
        cmocka_unit_test(test_what_the_course_says_is_no_alarm_in_any_language),
        cmocka_unit_test(test_what_a_disclosure_is_about),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

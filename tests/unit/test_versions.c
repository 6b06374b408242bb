/*
 * Versions of one course, and editions of another: who moves when, and what stays
 * (docs/course-rules.md 6.4, lessons/README.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/engine/engine.h"
#include "core/engine/quiz.h"
#include "core/lesson/compare.h"
#include "core/lesson/translate.h"
#include "port/lesson_files.h"

struct fixture {
    struct arena *arena;
    struct lesson_file *files;
    uint32_t n;
    struct courses courses;
    struct learner learner;
    int64_t now_ms;
    struct str reply, events;
};

static void read_folder(struct fixture *f, const char *dir)
{
    struct errmsg msg = {""};
    if (lesson_files_read(dir, f->arena, &f->files, &f->n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
}

/* Writes `from` as `to` in one file. */
static void edit(struct fixture *f, const char *file, const char *from, const char *to)
{
    bool is_found = false;
    for (uint32_t i = 0; i < f->n; i++) {
        struct str text = f->files[i].text;
        size_t at = str_find(text, str_from(from));
        if (!str_eq(f->files[i].name, str_from(file)) || at == SIZE_MAX)
            continue;
        f->files[i].text = arena_printf(f->arena, "%.*s%s%.*s", STR_ARG(str_sub(text, 0, at)), to,
                                        STR_ARG(str_sub(text, at + strlen(from), text.len)));
        is_found = true;
    }
    if (!is_found)
        fail_msg("%s has no '%s'", file, from);
}

static const struct course *load(struct fixture *f)
{
    const struct course *course;
    struct errmsg msg = {""};
    if (lesson_load(f->files, f->n, f->arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    return course;
}

static void assert_refused(struct fixture *f, const char *why)
{
    const struct course *course;
    struct errmsg msg = {""};
    assert_int_equal(lesson_load(f->files, f->n, f->arena, &course, &msg), ERR_INVALID);
    if (strstr(msg.text, why) == NULL)
        fail_msg("%s", msg.text);
}

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    f->arena = arena_new(40 * LESSON_ARENA_BYTES);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_free(f->arena);
    test_free(f);
    return 0;
}

static void test_an_edition_replaces_what_it_has(void **state)
{
    struct fixture *f = *state;
    read_folder(f, "lessons/children-on-the-move");
    const struct course *base = load(f);
    read_folder(f, "tests/lessons/children-ke");
    const struct course *course = load(f);
    assert_true(str_eq(course->id, STR("children-on-the-move-ke")));
    assert_true(str_eq(course->title, STR("Children on the move, Kenya")));
    assert_true(str_eq(course->keyword, STR("kenya")));
    assert_int_not_equal(course->key, base->key);
    assert_int_equal(course->pass_right, base->pass_right);
    assert_int_equal(course->n_course_modules, base->n_course_modules);
    assert_int_equal(course->pace, base->pace);
    const struct unit *own = course_unit(course, STR("m7l1"));
    assert_int_not_equal(str_find(own->screens[0], STR("In Kenya")), SIZE_MAX);
    assert_null(course_unit(course, STR("m7l2")));
    assert_non_null(course_unit(course, STR("m7k1")));
    for (uint16_t i = 0; i < base->n_units; i++) {
        const struct unit *unit = &base->units[i];
        const struct unit *same = course_unit(course, unit->id);
        if (base->modules[unit->module].number == 7 || unit->question != NULL)
            continue;
        assert_non_null(same);
        assert_true(str_eq(same->screens[0], unit->screens[0]));
    }
    for (size_t i = 0; i < N_COURSE_TEXTS; i++)
        assert_int_equal(str_eq(course->texts[i], base->texts[i]), i != COURSE_TEXT_hello);
}

/* What the base says in another language counts where the edition says the same in its own. */
static void test_an_edition_has_its_bases_translations(void **state)
{
    struct fixture *f = *state;
    struct lesson_source source;
    struct lesson_strings strings;
    struct lesson_progress groups[COURSE_MAX_MODULES + 1];
    read_folder(f, "tests/lessons/children-ke");
    assert_int_equal(lesson_parse(f->files, f->n, f->arena, lesson_findings_new(f->arena), &source),
                     ERR_OK);
    assert_int_equal(lesson_strings_collect(&source, f->arena, &strings), ERR_OK);
    lesson_strings_translate(&source, STR("fr"), PO_STATE_TRANSLATED, &strings, groups);
    for (uint16_t i = 0; i < source.course.n_modules; i++) {
        bool is_own = source.course.modules[i].number == 7;
        assert_int_equal(groups[i + 1].n_done == groups[i + 1].n, !is_own);
        assert_int_equal(groups[i + 1].n_fuzzy, 0);
    }
    assert_int_equal(groups[0].n - groups[0].n_done, 3); /* two titles and text_hello */
    assert_false(lesson_is_offered(&source.course, groups));
}

static void test_an_edition_needs_a_course_that_is_none_itself(void **state)
{
    struct fixture *f = *state;
    read_folder(f, "tests/lessons/children-ke");
    edit(f, "course.md", "base: children-on-the-move", "base: nowhere");
    assert_refused(f, "there is no such course");
    read_folder(f, "tests/lessons/children-ke");
    edit(f, "children-on-the-move/course.md", "pack: standard", "pack: standard\nbase: another");
    assert_refused(f, "that course is an edition itself");
    read_folder(f, "tests/lessons/children-ke");
    edit(f, "course.md", "version: 1.0.0\n", "");
    assert_refused(f, "version");
}

/* ---- versions ---- */

/* A version of the course with one place written otherwise. */
static const struct course *version(struct fixture *f, const char *number, const char *file,
                                    const char *from, const char *to)
{
    char line[64];
    read_folder(f, "tests/lessons/tongues");
    (void)snprintf(line, sizeof(line), "version: %s\n", number);
    edit(f, "course.md", "version: 1.0.0\n", line);
    edit(f, "course.md", "# text_hello:",
         "# text_corrected: x\n\nA mistake in a question: {stem}\nRight is: {key}.\n\n"
         "# text_corrected_test: x\n\nA mistake in our test.\n\n"
         "# text_corrected_lesson: x\n\nA mistake in a lesson. Right is: {text}\n\n"
         "# text_hello:");
    if (file != NULL)
        edit(f, file, from, to);
    return load(f);
}

/* From now on new learners begin this one. */
static void publish(struct fixture *f, const struct course *course)
{
    struct courses *c = &f->courses;
    c->list[c->n++] = course;
    c->starts[0] = c->current = (uint16_t)(c->n - 1);
    c->n_starts = 1;
}

static const struct course *present(const struct fixture *f)
{
    return courses_find(&f->courses, f->learner.course_key);
}

static void step(struct fixture *f, struct input input)
{
    static const struct engine_context context = {.org = {"O", 1}, .url = {"u", 1}};
    struct outcome out;
    input.via = VIA_SMS;
    input.now.ms = f->now_ms += 1000;
    input.is_shown = true;
    assert_int_equal(engine_step(&f->courses, &context, &f->learner, &input, f->arena, &out),
                     ERR_OK);
    f->learner = out.next;
    f->learner.seq++;
    f->reply = out.reply;
    f->events = STR("");
    for (uint32_t i = 0; i < out.n_events; i++)
        f->events = arena_printf(f->arena, "%.*s %s=%d", STR_ARG(f->events),
                                 event_kind_name(out.events[i].kind), out.events[i].choice);
}

static void say(struct fixture *f, const char *text)
{
    step(f, (struct input){.kind = INPUT_TEXT, .text = str_from(text)});
}

static void assert_says(const struct fixture *f, const char *part)
{
    if (str_find(f->reply, str_from(part)) == SIZE_MAX)
        fail_msg("no '%s' in: %.*s", part, STR_ARG(f->reply));
}

/* A learner at the first lesson of version 1.0.0. */
static int set_up_learner(void **state)
{
    set_up(state);
    struct fixture *f = *state;
    publish(f, version(f, "1.0.0", NULL, NULL, NULL));
    learner_init(&f->learner);
    f->now_ms = 1700000000000;
    say(f, "join");
    say(f, "1");
    say(f, "1"); /* English */
    say(f, "1"); /* the work */
    say(f, "1"); /* the test */
    if (str_find(f->reply, STR("M1 1/1")) == SIZE_MAX)
        say(f, "0"); /* when to learn */
    assert_says(f, "M1 1/1: Soap and water");
    return 0;
}

static void go_through_m1(struct fixture *f)
{
    say(f, "9");
    say(f, "9");
    say(f, "2");
    say(f, "1 3");
    say(f, "sick");
    assert_says(f, "M1 done: 3 of 3");
}

static void test_a_patch_is_for_all_at_once(void **state)
{
    struct fixture *f = *state;
    publish(f, version(f, "1.0.1", "m1.md", "Wash before", "Wash hands before"));
    say(f, "9");
    assert_says(f, "Wash hands before you eat");
    assert_ptr_equal(present(f), f->courses.list[1]);
}

/* What calls itself a patch and is none stays away from who is in the middle. */
static void test_a_patch_that_changes_a_key_is_none(void **state)
{
    struct fixture *f = *state;
    publish(f, version(f, "1.0.1", "m1.md", "- [ ] 5 seconds\n- [x] 20 seconds",
                       "- [x] 5 seconds\n- [ ] 20 seconds"));
    go_through_m1(f);
    assert_ptr_equal(present(f), f->courses.list[0]);
}

#define M1Q0 "## m1q0: New?\n<!-- source: [D] -->\n\n- [x] a\n- [ ] b\n\n> Why.\n\n## m1q1:"

static void test_a_minor_version_comes_with_the_next_module(void **state)
{
    struct fixture *f = *state;
    /* One more question in front: every later one has another place in the bitmaps. */
    publish(f, version(f, "1.1.0", "m1.md", "## m1q1:", M1Q0));
    go_through_m1(f);
    assert_ptr_equal(present(f), f->courses.list[0]);
    say(f, "9");
    assert_says(f, "M2 1/1: Boil water");
    assert_ptr_equal(present(f), f->courses.list[1]);
    say(f, "score");
    assert_says(f, "3 of 3"); /* the answers went with their questions */
}

static void test_a_minor_version_without_the_module_is_left_out(void **state)
{
    struct fixture *f = *state;
    publish(f, version(f, "1.1.0", "m1.md", "module: m1\n", "module: m0\n"));
    go_through_m1(f);
    say(f, "9");
    assert_says(f, "M2 1/1: Boil water");
    assert_ptr_equal(present(f), f->courses.list[0]);
}

static void test_a_major_version_is_for_new_learners(void **state)
{
    struct fixture *f = *state;
    publish(f, version(f, "2.0.0", "m2.md", "Boil water", "Filter water"));
    go_through_m1(f);
    say(f, "8"); /* nothing is offered */
    assert_ptr_equal(present(f), f->courses.list[0]);
    say(f, "9");
    assert_says(f, "M2 1/1: Boil water");
    learner_init(&f->learner);
    say(f, "join");
    say(f, "1");
    assert_ptr_equal(present(f), f->courses.list[1]);
}

/* Its author says behind which module it goes on, and the learner is asked. */
static void test_a_major_version_with_a_map_is_offered(void **state)
{
    struct fixture *f = *state;
    read_folder(f, "tests/lessons/tongues");
    edit(f, "course.md", "version: 1.0.0\n", "version: 2.0.0\nmoves: {m1: m2}\n");
    edit(f, "course.md", "# text_hello:",
         "# text_version_offer: x\n\nThere is a new version of this course.\n\n# text_hello:");
    publish(f, load(f));
    f->courses.since_ms[1] = f->now_ms;
    struct learner before;
    go_through_m1(f);
    before = f->learner;
    say(f, "repeat");
    assert_int_equal(str_find(f->reply, STR("new version")), SIZE_MAX); /* for half a year */
    f->now_ms += 184 * (int64_t)86400000;
    say(f, "menu");
    say(f, "1");
    assert_says(f, "There is a new version of this course.");
    say(f, "9");
    assert_says(f, "M2 1/1: Boil water");
    assert_ptr_equal(present(f), f->courses.list[0]);
    f->learner = before;
    say(f, "8");
    assert_says(f, "M3 1/1");
    assert_ptr_equal(present(f), f->courses.list[1]);
    say(f, "score");
    assert_says(f, "3 of 3");
}

static void test_a_course_comes_after_another_one(void **state)
{
    struct fixture *f = *state;
    read_folder(f, "tests/lessons/sand"); /* after water */
    edit(f, "course.md", "after: water", "after: sand");
    assert_refused(f, "a course cannot come after itself");
}

static void test_a_map_leads_to_modules_that_are_there(void **state)
{
    struct fixture *f = *state;
    read_folder(f, "tests/lessons/tongues");
    edit(f, "course.md", "version: 1.0.0\n", "version: 2.0.0\nmoves: {m1: m9}\n");
    assert_refused(f, "no module of lessons of this name");
    read_folder(f, "tests/lessons/tongues");
    edit(f, "course.md", "version: 1.0.0\n", "version: 2.0.0\nmoves: [m1]\n");
    assert_refused(f, "moves");
}

static void test_an_older_version_takes_nobody_back(void **state)
{
    struct fixture *f = *state;
    publish(f, version(f, "0.9.0", "m2.md", "Boil water", "Filter water"));
    go_through_m1(f);
    say(f, "9");
    assert_ptr_equal(present(f), f->courses.list[0]);
}

/* ---- what a number must say ---- */

static const struct lesson_source *source_of(struct fixture *f)
{
    struct lesson_source *source = arena_new_array(f->arena, struct lesson_source, 1);
    assert_int_equal(lesson_parse(f->files, f->n, f->arena, lesson_findings_new(f->arena), source),
                     ERR_OK);
    return source;
}

/* In English only: what has another original is not translated yet. */
static const struct lesson_source *written(struct fixture *f, bool is_translated, const char *file,
                                           const char *from, const char *to)
{
    read_folder(f, "tests/lessons/tongues");
    if (!is_translated)
        edit(f, "course.md", "trial_languages: [fr]\n", "");
    if (file != NULL)
        edit(f, file, from, to);
    return source_of(f);
}

static void test_the_number_says_what_changed(void **state)
{
    static const struct {
        const char *file, *from, *to;
        enum lesson_level level;
        bool is_other_item;
        const char *what;
    } rows[] = {
        {"m1.md", "- [ ] 5 seconds", "- [ ] five minutes or more", LESSON_LEVEL_MAJOR, true,
         "m1q1: an option is another one"},
        {"m1.md", "- [ ] 5 seconds\n", "", LESSON_LEVEL_MAJOR, true, "m1q1: options were added"},
        {"m1.md", "## m1q1:", M1Q0, LESSON_LEVEL_MINOR, false, "m1q0: is new"},
        {"m1.md", "## m1q1:", "## m1q9:", LESSON_LEVEL_MAJOR, false, "m1q1: is gone"},
        {"m1.md", "= sick", "= sick | ill", LESSON_LEVEL_MINOR, false, "m1q3: other words are"},
        {"m2.md", "= 0..30", "= 0..20", LESSON_LEVEL_MAJOR, true, "m2q1: another kind of answer"},
        {"test.md", "## p1:", "## p0: New?\n<!-- source: [D] -->\n\n- [x] a\n- [ ] b\n\n## p1:",
         LESSON_LEVEL_MAJOR, false, "p0: is new"},
        {"course.md", "# text_done: after the end\n\n", "# text_done: after the end\n\nNew words. ",
         LESSON_LEVEL_PATCH, false, "text_done: what the gateway says"},
        {"po/fr.po", "Lavez vos mains avant", "Nettoyez tous vos doigts bien avant",
         LESSON_LEVEL_MINOR, false, "m1l1 (fr): a screen has other words"},
        {"po/fr.po", "msgstr \"Fr. You finished this", "msgstr \"Fr. So you finished this",
         LESSON_LEVEL_PATCH, false, "text_done (fr): what the gateway says"},
        {"course.md", "version: 1.0.0", "version: 1.0.0\nhours: 40", LESSON_LEVEL_MINOR, false,
         "course: takes another number of hours"},
        {"course.md", "version: 1.0.0", "version: 1.0.0\nafter: handwashing", LESSON_LEVEL_MINOR,
         false, "course: another course must be finished before it"},
        {"po/fr.po", "msgctxt \"m2l1.1\"", "#, fuzzy\nmsgctxt \"m2l1.1\"", LESSON_LEVEL_MAJOR,
         false, "fr: the language is not offered any more"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool is_translation = strncmp(rows[i].file, "po/", 3) == 0;
        bool is_said = false;
        struct lesson_changes changes;
        const struct lesson_source *before = written(f, is_translation, NULL, NULL, NULL);
        const struct lesson_source *after =
            written(f, is_translation, rows[i].file, rows[i].from, rows[i].to);
        assert_int_equal(lesson_compare(before, after, f->arena, &changes), ERR_OK);
        for (uint32_t k = 0; k < changes.n; k++)
            is_said = is_said || str_starts(changes.list[k].what, str_from(rows[i].what));
        if (changes.level != rows[i].level || changes.has_other_items != rows[i].is_other_item ||
            !is_said)
            fail_msg("row %zu is %s: %.*s", i, lesson_level_name(changes.level),
                     STR_ARG(changes.n > 0 ? changes.list[0].what : STR("")));
    }
    struct lesson_changes changes;
    const struct lesson_source *english = written(f, false, NULL, NULL, NULL);
    const struct lesson_source *french = written(f, true, NULL, NULL, NULL);
    assert_int_equal(lesson_compare(english, french, f->arena, &changes), ERR_OK);
    assert_int_equal(changes.level, LESSON_LEVEL_PATCH);
    assert_true(str_eq(changes.list[0].what, STR("fr: a new language")));
    read_folder(f, "tests/lessons/tongues");
    f->files[f->n++] =
        (struct lesson_file){STR("words-it.md"), STR("# command_next: x\n\n- AVANTI, SALTA\n")};
    assert_int_equal(lesson_compare(french, source_of(f), f->arena, &changes), ERR_OK);
    assert_int_equal(changes.level, LESSON_LEVEL_PATCH);
    assert_int_equal(changes.n, 1);
    assert_true(str_eq(changes.list[0].what, STR("NEXT (it): 2 more (avanti, salta)")));
}

/* The line behind `- ` at this share of a file, in hundredths, is taken out of it; false: it has
 * none. */
static bool take_line(struct fixture *f, struct lesson_file *file, size_t hundredths)
{
    size_t n = 0, from = file->text.len * hundredths / 100;
    for (size_t at = from; at + 2 < file->text.len; at = from + n) {
        size_t line = str_find_char(str_sub(file->text, at, file->text.len), '\n');
        if (line == SIZE_MAX)
            return false;
        n += line + 1;
        struct str rest = str_sub(file->text, from + n, file->text.len);
        size_t end = str_find_char(rest, '\n');
        if (!str_starts(rest, STR("- ")) || end == SIZE_MAX)
            continue;
        file->text = arena_printf(f->arena, "%.*s%.*s", STR_ARG(str_sub(file->text, 0, from + n)),
                                  STR_ARG(str_sub(rest, end + 1, rest.len)));
        return true;
    }
    return false;
}

/* Whatever is taken out of a list of words, of whatever language, is said. */
static void test_a_list_that_is_another_is_said(void **state)
{
    struct fixture *f = *state;
    uint32_t n_taken = 0;
    read_folder(f, "lessons/children-on-the-move");
    const struct lesson_source *before = source_of(f);
    for (uint32_t i = 0; i < f->n; i++) {
        struct str name = f->files[i].name, was = f->files[i].text;
        bool is_safe = str_starts(name, STR("packs/standard/safe-"));
        if ((!is_safe && !str_starts(name, STR("packs/standard/words-"))) ||
            !take_line(f, &f->files[i], (i * 37u) % 90u))
            continue;
        struct arena *arena CLEANUP(arena_freep) = arena_new(2 * LESSON_ARENA_BYTES);
        struct lesson_source after;
        struct lesson_changes changes;
        struct lesson_findings *findings = lesson_findings_new(arena);
        enum err e = lesson_parse(f->files, f->n, arena, findings, &after);
        f->files[i].text = was;
        if (e == ERR_INVALID)
            continue; /* a set that is named, a list that was empty then */
        assert_int_equal(e, ERR_OK);
        assert_int_equal(lesson_compare(before, &after, arena, &changes), ERR_OK);
        if (changes.level != LESSON_LEVEL_PATCH || changes.n == 0 ||
            str_find(changes.list[0].what, STR(" gone (")) == SIZE_MAX ||
            (is_safe && changes.list[0].statistics == NULL))
            fail_msg("%.*s: %u changes", STR_ARG(name), changes.n);
        n_taken++;
    }
    assert_true(n_taken > 12);
}

/* What waits for its day is begun by nobody and moves nobody. */
static void test_a_version_that_is_not_begun_yet_moves_nobody(void **state)
{
    struct fixture *f = *state;
    publish(f, version(f, "1.0.1", "m1.md", "Wash before", "Wash hands before"));
    f->courses.starts[0] = f->courses.current = 0;
    say(f, "9");
    assert_says(f, "Wash before you eat");
    assert_ptr_equal(present(f), f->courses.list[0]);
}

/* ---- a wrong key ---- */

static const struct course_correction five_seconds = {
    .course = {"tongues", 7}, .unit = {"m1q1", 4}, .options = 1u << 1};
static const struct course_correction sand = {
    .course = {"tongues", 7}, .unit = {"p1", 2}, .options = 1u << 2};

static void put_right(struct fixture *f, const struct course_correction *correction)
{
    f->courses.corrections = correction;
    f->courses.n_corrections = 1;
}

/* As PostgreSQL has it, of the learner's last step. */
static void order(struct fixture *f, struct desk_order figures)
{
    const struct course_correction *c = f->courses.corrections;
    figures.act = DESK_CORRECT;
    figures.course = c->course;
    figures.text = c->unit;
    figures.options = c->options;
    figures.seq = f->learner.seq;
    memcpy(figures.learner_id, f->learner.learner_id, sizeof(figures.learner_id));
    step(f, (struct input){.kind = INPUT_DESK, .desk = figures});
}

static void assert_silent(const struct fixture *f)
{
    assert_true(str_is_empty(f->reply));
    assert_true(str_is_empty(f->events));
}

static void let_morning_come(struct fixture *f)
{
    f->now_ms += 13 * 3600 * 1000; /* it was 22:13 */
}

static void test_a_wrong_key_is_not_used_any_more(void **state)
{
    struct fixture *f = *state;
    put_right(f, &five_seconds);
    say(f, "9");
    say(f, "9");
    say(f, "2");
    assert_int_equal(str_find(f->reply, STR("two verses")), SIZE_MAX); /* what explained it */
    assert_says(f, "1");
    say(f, "1 3");
    assert_says(f, "Both work"); /* that of another question stays */
    say(f, "sick");
    assert_says(f, "M1 done: 2 of 3");
}

static void test_who_answered_is_told_once_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    go_through_m1(f);
    put_right(f, &five_seconds);
    order(f, (struct desk_order){0});
    assert_silent(f); /* at night */
    let_morning_come(f);
    order(f, (struct desk_order){0});
    assert_says(f, "A mistake in a question: How long should you wash your hands?");
    assert_says(f, "Right is: 5 seconds.");
    assert_true(str_eq(f->events, STR(" corrected=1")));
    say(f, "score");
    assert_says(f, "3 of 3");
}

static void test_who_was_right_gets_the_point_at_once(void **state)
{
    struct fixture *f = *state;
    say(f, "9");
    say(f, "9");
    say(f, "1");
    put_right(f, &five_seconds);
    order(f, (struct desk_order){.is_right = true});
    assert_silent(f);
    say(f, "1 3");
    say(f, "sick");
    assert_says(f, "M1 done: 3 of 3");
}

static void test_an_order_for_an_earlier_step_does_nothing(void **state)
{
    struct fixture *f = *state;
    go_through_m1(f);
    let_morning_come(f);
    put_right(f, &five_seconds);
    f->learner.seq++;
    struct desk_order late = {.act = DESK_CORRECT,
                              .course = STR("tongues"),
                              .text = STR("m1q1"),
                              .seq = f->learner.seq - 1};
    memcpy(late.learner_id, f->learner.learner_id, sizeof(late.learner_id));
    step(f, (struct input){.kind = INPUT_DESK, .desk = late});
    assert_silent(f);
}

/* Nobody is told of what another person answered: that one is, in his or her turn. */
static void test_of_another_person_on_the_number_only_scores_change(void **state)
{
    struct fixture *f = *state;
    say(f, "9");
    say(f, "9");
    say(f, "1");
    let_morning_come(f);
    put_right(f, &five_seconds);
    const uint16_t at = course_unit(present(f), STR("m1q1"))->question->scored_index;
    struct learner ana = f->learner, back;
    assert_false(bits_get(ana.right, at));
    f->learner.learner_id[0] ^= 0xff; /* another one is at the same question */
    f->learner.slot = 1;
    for (int is_elsewhere = 1; is_elsewhere >= 0; is_elsewhere--) {
        ana.slot = 2;
        ana.course_key = f->learner.course_key + (uint32_t)is_elsewhere;
        assert_int_equal(learner_set_other(&f->learner, 0, &ana), ERR_OK);
        struct desk_order of_ana = {.act = DESK_CORRECT,
                                    .course = STR("tongues"),
                                    .text = STR("m1q1"),
                                    .options = 1u << 1,
                                    .seq = f->learner.seq,
                                    .is_right = true};
        memcpy(of_ana.learner_id, ana.learner_id, sizeof(of_ana.learner_id));
        step(f, (struct input){.kind = INPUT_DESK, .desk = of_ana});
        assert_silent(f);
        assert_false(bits_get(f->learner.right, at));
        assert_int_equal(learner_other(&f->learner, 0, &back), ERR_OK);
        assert_int_equal(bits_get(back.right, at), !is_elsewhere);
    }
}

static void test_who_has_left_is_counted_and_not_told(void **state)
{
    struct fixture *f = *state;
    go_through_m1(f);
    let_morning_come(f);
    say(f, "stop");
    put_right(f, &five_seconds);
    order(f, (struct desk_order){.is_right = true});
    assert_true(str_is_empty(f->reply));
    assert_true(str_eq(f->events, STR(" corrected=0")));
}

/* Behind the post-test with the answer that was held to be wrong. */
static void fail_the_test(struct fixture *f)
{
    go_through_m1(f);
    for (int i = 0; i < 20 && f->learner.state != LEARNER_STATE_POSTTEST; i++)
        say(f, f->learner.state == LEARNER_STATE_QUIZ ? "2" : "9");
    say(f, "2");
    assert_says(f, "0 of 1");
}

static void test_a_certificate_that_becomes_due_is_given(void **state)
{
    struct fixture *f = *state;
    fail_the_test(f);
    put_right(f, &sand);
    let_morning_come(f);
    struct learner waiting = f->learner;
    order(f, (struct desk_order){.post_first = 1, .post_best = 1});
    assert_says(f, "A mistake in our test.");
    assert_int_equal(str_find(f->reply, STR("Sand")), SIZE_MAX); /* the test is still to come */
    assert_true(f->learner.certificate != 0);
    assert_int_equal(f->learner.state, LEARNER_STATE_CERTIFIED);
    assert_true(str_starts(f->events, STR(" corrected=1 certified=")));

    f->learner = waiting; /* and in the middle of the next try */
    f->now_ms += 24 * 3600 * 1000;
    say(f, "9");
    assert_int_equal(f->learner.state, LEARNER_STATE_POSTTEST);
    f->now_ms -= 3600 * 1000;
    order(f, (struct desk_order){.post_first = 1, .post_best = 1});
    assert_int_equal(f->learner.state, LEARNER_STATE_CERTIFIED);

    f->learner = waiting; /* who has left finds it on coming back */
    say(f, "stop");
    order(f, (struct desk_order){.post_first = 1, .post_best = 1});
    assert_true(str_is_empty(f->reply));
    assert_true(f->learner.certificate != 0);
    assert_int_equal(f->learner.back, LEARNER_STATE_CERTIFIED);
}

static void test_a_score_that_was_shown_never_goes_down(void **state)
{
    struct fixture *f = *state;
    go_through_m1(f);
    for (int i = 0; i < 20 && f->learner.state != LEARNER_STATE_POSTTEST; i++)
        say(f, f->learner.state == LEARNER_STATE_QUIZ ? "2" : "9");
    say(f, "1");
    assert_int_equal(f->learner.post_best, 1);
    uint64_t certificate = f->learner.certificate;
    assert_true(certificate != 0);
    uint8_t before = f->learner.pre_right;
    put_right(f, &sand);
    let_morning_come(f);
    order(f, (struct desk_order){0}); /* as it is counted now, nothing was right */
    assert_says(f, "A mistake in our test.");
    assert_int_equal(f->learner.pre_right, before);
    assert_int_equal(f->learner.post_first, 1);
    assert_int_equal(f->learner.post_best, 1);
    assert_true(f->learner.certificate == certificate);
}

static void test_a_point_that_does_not_suffice_is_none_the_less_one(void **state)
{
    struct fixture *f = *state;
    fail_the_test(f);
    let_morning_come(f);
    put_right(f, &sand);
    order(f, (struct desk_order){0});
    assert_int_equal(f->learner.state, LEARNER_STATE_RETAKE);
    assert_true(f->learner.certificate == 0);
}

static void test_the_right_text_of_a_lesson_goes_to_who_read_it(void **state)
{
    static const struct course_correction lesson = {.course = {"tongues", 7}, .unit = {"m1l1", 4}};
    struct fixture *f = *state;
    go_through_m1(f);
    publish(f, version(f, "1.1.0", "m1.md", "Wash before", "Always wash before"));
    let_morning_come(f);
    f->courses.corrections = &lesson;
    order(f, (struct desk_order){0});
    assert_says(f, "mistake in a lesson");
    assert_says(f, "Always wash before you eat");
    assert_true(str_eq(f->events, STR(" corrected=1")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define WITH_LEARNER(name) cmocka_unit_test_setup_teardown(name, set_up_learner, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_edition_replaces_what_it_has),
        TEST(test_an_edition_has_its_bases_translations),
        TEST(test_an_edition_needs_a_course_that_is_none_itself),
        WITH_LEARNER(test_a_patch_is_for_all_at_once),
        WITH_LEARNER(test_a_patch_that_changes_a_key_is_none),
        WITH_LEARNER(test_a_minor_version_comes_with_the_next_module),
        WITH_LEARNER(test_a_minor_version_without_the_module_is_left_out),
        WITH_LEARNER(test_a_major_version_is_for_new_learners),
        WITH_LEARNER(test_a_major_version_with_a_map_is_offered),
        WITH_LEARNER(test_an_older_version_takes_nobody_back),
        WITH_LEARNER(test_a_version_that_is_not_begun_yet_moves_nobody),
        WITH_LEARNER(test_a_wrong_key_is_not_used_any_more),
        WITH_LEARNER(test_who_answered_is_told_once_and_loses_nothing),
        WITH_LEARNER(test_who_was_right_gets_the_point_at_once),
        WITH_LEARNER(test_an_order_for_an_earlier_step_does_nothing),
        WITH_LEARNER(test_of_another_person_on_the_number_only_scores_change),
        WITH_LEARNER(test_who_has_left_is_counted_and_not_told),
        WITH_LEARNER(test_a_certificate_that_becomes_due_is_given),
        WITH_LEARNER(test_a_score_that_was_shown_never_goes_down),
        WITH_LEARNER(test_a_point_that_does_not_suffice_is_none_the_less_one),
        WITH_LEARNER(test_the_right_text_of_a_lesson_goes_to_who_read_it),
        TEST(test_the_number_says_what_changed),
        TEST(test_a_list_that_is_another_is_said),
        TEST(test_a_course_comes_after_another_one),
        TEST(test_a_map_leads_to_modules_that_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

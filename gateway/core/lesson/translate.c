#include "core/lesson/translate.h"

#include <string.h>

#include "core/match/words.h"
#include "core/question.h"
#include "core/utf8.h"
#include "core/yaml.h"

/* ---- texts in PO ---- */

struct str lesson_text_to_po(struct str text, struct arena *arena)
{
    char *p = arena_alloc(arena, 2 * text.len + 1);
    size_t len = 0;
    for (size_t i = 0; p != NULL && i < text.len; i++) {
        p[len++] = text.p[i] == '\f' ? '\n' : text.p[i];
        if (text.p[i] == '\f')
            p[len++] = '\n';
    }
    return (struct str){p, len};
}

struct str lesson_text_from_po(struct str text, struct arena *arena)
{
    text = str_trim(text);
    char *p = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; p != NULL && i < text.len; i++) {
        bool is_feed = text.p[i] == '\n' && i + 1 < text.len && text.p[i + 1] == '\n';
        p[len++] = is_feed ? '\f' : text.p[i];
        while (is_feed && i + 1 < text.len && text.p[i + 1] == '\n')
            i++;
    }
    return (struct str){p, len};
}

/* ---- the strings of a course ---- */

struct collect {
    const struct lesson_source *source;
    struct arena *arena;
    struct lesson_strings *ret;
    uint32_t room;
    int16_t group;
    uint16_t unit;
    struct lesson_string nowhere; /* what is not there */
};

static struct lesson_string *add(struct collect *c, struct str context, struct str *text,
                                 const char *note, struct source_pos around)
{
    if (text->p == NULL || c->ret->list == NULL || c->ret->n == c->room)
        return &c->nowhere;
    struct lesson_string *string = &c->ret->list[c->ret->n++];
    *string = (struct lesson_string){
        .context = context,
        .text = text,
        .note = str_from(note),
        .around = around,
        .group = c->group,
        .unit = c->unit,
    };
    return string;
}

static void add_question(struct collect *c, struct unit *unit)
{
    struct question *q = arena_new_array(c->arena, struct question, 1);
    struct choice *choices = arena_new_array(c->arena, struct choice, COURSE_MAX_CHOICES);
    if (q == NULL || choices == NULL)
        return; /* the arena says so */
    *q = *unit->question;
    if (q->n_choices > 0)
        memcpy(choices, q->choices, q->n_choices * sizeof(*choices));
    q->choices = choices;
    unit->question = q;
    struct str id = unit->id;
    (void)add(c, id, &q->stem, "question", unit->pos);
    for (unsigned i = 0; i < q->n_choices; i++) {
        struct str option = arena_printf(c->arena, "%.*s.%u", STR_ARG(id), i + 1);
        struct str note = arena_printf(c->arena, "option %u of %u%s", i + 1, q->n_choices,
                                       choices[i].is_right ? ", right" : "");
        (void)add(c, option, &choices[i].text, note.p, unit->pos);
        (void)add(c, arena_printf(c->arena, "%.*s.feedback", STR_ARG(option)), &choices[i].feedback,
                  "feedback to this option", unit->pos);
    }
    if (q->n_accepted > 0) {
        struct str *line = arena_new_array(c->arena, struct str, 1);
        for (unsigned i = 0; line != NULL && i < q->n_accepted; i++)
            *line = arena_printf(c->arena, "%.*s%s%.*s", STR_ARG(*line), i > 0 ? " | " : "",
                                 STR_ARG(q->accepted[i]));
        struct lesson_string *string =
            line != NULL ? add(c, arena_printf(c->arena, "%.*s.accepted", STR_ARG(id)), line,
                               "words that are right, with | between them", unit->pos)
                         : NULL;
        if (string != NULL) {
            string->is_accepted = true;
            string->question = q;
        }
    }
    (void)add(c, arena_printf(c->arena, "%.*s.feedback", STR_ARG(id)), &q->feedback, "feedback",
              unit->pos);
    (void)add(c, arena_printf(c->arena, "%.*s.right", STR_ARG(id)), &q->feedback_right,
              "feedback to a right answer", unit->pos);
    (void)add(c, arena_printf(c->arena, "%.*s.wrong", STR_ARG(id)), &q->feedback_wrong,
              "feedback to another answer", unit->pos);
}

static void add_lesson(struct collect *c, struct unit *unit)
{
    struct str *screens = arena_new_array(c->arena, struct str, unit->n_screens);
    if (screens == NULL)
        return; /* the arena says so */
    memcpy(screens, unit->screens, unit->n_screens * sizeof(*screens));
    unit->screens = screens;
    for (unsigned i = 0; i < unit->n_screens; i++) {
        struct str note = arena_printf(c->arena, "%s \"%.*s\", screen %u of %u",
                                       unit->kind == UNIT_STORY ? "story" : "lesson",
                                       STR_ARG(unit->title), i + 1, unit->n_screens);
        (void)add(c, arena_printf(c->arena, "%.*s.%u", STR_ARG(unit->id), i + 1), &screens[i],
                  note.p, unit->pos);
    }
}

static void add_module(struct collect *c, struct module *module, uint16_t index, struct unit *units)
{
    struct source_pos pos = c->source->module_pos[index];
    c->group = LESSON_GROUP_SYSTEM; /* it stands in the list of modules */
    (void)add(c, arena_printf(c->arena, "%.*s.title", STR_ARG(module->id)), &module->title,
              "title of a module", pos);
    c->group = (int16_t)index;
    (void)add(c, arena_printf(c->arena, "%.*s.summary", STR_ARG(module->id)), &module->summary,
              "the module in short, for who catches up", pos);
    (void)add(c, arena_printf(c->arena, "%.*s.key_message", STR_ARG(module->id)),
              &module->key_message, "the key message of the module, one SMS", pos);
    (void)add(c, arena_printf(c->arena, "%.*s.guide", STR_ARG(module->id)), &module->guide,
              "the meeting about it, for facilitators", pos);
    for (uint16_t i = module->first_unit; i < module->first_unit + module->n_units; i++) {
        c->unit = i;
        if (units[i].question != NULL)
            add_question(c, &units[i]);
        else
            add_lesson(c, &units[i]);
    }
    c->unit = UINT16_MAX;
}

static void add_texts(struct collect *c)
{
    struct course *course = &c->ret->course;
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        const struct lesson_block *block = &c->source->texts[i];
        if (block->text.p == NULL)
            continue; /* another stands in for it */
        const char *name = course_text_name((enum course_text)i);
        struct lesson_string *string =
            add(c, arena_printf(c->arena, "text_%s", name), &course->texts[i],
                course_text_purpose((enum course_text)i), block->pos);
        string->is_of_pack = str_starts(block->pos.file, STR("packs/"));
    }
}

enum err lesson_strings_collect(const struct lesson_source *source, struct arena *arena,
                                struct lesson_strings *ret)
{
    const struct course *from = &source->course;
    struct collect c = {.source = source,
                        .arena = arena,
                        .ret = ret,
                        .room = 8u + N_COURSE_TEXTS + 3u * from->n_modules,
                        .group = LESSON_GROUP_SYSTEM,
                        .unit = UINT16_MAX};
    for (uint16_t i = 0; i < from->n_units; i++)
        c.room += from->units[i].n_screens + 5u + 2 * COURSE_MAX_CHOICES;
    struct module *modules = arena_new_array(arena, struct module, from->n_modules + 1u);
    struct unit *units = arena_new_array(arena, struct unit, from->n_units + 1u);
    *ret = (struct lesson_strings){.course = *from,
                                   .list = arena_new_array(arena, struct lesson_string, c.room)};
    if (modules == NULL || units == NULL || ret->list == NULL)
        return arena_error(arena);
    memcpy(modules, from->modules, from->n_modules * sizeof(*modules));
    memcpy(units, from->units, from->n_units * sizeof(*units));
    ret->course.translations = NULL;
    ret->course.modules = modules;
    ret->course.units = ret->units = units;
    (void)add(&c, STR("course:title"), &ret->course.title, "title of the course",
              source->front_pos);
    if (!str_eq(from->name, from->title))
        (void)add(&c, STR("course:name"), &ret->course.name,
                  "how texts name the course, in the place of {course}", source->front_pos);
    add_texts(&c);
    for (uint16_t i = 0; i < from->n_modules; i++)
        add_module(&c, &modules[i], i, units);
    return arena_error(arena);
}

/* ---- their translations ---- */

int lesson_find_language(const struct lesson_source *source, struct str lang)
{
    for (uint16_t i = 0; i < source->languages.n; i++) {
        if (str_eq(source->languages.codes[i], lang))
            return i;
    }
    return -1;
}

struct str lesson_po_language(const struct po_file *file)
{
    struct str name = file->name;
    size_t slash = name.len;
    while (slash > 0 && name.p[slash - 1] != '/')
        slash--;
    return slash > 0 && str_ends(name, STR(".po")) ? str_sub(name, slash, name.len - 3) : STR_NONE;
}

bool lesson_is_po_of(const struct po_file *file, struct str lang)
{
    struct str of = lesson_po_language(file);
    return of.p != NULL && str_eq(of, lang);
}

/* Of the pack, of this course, or of the one that it is an edition of. */
enum { PO_OF_PACK, PO_OF_COURSE, PO_OF_BASE, N_PO_FILES };

static int whose_po(struct str name)
{
    return str_starts(name, STR("packs/")) ? PO_OF_PACK
           : str_starts(name, STR("po/"))  ? PO_OF_COURSE
                                           : PO_OF_BASE;
}

static const struct po_file *find_po(const struct lesson_source *source, struct str lang, int whose)
{
    for (uint32_t i = 0; i < source->n_pos; i++) {
        const struct po_file *file = &source->pos[i];
        if (whose_po(file->name) == whose && lesson_is_po_of(file, lang))
            return file;
    }
    return NULL;
}

bool lesson_is_po_text(struct str id, struct str text)
{
    size_t i = 0, j = 0;
    while (i < text.len && j < id.len) {
        if (text.p[i] == '\f') {
            if (id.p[j] != '\n' || j + 1 == id.len || id.p[j + 1] != '\n')
                return false;
            j++;
        } else if (text.p[i] != id.p[j]) {
            return false;
        }
        i++;
        j++;
    }
    return i == text.len && j == id.len;
}

/* The base's translation of what this edition says otherwise is none of it. */
static const struct po_entry *find_entry(const struct po_file *const files[N_PO_FILES],
                                         const struct lesson_string *string)
{
    for (int i = string->is_of_pack ? PO_OF_PACK : PO_OF_COURSE;
         i < (string->is_of_pack ? PO_OF_COURSE : N_PO_FILES); i++) {
        const struct po_entry *entry = files[i] != NULL ? po_find(files[i], string->context) : NULL;
        if (entry != NULL && (i != PO_OF_BASE || lesson_is_po_text(entry->id, *string->text)))
            return entry;
    }
    return NULL;
}

void lesson_strings_translate(const struct lesson_source *source, struct str lang,
                              enum po_state least, struct lesson_strings *strings,
                              struct lesson_progress *ret_groups)
{
    const struct po_file *files[N_PO_FILES];
    for (int i = 0; i < N_PO_FILES; i++)
        files[i] = find_po(source, lang, i);
    for (uint16_t i = 0; i <= strings->course.n_modules; i++)
        ret_groups[i] = (struct lesson_progress){0};
    for (uint32_t i = 0; i < strings->n; i++) {
        struct lesson_string *string = &strings->list[i];
        struct lesson_progress *group = &ret_groups[string->group + 1];
        const struct po_entry *entry = find_entry(files, string);
        group->n++;
        string->entry = entry;
        string->is_done = false;
        if (entry == NULL || str_is_empty(str_trim(entry->text)))
            continue;
        bool is_old = entry->is_fuzzy || !lesson_is_po_text(entry->id, *string->text);
        string->is_done = !is_old && entry->state >= least;
        group->n_fuzzy += is_old;
        group->n_done += string->is_done;
        group->n_states[entry->state] += string->is_done;
    }
}

/* The translated words, and behind them the original ones, which stay right. */
static void fill_accepted(struct lesson_string *string, struct str line, struct arena *arena)
{
    struct question *q = string->question;
    struct str *words = arena_new_array(arena, struct str, COURSE_MAX_ACCEPTED);
    uint8_t n = 0;
    if (words == NULL)
        return; /* the arena says so */
    while (line.p != NULL && n < COURSE_MAX_ACCEPTED) {
        struct str word = match_normalise(str_split(&line, '|'), arena);
        if (!str_is_empty(word))
            words[n++] = word;
    }
    for (uint8_t i = 0; i < q->n_accepted && n < COURSE_MAX_ACCEPTED; i++)
        words[n++] = q->accepted[i];
    q->accepted = words;
    q->n_accepted = n;
}

/* A unit is where its first text is, once all of them are translated. */
static void place_units(struct lesson_strings *strings)
{
    for (uint32_t i = 0; i < strings->n;) {
        const struct lesson_string *first = &strings->list[i];
        bool is_whole = first->unit != UINT16_MAX;
        for (; i < strings->n && strings->list[i].unit == first->unit; i++)
            is_whole = is_whole && strings->list[i].is_done;
        if (is_whole)
            strings->units[first->unit].pos = first->entry->pos;
    }
}

/* Texts that the course does not say itself are those that stand in for them. */
static void settle_stand_ins(const struct lesson_source *source, struct course *course)
{
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        enum course_text instead = course_text_instead((enum course_text)i);
        if (source->texts[i].text.p == NULL && instead != COURSE_TEXT_nothing)
            course->texts[i] = course->texts[instead];
    }
}

void lesson_strings_fill(const struct lesson_source *source, struct str lang, bool is_whole_only,
                         struct lesson_strings *strings, const struct lesson_progress *groups,
                         struct arena *arena)
{
    struct course *course = &strings->course;
    for (uint32_t i = 0; i < strings->n; i++) {
        struct lesson_string *string = &strings->list[i];
        const struct lesson_progress *group = &groups[string->group + 1];
        if (!string->is_done || (is_whole_only && group->n_done < group->n))
            continue;
        struct str text = lesson_text_from_po(string->entry->text, arena);
        if (string->is_accepted)
            fill_accepted(string, text, arena);
        else
            *string->text = text;
    }
    if (str_eq(source->course.name, source->course.title))
        course->name = course->title;
    settle_stand_ins(source, course);
    if (!is_whole_only)
        place_units(strings);
    course->language = lang;
    struct module *modules = arena_new_array(arena, struct module, course->n_modules + 1u);
    if (modules == NULL)
        return; /* the arena says so */
    memcpy(modules, course->modules, course->n_modules * sizeof(*modules));
    for (uint16_t i = 0; i < course->n_modules; i++)
        modules[i].is_untranslated = groups[i + 1].n_done < groups[i + 1].n;
    course->modules = modules;
}

bool lesson_is_offered(const struct course *course, const struct lesson_progress *groups)
{
    bool is_whole = groups[0].n_done == groups[0].n;
    for (uint16_t i = 0; i < course->n_modules; i++) {
        const struct module *module = &course->modules[i];
        bool is_first = module->kind == MODULE_ROLE || module->kind == MODULE_TEST ||
                        (module->number >= 1 && module->number <= 2);
        is_whole = is_whole && (!is_first || groups[i + 1].n_done == groups[i + 1].n);
    }
    return is_whole;
}

/* ---- the languages of a course ---- */

enum po_state lesson_least_state(const struct lesson_source *source, struct str lang)
{
    const struct yaml_node *trial = source->trial_languages;
    for (const struct yaml_node *at = trial != NULL ? trial->first : NULL; at != NULL;
         at = at->next) {
        if (str_eq(at->text, lang))
            return PO_STATE_TRANSLATED;
    }
    return PO_STATE_APPROVED;
}

bool lesson_is_ucs2(struct str name)
{
    bool is_foreign = false;
    for (size_t at = 0; at < name.len;) { /* folding changes Latin letters only */
        int32_t code = utf8_next(name, &at);
        is_foreign = is_foreign || code >= 0x370;
    }
    return is_foreign;
}

bool lesson_has_po(const struct lesson_source *source, struct str lang)
{
    return lesson_has_own_po(source, lang) || find_po(source, lang, PO_OF_PACK) != NULL;
}

bool lesson_has_own_po(const struct lesson_source *source, struct str lang)
{
    return find_po(source, lang, PO_OF_COURSE) != NULL || find_po(source, lang, PO_OF_BASE) != NULL;
}

/* The course in a language; NULL when it is not to be offered, or the arena is full. */
static const struct course *translated(const struct lesson_source *source, struct str lang,
                                       struct arena *arena)
{
    struct lesson_strings *strings = arena_new_array(arena, struct lesson_strings, 1);
    struct lesson_progress *groups =
        arena_new_array(arena, struct lesson_progress, source->course.n_modules + 1u);
    if (strings == NULL || groups == NULL ||
        lesson_strings_collect(source, arena, strings) != ERR_OK)
        return NULL;
    lesson_strings_translate(source, lang, lesson_least_state(source, lang), strings, groups);
    if (!lesson_is_offered(&source->course, groups))
        return NULL;
    lesson_strings_fill(source, lang, true, strings, groups, arena);
    if (strings->course.words != NULL)
        strings->course.words = vocabulary_in(strings->course.words, lang, arena);
    return &strings->course;
}

void lesson_translate(struct lesson_source *source, struct arena *arena)
{
    struct course *course = &source->course;
    const struct lesson_languages *all = &source->languages;
    struct str *codes = arena_new_array(arena, struct str, all->n + 1u);
    struct str *names = arena_new_array(arena, struct str, all->n + 1u);
    const struct course **in = arena_new_array(arena, const struct course *, all->n + 1u);
    if (codes == NULL || names == NULL || in == NULL)
        return; /* the arena says so */
    uint16_t n = 0;
    for (uint16_t i = 0; i < all->n; i++) {
        bool is_own = str_eq(all->codes[i], course->language);
        bool has_po = !is_own && lesson_has_po(source, all->codes[i]);
        const struct course *view = has_po ? translated(source, all->codes[i], arena) : NULL;
        /* Courses without translations were published with a list of languages, too. */
        bool is_listed = !has_po && source->is_languages_own;
        if (!is_own && view == NULL && !is_listed)
            continue;
        codes[n] = all->codes[i];
        names[n] = all->names[i];
        in[n++] = view;
    }
    if (n == 0) {
        codes[0] = names[0] = course->language;
        n = 1;
    }
    if (course->words != NULL)
        course->words = vocabulary_in(course->words, course->language, arena);
    course->n_languages = n;
    course->languages = codes;
    course->language_names = names;
    course->translations = in;
}

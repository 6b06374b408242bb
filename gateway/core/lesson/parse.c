/* parse.h: a course out of its files: course.md, its modules, and what holds for all of them. */
#include "core/lesson/parse_internal.h"

#include <string.h>

#include "core/lesson/translate.h"

/* ---- the whole course ---- */

/* Index of the one module of this kind, or -1. */
static int16_t find_kind(const struct parse *p, enum module_kind kind)
{
    for (uint16_t i = 0; i < p->source->course.n_modules; i++) {
        if (p->modules[i].kind == kind)
            return (int16_t)i;
    }
    return -1;
}

static void parse_module_file(struct parse *p, const struct lesson_blocks *blocks)
{
    struct course *course = &p->source->course;
    if (blocks->is_broken) {
        p->is_incomplete = true;
        return;
    }
    struct lesson_front front;
    struct parse_module_front read = {.kind = PARSE_MODULE_KINDS, .is_required = true};
    lesson_front_read(blocks, &parse_module_table, &read, p->findings, &front);
    bool is_kind_told = read.kind < PARSE_MODULE_KINDS;
    p->is_incomplete = p->is_incomplete || !is_kind_told;
    uint16_t index = course->n_modules;
    struct module *module = &p->modules[index];
    *module = (struct module){
        .id = read.id,
        .title = read.title,
        .summary = read.summary,
        .key_message = read.key_message,
        .guide = read.guide,
        .kind = is_kind_told ? (enum module_kind)read.kind : MODULE_LESSONS,
        .is_required = read.is_required,
        .n_forms = read.n_forms,
        .first_unit = course->n_units,
    };
    struct source_pos pos = lesson_front_pos(&front, "module");
    p->source->module_pos[index] = pos;
    if (module->id.p != NULL)
        parse_take_id(p, (struct parse_id){module->id, pos});
    if (module->kind == MODULE_LESSONS)
        module->number = ++course->n_course_modules;
    else if (find_kind(p, module->kind) >= 0)
        parse_complain(p, "unreachable", lesson_front_pos(&front, "kind"), module->id,
                       STR("no learner comes here: the course has a module of this kind already"),
                       STR("put the questions into one module, or remove this one"));
    if (module->n_forms > 0 && module->kind != MODULE_TEST)
        parse_complain(p, "forms", lesson_front_pos(&front, "forms"), module->id,
                       STR("only a test has forms"), STR("remove `forms`"));
    course->n_modules++;
    parse_module(p, blocks, index);
}

static void parse_modules(struct parse *p, const struct lesson_front *front)
{
    const struct yaml_node *list = p->source->modules;
    p->is_incomplete = p->is_incomplete || list == NULL;
    for (const struct yaml_node *node = list != NULL ? list->first : NULL; node != NULL;
         node = node->next) {
        const struct lesson_blocks *blocks = parse_use_file(p, front, node);
        p->is_incomplete = p->is_incomplete || blocks == NULL;
        if (blocks != NULL && p->source->course.n_modules == COURSE_MAX_MODULES)
            parse_complain(p, "too-many",
                           (struct source_pos){front->file, node->line, node->column}, node->text,
                           arena_printf(p->arena, "more than %u modules", COURSE_MAX_MODULES),
                           STR("put what belongs together into one module"));
        else if (blocks != NULL)
            parse_module_file(p, blocks);
    }
}

struct str lesson_guide_language(struct str file)
{
    const struct str start = STR("guide-"), end = STR(".md");
    size_t slash = file.len;
    while (slash > 0 && file.p[slash - 1] != '/')
        slash--;
    struct str name = str_sub(file, slash, file.len);
    bool is_guide = str_starts(name, start) && str_ends(name, end);
    return is_guide ? str_sub(name, start.len, name.len - end.len) : STR_NONE;
}

const struct lesson_blocks *lesson_find_guide(const struct lesson_source *source, struct str lang)
{
    const struct lesson_blocks *found = NULL;
    for (uint32_t i = 0; i < source->n_files; i++) {
        const struct lesson_blocks *file = &source->files[i];
        struct str of = lesson_guide_language(file->file);
        if (of.p == NULL || !str_eq(of, lang))
            continue;
        if (str_find_char(file->file, '/') == SIZE_MAX)
            return file; /* its own */
        if (found == NULL || !str_starts(file->file, STR("packs/")))
            found = file;
    }
    return found;
}

/* A list that could not be read says nothing of the files. */
static void complain_unused(struct parse *p)
{
    for (uint32_t i = 0; i < p->source->n_files && !p->is_incomplete; i++) {
        if (!p->is_used[i] && !parse_is_of_base(p->source->files[i].file) &&
            lesson_guide_language(p->source->files[i].file).p == NULL &&
            !str_ends(p->source->files[i].file, STR(".po")))
            parse_complain(p, "unreachable", (struct source_pos){p->source->files[i].file, 1, 1},
                           p->source->files[i].file,
                           STR("no learner comes here: course.md does not name this file"),
                           STR("add it to `modules:` in course.md, or move it out of the folder"));
    }
}

static void require_module(struct parse *p, int16_t index, const char *kind, const char *fix)
{
    if (index < 0 && !p->is_incomplete)
        parse_complain(p, "module-missing", p->source->front_pos, STR_NONE,
                       arena_printf(p->arena, "the course has no module of kind `%s`", kind),
                       str_from(fix));
}

/* All units, those that `hardest` names first. */
static void order_units(struct parse *p, const struct lesson_front *front)
{
    struct course *course = &p->source->course;
    uint16_t *order = arena_new_array(p->arena, uint16_t, course->n_units + 1u);
    bool *is_taken = arena_new_array(p->arena, bool, course->n_units + 1u);
    uint16_t n = 0;
    if (order == NULL || is_taken == NULL)
        return;
    course->hardest = order;
    const struct yaml_node *names = p->source->hardest;
    for (const struct yaml_node *node = names != NULL ? names->first : NULL; node != NULL;
         node = node->next) {
        const struct unit *unit = course_unit(course, node->text);
        if (unit == NULL || unit->question == NULL || !unit->question->is_scored) {
            lesson_front_complain(front, lesson_front_pos(front, "hardest"), node->text,
                                  STR("the course has no quiz question of this name"),
                                  STR("write the names of quiz questions, the hardest first"));
        } else if (!is_taken[course_unit_index(course, unit)]) {
            order[n++] = course_unit_index(course, unit);
            is_taken[order[n - 1]] = true;
        }
    }
    for (uint16_t i = 0; i < course->n_units; i++) {
        if (!is_taken[i])
            order[n++] = i;
    }
}

static void settle_course(struct parse *p, const struct lesson_front *front)
{
    struct course *course = &p->source->course;
    course->modules = p->modules;
    course->units = p->units;
    course_index_units(course, p->arena);
    order_units(p, front);
    course->role_module = find_kind(p, MODULE_ROLE);
    course->test_module = find_kind(p, MODULE_TEST);
    course->survey_module = find_kind(p, MODULE_SURVEY);
    course->followup_module = find_kind(p, MODULE_FOLLOWUP);
    require_module(p, course->role_module, "role",
                   "add a file with one question about the learner's work, and name it first");
    require_module(p, find_kind(p, MODULE_LESSONS), "lessons", "add a file with lessons");
    require_module(p, course->test_module, "test",
                   "add a file with the questions that are asked before and after the course");
    if (course->followup_days > 0)
        require_module(p, course->followup_module, "followup",
                       "add a file with follow-up questions, or write `followup_days: 0`");
    for (uint16_t i = 0; i < course->moves.n; i++) {
        struct str to = course->moves.list[i].to;
        bool is_there = false;
        for (uint16_t j = 0; j < course->n_modules; j++)
            is_there = is_there || (str_eq(p->modules[j].id, to) && p->modules[j].number > 0);
        if (!is_there && !p->is_incomplete)
            lesson_front_complain(front, lesson_front_pos(front, "moves"), to,
                                  STR("the course has no module of lessons of this name"),
                                  STR("write the id of the module behind which it goes on"));
    }
    if (course->test_module >= 0 && course->pass_right > p->modules[course->test_module].n_asked)
        lesson_front_complain(front, lesson_front_pos(front, "pass_right"),
                              yaml_text(front->root, STR("pass_right"), STR_NONE),
                              STR("more right answers are asked for than the test has questions"),
                              STR("lower `pass_right`, or add questions to the test"));
}

static enum err check_size(const struct lesson_file *files, uint32_t n_files)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < n_files; i++)
        bytes += files[i].text.len;
    return n_files > LESSON_MAX_FILES || bytes > COURSE_MAX_BYTES ? ERR_TOO_LONG : ERR_OK;
}

/* ---- the steps, in their order ---- */

static enum err make_room(struct parse *p)
{
    enum err e = check_size(p->files, p->source->n_files);
    if (e != ERR_OK)
        return e;
    p->modules = arena_new_array(p->arena, struct module, COURSE_MAX_MODULES);
    p->units = arena_new_array(p->arena, struct unit, COURSE_MAX_UNITS);
    p->ids = arena_new_array(p->arena, struct parse_id, PARSE_MAX_IDS);
    p->source->files = arena_new_array(p->arena, struct lesson_blocks, p->source->n_files + 1);
    p->source->pos = arena_new_array(p->arena, struct po_file, p->source->n_files + 1);
    p->is_used = arena_new_array(p->arena, bool, p->source->n_files + 1);
    return parse_safe_init(p);
}

static enum err read_file(struct parse *p)
{
    struct lesson_source *source = p->source;
    if (p->n_read == source->n_files)
        return ERR_OK;
    p->is_again = true;
    const struct lesson_file *file = &p->files[p->n_read];
    struct lesson_blocks *blocks = &source->files[p->n_read++];
    blocks->file = file->name;
    enum err e =
        str_ends(file->name, STR(".po"))
            ? po_read(file->name, file->text, p->arena, p->findings, &source->pos[source->n_pos++])
            : lesson_blocks_read(file->name, file->text, p->arena, p->findings, blocks);
    return e == ERR_INVALID ? ERR_OK : e;
}

static enum err read_front(struct parse *p)
{
    p->blocks = parse_find_file(p, STR("course.md"));
    if (p->blocks == NULL) {
        parse_complain(p, "file-missing", p->source->front_pos, STR_NONE,
                       STR("the folder has no course.md"),
                       STR("a course folder needs course.md; see lessons/README.md"));
        return ERR_INVALID;
    }
    p->is_used[p->blocks - p->source->files] = true;
    if (p->blocks->is_broken)
        return ERR_INVALID;
    p->base = parse_course_front(p, p->blocks, &p->front);
    if (p->is_incomplete || p->front.root->first == NULL)
        return ERR_INVALID; /* nearly all of it lies elsewhere, or cannot be read */
    p->n_errors = p->findings->n_errors;
    parse_pack(p, &p->front);
    return ERR_OK;
}

static enum err read_list(struct parse *p)
{
    p->is_again = parse_list(p);
    return ERR_OK;
}

static enum err read_texts(struct parse *p)
{
    memcpy(p->source->pack_texts, p->source->texts, sizeof(p->source->texts));
    parse_settle_front(p, &p->front);
    p->level = PARSE_LEVEL_BASE;
    if (p->base != NULL)
        parse_texts(p, p->base, &p->front, NULL);
    p->level = PARSE_LEVEL_COURSE;
    parse_texts(p, p->blocks, &p->front, p->source->safe_words);
    return ERR_OK;
}

static enum err read_words(struct parse *p)
{
    parse_require_texts(p, p->n_errors);
    parse_words(p);
    parse_settle_keyword(p, &p->front);
    parse_settle_after(p, &p->front);
    return ERR_OK;
}

static enum err read_modules(struct parse *p)
{
    parse_modules(p, &p->front);
    complain_unused(p);
    settle_course(p, &p->front);
    return ERR_OK;
}

static enum err find_by_words(struct parse *p)
{
    struct safe_list *safe = &p->source->course.safe;
    safe->index = safe_index_new(safe, p->arena);
    return safe->index != NULL ? ERR_OK : ERR_TOO_LONG;
}

static enum err translate(struct parse *p)
{
    lesson_translate(p->source, p->arena); /* its languages share the lists */
    if (arena_error(p->arena) != ERR_OK)
        return arena_error(p->arena);
    return p->findings->n_errors > 0 ? ERR_INVALID : ERR_OK;
}

static enum err (*const steps[])(struct parse *p) = {
    make_room, read_file,  read_front,   read_list,     read_texts,
    read_list, read_words, read_modules, find_by_words, translate,
};

/* False: it was the last one, or there was an error. */
static bool take_step(struct parse *p)
{
    p->is_again = false;
    p->error = steps[p->n_steps](p);
    p->n_steps += !p->is_again;
    return p->error == ERR_OK && p->n_steps < ARRAY_LEN(steps);
}

static struct parse begin(const struct lesson_file *files, uint32_t n_files, struct arena *arena,
                          struct lesson_findings *findings, struct lesson_source *source)
{
    *source = (struct lesson_source){.n_files = n_files, .front_pos = {STR("course.md"), 1, 1}};
    return (struct parse){.arena = arena, .findings = findings, .source = source, .files = files};
}

enum err lesson_parse(const struct lesson_file *files, uint32_t n_files, struct arena *arena,
                      struct lesson_findings *findings, struct lesson_source *ret)
{
    struct parse p = begin(files, n_files, arena, findings, ret);
    while (take_step(&p))
        ;
    return p.error;
}

/* ---- for who only wants to run it ---- */

struct lesson_loading {
    struct lesson_source source;
    struct parse parse;
};

enum err lesson_loading_new(const struct lesson_file *files, uint32_t n_files, struct arena *arena,
                            struct lesson_loading **ret, struct errmsg *msg)
{
    struct lesson_findings *findings = lesson_findings_new(arena);
    struct lesson_loading *loading = arena_new_array(arena, struct lesson_loading, 1);
    enum err e = arena_error(arena);
    if (e != ERR_OK) {
        (void)errmsg_set(msg, e, "there is no room for the course");
        return e;
    }
    loading->parse = begin(files, n_files, arena, findings, &loading->source);
    *ret = loading;
    return ERR_OK;
}

bool lesson_loading_step(struct lesson_loading *loading)
{
    return take_step(&loading->parse);
}

enum err lesson_loading_end(const struct lesson_loading *loading, const struct course **ret,
                            struct errmsg *msg)
{
    enum err e = loading->parse.error;
    if (e == ERR_INVALID) {
        struct lesson_findings *findings = loading->parse.findings;
        lesson_findings_sort(findings);
        const struct lesson_finding *first = findings->list;
        return errmsg_set(msg, e, "%.*s:%u:%u: %.*s; %.*s", STR_ARG(first->pos.file),
                          first->pos.line, first->pos.column, STR_ARG(first->what),
                          STR_ARG(first->fix));
    }
    if (e != ERR_OK)
        return errmsg_set(msg, e, "the course has more than %u files, or its files are too big",
                          LESSON_MAX_FILES);
    *ret = &loading->source.course;
    return ERR_OK;
}

enum err lesson_load(const struct lesson_file *files, uint32_t n_files, struct arena *arena,
                     const struct course **ret, struct errmsg *msg)
{
    struct lesson_loading *loading;
    enum err e = lesson_loading_new(files, n_files, arena, &loading, msg);
    if (e != ERR_OK)
        return e;
    while (lesson_loading_step(loading))
        ;
    return lesson_loading_end(loading, ret, msg);
}

/* parse.h: a course out of its files: course.md, its modules, and what holds for all of them. */
#include "core/lesson/parse_internal.h"

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
    for (const struct yaml_node *node = list != NULL ? list->first : NULL; node != NULL;
         node = node->next) {
        const struct lesson_blocks *blocks = parse_use_file(p, front, node);
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

static void complain_unused(struct parse *p)
{
    for (uint32_t i = 0; i < p->source->n_files; i++) {
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

static enum err read_files(struct parse *p, const struct lesson_file *files)
{
    struct lesson_source *source = p->source;
    for (uint32_t i = 0; i < source->n_files; i++) {
        struct str name = files[i].name;
        bool is_po = str_ends(name, STR(".po"));
        source->files[i].file = name;
        enum err e =
            is_po
                ? po_read(name, files[i].text, p->arena, p->findings, &source->pos[source->n_pos++])
                : lesson_blocks_read(name, files[i].text, p->arena, p->findings, &source->files[i]);
        if (e != ERR_OK && e != ERR_INVALID)
            return e;
    }
    return ERR_OK;
}

enum err lesson_parse(const struct lesson_file *files, uint32_t n_files, struct arena *arena,
                      struct lesson_findings *findings, struct lesson_source *ret)
{
    *ret = (struct lesson_source){.n_files = n_files, .front_pos = {STR("course.md"), 1, 1}};
    struct parse p = {.arena = arena, .findings = findings, .source = ret, .files = files};
    enum err e = check_size(files, n_files);
    if (e != ERR_OK)
        return e;
    p.modules = arena_new_array(arena, struct module, COURSE_MAX_MODULES);
    p.units = arena_new_array(arena, struct unit, COURSE_MAX_UNITS);
    p.ids = arena_new_array(arena, struct parse_id, PARSE_MAX_IDS);
    ret->files = arena_new_array(arena, struct lesson_blocks, n_files + 1);
    ret->pos = arena_new_array(arena, struct po_file, n_files + 1);
    p.is_used = arena_new_array(arena, bool, n_files + 1);
    e = parse_safe_init(&p);
    if (e != ERR_OK)
        return e;
    e = read_files(&p, files);
    if (e != ERR_OK)
        return e;
    const struct lesson_blocks *blocks = parse_find_file(&p, STR("course.md"));
    if (blocks == NULL) {
        parse_complain(&p, "file-missing", ret->front_pos, STR_NONE,
                       STR("the folder has no course.md"),
                       STR("a course folder needs course.md; see lessons/README.md"));
        return ERR_INVALID;
    }
    p.is_used[blocks - ret->files] = true;
    struct lesson_front front;
    if (blocks->is_broken)
        return ERR_INVALID;
    const struct lesson_blocks *base = parse_course_front(&p, blocks, &front);
    if (p.is_incomplete)
        return ERR_INVALID; /* nearly all of it lies elsewhere */
    uint32_t n_errors = findings->n_errors;
    parse_pack(&p, &front);
    parse_settle_front(&p, &front);
    p.level = PARSE_LEVEL_BASE;
    if (base != NULL)
        parse_texts(&p, base, &front, NULL);
    p.level = PARSE_LEVEL_COURSE;
    parse_texts(&p, blocks, &front, ret->safe_words);
    parse_require_texts(&p, n_errors);
    parse_words(&p);
    parse_settle_keyword(&p, &front);
    parse_settle_after(&p, &front);
    parse_modules(&p, &front);
    complain_unused(&p);
    settle_course(&p, &front);
    ret->course.safe.index = safe_index_new(&ret->course.safe, arena);
    if (ret->course.safe.index == NULL)
        return ERR_TOO_LONG;
    lesson_translate(ret, arena); /* its languages share the lists */
    if (arena_error(arena) != ERR_OK)
        return arena_error(arena);
    return findings->n_errors > 0 ? ERR_INVALID : ERR_OK;
}

enum err lesson_load(const struct lesson_file *files, uint32_t n_files, struct arena *arena,
                     const struct course **ret, struct errmsg *msg)
{
    struct lesson_findings *findings = lesson_findings_new(arena);
    struct lesson_source *source = arena_new_array(arena, struct lesson_source, 1);
    enum err e = arena_error(arena);
    if (findings != NULL && source != NULL)
        e = lesson_parse(files, n_files, arena, findings, source);
    if (e == ERR_INVALID && findings != NULL) {
        lesson_findings_sort(findings);
        const struct lesson_finding *first = findings->list;
        return errmsg_set(msg, e, "%.*s:%u:%u: %.*s; %.*s", STR_ARG(first->pos.file),
                          first->pos.line, first->pos.column, STR_ARG(first->what),
                          STR_ARG(first->fix));
    }
    if (e != ERR_OK)
        return errmsg_set(msg, e, "the course has more than %u files, or its files are too big",
                          LESSON_MAX_FILES);
    *ret = &source->course;
    return ERR_OK;
}

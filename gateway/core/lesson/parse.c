#include "core/lesson/parse_internal.h"

#include <assert.h>
#include <string.h>

#include "core/lesson/translate.h"
#include "core/match/match.h"
#include "core/utf8.h"

/* ---- course.md ---- */

static bool is_version(struct str version)
{
    uint64_t number;
    for (int i = 0; i < 3; i++) {
        if (version.p == NULL || str_to_u64(str_split(&version, '.'), 65535, &number) != ERR_OK)
            return false;
    }
    return version.p == NULL;
}

/* ---- front matter ---- */

bool lesson_is_course_id(struct str id)
{
    return parse_is_id(id, true);
}

static const char *course_id_problem(struct str id)
{
    return parse_is_id(id, true) ? NULL
                                 : "write a letter and at most 30 of a-z, 0-9, - and _, such as "
                                   "children-on-the-move";
}

static const struct yaml_type type_course_id = {.read = yaml_read_text,
                                                .problem = course_id_problem};

static const char *version_problem(struct str version)
{
    return is_version(version) ? NULL : "write three numbers, such as 1.0.0";
}

static const struct yaml_type type_version = {.read = yaml_read_text, .problem = version_problem};

/* What begins the course; settle_keyword() looks whether it means something else. */
static void read_keyword(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         void *field)
{
    struct str word = match_normalise(at->text, m->arena);
    (void)row;
    if (str_is_empty(word) || word.len > 20)
        yaml_complain(m->report, at, "write one word that is no command, such as CHILDREN",
                      "'%.*s' cannot be the word that begins a course", STR_ARG(at->text));
    else
        *(struct str *)field = word;
}

static const struct yaml_type type_keyword = {.read = read_keyword};

/* moves: {m1: m1, m2: m3} */
static void read_moves(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *field)
{
    struct course_moves *moves = field;
    struct course_move *list = arena_new_array(m->arena, struct course_move, COURSE_MAX_MODULES);
    if (list == NULL || !yaml_map_expect(m, row, at, YAML_KIND_MAP, COURSE_MAX_MODULES,
                                         "write for each module of the earlier version behind "
                                         "which one of this it goes on: {m1: m1, m2: m3}"))
        return;
    *moves = (struct course_moves){.list = list};
    for (const struct yaml_node *node = at->first; node != NULL; node = node->next)
        list[moves->n++] = (struct course_move){node->key, node->text};
}

static const struct yaml_type type_moves = {.read = read_moves, .is_any_kind = true};

#define SOURCE(field) YAML_AT(struct lesson_source, field)
static const struct yaml_row course_rows[] = {
    {.name = "course",
     SOURCE(course.id),
     .type = &type_course_id,
     .is_required = true,
     .example = "children-on-the-move"},
    {.name = "title",
     SOURCE(course.title),
     .max = COURSE_MAX_TEXT_BYTES,
     .is_required = true,
     .example = "Children on the Move"},
    {.name = "version",
     SOURCE(course.version),
     .type = &type_version,
     .is_required = true,
     .example = "1.0.0"},
    {.name = "language", SOURCE(course.language), .is_required = true, .example = "en"},
    {.name = "name", SOURCE(course.name), .example = "CHILDREN ON THE MOVE"},
    {.name = "keyword", SOURCE(course.keyword), .type = &type_keyword, .example = "CHILDREN"},
    {.name = "after", SOURCE(course.after), .type = &type_course_id, .example = "first-aid"},
    {.name = "pack", SOURCE(pack), .example = "standard"},
    {.name = "base", SOURCE(base), .type = &type_course_id, .example = "children-on-the-move"},
    {.name = "languages",
     SOURCE(languages),
     .type = &parse_type_languages,
     .example = "{en: English}"},
    {.name = "trial_languages",
     SOURCE(trial_languages),
     .type = &parse_type_files,
     .example = "[fr, es]"},
    {.name = "alphabet", SOURCE(is_ucs2), .type = &yaml_type_flag, .words = "gsm7 ucs2"},
    {.name = "moves", SOURCE(course.moves), .type = &type_moves, .example = "{m1: m1, m2: m3}"},
    {.name = "pass_right",
     SOURCE(course.pass_right),
     .type = &yaml_type_number,
     .min = 1,
     .max = COURSE_MAX_TEST,
     .is_required = true,
     .example = "7"},
    {.name = "max_tries",
     SOURCE(course.max_tries),
     .type = &yaml_type_number,
     .min = 1,
     .max = 20,
     .is_required = true,
     .example = "3"},
    {.name = "retake_hours",
     SOURCE(course.retake_hours),
     .type = &yaml_type_number,
     .max = 8760,
     .is_required = true,
     .example = "24"},
    {.name = "hours",
     SOURCE(course.effort_hours),
     .type = &yaml_type_number,
     .min = 1,
     .max = 1000,
     .example = "6"},
    {.name = "followup_days",
     SOURCE(course.followup_days),
     .type = &yaml_type_number,
     .max = 730,
     .is_required = true,
     .example = "90"},
    {.name = "pace", SOURCE(course.pace), .type = &yaml_type_word, .words = "open weekly"},
    {.name = "hardest",
     .offset = offsetof(struct lesson_source, hardest),
     .type = &parse_type_files,
     .example = "[m1q4, m2q3]"},
    {.name = "modules",
     .offset = offsetof(struct lesson_source, modules),
     .type = &parse_type_files,
     .is_required = true,
     .example = "[role.md, m1.md]"},
    {.name = "safe_words",
     SOURCE(safe_words),
     .type = &parse_type_files,
     .example = "[safe-en.md, safe-sw.md]"},
};
static const struct yaml_table course_table = {course_rows, ARRAY_LEN(course_rows), 0};

#define N_MODULE_KINDS 5u /* the words of its row below; in the order of enum module_kind */

struct module_front {
    struct str id, title, summary, key_message, guide;
    uint32_t kind;
    bool is_required;
    uint8_t n_forms;
};

#define MODULE(field) YAML_AT(struct module_front, field)
static const struct yaml_row module_rows[] = {
    {.name = "module", MODULE(id), .is_required = true, .example = "m1"},
    {.name = "title",
     MODULE(title),
     .max = COURSE_MAX_TEXT_BYTES,
     .is_required = true,
     .example = "Who is a child on the move"},
    {.name = "kind",
     MODULE(kind),
     .type = &yaml_type_word,
     .words = "role lessons test survey followup",
     .is_required = true,
     .example = "lessons"},
    {.name = "required",
     MODULE(is_required),
     .type = &yaml_type_flag,
     .words = "false true",
     .is_required = true,
     .example = "true"},
    {.name = "summary",
     MODULE(summary),
     .max = COURSE_MAX_TEXT_BYTES,
     .example = "Soap, water, twenty seconds"},
    {.name = "key_message",
     MODULE(key_message),
     .max = COURSE_MAX_TEXT_BYTES,
     .example = "Wash before you eat"},
    {.name = "guide", MODULE(guide), .max = COURSE_MAX_TEXT_BYTES, .example = "Who helps here?"},
    {.name = "forms",
     MODULE(n_forms),
     .type = &yaml_type_number,
     .min = 2,
     .max = COURSE_MAX_FORMS,
     .example = "2"},
};
static const struct yaml_table module_table = {module_rows, ARRAY_LEN(module_rows), 0};

/* What no single row can see. */
static void settle_course_front(struct parse *p, const struct lesson_front *front)
{
    struct course *course = &p->source->course;
    struct lesson_languages *languages = &p->source->languages;
    if (course->name.p == NULL)
        course->name = course->title;
    course->key = course_key(course->id, course->version);
    int own = -1;
    for (uint16_t i = 0; i < languages->n; i++)
        own = str_eq(languages->codes[i], course->language) ? i : own;
    if (own < 0 && languages->n > 0 && course->language.p != NULL)
        lesson_front_complain(front, lesson_front_pos(front, "languages"), course->language,
                              STR("the course's own language is not in the list"),
                              STR("write a line `en: English` for each language, every name in its "
                                  "own script"));
}

static void settle_keyword(struct parse *p, const struct lesson_front *front)
{
    const struct course *course = &p->source->course;
    struct str word = course->keyword;
    bool is_used = !str_is_empty(word) && course->words != NULL &&
                   (match_command(course->words, word, NULL).command != COMMAND_NONE ||
                    match_is_stop(course->words, word) ||
                    match_agreement(course->words, word) != AGREEMENT_NONE);
    if (!is_used)
        return;
    lesson_front_complain(front, lesson_front_pos(front, "keyword"),
                          yaml_text(front->root, STR("keyword"), word),
                          STR("this cannot be the word that begins a course"),
                          STR("write one word that is no command, such as CHILDREN"));
    p->source->course.keyword = STR_NONE;
}

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
    struct module_front read = {.kind = N_MODULE_KINDS, .is_required = true};
    lesson_front_read(blocks, &module_table, &read, p->findings, &front);
    bool is_kind_told = read.kind < N_MODULE_KINDS;
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

bool lesson_is_guide(struct str file, struct str lang)
{
    size_t slash = file.len;
    while (slash > 0 && file.p[slash - 1] != '/')
        slash--;
    struct str name = str_sub(file, slash, file.len);
    bool is_guide = str_starts(name, STR("guide-")) && str_ends(name, STR(".md"));
    return is_guide && (lang.p == NULL || str_eq(str_sub(name, 6, name.len - 3), lang));
}

static void complain_unused(struct parse *p)
{
    for (uint32_t i = 0; i < p->source->n_files; i++) {
        if (!p->is_used[i] && !parse_is_of_base(p->source->files[i].file) &&
            !lesson_is_guide(p->source->files[i].file, STR_NONE) &&
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

/* The base that course.md names, read before all else of it; NULL: none, or not there. */
static const struct lesson_blocks *find_base(struct parse *p, const struct lesson_blocks *blocks,
                                             bool *ret_is_edition)
{
    struct lesson_findings *unsaid = lesson_findings_new(p->arena);
    struct lesson_source peeked = {0};
    struct lesson_front front;
    if (unsaid == NULL)
        return NULL; /* the arena says so */
    lesson_front_read(blocks, &course_table, &peeked, unsaid, &front);
    *ret_is_edition = peeked.base.p != NULL;
    const struct lesson_blocks *base =
        peeked.base.p != NULL
            ? parse_find_file(p, arena_printf(p->arena, "%.*s/course.md", STR_ARG(peeked.base)))
            : NULL;
    return base != NULL && !base->is_broken ? base : NULL;
}

/* The front matter of course.md. Of an edition it says only what is other than in that of its base,
 * whose blocks are returned: all but its id and version may be left out. */
static const struct lesson_blocks *
read_course_front(struct parse *p, const struct lesson_blocks *blocks, struct lesson_front *ret)
{
    struct lesson_source *source = p->source;
    struct yaml_row rows[ARRAY_LEN(course_rows)];
    const struct yaml_table table = {rows, ARRAY_LEN(rows), 0};
    bool is_edition = false;
    const struct lesson_blocks *base = find_base(p, blocks, &is_edition);
    memcpy(rows, course_rows, sizeof(rows));
    if (base != NULL)
        lesson_front_read(base, &course_table, source, p->findings, ret);
    bool is_edition_itself = source->base.p != NULL;
    for (size_t i = 0; is_edition && i < ARRAY_LEN(rows); i++)
        rows[i].is_required = str_eq(str_from(rows[i].name), STR("course")) ||
                              str_eq(str_from(rows[i].name), STR("version"));
    if (base != NULL) /* what an edition has for itself */
        source->course.id = source->course.version = source->course.keyword = STR_NONE;
    lesson_front_read(blocks, &table, source, p->findings, ret);
    p->is_incomplete = is_edition && base == NULL;
    if (p->is_incomplete)
        lesson_front_complain(ret, lesson_front_pos(ret, "base"), source->base,
                              STR("there is no such course, or it cannot be read"),
                              STR("name the folder of a course that lies beside this one"));
    else if (is_edition_itself)
        lesson_front_complain(ret, lesson_front_pos(ret, "base"), source->base,
                              STR("that course is an edition itself"),
                              STR("name the course that it is an edition of"));
    return base;
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
    const struct lesson_blocks *base = read_course_front(&p, blocks, &front);
    if (p.is_incomplete)
        return ERR_INVALID; /* nearly all of it lies elsewhere */
    uint32_t n_errors = findings->n_errors;
    parse_pack(&p, &front);
    settle_course_front(&p, &front);
    p.level = PARSE_LEVEL_BASE;
    if (base != NULL)
        parse_texts(&p, base, &front, NULL);
    p.level = PARSE_LEVEL_COURSE;
    parse_texts(&p, blocks, &front, ret->safe_words);
    parse_require_texts(&p, n_errors);
    parse_words(&p);
    settle_keyword(&p, &front);
    parse_modules(&p, &front);
    complain_unused(&p);
    settle_course(&p, &front);
    lesson_translate(ret, arena);
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

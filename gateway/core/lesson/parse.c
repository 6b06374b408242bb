#include "core/lesson/parse_internal.h"

#include <assert.h>
#include <string.h>

#include "core/lesson/translate.h"
#include "core/match/match.h"
#include "core/utf8.h"

void parse_complain(struct parse *p, const char *rule, struct source_pos pos, struct str offending,
                    struct str what, struct str fix)
{
    lesson_findings_add(
        p->findings,
        (struct lesson_finding){
            .rule = rule, .pos = pos, .offending = offending, .what = what, .fix = fix});
}

void parse_misplaced(struct parse *p, const struct lesson_block *block, const char *fix)
{
    static const char *const names[] = {
        [LESSON_BLOCK_HEADING] = "a heading that does not belong here",
        [LESSON_BLOCK_TEXT] = "a text that does not belong here",
        [LESSON_BLOCK_ITEM] = "a list that does not belong here",
        [LESSON_BLOCK_NOTE] = "a feedback that does not belong here",
        [LESSON_BLOCK_ANSWER] = "an answer line that does not belong here",
        [LESSON_BLOCK_DIRECTIVE] = "an instruction that does not belong here",
        [LESSON_BLOCK_COMMENT] = "a comment that does not belong here",
    };
    parse_complain(p, "misplaced", block->pos, block->text, str_from(names[block->kind]),
                   str_from(fix));
}

/* [a-z][a-z0-9_]{0,30}; a course's id may have hyphens. */
static bool is_id(struct str id, bool may_have_hyphen)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.p[i];
        bool is_letter = c >= 'a' && c <= 'z';
        if (!is_letter &&
            (i == 0 || !((c >= '0' && c <= '9') || c == '_' || (c == '-' && may_have_hyphen))))
            return false;
    }
    return id.len > 0 && id.len < COURSE_ID_BYTES;
}

void parse_take_id(struct parse *p, struct parse_id id)
{
    if (!is_id(id.id, false)) {
        parse_complain(p, "id-form", id.pos, id.id, STR("an id of a wrong form"),
                       STR("an id begins with a small letter a-z and has at most 31 of a-z, 0-9 "
                           "and _"));
        return;
    }
    for (uint32_t i = 0; i < p->n_ids; i++) {
        if (!str_eq(p->ids[i].id, id.id))
            continue;
        const struct source_pos *first = &p->ids[i].pos;
        parse_complain(p, "id-double", id.pos, id.id,
                       arena_printf(p->arena, "this id is used already, at %.*s:%u:%u",
                                    STR_ARG(first->file), first->line, first->column),
                       STR("give one of them another id; ids of published questions must stay as "
                           "they are"));
        return;
    }
    if (p->n_ids < PARSE_MAX_IDS)
        p->ids[p->n_ids++] = id;
}

static struct source_pos pos_in(const struct lesson_block *block, const char *at)
{
    struct source_pos pos = block->pos;
    (void)lesson_block_find_pos(block, at, &pos); /* the block's own place is the fallback */
    return pos;
}

bool parse_heading(struct parse *p, const struct lesson_block *block, struct parse_id *ret_id,
                   struct str *ret_title)
{
    size_t colon = str_find_char(block->text, ':');
    struct str id = str_trim(str_sub(block->text, 0, colon));
    struct str title =
        colon != SIZE_MAX ? str_trim(str_sub(block->text, colon + 1, block->text.len)) : STR_NONE;
    if (str_is_empty(title)) {
        parse_complain(p, "heading-form", block->pos, block->text,
                       STR("a heading without id or without text"),
                       block->level == 1 ? STR("write `# id: title`, such as `# m1l1: Children "
                                               "first`")
                                         : STR("write `## id: question`, such as `## m1q1: What "
                                               "comes first?`"));
        return false;
    }
    *ret_id = (struct parse_id){id, pos_in(block, id.p)};
    *ret_title = parse_text(p, block, title);
    return true;
}

struct str parse_text(struct parse *p, const struct lesson_block *block, struct str text)
{
    if (text.len <= COURSE_MAX_TEXT_BYTES)
        return text;
    struct str kept = utf8_cut(text, COURSE_MAX_TEXT_BYTES);
    parse_complain(p, "too-long", pos_in(block, text.p + kept.len), text,
                   arena_printf(p->arena, "a text of %zu bytes; at most %u are possible", text.len,
                                COURSE_MAX_TEXT_BYTES),
                   STR("split it with a blank line, or shorten it"));
    return kept;
}

bool parse_source(const struct lesson_block *block, struct str *ret)
{
    if (block->kind != LESSON_BLOCK_COMMENT || !str_starts(block->text, STR("source:")))
        return false;
    *ret = str_trim(str_sub(block->text, STR("source:").len, block->text.len));
    return true;
}

/* ---- course.md ---- */

/* Texts of one section of course.md: list[from..to) */
static void take_text(struct parse *p, struct lesson_block *list, uint32_t n, enum course_text text,
                      const struct lesson_block *heading)
{
    struct lesson_block *found = &p->source->texts[text];
    if (found->text.p != NULL && p->text_levels[text] == p->level) {
        parse_complain(p, "id-double", heading->pos, heading->text,
                       arena_printf(p->arena, "this text stands already at %.*s:%u",
                                    STR_ARG(found->pos.file), found->pos.line),
                       STR("keep one of them"));
        return;
    }
    uint32_t n_texts = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (list[i].kind == LESSON_BLOCK_TEXT)
            list[n_texts++] = list[i];
        else if (list[i].kind != LESSON_BLOCK_COMMENT)
            parse_misplaced(p, &list[i],
                            "a system text is plain paragraphs; a line ends with a backslash where "
                            "the phone shall begin a new one");
    }
    if (n_texts == 0) {
        parse_complain(p, "text-empty", heading->pos, heading->text,
                       STR("a system text without words"), STR("write the text below its heading"));
        *found = *heading; /* it is not missing as well */
        return;
    }
    p->text_levels[text] = p->level;
    *found = lesson_blocks_join(list, n_texts, '\f', p->arena);
    if (found->text.p != NULL)
        p->source->course.texts[text] = parse_text(p, found, found->text);
}

static struct str suggest_text(struct parse *p, struct str wrong)
{
    uint32_t best = 3;
    const char *nearest = "hello";
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        const char *name = course_text_name((enum course_text)i);
        struct str full = arena_printf(p->arena, "text_%s", name);
        uint32_t distance = match_distance(wrong, full, 2);
        if (distance < best) {
            best = distance;
            nearest = name;
        }
    }
    return arena_printf(p->arena,
                        best < 3 ? "did you mean `text_%s`?"
                                 : "the names are in lessons/README.md, such as `text_%s`; a "
                                   "lesson belongs into a module's file",
                        nearest);
}

static void take_section(struct parse *p, struct lesson_block *heading, uint32_t n)
{
    struct parse_id id;
    struct str title;
    if (!parse_heading(p, heading, &id, &title))
        return;
    enum course_text text;
    if (heading->level == 2)
        parse_misplaced(p, heading, "course.md has system texts only, each under one #");
    else if (parse_safe_section(p, &id, heading + 1, n))
        return;
    else if (str_starts(id.id, STR("text_")) &&
             course_text_find(str_sub(id.id, 5, id.id.len), &text) == ERR_OK)
        take_text(p, heading + 1, n, text, heading);
    else
        parse_complain(p, "text-unknown", id.pos, id.id,
                       STR("no system text of the gateway has this name"), suggest_text(p, id.id));
}

/* What a course does not say itself. A stand-in stands before the texts that it stands in for. */
static void settle_texts(struct parse *p)
{
    struct str *texts = p->source->course.texts;
    size_t n = 0;
    for (size_t i = 0; i < N_COURSE_TEXTS; i++)
        n += p->source->texts[i].text.p != NULL;
    if (n == 0) {
        parse_complain(p, "text-missing", p->source->front_pos, STR_NONE,
                       STR("the course has no system texts: what the gateway says around lessons"),
                       STR("write `pack: standard` into the front matter of course.md"));
        return;
    }
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        enum course_text instead = course_text_instead((enum course_text)i);
        if (p->source->texts[i].text.p != NULL)
            continue;
        if (instead != (enum course_text)i) {
            texts[i] = instead != COURSE_TEXT_nothing ? texts[instead] : STR("");
            continue;
        }
        const char *name = course_text_name((enum course_text)i);
        parse_complain(
            p, "text-missing", p->source->front_pos, STR_NONE,
            arena_printf(p->arena, "the system text `%s` is missing: %s", name,
                         course_text_purpose((enum course_text)i)),
            arena_printf(p->arena, "write a section `# text_%s: ...` in course.md", name));
    }
}

static void parse_sections(struct parse *p, const struct lesson_blocks *blocks)
{
    for (uint32_t i = 0; i < blocks->n;) {
        struct lesson_block *block = &blocks->list[i++];
        if (block->kind == LESSON_BLOCK_COMMENT)
            continue;
        if (block->kind != LESSON_BLOCK_HEADING) {
            parse_misplaced(p, block, "put it under a heading `# text_name: what it is for`");
            continue;
        }
        uint32_t from = i;
        while (i < blocks->n && blocks->list[i].kind != LESSON_BLOCK_HEADING)
            i++;
        /* take_text moves the texts of a section together: a copy keeps the file's order. */
        struct lesson_block *copy = arena_new_array(p->arena, struct lesson_block, i - from + 1);
        if (copy == NULL)
            return;
        memcpy(copy, block, (i - from + 1) * sizeof(*copy));
        take_section(p, copy, i - from);
    }
}

/* n_errors: findings before the lists of safe words were read. */
static void require_texts(struct parse *p, uint32_t n_errors)
{
    bool is_read_well = p->findings->n_errors == n_errors;
    settle_texts(p);
    if (p->source->course.safe.n == 0 && is_read_well)
        parse_complain(
            p, "text-missing", p->source->front_pos, STR_NONE,
            STR("the list of words that disclose harm is missing"),
            STR("write a section `# safe_words: ...` with a list in course.md, or name "
                "files with such lists in its front matter: `safe_words: [safe-en.md]`"));
}

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

static const char *course_id_problem(struct str id)
{
    return is_id(id, true) ? NULL
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

/* languages: {en: English, fr: Français}, each name in its own script. */
static void read_languages(struct yaml_map *m, const struct yaml_row *row,
                           const struct yaml_node *at, void *field)
{
    struct lesson_languages *languages = field;
    struct str *codes = arena_new_array(m->arena, struct str, COURSE_MAX_LANGUAGES);
    struct str *names = arena_new_array(m->arena, struct str, COURSE_MAX_LANGUAGES);
    if (codes == NULL || names == NULL)
        return; /* the arena says so */
    (void)yaml_map_expect(m, row, at, YAML_KIND_MAP, COURSE_MAX_LANGUAGES,
                          "write a line `en: English` for each, at most 16"); /* reported */
    for (const struct yaml_node *node = at->first; node != NULL; node = node->next) {
        /* The learner's state keeps 7 bytes of the code. */
        if (node->key.len < 2 || node->key.len > 7 || node->text.len == 0 || node->text.len > 40) {
            yaml_complain(
                m->report, node, "write a code such as en or pt-BR and a name of at most 40 bytes",
                "'%.*s' is no language code, or has no name that fits", STR_ARG(node->key));
        } else if (languages->n < COURSE_MAX_LANGUAGES) {
            names[languages->n] = node->text;
            codes[languages->n++] = node->key;
        }
    }
    languages->codes = codes;
    languages->names = names;
}

const struct yaml_type parse_type_languages = {.read = read_languages, .is_any_kind = true};

/* modules: [role.md, m1.md] */
static void read_names(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *field)
{
    bool is_good = at->kind == YAML_KIND_LIST;
    for (const struct yaml_node *node = at->first; node != NULL; node = node->next)
        is_good = is_good && node->kind == YAML_KIND_SCALAR && node->text.len > 0;
    if (is_good)
        *(const struct yaml_node **)field = at;
    else
        yaml_complain(m->report, at, "write the files in their order: [role.md, m1.md]",
                      "%s is no list of files", row->name);
}

const struct yaml_type parse_type_files = {.read = read_names, .is_any_kind = true};

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
    {.name = "pack", SOURCE(pack), .example = "standard"},
    {.name = "languages",
     SOURCE(languages),
     .type = &parse_type_languages,
     .example = "{en: English}"},
    {.name = "alphabet", SOURCE(is_ucs2), .type = &yaml_type_flag, .words = "gsm7 ucs2"},
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
    {.name = "followup_days",
     SOURCE(course.followup_days),
     .type = &yaml_type_number,
     .max = 730,
     .is_required = true,
     .example = "90"},
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
    struct str id, title;
    uint32_t kind;
    bool is_required;
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
        .kind = is_kind_told ? (enum module_kind)read.kind : MODULE_LESSONS,
        .is_required = read.is_required,
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
    course->n_modules++;
    parse_module(p, blocks, index);
}

const struct lesson_blocks *parse_find_file(const struct parse *p, struct str name)
{
    for (uint32_t i = 0; i < p->source->n_files; i++) {
        if (str_eq(p->source->files[i].file, name))
            return &p->source->files[i];
    }
    return NULL;
}

/* A name as it stands in a file: of the same folder. */
static struct str beside(const struct parse *p, struct str file, struct str name)
{
    size_t folder = file.len;
    while (folder > 0 && file.p[folder - 1] != '/')
        folder--;
    return arena_printf(p->arena, "%.*s%.*s", STR_ARG(str_sub(file, 0, folder)), STR_ARG(name));
}

/* The file that a list in front matter names; NULL (with a finding) when there is none, or when it
 * was named before. */
static const struct lesson_blocks *use_file(struct parse *p, const struct lesson_front *front,
                                            const struct yaml_node *node)
{
    struct source_pos pos = {front->file, node->line, node->column};
    const struct lesson_blocks *blocks = parse_find_file(p, beside(p, front->file, node->text));
    if (blocks == NULL) {
        parse_complain(p, "file-missing", pos, node->text, STR("there is no such file"),
                       STR("add the file to the folder, or remove it from this list"));
        return NULL;
    }
    bool *is_double = &p->is_used[blocks - p->source->files];
    if (*is_double)
        parse_complain(p, "file-double", pos, node->text, STR("this file stands in the list twice"),
                       STR("keep one of them"));
    const struct lesson_blocks *found = *is_double ? NULL : blocks;
    *is_double = true;
    return found;
}

static void parse_modules(struct parse *p, const struct lesson_front *front)
{
    const struct yaml_node *list = p->source->modules;
    for (const struct yaml_node *node = list != NULL ? list->first : NULL; node != NULL;
         node = node->next) {
        const struct lesson_blocks *blocks = use_file(p, front, node);
        if (blocks != NULL && p->source->course.n_modules == COURSE_MAX_MODULES)
            parse_complain(p, "too-many",
                           (struct source_pos){front->file, node->line, node->column}, node->text,
                           arena_printf(p->arena, "more than %u modules", COURSE_MAX_MODULES),
                           STR("put what belongs together into one module"));
        else if (blocks != NULL)
            parse_module_file(p, blocks);
    }
}

/* The sections of a file that has system texts, and the lists of safe words in the files that it
 * names, one per language. */
void parse_texts(struct parse *p, const struct lesson_blocks *blocks,
                 const struct lesson_front *front, const struct yaml_node *safe_words)
{
    parse_sections(p, blocks);
    for (const struct yaml_node *node = safe_words != NULL ? safe_words->first : NULL; node != NULL;
         node = node->next) {
        const struct lesson_blocks *list = use_file(p, front, node);
        if (list != NULL)
            parse_sections(p, list);
    }
}

static void complain_unused(struct parse *p)
{
    for (uint32_t i = 0; i < p->source->n_files; i++) {
        if (!p->is_used[i] && !str_ends(p->source->files[i].file, STR(".po")))
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

static void settle_course(struct parse *p, const struct lesson_front *front)
{
    struct course *course = &p->source->course;
    course->modules = p->modules;
    course->units = p->units;
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
    if (course->test_module >= 0 && course->pass_right > p->modules[course->test_module].n_units)
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
    struct parse p = {.arena = arena, .findings = findings, .source = ret};
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
    lesson_front_read(blocks, &course_table, ret, findings, &front);
    uint32_t n_errors = findings->n_errors;
    parse_pack(&p, &front);
    settle_course_front(&p, &front);
    p.level = PARSE_LEVEL_COURSE;
    parse_texts(&p, blocks, &front, ret->safe_words);
    require_texts(&p, n_errors);
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

struct source_pos lesson_source_pos(const struct lesson_source *source, const char *p,
                                    struct source_pos fallback)
{
    struct source_pos pos;
    for (uint32_t i = 0; source->strings != NULL && i < source->strings->n; i++) {
        const struct lesson_string *string = &source->strings->list[i];
        if (string->is_done && p >= string->text->p && p <= string->text->p + string->text->len)
            return string->entry->pos;
    }
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        if (source->texts[i].text.p != NULL && lesson_block_find_pos(&source->texts[i], p, &pos))
            return pos;
    }
    for (uint32_t i = 0; i < source->n_files; i++) {
        const struct lesson_blocks *blocks = &source->files[i];
        for (uint32_t j = 0; j < blocks->n; j++) {
            if (lesson_block_find_pos(&blocks->list[j], p, &pos))
                return pos;
        }
    }
    return fallback;
}

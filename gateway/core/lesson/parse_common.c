/* What all files of the parser read and say in the same way. */
#include "core/lesson/parse_internal.h"
#include "core/lesson/translate.h"
#include "core/utf8.h"

/* ---- findings, headings, ids ---- */

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
bool parse_is_id(struct str id, bool may_have_hyphen)
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
    if (!parse_is_id(id.id, false)) {
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

static const struct lesson_blocks *find_file(const struct parse *p, struct str name)
{
    for (uint32_t i = 0; i < p->source->n_files; i++) {
        if (str_eq(p->source->files[i].file, name))
            return &p->source->files[i];
    }
    return NULL;
}

bool parse_is_of_base(struct str name)
{
    return str_find_char(name, '/') != SIZE_MAX && !str_starts(name, STR("packs/")) &&
           !str_starts(name, STR("po/"));
}

const struct lesson_blocks *parse_find_file(const struct parse *p, struct str name)
{
    struct str base = p->source->base;
    const struct lesson_blocks *own = find_file(p, name);
    if (own != NULL || base.p == NULL)
        return own;
    return find_file(p, arena_printf(p->arena, "%.*s/%.*s", STR_ARG(base), STR_ARG(name)));
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

/* ---- front matter ---- */

static const struct yaml_node empty_front = {.kind = YAML_KIND_MAP};

void lesson_front_complain(const struct lesson_front *front, struct source_pos pos,
                           struct str offending, struct str what, struct str fix)
{
    lesson_findings_add(
        front->findings,
        (struct lesson_finding){
            .rule = "front-value", .pos = pos, .offending = offending, .what = what, .fix = fix});
}

static void add_finding(void *user, const struct yaml_problem *problem)
{
    static const char *const rules[] = {
        [YAML_FAULT_FORM] = "front-yaml",
        [YAML_FAULT_KEY] = "front-unknown",
        [YAML_FAULT_VALUE] = "front-value",
    };
    const struct lesson_front *front = user;
    struct arena *arena = front->findings->arena;
    lesson_findings_add(front->findings, (struct lesson_finding){
                                             .rule = rules[problem->fault],
                                             .pos = {front->file, problem->line, problem->column},
                                             .what = arena_str(arena, problem->what),
                                             .fix = arena_str(arena, problem->fix),
                                         });
}

/* Where what stands behind ` #` begins in a line `key: value`: for YAML a comment, for its author
 * perhaps words of a title. SIZE_MAX: there is none. */
static size_t find_comment(struct str line)
{
    size_t at = str_find(line, STR(": "));
    if (at == SIZE_MAX || str_starts(str_trim(line), STR("#")))
        return SIZE_MAX;
    at += 2;
    struct str value = str_sub(line, at, line.len);
    if (!str_is_empty(value) && str_find_char(STR("'\"[{"), value.p[0]) != SIZE_MAX)
        return SIZE_MAX;
    size_t hash = str_find(value, STR(" #"));
    return hash == SIZE_MAX || hash == 0 ? SIZE_MAX : at + hash + 1;
}

static void warn_of_comments(const struct lesson_blocks *blocks, struct lesson_findings *findings)
{
    struct str rest = blocks->front;
    for (uint32_t line = 1; rest.p != NULL; line++) {
        struct str text = str_split(&rest, '\n');
        size_t at = find_comment(text);
        if (at == SIZE_MAX)
            continue;
        lesson_findings_add(
            findings, (struct lesson_finding){
                          .rule = "front-comment",
                          .severity = LESSON_SEVERITY_WARNING,
                          .pos = {blocks->file, line, (uint32_t)at + 1},
                          .offending = str_trim(str_sub(text, at, text.len)),
                          .what = STR("what stands behind a blank and # is a comment"),
                          .fix = STR("put the whole value in quotes if these words belong to it, "
                                     "else on a line of their own"),
                      });
    }
}

void lesson_front_read(const struct lesson_blocks *blocks, const struct yaml_table *table,
                       void *filled, struct lesson_findings *findings, struct lesson_front *ret)
{
    *ret = (struct lesson_front){blocks->file, &empty_front, findings};
    struct yaml_report report = {.file = blocks->file, .add = add_finding, .user = ret};
    struct yaml_map m = {.report = &report, .arena = findings->arena, .user = ret};
    if (blocks->front.p == NULL) {
        lesson_findings_add(findings, (struct lesson_finding){
                                          .rule = "front-missing",
                                          .pos = {blocks->file, 1, 1},
                                          .what = STR("the file has no front matter"),
                                          .fix = STR("begin it with a line ---, lines of `key: "
                                                     "value`, and a line ---"),
                                      });
        return;
    }
    warn_of_comments(blocks, findings);
    const struct yaml_node *root = NULL;
    if (yaml_read(blocks->front, findings->arena, &report, &root) != ERR_OK)
        return; /* reported */
    if (root->kind != YAML_KIND_MAP) {
        yaml_complain(&report, root, "write lines of `key: value`", "the front matter is %s",
                      yaml_kind_name(root->kind));
        return;
    }
    ret->root = root;
    yaml_map_fill(&m, table, root, filled);
}

struct source_pos lesson_front_pos(const struct lesson_front *front, const char *key)
{
    const struct yaml_node *node = yaml_get(front->root, str_from(key));
    if (node == NULL)
        return (struct source_pos){front->file, 1, 1};
    return (struct source_pos){front->file, node->line, node->column};
}

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

/* modules: [role.md, m1.md], trial_languages: [fr, es] */
static void read_names(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *field)
{
    bool is_good = at->kind == YAML_KIND_LIST;
    for (const struct yaml_node *node = at->first; node != NULL; node = node->next)
        is_good = is_good && node->kind == YAML_KIND_SCALAR && node->text.len > 0;
    if (is_good)
        *(const struct yaml_node **)field = at;
    else
        yaml_complain(m->report, at, "write them in their order, in square brackets: [one, two]",
                      "%s is no list", row->name);
}

const struct yaml_type parse_type_files = {.read = read_names, .is_any_kind = true};

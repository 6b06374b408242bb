/* The system texts of a course or pack, and its lists of safe words. */
#include <string.h>

#include "core/lesson/parse_internal.h"
#include "core/match/match.h"

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
const struct lesson_blocks *parse_use_file(struct parse *p, const struct lesson_front *front,
                                           const struct yaml_node *node)
{
    struct source_pos pos = {front->file, node->line, node->column};
    bool is_of_pack = str_starts(front->file, STR("packs/"));
    const struct lesson_blocks *blocks =
        parse_find_file(p, is_of_pack ? beside(p, front->file, node->text) : node->text);
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

void parse_texts(struct parse *p, const struct lesson_blocks *blocks,
                 const struct lesson_front *front, const struct yaml_node *safe_words)
{
    parse_sections(p, blocks);
    p->list_front = *front;
    p->lists = safe_words != NULL ? safe_words->first : NULL;
}

bool parse_list(struct parse *p)
{
    const struct yaml_node *node = p->lists;
    if (node == NULL)
        return false;
    const struct lesson_blocks *list = parse_use_file(p, &p->list_front, node);
    if (list != NULL)
        parse_sections(p, list);
    p->lists = node->next;
    return true;
}

/* n_errors: findings before the lists of safe words were read. */
void parse_require_texts(struct parse *p, uint32_t n_errors)
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

/* ---- packs ----
 *
 * The pack of a course (`pack: standard` in course.md): system texts and safe words that many
 * courses share, in packs/NAME/texts.md beside the course's folder. course.md overrides them.
 */

struct pack_front {
    struct str id;
    struct str language;
    struct lesson_languages languages;
    const struct yaml_node *safe_words;
    bool is_safe_learned;
};

#define PACK(field) YAML_AT(struct pack_front, field)
static const struct yaml_row pack_rows[] = {
    {.name = "pack", PACK(id), .is_required = true, .example = "standard"},
    {.name = "language", PACK(language), .is_required = true, .example = "en"},
    {.name = "languages",
     PACK(languages),
     .type = &parse_type_languages,
     .is_required = true,
     .example = "{en: English, fr: Français}"},
    {.name = "safe_words",
     PACK(safe_words),
     .type = &parse_type_files,
     .example = "[safe-en.md, safe-sw.md]"},
    {.name = "safe_learned",
     PACK(is_safe_learned),
     .type = &yaml_type_flag,
     .words = "false true",
     .example = "false"},
};
static const struct yaml_table pack_table = {pack_rows, ARRAY_LEN(pack_rows), 0};

static void read_pack(struct parse *p, const struct lesson_front *course,
                      const struct lesson_blocks *blocks)
{
    struct pack_front read = {.is_safe_learned = true};
    struct lesson_front front;
    lesson_front_read(blocks, &pack_table, &read, p->findings, &front);
    if (!str_eq(read.language, p->source->course.language) && read.language.p != NULL &&
        p->source->course.language.p != NULL)
        lesson_front_complain(course, lesson_front_pos(course, "pack"), p->source->pack,
                              arena_printf(p->arena, "the texts of this pack are written in %.*s",
                                           STR_ARG(read.language)),
                              STR("write the course in the language of its pack, or leave `pack:` "
                                  "out and write all system texts into course.md"));
    if (!p->source->is_languages_own)
        p->source->languages = read.languages;
    parse_texts(p, blocks, &front, read.safe_words);
    p->source->course.safe.is_learned = read.is_safe_learned;
}

void parse_pack(struct parse *p, const struct lesson_front *front)
{
    struct str pack = p->source->pack;
    p->source->is_languages_own = p->source->languages.n > 0;
    if (pack.p == NULL)
        return;
    struct str name = arena_printf(p->arena, "packs/%.*s/texts.md", STR_ARG(pack));
    const struct lesson_blocks *blocks = parse_find_file(p, name);
    if (blocks == NULL) {
        lesson_front_complain(front, lesson_front_pos(front, "pack"), pack,
                              STR("there is no such pack"),
                              STR("name a folder of lessons/packs/, such as standard"));
        p->is_incomplete = true;
        return;
    }
    p->is_used[blocks - p->source->files] = true;
    if (!blocks->is_broken)
        read_pack(p, front, blocks);
}

static void ignore(void *user, const struct yaml_problem *problem)
{
    (void)user, (void)problem; /* lesson_parse reads the same and says what is wrong */
}

struct lesson_links lesson_links_read(struct str course_md, struct arena *arena)
{
    struct lesson_findings *findings = lesson_findings_new(arena);
    struct lesson_blocks blocks;
    const struct yaml_node *root = NULL;
    struct yaml_report report = {.file = STR("course.md"), .add = ignore};
    if (findings == NULL ||
        lesson_blocks_read(report.file, course_md, arena, findings, &blocks) != ERR_OK ||
        blocks.front.p == NULL || yaml_read(blocks.front, arena, &report, &root) != ERR_OK ||
        root->kind != YAML_KIND_MAP)
        return (struct lesson_links){STR_NONE, STR_NONE};
    return (struct lesson_links){.pack = yaml_text(root, STR("pack"), STR_NONE),
                                 .base = yaml_text(root, STR("base"), STR_NONE)};
}

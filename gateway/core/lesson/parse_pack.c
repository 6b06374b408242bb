/*
 * The pack of a course (`pack: standard` in course.md): system texts and safe words that many
 * courses share, in packs/NAME/texts.md beside the course's folder. course.md overrides them.
 */
#include <string.h>

#include "core/lesson/parse_internal.h"

struct pack_front {
    struct str id;
    struct str language;
    struct lesson_languages languages;
    const struct yaml_node *safe_words;
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
};
static const struct yaml_table pack_table = {pack_rows, ARRAY_LEN(pack_rows), 0};

static void read_pack(struct parse *p, const struct lesson_front *course,
                      const struct lesson_blocks *blocks)
{
    struct pack_front read = {0};
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
    memcpy(p->source->pack_texts, p->source->texts, sizeof(p->source->texts));
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
        return (struct lesson_links){STR_NONE};
    return (struct lesson_links){.pack = yaml_text(root, STR("pack"), STR_NONE)};
}

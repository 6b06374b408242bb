/* parse.h: front matter of course.md and of modules, a row for each key. */
#include "core/lesson/parse_internal.h"

#include <string.h>

#include "core/match/match.h"

static bool is_version(struct str version)
{
    uint64_t number;
    for (int i = 0; i < 3; i++) {
        if (version.p == NULL || str_to_u64(str_split(&version, '.'), 65535, &number) != ERR_OK)
            return false;
    }
    return version.p == NULL;
}

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

/* What begins the course; parse_settle_keyword() looks whether it means something else. */
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

#define MODULE(field) YAML_AT(struct parse_module_front, field)
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
const struct yaml_table parse_module_table = {module_rows, ARRAY_LEN(module_rows), 0};

void parse_settle_front(struct parse *p, const struct lesson_front *front)
{
    struct course *course = &p->source->course;
    struct lesson_languages *languages = &p->source->languages;
    p->source->title_pos = lesson_front_pos(front, "title");
    p->source->name_pos = lesson_front_pos(front, course->name.p != NULL ? "name" : "title");
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

void parse_settle_keyword(struct parse *p, const struct lesson_front *front)
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

/* Of several that wait for each other only `publish` knows. */
void parse_settle_after(struct parse *p, const struct lesson_front *front)
{
    struct course *course = &p->source->course;
    if (course->after.p == NULL || course->id.p == NULL || !str_eq(course->after, course->id))
        return;
    lesson_front_complain(front, lesson_front_pos(front, "after"),
                          yaml_text(front->root, STR("after"), course->after),
                          STR("a course cannot come after itself: nobody could begin it"),
                          STR("name another course, or leave `after` out"));
    course->after = STR_NONE;
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

const struct lesson_blocks *parse_course_front(struct parse *p, const struct lesson_blocks *blocks,
                                               struct lesson_front *ret)
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

#include "core/lesson/front.h"

#include <string.h>

#include "core/match/match.h"

static const struct yaml_node empty_front = {.kind = YAML_KIND_MAP};

void lesson_front_complain(const struct lesson_front *front, struct source_pos pos,
                           struct str offending, struct str what, struct str fix)
{
    lesson_findings_add(
        front->findings,
        (struct lesson_finding){
            .rule = "front-value", .pos = pos, .offending = offending, .what = what, .fix = fix});
}

/* "file:line:column: words\n" of core/yaml.h, one finding each. */
static void take_yaml_errors(struct lesson_front *front, struct str errors, struct arena *arena)
{
    struct str rest = arena_str(arena, errors);
    while (rest.p != NULL && rest.len > 0) {
        struct str line = str_split(&rest, '\n');
        line = str_sub(line, front->file.len + 1, line.len);
        struct str line_number = str_split(&line, ':');
        struct str column_number = str_split(&line, ':');
        uint64_t at_line = 1, at_column = 1;
        if (str_to_u64(line_number, UINT32_MAX, &at_line) != ERR_OK ||
            str_to_u64(column_number, UINT32_MAX, &at_column) != ERR_OK)
            continue;
        lesson_findings_add(
            front->findings,
            (struct lesson_finding){
                .rule = "front-yaml",
                .pos = {front->file, (uint32_t)at_line, (uint32_t)at_column},
                .what = str_trim(line),
                .fix = STR("write the front matter as lines of `key: value`; put a value with a "
                           "colon or a # in quotes"),
            });
    }
}

static bool has_word(const char *words, struct str word)
{
    for (struct str rest = str_from(words); rest.p != NULL;) {
        if (str_eq(str_split(&rest, ' '), word))
            return true;
    }
    return false;
}

/* " (did you mean `title`?)", or nothing. */
static struct str suggest(struct str wrong, const char *words, struct arena *arena)
{
    struct str nearest = STR_NONE;
    uint32_t best = 3;
    for (struct str rest = str_from(words); rest.p != NULL;) {
        struct str word = str_split(&rest, ' ');
        uint32_t distance = match_distance(wrong, word, 2);
        if (distance < best) {
            best = distance;
            nearest = word;
        }
    }
    return nearest.p != NULL ? arena_printf(arena, "did you mean `%.*s`? ", STR_ARG(nearest))
                             : STR("");
}

static void check_keys(const struct lesson_front *front, const char *keys, struct arena *arena)
{
    for (const struct yaml_node *node = front->root->first; node != NULL; node = node->next) {
        if (has_word(keys, node->key))
            continue;
        lesson_findings_add(front->findings,
                            (struct lesson_finding){
                                .rule = "front-unknown",
                                .pos = {front->file, node->key_line, node->key_column},
                                .offending = node->key,
                                .what = STR("an unknown key in the front matter"),
                                .fix = arena_printf(arena, "%.*sthis file knows: %s",
                                                    STR_ARG(suggest(node->key, keys, arena)), keys),
                            });
    }
}

void lesson_front_read(const struct lesson_blocks *blocks, const char *keys, struct arena *arena,
                       struct lesson_findings *findings, struct lesson_front *ret)
{
    *ret = (struct lesson_front){blocks->file, &empty_front, findings};
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
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 64 * 1024);
    const struct yaml_node *root = NULL;
    if (yaml_read(blocks->front, blocks->file, arena, &root, &errors) != ERR_OK)
        take_yaml_errors(ret, buf_str(&errors), arena);
    else if (root->kind != YAML_KIND_MAP)
        lesson_front_complain(ret, lesson_front_pos(ret, ""), STR_NONE,
                              STR("the front matter is no list of keys"),
                              STR("write lines of `key: value`"));
    else
        ret->root = root;
    check_keys(ret, keys, arena);
}

struct source_pos lesson_front_pos(const struct lesson_front *front, const char *key)
{
    const struct yaml_node *node = yaml_get(front->root, str_from(key));
    if (node == NULL)
        return (struct source_pos){front->file, 1, 1};
    return (struct source_pos){front->file, node->line, node->column};
}

struct str lesson_front_text(const struct lesson_front *front, const char *key, const char *fix)
{
    struct str text = str_trim(yaml_text(front->root, str_from(key), STR_NONE));
    if (!str_is_empty(text) && text.len <= COURSE_MAX_TEXT_BYTES)
        return text;
    struct arena *arena = front->findings->arena;
    /* A front matter that could not be read has been reported already. */
    if (front->root != &empty_front)
        lesson_front_complain(front, lesson_front_pos(front, key), STR_NONE,
                              arena_printf(arena, "the front matter needs `%s`%s", key,
                                           str_is_empty(text) ? "" : ", but shorter"),
                              str_from(fix));
    return STR_NONE;
}

uint32_t lesson_front_number(const struct lesson_front *front, const char *key, uint32_t low,
                             uint32_t high)
{
    struct arena *arena = front->findings->arena;
    struct str fix = arena_printf(arena, "write `%s:` and a number from %u to %u", key, low, high);
    struct str text = lesson_front_text(front, key, fix.p);
    uint64_t number = low;
    if (text.p == NULL)
        return low;
    if (str_to_u64(text, high, &number) != ERR_OK || number < low)
        lesson_front_complain(
            front, lesson_front_pos(front, key), text,
            arena_printf(arena, "`%s` is no number from %u to %u", key, low, high), fix);
    return number < low ? low : (uint32_t)number;
}

uint32_t lesson_front_word(const struct lesson_front *front, const char *key, const char *words,
                           uint32_t fallback)
{
    struct arena *arena = front->findings->arena;
    struct str fix = arena_printf(arena, "write `%s:` and one of: %s", key, words);
    struct str text = lesson_front_text(front, key, fix.p);
    struct str rest = str_from(words);
    for (uint32_t i = 0; text.p != NULL && rest.p != NULL; i++) {
        if (str_eq(str_split(&rest, ' '), text))
            return i;
    }
    if (text.p != NULL)
        lesson_front_complain(front, lesson_front_pos(front, key), text,
                              arena_printf(arena, "an unknown `%s`", key), fix);
    return fallback;
}

const struct yaml_node *lesson_front_members(const struct lesson_front *front, const char *key,
                                             bool is_map, const char *fix)
{
    const struct yaml_node *node = yaml_get(front->root, str_from(key));
    enum yaml_kind kind = is_map ? YAML_KIND_MAP : YAML_KIND_LIST;
    bool is_good = node != NULL && node->kind == kind && node->n > 0;
    for (const struct yaml_node *m = is_good ? node->first : NULL; m != NULL; m = m->next)
        is_good = is_good && m->kind == YAML_KIND_SCALAR && m->text.len > 0;
    if (is_good)
        return node;
    if (front->root != &empty_front)
        lesson_front_complain(
            front, lesson_front_pos(front, key), STR_NONE,
            arena_printf(front->findings->arena, "the front matter needs `%s`", key),
            str_from(fix));
    return NULL;
}

#include "core/lesson/parse_internal.h"

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

/*
 * The safeguarding patterns of a course: sections `# safe_words`, `# safe_suicide`,
 * `# safe_ordinary`, `# safe_child`, `# safe_psea` and `# safe_set_NAME`, in course.md or in the
 * files that its `safe_words:` names.
 */
#include <string.h>

#include "core/lesson/parse_internal.h"
#include "core/match/match.h"

#define HOW "see `safe words` in lessons/README.md"

struct parse_safe_set {
    struct str name;
    struct safe_slot words;
};

/* "beat-", "-piga", "raped"; false (with a finding) when it is no single word. */
static bool take_word(struct parse *p, const struct lesson_block *block, struct str text,
                      struct safe_word *ret)
{
    ret->has_head = str_starts(text, STR("-"));
    ret->has_tail = str_ends(text, STR("-"));
    ret->text = match_safe_word(match_normalise(text, p->arena), p->arena);
    if (!str_is_empty(ret->text))
        return true;
    parse_complain(
        p, "safe-pattern", block->pos, text, STR("no word of letters"),
        STR("write a word, a part of one as in `beat-`, or words between slashes; " HOW));
    return false;
}

/* "me/us/him": one word or several between slashes. */
static bool take_words(struct parse *p, const struct lesson_block *block, struct str text,
                       struct safe_slot *ret)
{
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] == '/';
    if (n > COURSE_MAX_SAFE_CHOICES) {
        parse_complain(
            p, "too-many", block->pos, text,
            arena_printf(p->arena, "more than %u words for one place", COURSE_MAX_SAFE_CHOICES),
            STR("leave words out that others catch: `beat-` is beats, beaten, beating"));
        return false;
    }
    struct safe_word *words = arena_new_array(p->arena, struct safe_word, n);
    for (size_t i = 0; i < n; i++) {
        if (words == NULL || !take_word(p, block, str_split(&text, '/'), &words[i]))
            return false;
    }
    *ret = (struct safe_slot){.words = words, .n_words = (uint16_t)n};
    for (size_t i = 0; i < n; i++)
        ret->initials |=
            words[i].has_head ? UINT32_MAX : UINT32_C(1) << ((uint8_t)words[i].text.p[0] & 31u);
    return true;
}

static bool take_set(struct parse *p, const struct lesson_block *block, struct str text,
                     struct safe_slot *ret)
{
    struct str name = str_sub(text, 1, text.len - 1);
    for (uint16_t i = p->n_safe_sets; i > 0; i--) { /* each language may name its own */
        if (!str_eq(p->safe_sets[i - 1].name, name))
            continue;
        *ret = p->safe_sets[i - 1].words;
        return true;
    }
    parse_complain(p, "safe-pattern", block->pos, text, STR("there is no such set of words above"),
                   STR("write a section `# safe_set_NAME: ...` with its words above; " HOW));
    return false;
}

static bool take_slot(struct parse *p, const struct lesson_block *block, struct str text,
                      struct safe_slot *ret)
{
    bool is_set = str_starts(text, STR("{")) && str_ends(text, STR("}"));
    return is_set ? take_set(p, block, text, ret) : take_words(p, block, text, ret);
}

/* "{hurt} ... {person}": the places of one pattern; n_slots 0 (with a finding) when it is none. */
static struct safe_pattern take_pattern(struct parse *p, const struct lesson_block *block)
{
    struct safe_slot slots[COURSE_MAX_SAFE_SLOTS];
    uint8_t n = 0;
    bool has_gap = false;
    for (struct str rest = block->text; rest.p != NULL;) {
        struct str text = str_split(&rest, ' ');
        bool is_gap = str_eq(text, STR("...")) && n > 0 && rest.p != NULL;
        if (!is_gap && n == COURSE_MAX_SAFE_SLOTS) {
            parse_complain(
                p, "too-many", block->pos, block->text,
                arena_printf(p->arena, "a pattern of more than %u words", COURSE_MAX_SAFE_SLOTS),
                STR("shorten it: less words are found in more messages"));
            return (struct safe_pattern){0};
        }
        if (!is_gap && !take_slot(p, block, text, &slots[n]))
            return (struct safe_pattern){0};
        if (!is_gap)
            slots[n++].has_gap = has_gap;
        has_gap = is_gap;
    }
    struct safe_slot *copy = arena_new_array(p->arena, struct safe_slot, n);
    if (copy == NULL)
        return (struct safe_pattern){0};
    memcpy(copy, slots, n * sizeof(*copy));
    return (struct safe_pattern){.slots = copy, .n_slots = n};
}

static void add_pattern(struct parse *p, const struct lesson_block *block, enum safe_kind kind)
{
    struct safe_list *safe = &p->source->course.safe;
    if (safe->n == COURSE_MAX_SAFE_PATTERNS) {
        parse_complain(p, "too-many", block->pos, block->text,
                       arena_printf(p->arena, "more than %u safe words", COURSE_MAX_SAFE_PATTERNS),
                       STR("remove words that others already catch"));
        return;
    }
    struct safe_pattern pattern = take_pattern(p, block);
    pattern.kind = kind;
    if (pattern.n_slots > 0)
        p->safe_patterns[safe->n++] = pattern;
}

static void add_set(struct parse *p, const struct parse_id *id, const struct lesson_block *list,
                    uint32_t n)
{
    if (p->n_safe_sets == PARSE_MAX_SAFE_SETS || n == 0) {
        parse_complain(p, "safe-pattern", id->pos, id->id,
                       STR("an empty set of words, or one set too many"),
                       arena_printf(p->arena, "write its words behind -; at most %u sets",
                                    PARSE_MAX_SAFE_SETS));
        return;
    }
    /* All items together are the words between slashes. */
    struct lesson_block words = lesson_blocks_join(list, n, '/', p->arena);
    struct parse_safe_set *set = &p->safe_sets[p->n_safe_sets];
    set->name = str_sub(id->id, STR("safe_set_").len, id->id.len);
    if (words.text.p != NULL && take_words(p, &words, words.text, &set->words))
        p->n_safe_sets++;
}

bool parse_safe_section(struct parse *p, const struct parse_id *id, struct lesson_block *list,
                        uint32_t n)
{
    static const struct {
        struct str name;
        enum safe_kind kind;
    } rows[] = {{{"safe_words", 10}, SAFE_ALARM},
                {{"safe_suicide", 12}, SAFE_SUICIDE},
                {{"safe_ordinary", 13}, SAFE_ORDINARY},
                {{"safe_child", 10}, SAFE_CHILD},
                {{"safe_psea", 9}, SAFE_PSEA}};
    bool is_set = str_starts(id->id, STR("safe_set_"));
    size_t row = 0;
    while (row < ARRAY_LEN(rows) && !str_eq(id->id, rows[row].name))
        row++;
    if (row == ARRAY_LEN(rows) && !is_set)
        return false;
    uint32_t n_items = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (list[i].kind == LESSON_BLOCK_ITEM)
            list[n_items++] = list[i];
        else if (list[i].kind != LESSON_BLOCK_COMMENT)
            parse_misplaced(p, &list[i], "the safe words are a list: one word or phrase behind -");
    }
    if (is_set)
        add_set(p, id, list, n_items);
    for (uint32_t i = 0; i < n_items && !is_set; i++)
        add_pattern(p, &list[i], rows[row].kind);
    return true;
}

enum err parse_safe_init(struct parse *p)
{
    p->safe_patterns = arena_new_array(p->arena, struct safe_pattern, COURSE_MAX_SAFE_PATTERNS);
    p->safe_sets = arena_new_array(p->arena, struct parse_safe_set, PARSE_MAX_SAFE_SETS);
    p->source->course.safe.patterns = p->safe_patterns;
    return arena_error(p->arena);
}

/*
 * The safeguarding patterns of a course: sections `# safe_words`, `# safe_suicide`,
 * `# safe_ordinary`, `# safe_about`, `# safe_own`, `# safe_child`, `# safe_psea` and
 * `# safe_set_NAME`, in course.md or in the files that its `safe_words:` names.
 */
#include <string.h>

#include "core/lesson/parse_internal.h"
#include "core/match/match.h"

#define HOW "see `safe words` in lessons/README.md"

struct parse_safe_set {
    struct str name;
    struct safe_slot words;
};

/* Most places are written again and again: what the last ones became, by the hash of their text. */
#define N_MEMOS 1024u

struct parse_safe_memo {
    struct str text;
    uint16_t n_sets; /* that there were then; a set may be named anew */
    struct safe_slot slot;
};

/* Small Latin letters without a drawl stay as they are in normal form. */
static bool is_normal(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool is_drawl = i >= 2 && text.p[i] == text.p[i - 1] && text.p[i] == text.p[i - 2];
        if (text.p[i] < 'a' || text.p[i] > 'z' || is_drawl)
            return false;
    }
    return text.len > 0;
}

/* "beat-", "-piga", "raped"; false (with a finding) when it is no single word. */
static bool take_word(struct parse *p, const struct lesson_block *block, struct str text,
                      struct safe_word *ret)
{
    ret->has_head = str_starts(text, STR("-"));
    ret->has_tail = str_ends(text, STR("-"));
    ret->text = str_sub(text, ret->has_head, text.len - ret->has_tail);
    if (!is_normal(ret->text))
        ret->text = match_safe_word(match_normalise(text, p->arena), p->arena);
    if (!str_is_empty(ret->text))
        return true;
    parse_complain(
        p, "safe-pattern", block->pos, text, STR("no word of letters"),
        STR("write a word, a part of one as in `beat-`, or words between slashes; " HOW));
    return false;
}

static bool names_set(struct str text)
{
    return str_starts(text, STR("{")) && str_ends(text, STR("}"));
}

/* The words of "{person}"; NULL (with a finding) when no such set stands above. */
static const struct safe_slot *find_set(struct parse *p, const struct lesson_block *block,
                                        struct str text)
{
    struct str name = str_sub(text, 1, text.len - 1);
    for (uint16_t i = p->n_safe_sets; i > 0; i--) { /* each language may name its own */
        if (str_eq(p->safe_sets[i - 1].name, name))
            return &p->safe_sets[i - 1].words;
    }
    parse_complain(p, "safe-pattern", block->pos, text, STR("there is no such set of words above"),
                   STR("write a section `# safe_set_NAME: ...` with its words above; " HOW));
    return NULL;
}

/* How many words "me/us/{person}" stands for; 0 (with a finding) when a set is missing, or when
 * there are too many. */
static size_t count_words(struct parse *p, const struct lesson_block *block, struct str text)
{
    size_t n = 0;
    for (struct str rest = text; rest.p != NULL;) {
        struct str word = str_split(&rest, '/');
        const struct safe_slot *set = names_set(word) ? find_set(p, block, word) : NULL;
        if (names_set(word) && set == NULL)
            return 0;
        n += set != NULL ? set->n_words : 1;
    }
    if (n <= COURSE_MAX_SAFE_CHOICES)
        return n;
    parse_complain(
        p, "too-many", block->pos, text,
        arena_printf(p->arena, "more than %u words for one place", COURSE_MAX_SAFE_CHOICES),
        STR("leave words out that others catch: `beat-` is beats, beaten, beating"));
    return 0;
}

/* "me/us/{person}": a word, a set, or several of them between slashes. */
static bool read_slot(struct parse *p, const struct lesson_block *block, struct str text,
                      struct safe_slot *ret)
{
    size_t n = count_words(p, block, text);
    if (n == 0)
        return false;
    if (names_set(text) && str_find(text, STR("/")) == SIZE_MAX) {
        *ret = *find_set(p, block, text); /* most places: its words are shared */
        return true;
    }
    struct safe_word *words = arena_new_array(p->arena, struct safe_word, n);
    size_t at = 0;
    *ret = (struct safe_slot){.words = words, .n_words = (uint16_t)n};
    while (words != NULL && text.p != NULL) {
        struct str word = str_split(&text, '/');
        const struct safe_slot *set = names_set(word) ? find_set(p, block, word) : NULL;
        if (set != NULL) {
            memcpy(&words[at], set->words, set->n_words * sizeof(*words));
            at += set->n_words;
        } else if (!take_word(p, block, word, &words[at++])) {
            return false;
        }
    }
    return words != NULL;
}

static bool take_slot(struct parse *p, const struct lesson_block *block, struct str text,
                      struct safe_slot *ret)
{
    struct parse_safe_memo *memo = &p->safe_memo[str_hash(text) % N_MEMOS];
    bool is_known =
        memo->slot.words != NULL && memo->n_sets == p->n_safe_sets && str_eq(memo->text, text);
    if (!is_known && !read_slot(p, block, text, ret))
        return false;
    if (is_known)
        *ret = memo->slot;
    else
        *memo = (struct parse_safe_memo){text, p->n_safe_sets, *ret};
    return true;
}

/* "the story of ...", "... hakkinda": where what it is about stands; the pattern without the dots.
 * False (with a finding): nowhere. */
static bool take_side(struct parse *p, struct lesson_block *block, enum safe_kind *kind)
{
    struct str text = block->text;
    bool is_behind = str_ends(text, STR(" ..."));
    bool is_before = str_starts(text, STR("... "));
    if (is_behind == is_before) {
        parse_complain(p, "safe-pattern", block->pos, text,
                       STR("it does not say on which side stands what it is about"),
                       STR("write `...` there, once: `the story of ...`; " HOW));
        return false;
    }
    *kind = is_behind ? SAFE_ABOUT : SAFE_ABOUT_IT;
    block->text = is_behind ? str_sub(text, 0, text.len - 4) : str_sub(text, 4, text.len);
    return true;
}

/* "{hurt} ... {person}", "{aid} & {night}": the places of one pattern; n_slots 0 (with a finding)
 * when it is none. */
static struct safe_pattern take_pattern(struct parse *p, const struct lesson_block *block)
{
    struct safe_slot slots[COURSE_MAX_SAFE_SLOTS];
    uint8_t n = 0;
    struct str before = STR_NONE; /* "..." or "&" */
    for (struct str rest = block->text; rest.p != NULL;) {
        struct str text = str_split(&rest, ' ');
        bool is_sign = (str_eq(text, STR("...")) || str_eq(text, STR("&"))) && n > 0 &&
                       rest.p != NULL && before.p == NULL;
        if (!is_sign && n == COURSE_MAX_SAFE_SLOTS) {
            parse_complain(
                p, "too-many", block->pos, block->text,
                arena_printf(p->arena, "a pattern of more than %u words", COURSE_MAX_SAFE_SLOTS),
                STR("shorten it: less words are found in more messages"));
            return (struct safe_pattern){0};
        }
        if (!is_sign && !take_slot(p, block, text, &slots[n]))
            return (struct safe_pattern){0};
        if (!is_sign) {
            slots[n].has_gap = str_eq(before, STR("..."));
            slots[n++].is_apart = str_eq(before, STR("&"));
        }
        before = is_sign ? text : STR_NONE;
    }
    struct safe_slot *copy = arena_new_array(p->arena, struct safe_slot, n);
    if (copy == NULL)
        return (struct safe_pattern){0};
    memcpy(copy, slots, n * sizeof(*copy));
    return (struct safe_pattern){.slots = copy, .n_slots = n};
}

/* Where words stand in order: what is no alarm. */
static bool is_in_order(enum safe_kind kind)
{
    return kind == SAFE_ORDINARY || kind == SAFE_ABOUT || kind == SAFE_ABOUT_IT || kind == SAFE_OWN;
}

static void add_pattern(struct parse *p, struct lesson_block block, enum safe_kind kind)
{
    struct safe_list *safe = &p->source->course.safe;
    if (safe->n == COURSE_MAX_SAFE_PATTERNS) {
        parse_complain(p, "too-many", block.pos, block.text,
                       arena_printf(p->arena, "more than %u safe words", COURSE_MAX_SAFE_PATTERNS),
                       STR("remove words that others already catch"));
        return;
    }
    if (kind == SAFE_ABOUT && !take_side(p, &block, &kind))
        return;
    struct safe_pattern pattern = take_pattern(p, &block);
    pattern.kind = kind;
    if (is_in_order(kind) && str_find(block.text, STR(" & ")) != SIZE_MAX) {
        parse_complain(p, "safe-pattern", block.pos, block.text,
                       STR("an ordinary phrase has its words in order"),
                       STR("write `...` between them; `&` is for what may tell of harm"));
        return;
    }
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
    if (words.text.p != NULL && take_slot(p, &words, words.text, &set->words))
        p->n_safe_sets++;
}

/* For who compares two versions; each word of a set by itself. */
static void keep_rows(struct parse *p, struct str section, const struct lesson_block *block,
                      bool is_set)
{
    for (struct str rest = block->text; rest.p != NULL;) {
        struct lesson_safe_row *row = arena_new_array(p->arena, struct lesson_safe_row, 1);
        struct str text = str_split(&rest, is_set ? '/' : '\0');
        if (row == NULL)
            return;
        *row = (struct lesson_safe_row){section, text, block->pos, p->source->safe_rows};
        p->source->safe_rows = row;
    }
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
                {{"safe_about", 10}, SAFE_ABOUT},
                {{"safe_own", 8}, SAFE_OWN},
                {{"safe_child", 10}, SAFE_CHILD},
                {{"safe_psea", 9}, SAFE_PSEA}};
    bool is_of_set = str_starts(id->id, STR("safe_set_"));
    size_t row = 0;
    while (row < ARRAY_LEN(rows) && !str_eq(id->id, rows[row].name))
        row++;
    if (row == ARRAY_LEN(rows) && !is_of_set)
        return false;
    uint32_t n_items = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (list[i].kind == LESSON_BLOCK_ITEM)
            list[n_items++] = list[i];
        else if (list[i].kind != LESSON_BLOCK_COMMENT)
            parse_misplaced(p, &list[i], "the safe words are a list: one word or phrase behind -");
    }
    for (uint32_t i = 0; i < n_items; i++)
        keep_rows(p, id->id, &list[i], is_of_set);
    if (is_of_set)
        add_set(p, id, list, n_items);
    for (uint32_t i = 0; i < n_items && !is_of_set; i++)
        add_pattern(p, list[i], rows[row].kind);
    return true;
}

enum err parse_safe_init(struct parse *p)
{
    p->safe_patterns = arena_new_array(p->arena, struct safe_pattern, COURSE_MAX_SAFE_PATTERNS);
    p->safe_sets = arena_new_array(p->arena, struct parse_safe_set, PARSE_MAX_SAFE_SETS);
    p->safe_memo = arena_new_array(p->arena, struct parse_safe_memo, N_MEMOS);
    p->source->course.safe.patterns = p->safe_patterns;
    return arena_error(p->arena);
}

#include "core/match/words.h"

#include <string.h>

/* All that one word is, in any language. */
struct word {
    struct str text;
    uint32_t lists;   /* one bit for each enum word_list */
    uint32_t phrase;  /* link to the first phrase that may begin with it, + 1; 0 = none */
    uint16_t keyword; /* index + 1; 0 = none */
    int8_t number;    /* -1 = none */
    uint8_t letter;   /* 0 = none */
};

struct phrase_link {
    uint32_t next; /* + 1; 0 = none */
    enum word_list list;
    struct str phrase;
};

struct vocabulary_table {
    uint32_t mask;   /* of the hash; slots are a power of two, half of them empty */
    uint16_t *slots; /* index + 1 in list; 0 = empty */
    uint16_t n;
    struct word *list;
    uint32_t n_links;
    struct phrase_link *links;
};

/* ---- making a table, and finding in it ---- */

static uint32_t hash_of(struct str word)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < word.len; i++)
        hash = (hash ^ (uint8_t)word.p[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static struct word *find_in(const struct vocabulary_table *t, struct str text, uint32_t hash)
{
    for (uint32_t at = hash & t->mask; t->slots[at] != 0; at = (at + 1) & t->mask) {
        struct word *word = &t->list[t->slots[at] - 1];
        if (str_eq(word->text, text))
            return word;
    }
    return NULL;
}

/* What the word is to the learner. NULL: no list has it. */
static const struct word *find(const struct vocabulary *words, struct str text)
{
    uint32_t hash = hash_of(text);
    const struct word *own = words->own != NULL ? find_in(words->own, text, hash) : NULL;
    return own != NULL ? own : find_in(words->table, text, hash);
}

/* The word, new where it is the first time. */
static struct word *intern(struct vocabulary_table *t, struct str text)
{
    uint32_t at = hash_of(text) & t->mask;
    for (; t->slots[at] != 0; at = (at + 1) & t->mask) {
        if (str_eq(t->list[t->slots[at] - 1].text, text))
            return &t->list[t->slots[at] - 1];
    }
    struct word *word = &t->list[t->n++];
    *word = (struct word){.text = text, .number = -1};
    t->slots[at] = t->n;
    return word;
}

struct making {
    struct vocabulary *words;
    struct vocabulary_table *table;
    struct keyword *keywords;
};

static void add_keyword(struct making *m, const struct word_row *row)
{
    struct word *word = intern(m->table, row->text);
    if (word->keyword == 0) {
        struct keyword *keyword = &m->keywords[m->words->n_keywords++];
        *keyword = (struct keyword){
            .command = (enum command)row->which, .is_pair = row->is_pair, .word = row->text};
        word->keyword = m->words->n_keywords;
    }
    struct keyword *keyword = &m->keywords[word->keyword - 1];
    if (keyword->command == (enum command)row->which)
        keyword->langs |= UINT32_C(1) << row->lang;
}

/* At each word with which the phrase may begin: those of its first places, up to one that may not
 * be missing. */
static void add_phrase(struct making *m, const struct word_row *row)
{
    for (struct str rest = row->text, slot; (slot = match_next_word(&rest)).p != NULL;) {
        bool may_miss = false;
        for (struct str one; (one = str_split(&slot, '/')).p != NULL;) {
            if (str_eq(one, STR("-"))) {
                may_miss = true;
                continue;
            }
            struct word *word = intern(m->table, one);
            struct phrase_link *link = &m->table->links[m->table->n_links++];
            *link = (struct phrase_link){
                .next = word->phrase, .list = (enum word_list)row->which, .phrase = row->text};
            word->phrase = m->table->n_links;
        }
        if (!may_miss)
            return;
    }
}

static bool is_phrase(const struct word_row *row)
{
    return row->kind == WORD_LIST && word_list_is_phrases((enum word_list)row->which);
}

/* Of a number, a letter, a word of a list. */
static void add_meaning(struct word *word, const struct word_row *row)
{
    if (row->kind == WORD_NUMBER)
        word->number = (int8_t)row->which;
    else if (row->kind == WORD_LETTER)
        word->letter = row->which;
    else
        word->lists |= UINT32_C(1) << row->which;
}

static void add_row(struct making *m, const struct word_row *row)
{
    if (row->kind == WORD_KEYWORD)
        add_keyword(m, row);
    else if (is_phrase(row))
        add_phrase(m, row);
    else if (row->kind != WORD_LIST || row->which != WORDS_EVERYDAY) /* vocabulary_in() */
        add_meaning(intern(m->table, row->text), row);
}

/* So many words add_row() makes of it at most. */
static uint32_t count_words(const struct word_row *row)
{
    if (!is_phrase(row))
        return 1;
    uint32_t n = 0;
    for (struct str rest = row->text, slot; (slot = match_next_word(&rest)).p != NULL;) {
        bool may_miss = false;
        for (struct str one; (one = str_split(&slot, '/')).p != NULL; n++)
            may_miss |= str_eq(one, STR("-"));
        if (!may_miss)
            break;
    }
    return n;
}

/* An empty one for so many words. */
static struct vocabulary_table *sized_table(uint32_t n_words, uint32_t n_links, struct arena *arena)
{
    uint32_t n_slots = 2;
    while (n_slots < 2 * n_words)
        n_slots *= 2;
    struct vocabulary_table *t = arena_new_array(arena, struct vocabulary_table, 1);
    uint16_t *slots = arena_new_array(arena, uint16_t, n_slots);
    struct word *list = arena_new_array(arena, struct word, n_words);
    struct phrase_link *links = arena_new_array(arena, struct phrase_link, n_links);
    if (t == NULL || slots == NULL || list == NULL || links == NULL || n_words >= UINT16_MAX)
        return NULL;
    memset(slots, 0, n_slots * sizeof(*slots));
    *t = (struct vocabulary_table){
        .mask = n_slots - 1, .slots = slots, .list = list, .links = links};
    return t;
}

static struct vocabulary_table *new_table(const struct word_row *rows, uint32_t n,
                                          struct arena *arena)
{
    uint32_t n_words = 1, n_links = 1;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t n_first = count_words(&rows[i]);
        n_words += n_first;
        n_links += is_phrase(&rows[i]) ? n_first : 0;
    }
    return sized_table(n_words, n_links, arena);
}

const struct vocabulary *vocabulary_new(const struct word_row *rows, uint32_t n_rows,
                                        const struct str *langs, uint16_t n_langs,
                                        struct arena *arena)
{
    struct vocabulary *words = arena_new_array(arena, struct vocabulary, 1);
    struct making m = {.words = words};
    if (n_rows > WORDS_MAX_ROWS || n_langs > WORDS_MAX_LANGUAGES || words == NULL)
        return NULL;
    *words =
        (struct vocabulary){.n_langs = n_langs, .langs = langs, .rows = rows, .n_rows = n_rows};
    words->english = match_languages(words, "en");
    m.table = new_table(rows, n_rows, arena);
    uint32_t n_keywords = 1;
    for (uint32_t i = 0; i < n_rows; i++)
        n_keywords += rows[i].kind == WORD_KEYWORD;
    m.keywords = arena_new_array(arena, struct keyword, n_keywords);
    if (m.table == NULL || m.keywords == NULL)
        return NULL;
    words->keywords = m.keywords;
    words->table = m.table;
    /* English words go first: of several that are as near to what was typed, they are taken. */
    for (int is_english = 1; is_english >= 0; is_english--) {
        for (uint32_t i = 0; i < n_rows; i++) {
            if ((int)(words->english >> rows[i].lang & 1) == is_english)
                add_row(&m, &rows[i]);
        }
    }
    return words;
}

/* ---- for learners of one language ---- */

static bool is_everyday_row(const struct word_row *row, uint32_t own)
{
    return row->kind == WORD_LIST && row->which == WORDS_EVERYDAY && (own >> row->lang & 1) != 0;
}

/* What a word means there, whatever it is in the language of this row. */
static bool counts_everywhere(const struct word_row *row)
{
#define IS_EVERYWHERE(name, key, scope, tail, fuzzy, everywhere, run)                              \
    [COMMAND_##name] = (everywhere) || COMMAND_##name == COMMAND_JOIN,
    static const bool is_everywhere[N_COMMANDS] = {COMMANDS(IS_EVERYWHERE)};
#undef IS_EVERYWHERE
    if (row->kind == WORD_LIST)
        return row->which == WORDS_STOP_STRONG;
    return row->kind == WORD_KEYWORD && is_everywhere[row->which];
}

/* The keyword of the whole table, where it is one of this language or of all. */
static uint16_t own_keyword(const struct vocabulary *words, const struct word *all, uint32_t own)
{
    if (all == NULL || all->keyword == 0)
        return 0;
    const struct keyword *keyword = &words->keywords[all->keyword - 1];
    struct word_row row = {.kind = WORD_KEYWORD, .which = (uint8_t)keyword->command};
    return (keyword->langs & own) != 0 || counts_everywhere(&row) ? all->keyword : 0;
}

static void fill_own(const struct vocabulary *words, uint32_t own, struct vocabulary_table *table)
{
    for (uint32_t i = 0; i < words->n_rows; i++) {
        const struct word_row *row = &words->rows[i];
        if (!is_everyday_row(row, own))
            continue;
        const struct word *all = find_in(words->table, row->text, hash_of(row->text));
        struct word *word = intern(table, row->text);
        word->keyword = own_keyword(words, all, own);
        word->phrase = all != NULL ? all->phrase : 0;
    }
    for (uint32_t i = 0; i < words->n_rows; i++) {
        const struct word_row *row = &words->rows[i];
        bool is_phrase_row = is_phrase(row);
        bool is_own = (own >> row->lang & 1) != 0 || counts_everywhere(row);
        struct word *word = is_own && !is_phrase_row && row->kind != WORD_KEYWORD
                                ? find_in(table, row->text, hash_of(row->text))
                                : NULL;
        if (word != NULL)
            add_meaning(word, row);
    }
}

const struct vocabulary *vocabulary_in(const struct vocabulary *words, struct str lang,
                                       struct arena *arena)
{
    char code[WORDS_LANG_BYTES * 4];
    uint32_t own = str_copy(lang, code, sizeof(code)) == ERR_OK ? match_languages(words, code) : 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < words->n_rows; i++)
        n += is_everyday_row(&words->rows[i], own);
    struct vocabulary *copy = arena_new_array(arena, struct vocabulary, 1);
    struct vocabulary_table *table = n > 0 && copy != NULL ? sized_table(n, 0, arena) : NULL;
    if (table == NULL)
        return words;
    fill_own(words, own, table);
    *copy = *words;
    copy->own = table;
    return copy;
}

const char *word_list_section(enum word_list list)
{
    static const char *const sections[N_WORD_LISTS] = {
#define WORD_LIST_ROW(name, section, purpose) [name] = #section,
        WORD_LISTS(WORD_LIST_ROW)
#undef WORD_LIST_ROW
    };
    return sections[list];
}

bool word_list_is_phrases(enum word_list list)
{
    return list >= PHRASES_STOP;
}

/* ---- finding ---- */

uint32_t match_languages(const struct vocabulary *words, const char *lang)
{
    uint32_t bits = 0;
    struct str wanted = lang != NULL ? str_from(lang) : STR("");
    for (uint16_t i = 0; i < words->n_langs; i++) {
        struct str one = words->langs[i];
        bool is_it = !str_is_empty(one) && str_starts(wanted, one) &&
                     (wanted.len == one.len || wanted.p[one.len] == '-');
        bits |= (uint32_t)is_it << i;
    }
    return bits;
}

struct keyword match_find_keyword(const struct vocabulary *words, struct str word)
{
    bool is_number = str_is_empty(word) || (word.p[0] >= '0' && word.p[0] <= '9');
    const struct word *found = !is_number ? find(words, word) : NULL;
    if (found == NULL || found->keyword == 0)
        return (struct keyword){.command = COMMAND_NONE, .word = STR_NONE};
    return words->keywords[found->keyword - 1];
}

int32_t match_find_number_word(const struct vocabulary *words, struct str word)
{
    const struct word *found = !str_is_empty(word) ? find(words, word) : NULL;
    return found != NULL ? found->number : -1;
}

int32_t match_find_letter(const struct vocabulary *words, struct str word)
{
    if (word.len == 1)
        return word.p[0] >= 'a' && word.p[0] <= 'i' ? word.p[0] - 'a' + 1 : 0;
    const struct word *found = !str_is_empty(word) ? find(words, word) : NULL;
    return found != NULL ? found->letter : 0;
}

bool match_has_word(const struct vocabulary *words, enum word_list list, struct str word)
{
    const struct word *found = !str_is_empty(word) ? find(words, word) : NULL;
    return found != NULL && (found->lists >> list & 1) != 0;
}

bool match_is_filler(const struct vocabulary *words, struct str word)
{
    return match_has_word(words, WORDS_FILLER, word) || match_has_word(words, WORDS_COURTESY, word);
}

bool match_has_words(const struct vocabulary *words, enum word_list list, enum word_list other,
                     struct str text)
{
    for (struct str word; (word = match_next_word(&text)).p != NULL;) {
        if (!match_has_word(words, list, word) && !match_has_word(words, other, word))
            return false;
    }
    return true;
}

bool match_next_phrase(const struct vocabulary *words, enum word_list list, struct str word,
                       uint32_t *at, struct str *ret)
{
    const struct phrase_link *links = words->table->links;
    uint32_t next = 0;
    if (*at == 0) {
        const struct word *found = !str_is_empty(word) ? find(words, word) : NULL;
        next = found != NULL ? found->phrase : 0;
    } else {
        next = links[*at - 1].next;
    }
    while (next != 0 && links[next - 1].list != list)
        next = links[next - 1].next;
    *at = next;
    if (next != 0)
        *ret = links[next - 1].phrase;
    return next != 0;
}

struct str match_next_word(struct str *rest)
{
    if (str_is_empty(*rest))
        return STR_NONE;
    return str_split(rest, ' ');
}

struct str match_without_echo(struct str text)
{
    struct str rest = text, first = match_next_word(&rest);
    for (struct str word; (word = match_next_word(&rest)).p != NULL;) {
        if (!str_eq(word, first))
            return text;
    }
    return first.p != NULL ? first : text;
}

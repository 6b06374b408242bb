/*
 * The words that learners type: the files words-<lang>.md of a pack and of a course, as
 * lessons/README.md describes them, to the table of core/match/words.h.
 *
 * A course inherits the words of its pack; one without, and a version that was published before
 * packs had words, those of the standard pack as this program was built with them. A section of
 * its own takes the place of the same in the same language, but for those of STOP, HELP and SAFE,
 * which only grow: no course may lose them.
 */
#include <string.h>

#include "core/lesson/parse_internal.h"
#include "core/match/words.h"

#include "words_standard.inc"

#define HOW "see `The words that learners type` in lessons/README.md"
#define FILE_HEAD "words-"
#define FILE_TAIL ".md"

/* What a section holds. */
struct section {
    enum word_kind kind;
    uint8_t which; /* as in struct word_row; 0 where each item says it */
};

enum { SECTION_NUMBERS = N_COMMANDS + N_WORD_LISTS, SECTION_LETTERS, N_SECTIONS };

struct words_reading {
    struct parse *p;
    struct word_row *rows;
    uint8_t *levels; /* of each row */
    uint32_t n, max;
    bool is_full;
    struct str langs[WORDS_MAX_LANGUAGES];
    uint16_t n_langs;
    /* Of the highest level that has the section, + 1; 0 = none. */
    uint8_t highest[N_SECTIONS][WORDS_MAX_LANGUAGES];
    uint8_t lang, level; /* of the file that is read */
    struct section section;
    const struct lesson_block *item;
};

bool lesson_is_words(struct str file, struct str *ret_lang)
{
    size_t slash = file.len;
    while (slash > 0 && file.p[slash - 1] != '/')
        slash--;
    struct str name = str_sub(file, slash, file.len);
    if (!str_starts(name, STR(FILE_HEAD)) || !str_ends(name, STR(FILE_TAIL)))
        return false;
    *ret_lang = str_sub(name, sizeof(FILE_HEAD) - 1, name.len - (sizeof(FILE_TAIL) - 1));
    return ret_lang->len > 0 && ret_lang->len < WORDS_LANG_BYTES;
}

static uint32_t section_index(struct section section)
{
    switch (section.kind) {
    case WORD_KEYWORD:
        return section.which;
    case WORD_LIST:
        return N_COMMANDS + (uint32_t)section.which;
    case WORD_NUMBER:
        return SECTION_NUMBERS;
    case WORD_LETTER:
        break;
    }
    return SECTION_LETTERS;
}

static struct source_pos pos_of(const struct words_reading *r, struct str text)
{
    struct source_pos pos = r->item->pos;
    (void)lesson_block_find_pos(r->item, text.p, &pos); /* the item's own place is the fallback */
    return pos;
}

/* ---- words and phrases ---- */

static void complain(struct words_reading *r, struct str text, const char *what, const char *fix)
{
    parse_complain(r->p, "word-form", pos_of(r, text), text, str_from(what), str_from(fix));
}

static void add(struct words_reading *r, struct section section, struct str text, struct str normal,
                bool is_pair)
{
    if (r->n == r->max || normal.len > WORDS_MAX_BYTES) {
        if (!r->is_full)
            parse_complain(r->p, "too-many", pos_of(r, text), text,
                           arena_printf(r->p->arena,
                                        "more than %u words, or a phrase of more than %u bytes",
                                        WORDS_MAX_ROWS, WORDS_MAX_BYTES),
                           STR("leave out what nobody types; " HOW));
        r->is_full = true;
        return;
    }
    r->levels[r->n] = r->level;
    r->rows[r->n++] = (struct word_row){.kind = section.kind,
                                        .which = section.which,
                                        .lang = r->lang,
                                        .is_pair = is_pair,
                                        .text = normal,
                                        .pos = pos_of(r, text)};
}

/* Most words are in normal form as they stand. */
static struct str normalise(struct words_reading *r, struct str text)
{
    size_t n = 0;
    while (n < text.len && text.p[n] >= 'a' && text.p[n] <= 'z')
        n++;
    return n == text.len && n > 0 ? text : match_normalise(text, r->p->arena);
}

/* One word in normal form; absent (with a finding) when it is none or several. */
static struct str take_word(struct words_reading *r, struct str text)
{
    struct str normal = normalise(r, text);
    if (!str_is_empty(normal) && str_find_char(normal, ' ') == SIZE_MAX)
        return normal;
    complain(r, text, "not one word of letters or digits",
             "write single words with commas between them; sentences are for the sections "
             "phrases_...");
    return STR_NONE;
}

/* "MY DATA" is typed in one word as well. */
static void add_keyword(struct words_reading *r, struct str text)
{
    struct str normal = match_normalise(text, r->p->arena), second = normal;
    struct str first = str_split(&second, ' ');
    bool is_pair = second.p != NULL;
    bool is_word = !str_is_empty(first) && (first.p[0] < '0' || first.p[0] > '9') &&
                   (!is_pair || str_find_char(second, ' ') == SIZE_MAX);
    if (!is_word)
        complain(r, text, "a command is one word or two", "write a word that begins with a letter");
    else if (is_pair)
        add(r, r->section, text,
            arena_printf(r->p->arena, "%.*s%.*s", STR_ARG(first), STR_ARG(second)), true);
    else
        add(r, r->section, text, normal, false);
}

/* "no -/more messages/sms": each word in normal form. A phrase of words that may all be missing
 * would be in every text. */
static void add_phrase(struct words_reading *r, struct str text)
{
    struct buf out;
    bool is_good = true, must_have = false;
    buf_init(&out, WORDS_MAX_BYTES + 1);
    for (struct str rest = text; is_good && rest.p != NULL;) {
        struct str slot = str_split(&rest, ' ');
        bool may_miss = false;
        if (str_is_empty(slot))
            continue;
        if (buf_str(&out).len > 0)
            buf_add_char(&out, ' ');
        for (bool is_next = false; is_good && slot.p != NULL; is_next = true) {
            struct str one = str_split(&slot, '/');
            bool is_gap = str_eq(one, STR("-"));
            struct str word = is_gap ? one : take_word(r, one);
            may_miss |= is_gap;
            is_good = word.p != NULL;
            if (is_next)
                buf_add_char(&out, '/');
            buf_add_str(&out, word);
        }
        must_have |= !may_miss;
    }
    if (is_good && !must_have)
        complain(r, text, "a phrase of words that may all be missing",
                 "leave the - out where a word must stand");
    else if (is_good)
        add(r, r->section, text, arena_str(r->p->arena, buf_str(&out)), false);
    buf_fini(&out);
}

/* "1: one, first" */
static struct str take_value(struct words_reading *r, struct str text)
{
    size_t colon = str_find_char(text, ':');
    uint64_t value = 0;
    bool is_letter = r->section.kind == WORD_LETTER;
    bool is_good =
        colon != SIZE_MAX &&
        str_to_u64(str_trim(str_sub(text, 0, colon)), is_letter ? 9 : 10, &value) == ERR_OK &&
        (value > 0 || !is_letter);
    if (!is_good) {
        complain(r, text, "no number in front of its words",
                 is_letter ? "write `1: a`, with the option 1 to 9 before the letters"
                           : "write `1: one, first`, with the number 0 to 10 before its words");
        return STR_NONE;
    }
    r->section.which = (uint8_t)value;
    return str_sub(text, colon + 1, text.len);
}

/* Up to a comma, of any script. */
static struct str next_piece(struct str *rest)
{
    size_t comma = str_find_char(*rest, ','), arabic = str_find(*rest, STR("\u060c"));
    size_t end = comma < arabic ? comma : arabic;
    struct str piece = str_sub(*rest, 0, end);
    size_t width = end == SIZE_MAX ? 0 : end == comma ? 1 : STR("\u060c").len;
    *rest = end == SIZE_MAX ? STR_NONE : str_sub(*rest, end + width, rest->len);
    return str_trim(piece);
}

static void take_item(struct words_reading *r, const struct lesson_block *item)
{
    struct str rest = item->text;
    r->item = item;
    if (r->section.kind == WORD_NUMBER || r->section.kind == WORD_LETTER)
        rest = take_value(r, rest);
    while (rest.p != NULL && !r->is_full) {
        struct str text = next_piece(&rest);
        bool is_phrase =
            r->section.kind == WORD_LIST && word_list_is_phrases((enum word_list)r->section.which);
        struct str word = STR_NONE;
        if (r->section.kind == WORD_KEYWORD)
            add_keyword(r, text);
        else if (is_phrase)
            add_phrase(r, text);
        else
            word = take_word(r, text);
        if (word.p != NULL)
            add(r, r->section, text, word, false);
    }
}

/* ---- sections and files ---- */

static bool find_section(struct str id, struct section *ret)
{
    struct str command = str_starts(id, STR("command_")) ? str_sub(id, 8, id.len) : STR_NONE;
    for (unsigned i = COMMAND_NONE + 1; i < N_COMMANDS; i++) {
        *ret = (struct section){WORD_KEYWORD, (uint8_t)i};
        if (str_eq_nocase(command, str_from(command_row((enum command)i)->name)))
            return true;
    }
    for (unsigned i = 0; i < N_WORD_LISTS; i++) {
        *ret = (struct section){WORD_LIST, (uint8_t)i};
        if (str_eq(id, str_from(word_list_section((enum word_list)i))))
            return true;
    }
    *ret = (struct section){str_eq(id, STR("letters")) ? WORD_LETTER : WORD_NUMBER, 0};
    return ret->kind == WORD_LETTER || str_eq(id, STR("numbers"));
}

static void take_section(struct words_reading *r, const struct lesson_block *heading, uint32_t n)
{
    struct parse_id id;
    struct str title;
    if (!parse_heading(r->p, heading, &id, &title))
        return;
    if (!find_section(id.id, &r->section)) {
        parse_complain(r->p, "word-section", id.pos, id.id, STR("no list of words has this name"),
                       STR("write the name of a command, `command_next`, or of a list, "
                           "`words_courtesy`; " HOW));
        return;
    }
    r->highest[section_index(r->section)][r->lang] = (uint8_t)(r->level + 1);
    for (uint32_t i = 1; i <= n; i++) {
        if (heading[i].kind == LESSON_BLOCK_ITEM)
            take_item(r, &heading[i]);
        else if (heading[i].kind != LESSON_BLOCK_COMMENT)
            parse_misplaced(r->p, &heading[i],
                            "the words of a section are a list: behind - some words with commas "
                            "between them, or one phrase");
    }
}

static void read_file(struct words_reading *r, const struct lesson_blocks *blocks, struct str lang,
                      uint8_t level)
{
    r->lang = 0;
    while (r->lang < r->n_langs && !str_eq(r->langs[r->lang], lang))
        r->lang++;
    if (r->lang == WORDS_MAX_LANGUAGES) {
        parse_complain(
            r->p, "too-many", (struct source_pos){blocks->file, 1, 1}, lang,
            arena_printf(r->p->arena, "words of more than %u languages", WORDS_MAX_LANGUAGES),
            STR("leave out files of languages that no learner writes"));
        return;
    }
    if (r->lang == r->n_langs)
        r->langs[r->n_langs++] = lang;
    r->level = level;
    for (uint32_t i = 0; i < blocks->n;) {
        const struct lesson_block *block = &blocks->list[i++];
        uint32_t from = i;
        if (block->kind == LESSON_BLOCK_COMMENT)
            continue;
        if (block->kind != LESSON_BLOCK_HEADING) {
            parse_misplaced(r->p, block, "put it under a heading `# command_next: ...`; " HOW);
            continue;
        }
        while (i < blocks->n && blocks->list[i].kind != LESSON_BLOCK_HEADING)
            i++;
        take_section(r, block, i - from);
    }
}

static uint8_t level_of(struct str file)
{
    return str_starts(file, STR("packs/")) ? PARSE_LEVEL_PACK
           : parse_is_of_base(file)        ? PARSE_LEVEL_BASE
                                           : PARSE_LEVEL_COURSE;
}

/* The words of the standard pack as this program was built with them. */
static void read_standard(struct words_reading *r)
{
    for (size_t i = 0; i < ARRAY_LEN(words_standard); i++) {
        const struct lesson_file *file = &words_standard[i];
        struct lesson_blocks blocks;
        struct str lang;
        if (lesson_is_words(file->name, &lang) &&
            lesson_blocks_read(file->name, file->text, r->p->arena, r->p->findings, &blocks) ==
                ERR_OK)
            read_file(r, &blocks, lang, PARSE_LEVEL_PACK);
    }
}

static bool has_pack_words(const struct parse *p)
{
    struct str lang;
    bool has_some = false;
    for (uint32_t i = 0; i < p->source->n_files; i++)
        has_some |= lesson_is_words(p->files[i].name, &lang) &&
                    level_of(p->files[i].name) == PARSE_LEVEL_PACK;
    return has_some;
}

static void read_files(struct words_reading *r)
{
    const struct lesson_source *source = r->p->source;
    struct str lang;
    if (!has_pack_words(r->p))
        read_standard(r);
    for (int level = PARSE_LEVEL_PACK; level <= PARSE_LEVEL_COURSE; level++) {
        for (uint32_t i = 0; i < source->n_files; i++) {
            const struct lesson_blocks *blocks = &source->files[i];
            if (!lesson_is_words(blocks->file, &lang) || level_of(blocks->file) != level)
                continue;
            r->p->is_used[i] = true;
            read_file(r, blocks, lang, (uint8_t)level);
        }
    }
}

/* ---- all of them ---- */

/* No file has more words than commas and list items. */
static uint32_t count_most(struct str file, struct str text)
{
    struct str lang;
    uint32_t n = 0;
    if (!lesson_is_words(file, &lang))
        return 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] == ',' || text.p[i] == '\n' || (uint8_t)text.p[i] == 0xd8; /* U+060C */
    return n;
}

/* What no course may lose. */
static bool only_grows(const struct word_row *row)
{
    if (row->kind == WORD_KEYWORD)
        return row->which == COMMAND_STOP || row->which == COMMAND_HELP ||
               row->which == COMMAND_SAFE;
    return row->kind == WORD_LIST &&
           (word_list_is_phrases((enum word_list)row->which) || row->which == WORDS_STOP_STRONG);
}

static void drop_overridden(struct words_reading *r)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        const struct word_row *row = &r->rows[i];
        uint32_t section = section_index((struct section){row->kind, row->which});
        if (only_grows(row) || r->highest[section][row->lang] == r->levels[i] + 1)
            r->rows[n++] = *row;
    }
    r->n = n;
}

/* Without these nobody is safe with the course: it is not even loaded. */
static void require_words(struct words_reading *r, const struct vocabulary *words)
{
    static const enum command required[] = {COMMAND_STOP, COMMAND_HELP, COMMAND_SAFE, COMMAND_JOIN};
    for (size_t i = 0; i < ARRAY_LEN(required); i++) {
        const char *name = command_row(required[i])->name;
        struct keyword keyword = {.command = COMMAND_NONE};
        for (uint16_t k = 0; k < words->n_keywords && keyword.command == COMMAND_NONE; k++) {
            bool is_it = words->keywords[k].command == required[i] &&
                         (words->keywords[k].langs & words->english) != 0;
            keyword = is_it ? words->keywords[k] : keyword;
        }
        if (keyword.command == COMMAND_NONE)
            parse_complain(r->p, "words-missing", r->p->source->front_pos, str_from(name),
                           arena_printf(r->p->arena, "no English word for %s", name),
                           STR("write it into words-en.md of the pack, as the standard pack "
                               "does; " HOW));
    }
}

static uint32_t count_all(const struct parse *p)
{
    uint32_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(words_standard) && !has_pack_words(p); i++)
        n += count_most(words_standard[i].name, words_standard[i].text);
    for (uint32_t i = 0; i < p->source->n_files; i++)
        n += count_most(p->files[i].name, p->files[i].text);
    return n < WORDS_MAX_ROWS ? n : WORDS_MAX_ROWS;
}

void parse_words(struct parse *p)
{
    uint32_t max = count_all(p);
    struct words_reading *r = arena_alloc(p->arena, sizeof(*r));
    struct str *langs = arena_new_array(p->arena, struct str, WORDS_MAX_LANGUAGES);
    struct word_row *rows = arena_new_array(p->arena, struct word_row, max);
    uint8_t *levels = arena_new_array(p->arena, uint8_t, max);
    if (r == NULL || langs == NULL || rows == NULL || levels == NULL)
        return; /* the arena says so */
    *r = (struct words_reading){.p = p, .rows = rows, .levels = levels, .max = max};
    read_files(r);
    drop_overridden(r);
    memcpy(langs, r->langs, sizeof(r->langs));
    const struct vocabulary *words = vocabulary_new(r->rows, r->n, langs, r->n_langs, p->arena);
    p->source->course.words = words;
    if (words != NULL)
        require_words(r, words);
    else if (arena_error(p->arena) == ERR_OK)
        parse_complain(p, "too-many", p->source->front_pos, STR_NONE,
                       STR("more words than a table holds, those within phrases included"),
                       STR("leave out what nobody types; " HOW));
}

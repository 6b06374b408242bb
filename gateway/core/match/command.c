/* match.h: which command a text is: exactly, nearly, or among other words. */
#include <assert.h>
#include <string.h>

#include "core/certificate.h"
#include "core/match/match.h"
#include "core/match/words.h"
#include "core/utf8.h"

#define MAX_TAIL_WORDS 3
#define LONG_BYTES 4
/* So many digits behind CHECK are a code, if a mistyped one, whatever is said around them. */
#define MIN_CODE_DIGITS 10
#define MAX_CODE_DIGITS 16 /* a code and the holder's PIN */

const struct command_row *command_row(enum command command)
{
    static const struct command_row rows[] = {
        [COMMAND_NONE] = {"NONE", NULL, SCOPE_ANYBODY, TAIL_COURTESY, FUZZY_NO, false},
#define COMMAND_ROW(name, key, scope, tail, fuzzy, everywhere, run)                                \
    [COMMAND_##name] = {#name, key, scope, tail, fuzzy, everywhere},
        COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
    };
    assert(command < N_COMMANDS);
    return &rows[command];
}

enum command match_command_key(struct str normalised)
{
    for (int i = COMMAND_NONE + 1; i < N_COMMANDS; i++) {
        const char *key = command_row((enum command)i)->key;
        if (key != NULL && str_eq(normalised, str_from(key)))
            return (enum command)i;
    }
    return COMMAND_NONE;
}

/* "9", "nine", "00" */
static enum command key_of_word(const struct vocabulary *words, struct str word)
{
    int32_t number = match_find_number_word(words, word);
    char digit[] = {(char)('0' + number)};
    return match_command_key(number < 0 || number > 9 ? word : (struct str){digit, 1});
}

enum command match_key_among(const struct vocabulary *words, struct str normalised)
{
    enum command key = COMMAND_NONE, named = COMMAND_NONE;
    for (struct str word; (word = match_next_word(&normalised)).p != NULL;) {
        enum command found = key_of_word(words, word);
        bool is_other_key = found != COMMAND_NONE && key != COMMAND_NONE && found != key;
        enum command keyword = match_find_keyword(words, word).command;
        bool is_around = found != COMMAND_NONE || match_is_filler(words, word) ||
                         match_has_word(words, WORDS_COURTESY, word) ||
                         match_has_word(words, WORDS_GO_ON, word);
        if (is_other_key || (!is_around && (keyword == COMMAND_NONE || named != COMMAND_NONE)))
            return COMMAND_NONE;
        key = found != COMMAND_NONE ? found : key;
        named = is_around ? named : keyword;
    }
    return named == COMMAND_NONE || named == key ? key : COMMAND_NONE;
}

/* What no near miss may mean, no short word of another language means either: "sil 1". */
static bool is_everywhere(const struct keyword *keyword)
{
    const struct command_row *row = command_row(keyword->command);
    return row->is_everywhere && (row->fuzzy != FUZZY_NO || keyword->word.len >= LONG_BYTES);
}

/* The languages whose words count: the learner's and English; all while nothing is known. */
static uint32_t active_languages(const struct vocabulary *words, const char *lang)
{
    bool is_known = lang != NULL && lang[0] != '\0';
    return is_known ? words->english | match_languages(words, lang) : UINT32_MAX;
}

static bool is_active(const struct keyword *keyword, uint32_t active)
{
    return active == UINT32_MAX || is_everywhere(keyword) || (keyword->langs & active) != 0;
}

/* Up to three words, or only words of courtesy. */
static bool is_short_tail(const struct vocabulary *words, struct str tail, bool is_any_word)
{
    uint32_t n_words = 0;
    for (struct str word; (word = match_next_word(&tail)).p != NULL; n_words++) {
        if (!is_any_word && !match_has_word(words, WORDS_COURTESY, word))
            return false;
    }
    return n_words <= MAX_TAIL_WORDS;
}

/* What somebody may want to leave. */
static bool is_leave_tail(const struct vocabulary *words, struct str tail)
{
    for (struct str word; (word = match_next_word(&tail)).p != NULL;) {
        bool is_number = word.p[0] >= '0' && word.p[0] <= '9';
        bool is_group = match_find_keyword(words, word).command == COMMAND_GROUP;
        if (!is_number && !is_group &&
            !match_has_words(words, WORDS_COURTESY, WORDS_STOP_ABOUT, word))
            return false;
    }
    return true;
}

/* May this text follow the command's word? Otherwise it is a sentence that only begins like one. */
static bool is_tail(const struct vocabulary *words, enum command command, struct str normalised,
                    struct str tail)
{
    switch (command_row(command)->tail) {
    case TAIL_ANY:
        return true;
    case TAIL_STOP:
        return match_is_stop(words, normalised);
    case TAIL_WORDS:
        return is_short_tail(words, tail, true);
    case TAIL_LEAVE:
        return is_leave_tail(words, tail);
    case TAIL_CODE:
        return match_is_about_code(words, tail);
    case TAIL_COURTESY:
        return is_short_tail(words, tail, false);
    }
    return false;
}

/* The language that the keyword tells; "" where it is English, or of several. */
static void put_language(const struct vocabulary *words, const struct keyword *keyword,
                         char ret[WORDS_LANG_BYTES])
{
    bool is_one = (keyword->langs & (keyword->langs - 1)) == 0;
    ret[0] = '\0';
    for (uint16_t i = 0; is_one && i < words->n_langs; i++) {
        bool is_it = keyword->langs == UINT32_C(1) << i && keyword->langs != words->english;
        if (is_it && str_copy(words->langs[i], ret, WORDS_LANG_BYTES) != ERR_OK)
            ret[0] = '\0'; /* the parser bounds it */
    }
}

static struct command_match found(const struct vocabulary *words, const struct keyword *keyword,
                                  bool is_fuzzy, struct str argument)
{
    struct command_match match = {
        .command = keyword->command, .is_fuzzy = is_fuzzy, .argument = argument};
    put_language(words, keyword, match.lang);
    return match;
}

/* "join482156": cuts where the digits begin; all of the word when it has none. */
static struct str letters_of(struct str word)
{
    size_t n = 0;
    while (word.p != NULL && n < word.len && !(word.p[n] >= '0' && word.p[n] <= '9'))
        n++;
    return str_sub(word, 0, n);
}

#define PAIR_BYTES 48

/* "my data" is MYDATA: a keyword of two words, of which the first is no keyword. *rest is what
 * follows them. */
static struct keyword find_pair(const struct vocabulary *words, struct str first, struct str *rest)
{
    char pair[PAIR_BYTES];
    struct keyword keyword = {.command = COMMAND_NONE};
    struct str behind = *rest, second = match_next_word(&behind);
    size_t n = first.len + second.len;
    if (str_is_empty(second) || n > sizeof(pair))
        return keyword;
    memcpy(pair, first.p, first.len);
    memcpy(pair + first.len, second.p, second.len);
    keyword = match_find_keyword(words, (struct str){pair, n});
    if (!keyword.is_pair)
        keyword.command = COMMAND_NONE;
    else
        *rest = behind;
    return keyword;
}

/* "4821-0937-5526", or a piece of it */
static bool is_digits(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if ((word.p[i] < '0' || word.p[i] > '9') && memchr("-./,_", word.p[i], 5) == NULL)
            return false;
    }
    return word.len > 0;
}

bool match_is_about_code(const struct vocabulary *words, struct str text)
{
    for (struct str word; (word = match_next_word(&text)).p != NULL;) {
        bool is_cert = match_find_keyword(words, word).command == COMMAND_CERT;
        if (!is_cert && !is_digits(word) && !match_has_word(words, WORDS_CHECK_ABOUT, word) &&
            !match_has_word(words, WORDS_ASK, word) && !match_is_filler(words, word))
            return false;
    }
    return true;
}

/* "please check this certificate 4821 0937 5526": the word anywhere, exactly or nearly. */
static bool is_check_word(const struct vocabulary *words, struct str word, const char *lang,
                          char ret_lang[8])
{
    struct keyword keyword = match_find_keyword(words, letters_of(word));
    struct command_match near = {.command = COMMAND_NONE};
    if (keyword.command == COMMAND_NONE)
        near = match_command_fuzzy(words, word, lang);
    if (keyword.command == COMMAND_CHECK)
        put_language(words, &keyword, ret_lang);
    return keyword.command == COMMAND_CHECK || near.command == COMMAND_CHECK;
}

static size_t count_digits(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] >= '0' && text.p[i] <= '9';
    return n;
}

/* Appends the digits of a piece of a code; a word that is not about it begins anew, or ends it:
 * the numbers of a question that is quoted are no code. */
static size_t take_digits(struct str piece, bool is_other, char *digits, size_t n)
{
    if (is_other && n < MIN_CODE_DIGITS)
        return 0;
    for (size_t i = 0; is_digits(piece) && i < piece.len; i++) {
        if (piece.p[i] >= '0' && piece.p[i] <= '9')
            digits[n++] = piece.p[i];
    }
    return n;
}

struct code_match match_code(const struct vocabulary *words, struct str normalised,
                             const char *lang, struct arena *arena)
{
    struct code_match match = {.digits = STR_NONE};
    bool has_other = false;
    size_t n = count_digits(normalised);
    char *digits = n >= MIN_CODE_DIGITS && n <= MAX_CODE_DIGITS ? arena_alloc(arena, n) : NULL;
    if (digits == NULL)
        return match;
    n = 0;
    for (struct str word; (word = match_next_word(&normalised)).p != NULL;) {
        bool is_check = is_check_word(words, word, lang, match.lang);
        bool is_other = !is_check && !match_is_about_code(words, word);
        struct str tail = is_check ? str_sub(word, letters_of(word).len, word.len) : word;
        match.has_word |= is_check;
        has_other |= is_other;
        n = take_digits(tail, is_other, digits, n);
    }
    bool is_alone = !match.has_word && !has_other && n == CERTIFICATE_DIGITS;
    if (n >= MIN_CODE_DIGITS && (match.has_word || is_alone))
        match.digits = (struct str){digits, n};
    return match;
}

/* What a sentence may ask for: it moves the learner, or tells, and harms nobody. */
static bool is_asked_for(enum command command)
{
    static const enum command asked[] = {COMMAND_MENU,  COMMAND_NEXT, COMMAND_BACK, COMMAND_REPEAT,
                                         COMMAND_SCORE, COMMAND_LANG, COMMAND_CERT};
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        if (command == asked[i])
            return true;
    }
    return false;
}

/* The keyword of such a command that the word is, or begins with: "language" and LANG. */
static struct keyword find_asked(const struct vocabulary *words, struct str word, const char *lang)
{
    for (size_t len = word.len; len >= LONG_BYTES || len == word.len; len--) {
        struct keyword keyword = match_find_keyword(words, str_sub(word, 0, len));
        if (is_asked_for(keyword.command) && is_active(&keyword, active_languages(words, lang)))
            return keyword;
        if (len == 0)
            break;
    }
    return (struct keyword){.command = COMMAND_NONE};
}

/* Is it another language that somebody wants, and not another person? "changer de langue", "switch
 * language"; LANGAT is a name. */
static bool is_about_language(const struct vocabulary *words, struct str tail, const char *lang,
                              struct keyword *ret)
{
    for (struct str word; (word = match_next_word(&tail)).p != NULL;) {
        *ret = find_asked(words, word, lang);
        bool is_whole = word.len == ret->word.len || word.len >= 2 * ret->word.len;
        if (ret->command == COMMAND_LANG && is_whole)
            return true;
    }
    return false;
}

struct command_match match_command(const struct vocabulary *words, struct str normalised,
                                   const char *lang)
{
    struct str rest = normalised;
    struct str word = match_next_word(&rest);
    struct keyword keyword = match_find_keyword(words, word);
    if (keyword.command == COMMAND_NONE && word.p != NULL)
        keyword = find_pair(words, word, &rest);
    if (keyword.command == COMMAND_NONE) {
        struct str letters = letters_of(word);
        if (letters.len < word.len)
            keyword = match_find_keyword(words, letters);
        enum command_tail tail = command_row(keyword.command)->tail;
        if (tail != TAIL_WORDS && tail != TAIL_CODE)
            keyword.command = COMMAND_NONE;
        rest = str_sub(normalised, letters.len, normalised.len);
    }
    if (keyword.command == COMMAND_NONE || !is_active(&keyword, active_languages(words, lang)) ||
        !is_tail(words, keyword.command, normalised, rest))
        return (struct command_match){.argument = STR_NONE};
    struct keyword language;
    if (keyword.command == COMMAND_SWITCH && is_about_language(words, rest, lang, &language))
        return found(words, &language, false, STR(""));
    return found(words, &keyword, false, rest);
}

static bool is_around(const struct vocabulary *words, struct str word)
{
    return match_has_word(words, WORDS_ASK, word) || match_has_word(words, WORDS_COURTESY, word);
}

struct command_match match_mine_among(const struct vocabulary *words, struct str normalised,
                                      const char *lang)
{
    struct str rest = normalised;
    for (struct str word; (word = match_next_word(&rest)).p != NULL && is_around(words, word);) {
        struct command_match match = match_command(words, rest, lang);
        bool is_mine = match.command == COMMAND_MYDATA || match.command == COMMAND_MOVE ||
                       match_is_delete(words, &match);
        if (is_mine && !match_is_delete_one(words, match.argument))
            return match;
    }
    return (struct command_match){.argument = STR_NONE};
}

struct command_match match_command_politely(const struct vocabulary *words, struct str normalised,
                                            const char *lang)
{
    struct str rest = normalised;
    for (struct str word; (word = match_next_word(&rest)).p != NULL &&
                          match_has_word(words, WORDS_COURTESY, word);) {
        struct command_match match = match_command(words, rest, lang);
        bool has_own_rules = match.command == COMMAND_STOP || match.command == COMMAND_SAFE ||
                             match.command == COMMAND_DELETE;
        if (match.command != COMMAND_NONE && !has_own_rules)
            return match;
    }
    return (struct command_match){.argument = STR_NONE};
}

struct command_match match_command_among(const struct vocabulary *words, struct str normalised,
                                         const char *lang)
{
    struct command_match match = {.argument = STR_NONE};
    for (struct str word; (word = match_next_word(&normalised)).p != NULL;) {
        struct keyword keyword = find_asked(words, word, lang);
        bool is_keyword = keyword.command != COMMAND_NONE;
        bool is_other =
            is_keyword && match.command != COMMAND_NONE && match.command != keyword.command;
        bool is_beside = is_around(words, word);
        is_keyword = is_keyword && !is_beside;
        if (is_other || !(is_keyword || is_beside))
            return (struct command_match){.argument = STR_NONE};
        if (is_keyword)
            match = found(words, &keyword, false, STR_NONE);
    }
    return match;
}

bool match_is_bare(const struct vocabulary *words, struct str argument)
{
    for (struct str word; (word = match_next_word(&argument)).p != NULL;) {
        bool is_number = word.p[0] >= '0' && word.p[0] <= '9';
        if (!is_number && !match_has_word(words, WORDS_COURTESY, word))
            return false;
    }
    return true;
}

bool match_is_delete_one(const struct vocabulary *words, struct str argument)
{
    return str_eq(match_next_word(&argument), STR("1")) &&
           match_has_words(words, WORDS_COURTESY, WORDS_COURTESY, argument);
}

bool match_is_delete(const struct vocabulary *words, const struct command_match *match)
{
    return match->command == COMMAND_DELETE &&
           match_has_words(words, WORDS_DELETE_ABOUT, WORDS_COURTESY, match->argument);
}

/* ---- near misses ---- */

#define FAR UINT32_MAX

/* Distance to a keyword, FAR past what its length allows. */
static uint32_t near_distance(struct str word, struct str keyword)
{
    uint32_t max = match_tolerance(keyword);
    uint32_t distance = max > 0 ? match_distance(word, keyword, max) : FAR;
    return distance <= max ? distance : FAR;
}

/* Near misses of another language's words are everyday words ("also" and ALTO), unless they are in
 * another script; so are those of the providers' lesser STOP words ("quiet" and QUIT). */
static bool is_fuzzy_active(const struct vocabulary *words, const struct keyword *keyword,
                            uint32_t own, uint32_t active)
{
    bool is_english = (keyword->langs & words->english) != 0;
    if (is_english && keyword->command == COMMAND_STOP)
        return match_has_word(words, WORDS_STOP_STRONG, keyword->word);
    bool is_ascii = (uint8_t)keyword->word.p[0] < 0x80;
    bool is_own = is_english || (keyword->langs & own) != 0;
    return is_own || (!is_ascii && is_active(keyword, active));
}

/* The nearest keyword so far. */
struct near {
    struct keyword best;
    uint32_t distance;
    bool is_tie; /* with another command's */
};

static void near_add(struct near *near, const struct keyword *keyword, uint32_t distance)
{
    if (distance == FAR || distance > near->distance)
        return;
    if (distance < near->distance) {
        *near = (struct near){*keyword, distance, false};
    } else if (keyword->command != near->best.command) {
        near->is_tie = true;
        if (command_row(keyword->command)->fuzzy == FUZZY_WINS)
            near->best = *keyword;
    }
}

/* The one word that is no courtesy; absent when there are several or none. */
static struct str core_word(const struct vocabulary *words, struct str normalised)
{
    struct str found = STR_NONE;
    for (struct str word; (word = match_next_word(&normalised)).p != NULL;) {
        if (match_has_word(words, WORDS_COURTESY, word))
            continue;
        if (found.p != NULL)
            return STR_NONE;
        found = word;
    }
    return found;
}

struct command_match match_command_fuzzy(const struct vocabulary *words, struct str normalised,
                                         const char *lang)
{
    const struct command_match none = {.argument = STR_NONE};
    struct str word = core_word(words, normalised);
    if (str_is_empty(word) || match_find_number_word(words, word) >= 0 ||
        match_has_word(words, WORDS_COMMON, word) || match_has_word(words, WORDS_EVERYDAY, word))
        return none;
    struct near near = {.distance = FAR};
    uint32_t own = match_languages(words, lang), active = active_languages(words, lang);
    for (uint16_t i = 0; i < words->n_keywords; i++) {
        const struct keyword *keyword = &words->keywords[i];
        if (is_fuzzy_active(words, keyword, own, active))
            near_add(&near, keyword, near_distance(word, keyword->word));
    }
    enum command_fuzzy fuzzy = command_row(near.best.command)->fuzzy;
    if (fuzzy == FUZZY_NO || (near.is_tie && fuzzy != FUZZY_WINS))
        return none;
    return found(words, &near.best, true, STR_NONE);
}

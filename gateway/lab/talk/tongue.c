/* One transcript in every language of a course: what a person types and reads there. */
#include <string.h>

#include "core/gsm/gsm.h"
#include "core/lesson/translate.h"
#include "core/match/words.h"
#include "lab/talk/internal.h"

#define SHOWN_BYTES 24u /* of a text that is expected: enough to tell it from all others */
#define MAX_FILLED_BYTES 4096u

/* ---- the texts ---- */

/* As channels send it. */
static struct str sent(struct str text, struct arena *arena)
{
    return gsm_fold(text, GSM_FOLD_LATIN, arena);
}

static struct str course_says(const struct course *course, enum course_text text,
                              struct arena *arena)
{
    return sent(course->texts[text], arena);
}

static void add_screens(struct talk_tongue *tongue, const struct course *course, uint32_t which,
                        struct arena *arena)
{
    tongue->asks[which] = course_says(course, COURSE_TEXT_language, arena);
    tongue->more[2 * which] = course_says(course, COURSE_TEXT_more_key, arena);
    tongue->more[2 * which + 1] = course_says(course, COURSE_TEXT_first_more_key, arena);
}

enum err talk_tongue_new(const struct lesson_source *source, struct str lang, struct arena *arena,
                         struct talk_tongue *ret)
{
    const struct course *own = &source->course;
    struct lesson_strings strings;
    struct lesson_progress *groups =
        arena_new_array(arena, struct lesson_progress, own->n_modules + 1u);
    *ret = (struct talk_tongue){.lang = lang.p != NULL ? lang : own->language,
                                .is_chosen = lang.p != NULL,
                                .words = own->words};
    enum err e = lesson_strings_collect(source, arena, &strings);
    if (e != ERR_OK || groups == NULL)
        return arena_error(arena);
    if (!str_eq(ret->lang, own->language)) {
        lesson_strings_translate(source, lang, lesson_least_state(source, lang), &strings, groups);
        lesson_strings_fill(source, lang, true, &strings, groups, arena);
    }
    struct talk_text *texts = arena_new_array(arena, struct talk_text, strings.n);
    ret->texts = texts;
    for (uint32_t i = 0; texts != NULL && i < strings.n; i++)
        texts[ret->n++] =
            (struct talk_text){strings.list[i].context, sent(*strings.list[i].text, arena)};
    add_screens(ret, own, 0, arena);
    add_screens(ret, &strings.course, 1, arena);
    for (uint16_t i = 0; i < own->n_languages; i++)
        if (str_eq(own->languages[i], ret->lang))
            ret->key = arena_printf(arena, "%u", i + 1u);
    return arena_error(arena);
}

/* The first keyword of a command, "JOIN", in one of these languages. */
static struct str first_keyword(const struct vocabulary *words, struct str command, uint32_t langs)
{
    for (uint16_t i = 0; i < words->n_keywords; i++) {
        const struct keyword *keyword = &words->keywords[i];
        if ((keyword->langs & langs) != 0 &&
            str_eq(str_from(command_row(keyword->command)->name), command))
            return keyword->word;
    }
    return STR_NONE;
}

/* The same in this language, else in English. */
static struct str keyword_of(const struct talk_tongue *tongue, struct str command)
{
    const struct vocabulary *words = tongue->words;
    uint32_t own = 0;
    for (uint16_t i = 0; i < words->n_langs; i++)
        own |= (uint32_t)str_eq(words->langs[i], tongue->lang) << i;
    struct str found = first_keyword(words, command, own);
    return found.p != NULL ? found : first_keyword(words, command, words->english);
}

/* ---- a line ---- */

struct fill {
    const struct talk_tongue *tongue;
    struct str file;
    uint32_t line;
    bool is_pattern;
    struct buf out;
};

/* The beginning of a text, up to what the gateway fills in or the end of a line. */
static void add_beginning(struct buf *out, struct str text)
{
    size_t end = 0;
    while (end < text.len && end < SHOWN_BYTES && text.p[end] != '{' && text.p[end] != '\n')
        end++;
    while (end > 0 && end < text.len && ((uint8_t)text.p[end] & 0xc0) == 0x80)
        end--; /* whole characters */
    for (size_t i = 0; i < end; i++) {
        if (text.p[i] == '*' || text.p[i] == '#' || text.p[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, text.p[i]);
    }
    buf_add_char(out, '*');
}

static enum err add_named(struct fill *f, struct str name, struct errmsg *msg)
{
    struct str text = keyword_of(f->tongue, name);
    for (uint32_t i = 0; i < f->tongue->n && text.p == NULL; i++)
        text = str_eq(f->tongue->texts[i].id, name) ? f->tongue->texts[i].text : STR_NONE;
    if (text.p == NULL)
        return errmsg_set(msg, ERR_INVALID,
                          "%.*s:%u: the course has no text {%.*s}; `waypost lessons pot` lists "
                          "their ids, and {JOIN} is a command's word",
                          STR_ARG(f->file), f->line, STR_ARG(name));
    if (f->is_pattern)
        add_beginning(&f->out, text);
    else
        buf_add_str(&f->out, text);
    return ERR_OK;
}

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && c != '_' && c != '.' && c != ':')
            return false;
    }
    return name.len > 0;
}

static enum err fill_line(struct fill *f, struct str text, struct errmsg *msg)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < text.len && e == ERR_OK; i++) {
        struct str rest = str_sub(text, i + 1, text.len);
        size_t end = text.p[i] == '{' ? str_find_char(rest, '}') : SIZE_MAX;
        if (end != SIZE_MAX && is_name(str_sub(rest, 0, end))) {
            e = add_named(f, str_sub(rest, 0, end), msg);
            i += end + 1;
        } else {
            buf_add_char(&f->out, text.p[i]);
        }
    }
    return e == ERR_OK ? buf_error(&f->out) : e;
}

enum err talk_fill(struct talk_script *script, const struct talk_tongue *tongue,
                   struct arena *arena, struct errmsg *msg)
{
    struct talk_line *lines = arena_new_array(arena, struct talk_line, script->n_lines + 1u);
    struct fill f = {.tongue = tongue, .file = script->file};
    enum err e = arena_error(arena);
    buf_init(&f.out, MAX_FILLED_BYTES);
    for (uint32_t i = 0; i < script->n_lines && e == ERR_OK; i++) {
        struct talk_line *line = &lines[i];
        *line = script->lines[i];
        f.is_pattern = line->verb->is_pattern;
        if ((!line->verb->is_typed && !f.is_pattern) || str_find_char(line->text, '{') == SIZE_MAX)
            continue;
        f.line = line->number;
        buf_reset(&f.out);
        e = fill_line(&f, line->text, msg);
        if (e == ERR_TOO_LONG)
            (void)errmsg_set(msg, e, "%.*s:%u: the line is too long", STR_ARG(script->file),
                             line->number);
        line->text = arena_str(arena, buf_str(&f.out));
    }
    buf_fini(&f.out);
    script->lines = lines;
    script->tongue = tongue;
    return e != ERR_OK ? e : arena_error(arena);
}

/* ---- what a screen asks for ---- */

bool talk_asks_language(const struct talk_tongue *tongue, struct str screen)
{
    for (size_t i = 0; tongue->is_chosen && i < ARRAY_LEN(tongue->asks); i++) {
        struct str ask = tongue->asks[i];
        size_t at = str_find_char(ask, '{');
        struct str head = at != SIZE_MAX ? str_sub(ask, 0, at) : ask;
        if (!str_is_empty(str_trim(head)) && str_find(screen, str_trim(head)) != SIZE_MAX)
            return true;
    }
    return false;
}

bool talk_has_more(const struct talk_tongue *tongue, struct str screen)
{
    for (size_t i = 0; i < ARRAY_LEN(tongue->more); i++) {
        if (!str_is_empty(tongue->more[i]) && str_ends(screen, tongue->more[i]))
            return true;
    }
    return false;
}

/* gsm.h: pages of a USSD screen, and what may be left out of one. */
#include "core/gsm/gsm.h"

#include <utf8proc.h>

#include "core/utf8.h"

/* What a screen takes up so far, in both encodings: one foreign character decides for all. */
struct screen {
    uint32_t septets;
    uint32_t ucs2;
    bool is_foreign;
};

struct limits {
    uint32_t septets;
    uint32_t ucs2;
};

static void screen_add(struct screen *screen, int32_t code)
{
    uint32_t septets = code == '\f' ? 1 : gsm_char_septets(code); /* shown as a line end */
    screen->septets += septets;
    screen->ucs2 += code > 0xffff ? 2 : 1;
    screen->is_foreign = screen->is_foreign || septets == 0;
}

static struct screen screen_of(struct str text)
{
    struct screen screen = {0};
    for (size_t at = 0; at < text.len;)
        screen_add(&screen, utf8_next(text, &at));
    return screen;
}

/* Room for either: all pages are cut alike. */
static struct screen longer_of(struct screen a, struct screen b)
{
    return (struct screen){a.septets > b.septets ? a.septets : b.septets,
                           a.ucs2 > b.ucs2 ? a.ucs2 : b.ucs2, a.is_foreign || b.is_foreign};
}

static bool screen_fits(const struct screen *screen, struct limits limits)
{
    return screen->is_foreign ? screen->ucs2 <= limits.ucs2 : screen->septets <= limits.septets;
}

/* The same as screen_fits() of the whole text, without reading on when it is too long anyway. */
static bool text_fits(struct str text, struct limits limits)
{
    struct screen screen = {0};
    for (size_t at = 0; at < text.len;) {
        screen_add(&screen, utf8_next(text, &at));
        if (screen.ucs2 > limits.ucs2 && (screen.is_foreign || screen.septets > limits.septets))
            return false;
    }
    return screen_fits(&screen, limits);
}

#define FEW_BYTES 12 /* of a question: "2/4 In" says nothing */

/* Places where a page that does not hold all the text may end, as byte offsets; 0 = none. */
struct cuts {
    size_t feed; /* of a form feed; all that follows it fits on one page */
    size_t line;
    size_t word;
    size_t character;
};

/* The text may not be cut behind this, but at a form feed: a word and the key line are no page, so
 * a quarter of one stays before the last line. */
static size_t last_cut(struct str text, struct limits limits)
{
    size_t keys = text.len;
    while (keys > 0 && text.p[keys - 1] != '\n' && text.p[keys - 1] != '\f')
        keys--;
    if (keys == 0 || text.len - keys > limits.septets / 4)
        return text.len; /* no key line */
    size_t rest = text.len - keys + limits.septets / 4;
    return rest < text.len / 2 ? text.len - rest : text.len / 2;
}

static void cuts_add(struct cuts *cuts, size_t at, int32_t before, int32_t code)
{
    if (code == '\n' || code == '\r' || code == '\f')
        cuts->line = at;
    if (code == ' ' || code == '\t')
        cuts->word = at;
    bool may_join = code >= 0x300; /* the first combining mark */
    if (!may_join || utf8proc_grapheme_break(before, code))
        cuts->character = at;
}

/* A line end in the first half would leave the page nearly empty, so words go first then. */
static size_t cuts_best(const struct cuts *cuts, size_t end)
{
    if (cuts->line > 0 && (cuts->line >= end / 2 || cuts->word <= cuts->line))
        return cuts->line;
    if (cuts->word > 0)
        return cuts->word;
    return cuts->character > 0 ? cuts->character : end;
}

static size_t line_len(struct str text)
{
    size_t len = 0;
    while (len < text.len && text.p[len] != '\n')
        len++;
    return len;
}

/* Where a page ends, and where the next one begins. */
struct cut {
    size_t end;
    size_t next;
};

/* What follows the form feed fits on a page. A question stays whole there, and as much of its first
 * line as there is room for stands on this page, too: one line is no page. Other text simply goes
 * on where this page would be nearly empty. */
static struct cut cut_at_feed(struct str text, const struct cuts *cuts, size_t end)
{
    size_t from = cuts->feed + 1;
    struct str rest = str_trim(str_sub(text, from, text.len));
    size_t line = line_len(rest);
    bool is_question = line + 1 + line_len(str_sub(rest, line + 1, rest.len)) < rest.len;
    struct cut cut = {cuts->feed, cuts->feed};
    if (is_question && from + line <= end)
        cut.end = from + line;
    else if (is_question && cuts->word > from + FEW_BYTES)
        cut.end = cuts->word;
    else if (!is_question && cuts->feed < end / 3)
        cut.end = cut.next = cuts_best(cuts, end);
    return cut;
}

/* The first page of a text that needs more than one; `screen` holds the key line. end 0 when not
 * even one character fits. */
static struct cut cut_page(struct str text, struct screen screen, struct limits limits)
{
    struct cuts cuts = {0};
    size_t end = 0, last = last_cut(text, limits);
    int32_t before = 0;
    for (size_t at = 0; at < text.len; end = at) {
        int32_t code = utf8_next(text, &at);
        if (end > 0 && code == '\f' && text_fits(str_trim(str_sub(text, end, text.len)), limits))
            cuts.feed = end;
        if (end > 0 && end <= last)
            cuts_add(&cuts, end, before, code);
        screen_add(&screen, code);
        if (!screen_fits(&screen, limits))
            break;
        before = code;
    }
    if (cuts.feed > 0)
        return cut_at_feed(text, &cuts, end);
    end = cuts_best(&cuts, end);
    return (struct cut){end, end};
}

static struct str page_text(struct str page, struct str more_key, struct arena *arena)
{
    struct str trimmed = str_trim(page);
    size_t key_bytes = more_key.p != NULL ? 1 + more_key.len : 0;
    char *p = arena_alloc(arena, trimmed.len + key_bytes + 1);
    if (p == NULL)
        return STR_NONE;
    for (size_t i = 0; i < trimmed.len; i++)
        p[i] = trimmed.p[i] == '\f' ? '\n' : trimmed.p[i];
    if (key_bytes > 0) {
        p[trimmed.len] = '\n';
        for (size_t i = 0; i < more_key.len; i++)
            p[trimmed.len + 1 + i] = more_key.p[i];
    }
    return (struct str){p, trimmed.len + key_bytes};
}

enum err gsm_ussd_page(const struct gsm_ussd *ussd, uint32_t page, struct arena *arena,
                       struct str *ret, bool *ret_is_last)
{
    struct limits limits = {.septets = ussd->septets, .ucs2 = ussd->ucs2};
    struct str key = ussd->first_key.p != NULL ? ussd->first_key : ussd->more_key;
    struct screen key_line = longer_of(screen_of(key), screen_of(ussd->more_key));
    screen_add(&key_line, '\n');
    struct str rest = str_trim(ussd->text);
    for (uint32_t i = 0;; i++) {
        bool is_last = text_fits(rest, limits);
        struct cut cut = {rest.len, rest.len};
        if (!is_last)
            cut = cut_page(rest, key_line, limits);
        if (!is_last && cut.end == 0)
            return ERR_INVALID;
        if (i == page) {
            *ret = page_text(str_sub(rest, 0, cut.end), is_last ? STR_NONE : key, arena);
            *ret_is_last = is_last;
            return arena_error(arena);
        }
        if (is_last)
            return ERR_NOT_FOUND;
        rest = str_trim(str_sub(rest, cut.next, rest.len));
        key = ussd->more_key;
    }
}

struct str gsm_ussd_leave_out(const struct gsm_ussd *ussd, struct arena *arena)
{
    size_t tab = str_find_char(ussd->text, '\v');
    if (tab == SIZE_MAX)
        return ussd->text;
    struct str rest = str_sub(ussd->text, tab + 1, ussd->text.len);
    struct str whole =
        arena_printf(arena, "%.*s\f%.*s", STR_ARG(str_sub(ussd->text, 0, tab)), STR_ARG(rest));
    bool is_one = text_fits(whole, (struct limits){ussd->septets, ussd->ucs2});
    return is_one && whole.p != NULL ? whole : rest;
}

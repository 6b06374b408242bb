/* Reading, comparing and printing what stands in vectors. */
#include "lab/vector/vector.h"

#include "profile/time.h"

static void add(struct buf *out, const char *key, struct str value)
{
    buf_addf(out, "%s\"%s\":", out->len > 1 ? "," : "", key);
    if (value.p == NULL)
        buf_add_str(out, STR("null"));
    else
        buf_add_json(out, value);
}

static void add_if(struct buf *out, const char *key, struct str value)
{
    if (value.p != NULL)
        add(out, key, value);
}

void vector_differ(const char *what, struct str got, struct str expected, struct buf *out)
{
    buf_addf(out, "#   %s: got ", what);
    if (got.p == NULL)
        buf_add_str(out, STR("nothing"));
    else
        buf_add_json(out, got);
    buf_add_str(out, STR(", expected "));
    buf_add_json(out, expected);
    buf_add_char(out, '\n');
}

static struct str format_time(struct wall_ms at, char dst[RFC3339_BYTES])
{
    clock_format_rfc3339(at, dst);
    struct str text = str_from(dst);
    if (!str_ends(text, STR(".000Z")))
        return text;
    dst[text.len - 5] = 'Z';
    return str_sub(text, 0, text.len - 4);
}

struct str vector_time(struct wall_ms at, struct arena *arena)
{
    char text[RFC3339_BYTES];
    return at.ms != 0 ? arena_str(arena, format_time(at, text)) : STR_NONE;
}

void vector_print_inbound(const struct inbound *in, struct buf *out)
{
    char at[RFC3339_BYTES];
    buf_add_char(out, '{');
    add(out, "outcome", str_from(inbound_outcome_name(in->outcome)));
    add(out, "kind", str_from(inbound_kind_name(in->kind)));
    add(out, "from", in->from);
    add(out, "to", in->to);
    add(out, "text", in->text);
    add(out, "id", in->id);
    add(out, "session", in->session);
    add(out, "phase", str_from(inbound_phase_name(in->phase)));
    add(out, "network", in->network);
    add(out, "status", str_from(dlr_status_name(in->status)));
    add(out, "ts", in->at.ms != 0 ? format_time(in->at, at) : STR_NONE);
    add_if(out, "step", in->step);
    add_if(out, "status_raw", in->status_raw);
    add_if(out, "error", in->error);
    add_if(out, "link_id", in->link);
    add_if(out, "remember", in->remember);
    if (in->is_opt_out)
        add(out, "opt_out", in->kind == INBOUND_DLR ? in->to : in->from);
    if (in->part_of > 0)
        buf_addf(out, ",\"part\":%u,\"parts\":%u", in->part_n, in->part_of);
    add_if(out, "part_ref", in->part_ref);
    add_if(out, "reason", in->reason);
    buf_add_char(out, '}');
}

static uint32_t count(const struct doc *first)
{
    uint32_t n = 0;
    for (; first != NULL; first = first->next)
        n++;
    return n;
}

bool vector_text_fits(struct str got, struct str expected)
{
    struct str any = STR(VECTOR_ANY_UCS2_TEXT);
    size_t at = str_find(got, any);
    if (at == SIZE_MAX) {
        any = STR(VECTOR_ANY_TEXT);
        at = str_find(got, any);
    }
    if (at == SIZE_MAX)
        return str_eq(got, expected);
    if (!str_starts(expected, str_sub(got, 0, at)))
        return false;
    struct str behind = str_sub(got, at + any.len, got.len);
    for (size_t i = at; i <= expected.len; i++) {
        if (vector_text_fits(behind, str_sub(expected, i, expected.len)))
            return true;
    }
    return false;
}

static bool text_equal(struct str a, struct str b)
{
    struct wall_ms left, right;
    if (vector_text_fits(str_trim(a), str_trim(b)))
        return true;
    /* The sample answers of vectors hold the moment at which they were made. */
    return time_parse_auto(a, TIME_UTC, &left) == ERR_OK &&
           time_parse_auto(b, TIME_UTC, &right) == ERR_OK && left.ms / 60000 == right.ms / 60000;
}

/* Children in order; members of objects by name, elements of XML by name and place. */
static bool children_equal(const struct doc *a, const struct doc *b, bool is_named)
{
    if (count(a) != count(b))
        return false;
    const struct doc *other = b;
    for (; a != NULL; a = a->next) {
        const struct doc *match = is_named ? b : other;
        while (is_named && match != NULL && !str_eq(match->name, a->name))
            match = match->next;
        if (match == NULL || !str_eq(a->name, match->name) || !vector_equal(a, match))
            return false;
        other = other->next;
    }
    return true;
}

bool vector_equal(const struct doc *a, const struct doc *b)
{
    /* Attributes are members by name; JSON objects have none and no text of their own. */
    bool is_json_object = a->kind == DOC_MAP && a->text.p == NULL;
    return a->kind == b->kind && text_equal(a->text, b->text) &&
           children_equal(a->attribute, b->attribute, true) &&
           children_equal(a->first, b->first, is_json_object);
}

void vector_settings_read(const struct doc *object, struct str prefix, struct arena *arena,
                          struct vector_settings *ret)
{
    for (const struct doc *d = object != NULL ? object->first : NULL; d != NULL; d = d->next) {
        struct str name = prefix.len > 0
                              ? arena_printf(arena, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(d->name))
                              : d->name;
        if (d->kind == DOC_TEXT)
            vector_settings_put(ret, name, d->text);
        else if (d->kind == DOC_MAP)
            vector_settings_read(d, name, arena, ret);
    }
}

struct wall_ms vector_now(const struct doc *object)
{
    struct wall_ms now = {0};
    struct str text = doc_text(object, "now");
    if (text.p != NULL && clock_parse_rfc3339(text, &now) != ERR_OK)
        now.ms = 0;
    return now;
}

void vector_compare(const struct doc *expected, const char *name, struct str got, struct buf *out)
{
    const struct doc *d = doc_member(expected, name);
    struct wall_ms left, right;
    if (d == NULL || (d->kind == DOC_NULL && got.p == NULL) ||
        (got.p != NULL && str_eq(d->text, got)))
        return;
    bool is_time = str_eq(str_from(name), STR("ts")) &&
                   time_parse_auto(got, TIME_UTC, &left) == ERR_OK &&
                   time_parse_auto(d->text, TIME_UTC, &right) == ERR_OK;
    if (is_time && left.ms == right.ms)
        return;
    vector_differ(name, got, d->text, out);
}

void vector_settings_put(struct vector_settings *settings, struct str name, struct str value)
{
    uint32_t i = 0;
    while (i < settings->n && !str_eq(settings->list[i].name, name))
        i++;
    if (i == VECTOR_MAX_SETTINGS)
        return;
    settings->list[i] = (struct setting){name, value};
    settings->n += i == settings->n;
}

struct settings vector_settings_all(const struct vector_settings *settings)
{
    return (struct settings){settings->list, settings->n};
}

/* A request as people keep it in a file may have bare line ends and lack Host and Content-Length;
 * these are added, so that the strict reader takes it. */
void vector_complete_request(struct str raw, struct buf *out)
{
    size_t crlf = str_find(raw, STR("\r\n\r\n")), lf = str_find(raw, STR("\n\n"));
    bool is_bare = crlf == SIZE_MAX || lf < crlf;
    size_t end = is_bare ? lf : crlf;
    struct str rest = end == SIZE_MAX ? str_trim(raw) : str_sub(raw, 0, end);
    struct str body = end == SIZE_MAX ? STR("") : str_sub(raw, end + (is_bare ? 2 : 4), raw.len);
    bool has_host = false, has_length = false;
    while (rest.p != NULL) {
        struct str line = str_split(&rest, '\n');
        if (str_ends(line, STR("\r")))
            line.len--;
        has_host |= str_eq_nocase(str_sub(line, 0, 5), STR("Host:"));
        has_length |= str_eq_nocase(str_sub(line, 0, 15), STR("Content-Length:")) ||
                      str_eq_nocase(str_sub(line, 0, 18), STR("Transfer-Encoding:"));
        buf_add_str(out, line);
        buf_add_str(out, STR("\r\n"));
    }
    if (!has_host)
        buf_add_str(out, STR("Host: localhost\r\n"));
    if (!has_length && body.len > 0)
        buf_addf(out, "Content-Length: %zu\r\n", body.len);
    buf_add_str(out, STR("\r\n"));
    buf_add_str(out, body);
}

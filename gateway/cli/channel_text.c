#include "cli/channel.h"
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

static struct str format_time(struct wall_ms at, char dst[RFC3339_BYTES])
{
    clock_format_rfc3339(at, dst);
    struct str text = str_from(dst);
    if (!str_ends(text, STR(".000Z")))
        return text;
    dst[text.len - 5] = 'Z';
    return str_sub(text, 0, text.len - 4);
}

struct str channel_time(struct wall_ms at, struct arena *arena)
{
    char text[RFC3339_BYTES];
    return at.ms != 0 ? arena_str(arena, format_time(at, text)) : STR_NONE;
}

void channel_print_inbound(const struct inbound *in, struct buf *out)
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

const struct doc *doc_member(const struct doc *object, const char *name)
{
    const struct doc *d = object != NULL && object->kind == DOC_MAP ? object->first : NULL;
    while (d != NULL && !str_eq(d->name, str_from(name)))
        d = d->next;
    return d;
}

struct str doc_text(const struct doc *object, const char *name)
{
    const struct doc *d = doc_member(object, name);
    return d != NULL && d->kind == DOC_TEXT ? d->text : STR_NONE;
}

static uint32_t count(const struct doc *first)
{
    uint32_t n = 0;
    for (; first != NULL; first = first->next)
        n++;
    return n;
}

bool channel_text_fits(struct str got, struct str expected)
{
    struct str any = STR(CHANNEL_ANY_UCS2_TEXT);
    size_t at = str_find(got, any);
    if (at == SIZE_MAX) {
        any = STR(CHANNEL_ANY_TEXT);
        at = str_find(got, any);
    }
    if (at == SIZE_MAX)
        return str_eq(got, expected);
    if (!str_starts(expected, str_sub(got, 0, at)))
        return false;
    struct str behind = str_sub(got, at + any.len, got.len);
    for (size_t i = at; i <= expected.len; i++) {
        if (channel_text_fits(behind, str_sub(expected, i, expected.len)))
            return true;
    }
    return false;
}

static bool text_equal(struct str a, struct str b)
{
    struct wall_ms left, right;
    if (channel_text_fits(str_trim(a), str_trim(b)))
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
        if (match == NULL || !str_eq(a->name, match->name) || !doc_equal(a, match))
            return false;
        other = other->next;
    }
    return true;
}

bool doc_equal(const struct doc *a, const struct doc *b)
{
    /* Attributes are members by name; JSON objects have none and no text of their own. */
    bool is_json_object = a->kind == DOC_MAP && a->text.p == NULL;
    return a->kind == b->kind && text_equal(a->text, b->text) &&
           children_equal(a->attribute, b->attribute, true) &&
           children_equal(a->first, b->first, is_json_object);
}

void channel_settings(const struct doc *object, struct str prefix, struct arena *arena,
                      struct setting_list *ret)
{
    for (const struct doc *d = object != NULL ? object->first : NULL; d != NULL; d = d->next) {
        struct str name = prefix.len > 0
                              ? arena_printf(arena, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(d->name))
                              : d->name;
        if (d->kind == DOC_TEXT)
            setting_put(ret, name, d->text);
        else if (d->kind == DOC_MAP)
            channel_settings(d, name, arena, ret);
    }
}

struct wall_ms channel_now(const struct doc *object)
{
    struct wall_ms now = {0};
    struct str text = doc_text(object, "now");
    if (text.p != NULL && clock_parse_rfc3339(text, &now) != ERR_OK)
        now.ms = 0;
    return now;
}

void channel_compare(const struct doc *expected, const char *name, struct str got, struct buf *out)
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
    channel_differ(name, got, d->text, out);
}

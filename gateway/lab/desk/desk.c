/* The author's desk: files of one course folder, their checks, and a phone that plays the course.
 */
#include <stdlib.h>
#include <string.h>

#include "app/course_bundle.h"
#include "base/xalloc.h"
#include "core/lesson/lesson.h"
#include "core/lesson/translate.h"
#include "lab/desk/web.h"
#include "lab/talk/run.h"
#include "port/lesson_files.h"
#include "port/zone.h"
#include "wire/http/page.h"

#define FIRST_NUMBER "+254700000001"
#define START_MS 1736150400000 /* a Monday morning: 2025-01-06 08:00 UTC */
#define MAX_WAIT_HOURS (365 * 24)

struct web_desk {
    const char *dir, *profiles_dir, *token;
    struct handset phone;
    struct talk_fast *fast; /* NULL: nothing was played since the course changed */
    struct talk_fast_settings settings;
    struct arena *played; /* of the settings */
    struct buf bundle;
    uint64_t played_hash; /* of the files */
    char lang[COURSE_ID_BYTES], number[HANDSET_NUMBER_BYTES];
};

struct web_desk *web_desk_new(const char *dir, const char *profiles_dir, const char *token)
{
    struct web_desk *desk = xcalloc(1, sizeof(*desk));
    desk->dir = dir;
    desk->profiles_dir = profiles_dir;
    desk->token = token;
    buf_init(&desk->bundle, COURSE_MAX_BYTES + 65536);
    return desk;
}

static void hang_up(struct web_desk *desk)
{
    if (desk->fast != NULL)
        handset_fini(&desk->phone);
    talk_fast_free(desk->fast);
    desk->fast = NULL;
    arena_free(desk->played);
    desk->played = NULL;
}

void web_desk_free(struct web_desk *desk)
{
    if (desk == NULL)
        return;
    hang_up(desk);
    buf_fini(&desk->bundle);
    free(desk);
}

/* ---- responses ---- */

struct turn {
    struct web_desk *desk;
    const struct http_request *request;
    struct form form; /* of the body, or of the query */
    struct arena *arena;
    struct buf *body;
    struct lesson_file *files;
    uint32_t n_files;
};

static struct http_response complain(struct turn *t, int status, const char *what)
{
    buf_reset(t->body);
    buf_add_str(t->body, STR("{\"error\":"));
    buf_add_json(t->body, str_from(what));
    buf_add_str(t->body, STR("}\n"));
    return web_json(status, t->body);
}

static uint64_t hash_of(const struct turn *t)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < t->n_files; i++)
        hash = hash * 31 + str_hash(t->files[i].name) + 7 * str_hash(t->files[i].text);
    return hash;
}

static bool is_own(struct str name)
{
    return str_find_char(name, '/') == SIZE_MAX || str_starts(name, STR("po/"));
}

/* The course's own file of this name; NULL: there is none. */
static struct lesson_file *find_file(struct turn *t, struct str name)
{
    for (uint32_t i = 0; i < t->n_files; i++) {
        if (str_eq(t->files[i].name, name) && is_own(name))
            return &t->files[i];
    }
    return NULL;
}

static void add_hash(struct buf *out, struct str text)
{
    buf_addf(out, ",\"hash\":\"%016llx\"", (unsigned long long)str_hash(text));
}

/* ---- files ---- */

static struct lesson_source *parse(struct turn *t, struct lesson_findings **ret_findings,
                                   enum err *ret)
{
    struct lesson_source *source = arena_new_array(t->arena, struct lesson_source, 1);
    *ret_findings = lesson_findings_new(t->arena);
    *ret = source != NULL && *ret_findings != NULL
               ? lesson_parse(t->files, t->n_files, t->arena, *ret_findings, source)
               : ERR_TOO_LONG;
    return source;
}

static struct http_response list_files(struct turn *t)
{
    struct lesson_findings *findings;
    enum err e;
    const struct lesson_source *source = parse(t, &findings, &e);
    bool is_read = e == ERR_OK || e == ERR_INVALID;
    buf_add_str(t->body, STR("{\"title\":"));
    buf_add_json(t->body,
                 is_read && source->course.title.p != NULL ? source->course.title : STR(""));
    buf_add_str(t->body, STR(",\"dir\":"));
    buf_add_json(t->body, str_from(t->desk->dir));
    buf_add_str(t->body, STR(",\"languages\":["));
    for (uint16_t i = 0, n = 0; is_read && i < source->languages.n; i++) {
        struct str code = source->languages.codes[i];
        if (!str_eq(code, source->course.language) && !lesson_has_po(source, code))
            continue;
        buf_add_str(t->body, n++ > 0 ? STR(",{\"code\":") : STR("{\"code\":"));
        buf_add_json(t->body, code);
        buf_add_str(t->body, STR(",\"name\":"));
        buf_add_json(t->body, source->languages.names[i]);
        buf_add_char(t->body, '}');
    }
    buf_add_str(t->body, STR("],\"files\":["));
    for (uint32_t i = 0, n = 0; i < t->n_files; i++) {
        if (!is_own(t->files[i].name))
            continue;
        buf_add_str(t->body, n++ > 0 ? STR(",{\"name\":") : STR("{\"name\":"));
        buf_add_json(t->body, t->files[i].name);
        add_hash(t->body, t->files[i].text);
        buf_add_char(t->body, '}');
    }
    buf_add_str(t->body, STR("]}\n"));
    return web_json(200, t->body);
}

static struct http_response show_file(struct turn *t)
{
    const struct lesson_file *file = find_file(t, form_get(&t->form, STR("name")));
    if (file == NULL)
        return complain(t, 404, "The course has no such file.");
    buf_add_str(t->body, STR("{\"name\":"));
    buf_add_json(t->body, file->name);
    add_hash(t->body, file->text);
    buf_add_str(t->body, STR(",\"text\":"));
    buf_add_json(t->body, file->text);
    buf_add_str(t->body, STR("}\n"));
    return web_json(200, t->body);
}

/* Texts of browsers end lines as this file does. */
static struct str with_line_ends(struct turn *t, struct str text)
{
    char *p = arena_alloc(t->arena, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len && p != NULL; i++) {
        if (text.p[i] != '\r')
            p[n++] = text.p[i];
    }
    return p != NULL ? (struct str){p, n} : STR("");
}

static struct http_response check_files(struct turn *t)
{
    struct lesson_file *file = find_file(t, form_get(&t->form, STR("name")));
    struct str text = form_get(&t->form, STR("text"));
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct lesson_findings *findings;
    enum err e;
    if (file != NULL && text.p != NULL)
        file->text = with_line_ends(t, text);
    struct lesson_source *source = parse(t, &findings, &e);
    if (e != ERR_OK && e != ERR_INVALID)
        return complain(t, 413, "The course is too big.");
    lesson_check(source, t->arena, scratch, findings);
    lesson_check_terms(source, STR_NONE, t->arena, scratch, findings);
    lesson_findings_sort(findings);
    lesson_findings_print(findings, STR(""), LESSON_OUTPUT_JSON, t->body);
    return web_json(200, t->body);
}

/* What the ceiling of a course leaves for this file beside the others. */
static size_t room_for(const struct turn *t, const struct lesson_file *file)
{
    size_t n = 0;
    for (uint32_t i = 0; i < t->n_files; i++)
        n += &t->files[i] != file ? t->files[i].text.len : 0;
    return n < COURSE_MAX_BYTES ? COURSE_MAX_BYTES - n : 0;
}

static struct http_response save_file(struct turn *t)
{
    const struct lesson_file *file = find_file(t, form_get(&t->form, STR("name")));
    struct str text = form_get(&t->form, STR("text")), hash = form_get(&t->form, STR("hash"));
    struct errmsg msg = {""};
    if (file == NULL || text.p == NULL)
        return complain(t, 404, "The course has no such file.");
    struct str now = arena_printf(t->arena, "%016llx", (unsigned long long)str_hash(file->text));
    if (!str_eq(hash, now))
        return complain(t, 409,
                        "The file was changed by somebody else meanwhile. Copy your text, open the "
                        "file again, and put your change in.");
    text = with_line_ends(t, text);
    if (text.len > room_for(t, file))
        return complain(t, 413, "With this text the course would be too big to be read again.");
    if (arena_error(t->arena) != ERR_OK ||
        lesson_files_write(t->desk->dir, file->name, text, &msg) != ERR_OK)
        return complain(t, 500, msg.text[0] != '\0' ? msg.text : "The file is too big.");
    buf_add_str(t->body, STR("{\"name\":"));
    buf_add_json(t->body, file->name);
    add_hash(t->body, text);
    buf_add_str(t->body, STR("}\n"));
    return web_json(200, t->body);
}

/* ---- the phone ---- */

static enum err post(void *ctx, const char *path, struct str body, int *ret_status, struct buf *out)
{
    struct web_desk *desk = ctx;
    struct talk_world *world = talk_fast_world(desk->fast);
    struct talk_response response;
    enum err e = world->ops->post(world, path, body, 1, &response);
    *ret_status = e == ERR_OK ? response.status : 0;
    if (e == ERR_OK)
        buf_add_str(out, response.body);
    return e;
}

/* A world with this course, in which the phone is new. */
static const char *switch_on(struct turn *t, struct str lang, struct str number)
{
    struct web_desk *desk = t->desk;
    struct lesson_findings *findings;
    struct errmsg msg = {""};
    enum err e;
    hang_up(desk);
    desk->played = arena_new(LESSON_ARENA_BYTES);
    for (uint32_t i = 0; i < t->n_files; i++) {
        if (str_eq(t->files[i].name, STR("course.md")) && lang.p != NULL)
            t->files[i].text = lesson_on_trial(t->files[i].text, lang, t->arena);
    }
    const struct lesson_source *source = parse(t, &findings, &e);
    if (e != ERR_OK)
        return "The course has mistakes; mend them first.";
    buf_reset(&desk->bundle);
    if (course_bundle_write(t->files, t->n_files, &desk->bundle) != ERR_OK)
        return "The course is too big.";
    desk->settings = (struct talk_fast_settings){
        .profiles_dir = desk->profiles_dir,
        .course_name = arena_printf(desk->played, "%.*s@%.*s", STR_ARG(source->course.id),
                                    STR_ARG(source->course.version)),
        .bundle = buf_str(&desk->bundle),
        .start = {START_MS}};
    e = zone_load(STR("Africa/Nairobi"), &desk->settings.zone);
    if (e == ERR_OK)
        e = talk_fast_new(&desk->settings, &desk->fast, &msg);
    if (e != ERR_OK) {
        desk->fast = NULL;
        return "The course cannot be played.";
    }
    if (str_copy(number, desk->number, sizeof(desk->number)) != ERR_OK ||
        str_copy(lang, desk->lang, sizeof(desk->lang)) != ERR_OK)
        desk->number[0] = '\0'; /* next time it begins anew */
    handset_init(&desk->phone, desk->number[0] != '\0' ? desk->number : FIRST_NUMBER,
                 talk_fast_world(desk->fast)->dial_code, "desk");
    return NULL;
}

/* "+254700000001"; else the first. */
static struct str number_of(struct turn *t)
{
    struct str number = form_get(&t->form, STR("number"));
    bool is_number = number.len > 6 && number.len < HANDSET_NUMBER_BYTES && number.p[0] == '+';
    for (size_t i = 1; is_number && i < number.len; i++)
        is_number = number.p[i] >= '0' && number.p[i] <= '9';
    return is_number ? number : STR(FIRST_NUMBER);
}

static void add_sms(struct web_desk *desk, struct buf *out)
{
    struct talk_world *world = talk_fast_world(desk->fast);
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, 65536);
    for (uint32_t n = 0; world->ops->next_sms(world, desk->phone.number, false, &text) == ERR_OK;
         n++) {
        if (n > 0)
            buf_add_char(out, ',');
        buf_add_json(out, buf_str(&text));
        buf_reset(&text);
    }
}

static struct http_response use_phone(struct turn *t)
{
    struct web_desk *desk = t->desk;
    struct str lang = form_get(&t->form, STR("lang")), number = number_of(t);
    struct str what = form_get(&t->form, STR("do"));
    char time[RFC3339_BYTES];
    uint64_t hash = hash_of(t), hours = 0;
    bool is_fresh = desk->fast == NULL || hash != desk->played_hash ||
                    !str_eq(str_from(desk->number), number) ||
                    !str_eq(str_from(desk->lang), lang) || str_eq(what, STR("new"));
    const char *wrong = is_fresh ? switch_on(t, lang, number) : NULL;
    desk->played_hash = hash;
    if (wrong != NULL)
        return complain(t, 422, wrong);
    struct talk_world *world = talk_fast_world(desk->fast);
    if (str_eq(what, STR("wait")) || str_eq(what, STR("new"))) {
        if (str_to_u64(form_get(&t->form, STR("text")), MAX_WAIT_HOURS, &hours) == ERR_OK &&
            hours > 0 && world->ops->wait(world, (int64_t)hours * 3600000) != ERR_OK)
            return complain(t, 500, "The time could not pass.");
        buf_addf(t->body, "{\"screen\":null,\"open\":%s,\"note\":\"\"",
                 desk->phone.is_in_session ? "true" : "false");
    } else {
        web_phone_do(&desk->phone, &t->form, world->ops->now(world), post, desk, t->body);
    }
    clock_format_rfc3339(world->ops->now(world), time);
    buf_addf(t->body, ",\"fresh\":%s,\"time\":\"%s\",\"sms\":[", is_fresh ? "true" : "false", time);
    add_sms(desk, t->body);
    buf_add_str(t->body, STR("]}\n"));
    return web_json(200, t->body);
}

/* ---- requests ---- */

static const struct {
    const char *method, *name;
    struct http_response (*response)(struct turn *t);
} rows[] = {
    {"GET", "files", list_files}, {"GET", "file", show_file},   {"POST", "check", check_files},
    {"POST", "save", save_file},  {"POST", "phone", use_phone},
};

/* A name that nobody else can make point here (DNS rebinding). */
static bool is_own_host(const struct http_request *request)
{
    struct str host = http_header_get(request->headers, request->n_headers, STR("Host"));
    size_t end = str_starts(host, STR("[")) ? str_find_char(host, ']') : SIZE_MAX;
    struct str name =
        end != SIZE_MAX ? str_sub(host, 0, end + 1) : str_sub(host, 0, str_find_char(host, ':'));
    return str_word_index("127.0.0.1|localhost|[::1]", '|', name) >= 0;
}

/* What stands behind /<token>/; absent: it is not there. */
static struct str name_of(const struct web_desk *desk, const struct http_request *request)
{
    struct str rest = request->path;
    bool is_ours = str_eq(str_split(&rest, '/'), STR("")) && rest.p != NULL &&
                   str_eq(str_split(&rest, '/'), str_from(desk->token));
    return is_ours ? rest : STR_NONE;
}

void web_desk_handle(struct web_desk *desk, const struct http_request *request, struct arena *arena,
                     struct buf *body, struct http_response *ret)
{
    struct turn t = {.desk = desk, .request = request, .arena = arena, .body = body};
    struct errmsg msg = {""};
    struct str name = name_of(desk, request);
    bool is_post = str_eq(request->method, STR("POST"));
    if (!is_own_host(request) || name.p == NULL || (is_post && !page_is_own_origin(request))) {
        *ret = complain(&t, 403,
                        "This desk is opened by the address that `waypost lessons edit` told.");
        return;
    }
    if (!is_post && web_file(name, STR("desk.html"), ret))
        return;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!str_eq(request->method, str_from(rows[i].method)) ||
            !str_eq(name, str_from(rows[i].name)))
            continue;
        if (form_parse(is_post ? request->body : request->query, arena, &t.form) != ERR_OK ||
            lesson_files_read(desk->dir, arena, &t.files, &t.n_files, &msg) != ERR_OK)
            *ret = complain(&t, 500, msg.text[0] != '\0' ? msg.text : "The request is too long.");
        else
            *ret = rows[i].response(&t);
        return;
    }
    *ret = complain(&t, 404, "There is nothing here.");
}

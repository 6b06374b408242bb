
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/course_set.h"
#include "cli/cli.h"
#include "port/database.h"
#include "role/ports.h"

#define BUNDLE_MAX_BYTES (COURSE_MAX_BYTES + 65536u)
#define TEXT_MAX_BYTES (COURSE_MAX_SCREENS * COURSE_MAX_TEXT_BYTES * 2u)

/* --- PostgreSQL: the JSON that core.publish takes (sql/0002_ingest.sql) --- */

static const char *module_kind_name(enum module_kind kind)
{
    static const char *const names[] = {
        [MODULE_ROLE] = "role",     [MODULE_LESSONS] = "lessons",   [MODULE_TEST] = "test",
        [MODULE_SURVEY] = "survey", [MODULE_FOLLOWUP] = "followup",
    };
    return names[kind];
}

static const char *unit_kind_name(enum unit_kind kind)
{
    static const char *const names[] = {
        [UNIT_STORY] = "story", [UNIT_LESSON] = "lesson", [UNIT_QUESTION] = "question"};
    return names[kind];
}

static json_t *json_str(struct str s)
{
    return json_stringn(s.p != NULL ? s.p : "", s.len);
}

static json_t *screens_json(const struct unit *unit)
{
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, TEXT_MAX_BYTES);
    for (uint16_t i = 0; i < unit->n_screens; i++) {
        if (i > 0)
            buf_add_str(&text, STR("\n\n"));
        buf_add_str(&text, unit->screens[i]);
    }
    return json_str(buf_str(&text));
}

static json_t *unit_json(const struct course *course, const struct unit *unit)
{
    const struct module *module = &course->modules[unit->module];
    const struct question *q = unit->question;
    json_t *row = json_object();
    json_object_set_new(row, "unit", json_str(unit->id));
    json_object_set_new(row, "module", json_str(module->id));
    json_object_set_new(row, "module_kind", json_string(module_kind_name(module->kind)));
    json_object_set_new(row, "module_title", json_str(module->title));
    json_object_set_new(row, "kind", json_string(unit_kind_name(unit->kind)));
    if (!str_is_empty(unit->title))
        json_object_set_new(row, "title", json_str(unit->title));
    json_object_set_new(row, "text", q != NULL ? json_str(q->stem) : screens_json(unit));
    if (q == NULL || q->n_choices == 0)
        return row;
    json_t *choices = json_array();
    json_t *right = json_array();
    for (uint8_t i = 0; i < q->n_choices; i++) {
        json_array_append_new(choices, json_str(q->choices[i].text));
        if (q->choices[i].is_right)
            json_array_append_new(right, json_integer(i + 1));
    }
    json_object_set_new(row, "choices", choices);
    if (json_array_size(right) > 0)
        json_object_set(row, "right", right);
    json_decref(right);
    return row;
}

static char *base64(struct str bytes)
{
    char *text = calloc(bytes.len / 3 * 4 + 8, 1);
    if (text != NULL)
        (void)EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes.p,
                              (int)bytes.len); /* the length is known */
    return text;
}

static char *course_json(const struct course *course, struct str bundle, const char *hash)
{
    char *encoded = base64(bundle);
    json_t *root = json_object();
    json_t *units = json_array();
    json_object_set_new(root, "course", json_str(course->id));
    json_object_set_new(root, "version", json_str(course->version));
    json_object_set_new(root, "hash", json_string(hash));
    json_object_set_new(root, "bundle", encoded != NULL ? json_string(encoded) : NULL);
    for (uint16_t i = 0; i < course->n_units; i++)
        json_array_append_new(units, unit_json(course, &course->units[i]));
    json_object_set_new(root, "units", units);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    free(encoded);
    return text;
}

static int publish_to_database(const struct config *config, const struct course *course,
                               struct str bundle)
{
    struct database *db CLEANUP(database_closep) = NULL;
    struct errmsg msg;
    char hash[DATABASE_SHA256_BYTES];
    enum err e = database_open(config->writer_conninfo.p, &db, &msg);
    if (e == ERR_OK)
        e = database_sha256(db, bundle, hash, &msg);
    char *json = e == ERR_OK ? course_json(course, bundle, hash) : NULL;
    if (e == ERR_OK)
        e = json != NULL ? database_publish(db, str_from(json), &msg)
                         : errmsg_set(&msg, ERR_NO_MEMORY, "the course does not fit into memory");
    free(json);
    if (e == ERR_OK)
        return EX_OK;
    cli_complain("PostgreSQL: %s", msg.text);
    return e == ERR_INVALID ? EX_DATAERR : e == ERR_DENIED ? EX_NOPERM : EX_UNAVAILABLE;
}

/* --- Redis --- */

struct put {
    struct loop *loop;
    enum err e;
};

static void on_put(void *ctx, enum err e)
{
    struct put *put = ctx;
    put->e = e;
    loop_stop(put->loop);
}

static int publish_to_store(const struct config *config, struct str name, struct str bundle)
{
    struct put put = {.loop = loop_libevent_new(), .e = ERR_UNAVAILABLE};
    struct store *store = role_store_wait(config, put.loop);
    if (store_is_up(store)) {
        store_course_put(store, name, bundle, true, on_put, &put);
        loop_run(put.loop);
    }
    store_free(store);
    loop_free(put.loop);
    if (put.e == ERR_OK)
        return EX_OK;
    cli_complain("Redis: %s; publish it again, PostgreSQL has it already", err_name(put.e));
    return EX_UNAVAILABLE;
}

/* Who is asked to agree must be told what it costs (docs/course-rules.md 1.2 rule 4). */
static bool has_costs(const struct config *config)
{
    for (uint32_t i = 0; i < config->n_channels; i++) {
        const struct config_channel *channel = &config->channels[i];
        const struct config_country *row = config_country_get(config, channel->country);
        if (row != NULL && !str_is_empty(row->cost))
            continue;
        cli_complain("not published: learners on the channel %.*s are not told what an SMS costs "
                     "them. In the configuration, under `countries:`, add to %.*s\n"
                     "    cost: Each SMS costs you your normal rate.\n"
                     "or `cost: Free`, and publish again",
                     STR_ARG(channel->name), STR_ARG(channel->country));
        return false;
    }
    return true;
}

int publish_course(const struct config *config, const struct course *course,
                   const struct lesson_file *files, uint32_t n_files)
{
    if (!has_costs(config))
        return EX_CONFIG;
    struct buf bundle CLEANUP(buf_fini), name CLEANUP(buf_fini);
    buf_init(&bundle, BUNDLE_MAX_BYTES);
    buf_init(&name, 256);
    buf_addf(&name, "%.*s@%.*s", STR_ARG(course->id), STR_ARG(course->version));
    enum err e = course_bundle_write(files, n_files, &bundle);
    if (e != ERR_OK) {
        cli_complain("the course cannot be bundled: %s", err_name(e));
        return EX_DATAERR;
    }
    int code = publish_to_database(config, course, buf_str(&bundle));
    if (code == EX_OK)
        code = publish_to_store(config, buf_str(&name), buf_str(&bundle));
    if (code == EX_OK) {
        printf("%.*s\n", STR_ARG(buf_str(&name)));
        fprintf(stderr, "published; new learners start it within half a minute\n");
    }
    return code;
}

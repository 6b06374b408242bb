/* `waypost learner import`: a list of people in a CSV file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/channels.h"
#include "base/xalloc.h"
#include "cli/verbs.h"
#include "core/cohort.h"
#include "core/learner.h"
#include "core/number.h"
#include "core/utf8.h"
#include "port/file.h"
#include "port/store/learners.h"
#include "role/look_after.h"
#include "wire/csv.h"

#define FILE_MAX_BYTES (32u << 20)
#define LINE_EXTRA_BYTES (1u << 20) /* of a line that is the whole file */
#define MAX_ROWS 100000u
#define SHOWN_BYTES 80u  /* of a cell that is wrong */
#define N_PLACES 262144u /* more than twice as many */
#define MAX_CELLS 16u
#define PROGRESS_EACH 200u
#define ASK_AT_ONCE 500u
#define MAX_ROLE 9u

/* What is known of who stands in a row. */
enum known { KNOWN_NOT, KNOWN_ASKED, KNOWN_LEARNS, KNOWN_LEFT };

struct row {
    uint32_t line, column; /* of the number */
    struct number number;
    struct number_id id;
    struct desk_order order;
    enum known known;
    bool is_refused;
};

enum { COLUMN_NUMBER, COLUMN_LANGUAGE, COLUMN_GROUP, COLUMN_ROLE, N_COLUMNS };

struct import {
    const struct cli_args *args;
    const char *file;
    struct desk desk;
    struct vault *vault;
    struct channels channels;
    const struct config_channel *channel;
    struct str country;
    const struct course *course; /* that people are invited to; NULL: none is known */
    int column_of[N_COLUMNS];    /* -1: there is none */
    uint32_t *groups;            /* that may be joined */
    uint32_t n_groups, room_groups;
    struct arena *line_arena; /* cells of the line that is read */
    struct row *rows;
    uint32_t *places; /* of a hash table: row number, from 1 */
    uint32_t n, n_refused, n_invited, n_known, n_done;
};

static void refuse(struct import *im, uint32_t line, uint32_t column, const char *why,
                   struct str what)
{
    struct str begin = utf8_cut(what, SHOWN_BYTES);
    printf("%s:%u:%u: %s%s%.*s%s\n", im->file, line, column, why, what.len > 0 ? ": " : "",
           STR_ARG(begin), begin.len < what.len ? "..." : "");
    im->n_refused++;
}

/* ---- CSV ---- */

struct cell {
    struct str text;
    uint32_t column; /* in characters, from 1 */
};

/* Of one line. */
static uint32_t read_cells(const struct import *im, struct str line, char separator,
                           struct cell cells[MAX_CELLS])
{
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, line.len);
    uint32_t n = 0;
    char end = separator;
    arena_reset(im->line_arena);
    for (size_t at = 0; end == separator && n < MAX_CELLS; n++) {
        cells[n].column = (uint32_t)utf8_count(str_sub(line, 0, at)) + 1;
        end = csv_next_cell(line, &at, separator, &text);
        cells[n].text = arena_str(im->line_arena, str_trim(buf_str(&text)));
    }
    return n;
}

static int read_head(struct import *im, struct str line, char separator)
{
    static const char *const names[N_COLUMNS] = {"number", "language", "group", "role"};
    struct cell cells[MAX_CELLS];
    uint32_t n = read_cells(im, line, separator, cells);
    for (int k = 0; k < N_COLUMNS; k++)
        im->column_of[k] = -1;
    for (uint32_t i = 0; i < n; i++) {
        int found = -1;
        for (int k = 0; k < N_COLUMNS; k++) {
            if (cells[i].text.len == strlen(names[k]) &&
                strncasecmp(cells[i].text.p, names[k], cells[i].text.len) == 0)
                found = k;
        }
        if (found >= 0)
            im->column_of[found] = (int)i;
        else
            (void)fprintf(stderr, "%s:1:%u: the column \"%.*s\" is not read\n", im->file,
                          cells[i].column, STR_ARG(cells[i].text));
    }
    if (im->column_of[COLUMN_NUMBER] >= 0)
        return EX_OK;
    cli_complain("learner import: the first row of %s must name the columns, one of them `number`; "
                 "the others may be language, group, role",
                 im->file);
    return EX_DATAERR;
}

/* ---- a row ---- */

static struct cell cell_of(const struct import *im, const struct cell *cells, uint32_t n, int which)
{
    int at = im->column_of[which];
    return at >= 0 && (uint32_t)at < n ? cells[at] : (struct cell){STR(""), 1};
}

static bool has_group(const struct import *im, uint32_t code)
{
    for (uint32_t i = 0; i < im->n_groups; i++) {
        if (im->groups[i] == code)
            return true;
    }
    return false;
}

static bool is_language(struct str text)
{
    bool is_one = text.len >= 2 && text.len < LEARNER_LANG_BYTES;
    for (size_t i = 0; is_one && i < text.len; i++)
        is_one = (text.p[i] >= 'a' && text.p[i] <= 'z') || text.p[i] == '-';
    return is_one;
}

static bool is_offered(const struct import *im, struct str lang)
{
    bool is_found = im->course == NULL || lang.len == 0;
    for (uint16_t i = 0; !is_found && i < im->course->n_languages; i++)
        is_found = str_eq(im->course->languages[i], lang);
    return is_found;
}

/* What is wrong with it is said; false then. */
static bool read_order(struct import *im, uint32_t line, const struct cell *cells, uint32_t n,
                       struct desk_order *ret)
{
    struct cell language = cell_of(im, cells, n, COLUMN_LANGUAGE);
    struct cell group = cell_of(im, cells, n, COLUMN_GROUP);
    struct cell role = cell_of(im, cells, n, COLUMN_ROLE);
    uint64_t value = 0;
    *ret = (struct desk_order){.act = DESK_INVITE, .lang = language.text};
    if (language.text.len > 0 && !is_language(language.text))
        refuse(im, line, language.column, "no code of a language, like fr", language.text);
    else if (!is_offered(im, language.text))
        refuse(im, line, language.column, "the course is not offered in this language",
               language.text);
    else if (group.text.len > 0 && cohort_code_parse(group.text, &ret->cohort) != ERR_OK)
        refuse(im, line, group.column, "no group code: five digits and their check digit",
               group.text);
    else if (group.text.len > 0 && !has_group(im, ret->cohort))
        refuse(im, line, group.column, "no group that may be joined has this code", group.text);
    else if (role.text.len > 0 && (str_to_u64(role.text, MAX_ROLE, &value) != ERR_OK || value == 0))
        refuse(im, line, role.column, "no number of the role question, 1 to 9", role.text);
    else {
        ret->role = (uint8_t)value;
        return true;
    }
    return false;
}

static bool is_utf8(struct str text)
{
    for (size_t at = 0; at < text.len;) {
        if (utf8_next(text, &at) == UTF8_REPLACEMENT)
            return false;
    }
    return true;
}

/* Its place in the table of those before it. */
static uint32_t *find_place(const struct import *im, const struct number_id *id)
{
    uint64_t at;
    memcpy(&at, id->bytes, sizeof(at));
    for (;; at++) {
        uint32_t *place = &im->places[at % N_PLACES];
        if (*place == 0 || memcmp(im->rows[*place - 1].id.bytes, id->bytes, sizeof(id->bytes)) == 0)
            return place;
    }
}

static uint32_t find_twin(const struct import *im, const struct row *row)
{
    uint32_t place = *find_place(im, &row->id);
    return place > 0 ? im->rows[place - 1].line : 0;
}

static void read_row(struct import *im, struct str line, uint32_t number, char separator)
{
    struct cell cells[MAX_CELLS];
    uint32_t n = read_cells(im, line, separator, cells);
    struct cell phone = cell_of(im, cells, n, COLUMN_NUMBER);
    struct row row = {.line = number, .column = phone.column};
    if (!is_utf8(line)) {
        refuse(im, number, 1, "not in UTF-8: save the file as CSV UTF-8", STR_NONE);
        return;
    }
    if (number_parse(phone.text, NUMBER_FORM_ANY, im->country, &row.number) != ERR_OK) {
        refuse(im, number, phone.column, "no number; write it like +254700000001", phone.text);
        return;
    }
    if (!read_order(im, number, cells, n, &row.order))
        return;
    row.id = vault_number_id(im->vault, str_from(row.number.e164));
    uint32_t twin = find_twin(im, &row);
    if (twin > 0) {
        refuse(im, number, phone.column, "the same number as in line",
               arena_printf(im->line_arena, "%u", twin));
        return;
    }
    row.order.lang = arena_str(im->desk.arena, row.order.lang);
    uint32_t *place = find_place(im, &row.id);
    im->rows[im->n++] = row;
    *place = im->n;
}

static int read_rows(struct import *im, struct str text)
{
    static const char bom[] = "\xef\xbb\xbf";
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_sub(text, sizeof(bom) - 1, text.len);
    struct str head = str_split(&text, '\n');
    char separator = csv_separator(head);
    int code = read_head(im, str_trim(head), separator);
    im->rows = xcalloc(MAX_ROWS, sizeof(im->rows[0]));
    im->places = xcalloc(N_PLACES, sizeof(im->places[0]));
    for (uint32_t line = 2; code == EX_OK && text.len > 0; line++) {
        struct str row = str_split(&text, '\n');
        if (str_is_empty(str_trim(row)))
            continue;
        if (im->n == MAX_ROWS) {
            cli_complain("learner import: more than %u rows; cut the file", MAX_ROWS);
            code = EX_DATAERR;
        } else {
            read_row(im, row, line, separator);
        }
    }
    return code;
}

/* ---- what is known of them ---- */

struct asked {
    struct import *im;
    uint32_t first;
};

static enum known known_by(struct str state)
{
    struct learner learner;
    if (state.len == 0)
        return KNOWN_NOT;
    if (learner_decode(state, &learner) != ERR_OK)
        return KNOWN_LEARNS;
    return learner.state == LEARNER_STATE_STOPPED || learner.state == LEARNER_STATE_DELETED
               ? KNOWN_LEFT
           : learner_is_enrolled(&learner) ? KNOWN_LEARNS
                                           : KNOWN_ASKED;
}

static void on_states(void *ctx, enum err e, const struct str *states, uint32_t n)
{
    struct asked *asked = ctx;
    for (uint32_t i = 0; e == ERR_OK && i < n; i++)
        asked->im->rows[asked->first + i].known = known_by(states[i]);
    desk_on_done(&asked->im->desk, e);
}

static void on_suppressed(void *ctx, const struct str *cells, uint32_t n)
{
    struct import *im = ctx;
    struct number_id id;
    (void)n;
    uint32_t row =
        hex_decode(cells[0], id.bytes, sizeof(id.bytes)) == ERR_OK ? *find_place(im, &id) : 0;
    if (row > 0)
        im->rows[row - 1].known = KNOWN_LEFT;
}

static int ask_some(struct import *im, uint32_t first, uint32_t n)
{
    struct number_id *ids = xcalloc(n, sizeof(ids[0]));
    struct buf hexes CLEANUP(buf_fini);
    struct asked asked = {im, first};
    buf_init(&hexes, 64 * (ASK_AT_ONCE + 1));
    for (uint32_t i = 0; i < n; i++) {
        ids[i] = im->rows[first + i].id;
        buf_add_str(&hexes, i > 0 ? STR(" ") : STR(""));
        buf_add_hex(&hexes, ids[i].bytes, sizeof(ids[i].bytes));
    }
    store_states(im->desk.store, ids, n, on_states, &asked);
    loop_run(im->desk.loop);
    free(ids);
    if (im->desk.e != ERR_OK) {
        cli_complain("learner import: Redis: %s", err_name(im->desk.e));
        return EX_UNAVAILABLE;
    }
    struct str param = buf_str(&hexes);
    return desk_ask(&im->desk, "select n from core.suppressed($1) as n", &param, 1, on_suppressed,
                    im);
}

static void judge(struct import *im)
{
    static const char *const words[] = {
        [KNOWN_LEFT] = "has left (STOP or DELETE), and only he or she can come back, by JOIN"};
    for (uint32_t i = 0; i < im->n; i++) {
        struct row *row = &im->rows[i];
        row->is_refused = row->known == KNOWN_LEFT;
        if (row->is_refused)
            refuse(im, row->line, row->column, words[row->known], STR_NONE);
        im->n_known += row->known == KNOWN_ASKED || row->known == KNOWN_LEARNS;
    }
}

static int ask_all(struct import *im)
{
    int code = EX_OK;
    for (uint32_t i = 0; code == EX_OK && i < im->n; i += ASK_AT_ONCE)
        code = ask_some(im, i, im->n - i < ASK_AT_ONCE ? im->n - i : ASK_AT_ONCE);
    if (code == EX_OK)
        judge(im);
    return code;
}

/* ---- what it is done with ---- */

static void keep_group(void *ctx, const struct str *cells, uint32_t n)
{
    struct import *im = ctx;
    uint32_t code;
    (void)n;
    if (cohort_code_parse(cells[0], &code) != ERR_OK || im->n_groups == im->room_groups)
        return;
    im->groups[im->n_groups++] = code;
}

/* The one that was named, or the only one that can write to people. */
static int find_channel(struct import *im)
{
    const char *name = cli_get(im->args, "channel", NULL);
    uint32_t n = 0;
    for (uint32_t i = 0; i < im->channels.n; i++) {
        const struct channel *c = &im->channels.list[i];
        bool can_send = c->config->sms_channel.p == NULL && profile_has_send(c->profile);
        bool is_it = name != NULL ? str_eq(c->config->name, str_from(name)) : can_send;
        if (is_it && can_send) {
            im->channel = c->config;
            n++;
        }
    }
    if (n == 1)
        return EX_OK;
    cli_complain(name != NULL ? "learner import: there is no channel %s that sends SMS"
                              : "learner import: several channels send SMS, or none%s; say "
                                "--channel NAME",
                 name != NULL ? name : "");
    return EX_USAGE;
}

static void on_done(void *ctx, uint32_t i, bool has_moved, uint32_t n_sms)
{
    (void)n_sms;
    struct import *im = ctx;
    (void)i;
    im->n_done++;
    im->n_invited += has_moved;
    im->n_known += !has_moved; /* somebody else was quicker */
    if (im->n_done % PROGRESS_EACH == 0)
        (void)fprintf(stderr, "%u invited ...\n", im->n_invited);
}

static int invite(struct import *im)
{
    struct dialog_desk *orders = xcalloc(im->n + 1u, sizeof(orders[0]));
    struct errmsg msg;
    uint32_t n = 0;
    for (uint32_t i = 0; i < im->n; i++) {
        const struct row *row = &im->rows[i];
        if (row->known == KNOWN_NOT)
            orders[n++] = (struct dialog_desk){.id = row->id,
                                               .order = row->order,
                                               .number = str_from(row->number.e164),
                                               .country = str_from(row->number.country),
                                               .channel = im->channel};
    }
    const struct look_after_desk work = {.config = &im->desk.config,
                                         .vault = im->vault,
                                         .orders = orders,
                                         .n = n,
                                         .fn = on_done,
                                         .ctx = im};
    bool is_dry = cli_has(im->args, "dry-run");
    enum err e = is_dry ? ERR_OK : look_after_desk(&work, &msg);
    free(orders);
    if (is_dry)
        im->n_invited = n;
    if (e == ERR_OK)
        return EX_OK;
    cli_complain("learner import: %s; who was invited already gets nothing a second time",
                 msg.text);
    return EX_UNAVAILABLE;
}

static int open_all(struct import *im)
{
    struct errmsg msg;
    int code = desk_open(im->args, &im->desk);
    if (code == EX_OK)
        code = desk_open_database(&im->desk);
    if (code == EX_OK)
        code = desk_open_store(&im->desk);
    if (code == EX_OK)
        code = desk_vault(&im->desk, &im->vault);
    if (code == EX_OK && channels_load(&im->desk.config, &im->channels, &msg) != ERR_OK) {
        cli_complain("learner import: %s", msg.text);
        code = EX_CONFIG;
    }
    if (code == EX_OK)
        code = find_channel(im);
    if (code == EX_OK) {
        const struct courses *courses = desk_courses(&im->desk);
        struct str own = im->channel->course;
        im->course = courses_start(courses, str_is_empty(own) ? im->desk.config.course : own);
        if (im->course == NULL)
            im->course = courses_current(courses);
    }
    im->room_groups = COHORTS_MAX;
    im->groups = xcalloc(im->room_groups, sizeof(im->groups[0]));
    if (code == EX_OK)
        code = desk_ask(&im->desk, "select code from core.cohorts() where state = 'open'", NULL, 0,
                        keep_group, im);
    return code;
}

static int work(struct import *im)
{
    struct buf text CLEANUP(buf_fini);
    struct errmsg msg;
    if (file_read(im->file, FILE_MAX_BYTES, &text, &msg) != ERR_OK) {
        cli_complain("learner import: %s", msg.text);
        return EX_NOINPUT;
    }
    const char *country = cli_get(im->args, "country", NULL);
    im->country = country != NULL ? str_from(country) : im->channel->country;
    int code = read_rows(im, buf_str(&text));
    if (code == EX_OK)
        code = ask_all(im);
    if (code == EX_OK)
        code = invite(im);
    if (code != EX_OK)
        return code;
    (void)fprintf(stderr, "%u %s, %u were known and got nothing, %u refused.\n", im->n_invited,
                  cli_has(im->args, "dry-run") ? "would be invited" : "invited", im->n_known,
                  im->n_refused);
    return im->n_refused > 0 ? EX_DATAERR : EX_OK;
}

int learner_import(const struct cli_args *args)
{
    struct import im = {.args = args,
                        .file = args->words[1],
                        .line_arena = arena_new(FILE_MAX_BYTES + LINE_EXTRA_BYTES)};
    int code = open_all(&im);
    if (code == EX_OK)
        code = work(&im);
    arena_free(im.line_arena);
    free(im.rows);
    free(im.places);
    free(im.groups);
    channels_fini(&im.channels);
    vault_free(im.vault);
    desk_close(&im.desk);
    return code;
}

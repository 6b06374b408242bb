/* `waypost channel list`, `pause`, `resume`: the board that senders look at (app/board.h). */
#include <stdio.h>
#include <string.h>

#include "app/board.h"
#include "cli/verbs.h"
#include "port/store/values.h"
#include "wire/doc.h"

#define BOARD_MAX_NOTES 256u
#define OLD_MS 30000 /* a sender that has not told anything for so long is not there */

/* What stands on the board; open as a desk with a store. */
struct notes {
    struct desk desk;
    struct str names[BOARD_MAX_NOTES], values[BOARD_MAX_NOTES];
    uint32_t n;
};

static int notes_open(const struct cli_args *args, struct notes *notes)
{
    notes->n = 0;
    int code = desk_open(args, &notes->desk);
    return code == EX_OK ? desk_open_store(&notes->desk) : code;
}

static void on_notes(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct notes *notes = ctx;
    notes->n = n < BOARD_MAX_NOTES ? n : BOARD_MAX_NOTES;
    for (uint32_t i = 0; i < notes->n; i++) {
        notes->names[i] = arena_str(notes->desk.arena, names[i]);
        notes->values[i] = arena_str(notes->desk.arena, values[i]);
    }
    desk_on_done(&notes->desk, e);
}

/* The note of this kind about a channel; absent when there is none. */
static struct str note_of(const struct notes *notes, const char *kind, struct str channel)
{
    for (uint32_t i = 0; i < notes->n; i++) {
        struct str name = notes->names[i], prefix = str_from(kind);
        if (str_starts(name, prefix) && str_eq(str_sub(name, prefix.len, name.len), channel))
            return notes->values[i];
    }
    return STR_NONE;
}

/* ---- list ---- */

/* What the sender says, unless it has not said anything for long. */
static const struct doc *status_of(const struct notes *notes, struct str channel)
{
    const struct doc *status = NULL;
    struct wall_ms at;
    struct str note = note_of(notes, BOARD_STATUS, channel);
    if (note.p == NULL || json_read(note, notes->desk.arena, &status) != ERR_OK ||
        clock_parse_rfc3339(doc_text(status, "at"), &at) != ERR_OK ||
        clock_wall().ms - at.ms > OLD_MS)
        return NULL;
    return status;
}

static struct str field(const struct doc *status, const char *name)
{
    struct str value = status != NULL ? doc_text(status, name) : STR_NONE;
    return value.p != NULL ? value : STR("-");
}

static void print_row(const struct notes *notes, const struct config_channel *channel)
{
    const struct doc *status = status_of(notes, channel->name);
    struct str paused = note_of(notes, BOARD_PAUSE, channel->name);
    struct str state = status != NULL     ? doc_text(status, "state")
                       : paused.p != NULL ? STR("paused")
                                          : STR("-");
    if (paused.p != NULL && !str_eq(state, STR("paused")))
        state = STR("pausing"); /* its sender has not looked yet */
    printf("%-16.*s %-24.*s %-8.*s %8.*s %9.*s %8.*s %8.*s %8.*s%s%.*s\n", STR_ARG(channel->name),
           STR_ARG(channel->profile), STR_ARG(state), STR_ARG(field(status, "waiting")),
           STR_ARG(field(status, "in_flight")), STR_ARG(field(status, "sent")),
           STR_ARG(field(status, "failed")), STR_ARG(field(status, "unknown")),
           paused.p != NULL ? "  since " : "", STR_ARG(paused.p != NULL ? paused : STR("")));
}

static void add_member(struct buf *out, const char *name, struct str value)
{
    buf_addf(out, "\"%s\":", name);
    if (value.p != NULL)
        buf_add_json(out, value);
    else
        buf_add_str(out, STR("null"));
}

static void print_json(const struct notes *notes)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 1u << 20);
    for (uint32_t i = 0; i < notes->desk.config.n_channels; i++) {
        const struct config_channel *channel = &notes->desk.config.channels[i];
        buf_add_str(&out, i == 0 ? STR("[{") : STR(",\n {"));
        add_member(&out, "name", channel->name);
        buf_add_char(&out, ',');
        add_member(&out, "profile", channel->profile);
        buf_add_char(&out, ',');
        add_member(&out, "paused_since", note_of(notes, BOARD_PAUSE, channel->name));
        buf_add_str(&out, STR(",\"sender\":"));
        buf_add_str(&out, status_of(notes, channel->name) != NULL
                              ? note_of(notes, BOARD_STATUS, channel->name)
                              : STR("null"));
        buf_add_char(&out, '}');
    }
    printf("%s%.*s]\n", notes->desk.config.n_channels == 0 ? "[" : "", STR_ARG(buf_str(&out)));
}

static int print_list(const struct cli_args *args, struct notes *notes)
{
    store_board_get(notes->desk.store, STORE_BOARD_NOTES, on_notes, notes);
    loop_run(notes->desk.loop);
    if (notes->desk.e != ERR_OK) {
        cli_complain("channel: Redis did not answer: %s", err_name(notes->desk.e));
        return EX_UNAVAILABLE;
    }
    if (cli_has(args, "json")) {
        print_json(notes);
        return EX_OK;
    }
    printf("%-16s %-24s %-8s %8s %9s %8s %8s %8s\n", "CHANNEL", "PROFILE", "STATE", "WAITING",
           "IN FLIGHT", "SENT", "FAILED", "UNKNOWN");
    for (uint32_t i = 0; i < notes->desk.config.n_channels; i++)
        print_row(notes, &notes->desk.config.channels[i]);
    return EX_OK;
}

static int channel_list(const struct cli_args *args)
{
    struct notes notes;
    if (args->n_words > 1) {
        cli_complain("channel list: takes no names");
        return EX_USAGE;
    }
    int code = notes_open(args, &notes);
    if (code == EX_OK)
        code = print_list(args, &notes);
    desk_close(&notes.desk);
    return code;
}

/* ---- pause and resume ---- */

static int put(struct desk *desk, struct str channel, bool is_paused)
{
    char name[64], since[RFC3339_BYTES];
    clock_format_rfc3339(clock_wall(), since);
    int n = snprintf(name, sizeof(name), BOARD_PAUSE "%.*s", STR_ARG(channel));
    store_board_put(desk->store, STORE_BOARD_NOTES, (struct str){name, (size_t)n},
                    is_paused ? str_from(since) : STR_NONE, desk_on_done, desk);
    loop_run(desk->loop);
    if (desk->e != ERR_OK) {
        cli_complain("channel: %.*s is as it was: Redis says %s", STR_ARG(channel),
                     err_name(desk->e));
        return EX_UNAVAILABLE;
    }
    if (is_paused)
        printf("%.*s is paused: its messages wait, and expire after two days. "
               "`waypost channel resume %.*s` lets them go.\n",
               STR_ARG(channel), STR_ARG(channel));
    else
        printf("%.*s sends again; `waypost channel list` shows what waits.\n", STR_ARG(channel));
    return EX_OK;
}

static int put_all(const struct cli_args *args, struct desk *desk, bool is_paused)
{
    int code = EX_OK;
    for (int i = 1; i < args->n_words; i++) {
        if (config_channel_get(&desk->config, str_from(args->words[i])) != NULL)
            continue;
        cli_complain("channel: there is no channel '%s' in the configuration", args->words[i]);
        return EX_USAGE;
    }
    for (int i = 1; code == EX_OK && i < args->n_words; i++)
        code = put(desk, str_from(args->words[i]), is_paused);
    return code;
}

static int change(const struct cli_args *args, bool is_paused)
{
    struct desk desk;
    if (args->n_words < 2) {
        cli_complain("channel: say which; `waypost channel list` shows them");
        return EX_USAGE;
    }
    int code = desk_open(args, &desk);
    if (code == EX_OK)
        code = desk_open_store(&desk);
    if (code == EX_OK)
        code = put_all(args, &desk, is_paused);
    desk_close(&desk);
    return code;
}

static int channel_pause(const struct cli_args *args)
{
    return change(args, true);
}

static int channel_resume(const struct cli_args *args)
{
    return change(args, false);
}

const struct channel_verb channel_verbs[] = {{"list", channel_list},
                                             {"check", channel_check},
                                             {"try", channel_try},
                                             {"pause", channel_pause},
                                             {"resume", channel_resume},
                                             {"number", channel_number},
                                             {NULL, NULL}};

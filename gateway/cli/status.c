/* `waypost status`: asks the gateway of this host how it is, or prints the event log. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "port/loop.h"
#include "port/sender.h"
#include "port/store/stream.h"
#include "role/ports.h"

#define STATUS_DEADLINE_MS 2000
#define EVENTS_A_READ 100

struct status_ask {
    struct loop *loop;
    int code;
};

static void on_response(void *ctx, const struct sender_response *response)
{
    struct status_ask *question = ctx;
    if (response->reached != SENDER_REACHED_RESPONSE)
        cli_complain("status: the gateway does not answer: %s", response->message);
    else
        printf("%.*s\n", STR_ARG(str_trim(response->body)));
    question->code = response->status == 200 ? EX_OK : EX_UNAVAILABLE;
    loop_stop(question->loop);
}

/* ---- the event log ---- */

struct print {
    struct loop *loop;
    struct store *store;
    struct event_place from[STORE_BUCKETS];
    struct buf line;
    int code;
};

static void print_next(struct print *print);

static void print_entry(struct print *print, const struct store_entry *entry)
{
    struct event_record record;
    enum err e = event_decode(entry->payload, &record);
    buf_reset(&print->line);
    if (e == ERR_OK)
        event_record_json(&record, STR_NONE, &print->line);
    if (e == ERR_OK && buf_error(&print->line) == ERR_OK)
        printf("%s\n", buf_str(&print->line).p);
    else
        cli_complain("bucket %u, entry %.*s: %s", entry->bucket, STR_ARG(entry->id),
                     e == ERR_UNSUPPORTED ? "of another version of waypost" : "cannot be read");
}

static void on_log(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct print *print = ctx;
    for (uint32_t i = 0; i < n; i++) {
        print_entry(print, &entries[i]);
        print->from[entries[i].bucket] = entries[i].place;
    }
    if (e == ERR_OK && n > 0) {
        print_next(print);
        return;
    }
    if (e != ERR_OK)
        cli_complain("reading the event log: %s", err_name(e));
    print->code = e == ERR_OK ? EX_OK : EX_UNAVAILABLE;
    loop_stop(print->loop);
}

static void print_next(struct print *print)
{
    struct store_reader reader = {.from = print->from, .max_each = EVENTS_A_READ};
    store_log_read(print->store, &reader, on_log, print);
}

static int print_events(const struct config *config)
{
    struct print print = {.loop = loop_libevent_new(), .code = EX_UNAVAILABLE};
    buf_init(&print.line, 8 * EVENT_RECORD_MAX_BYTES);
    print.store = role_store_wait(config, print.loop);
    if (store_is_up(print.store)) {
        print_next(&print);
        loop_run(print.loop);
    } else {
        cli_complain("Redis does not answer; see redis_* in the configuration");
    }
    store_free(print.store);
    loop_free(print.loop);
    buf_fini(&print.line);
    return print.code;
}

static int status_run(const struct cli_args *args)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct config config;
    bool is_events = args->n_words == 1 && strcmp(args->words[0], "events") == 0;
    if (args->n_words > 0 && !is_events) {
        cli_complain("status: the only word it takes is events");
        return EX_USAGE;
    }
    int code = cli_config_load(args, arena, &config);
    if (code != EX_OK)
        return code;
    if (is_events)
        return print_events(&config);
    struct status_ask question = {.loop = loop_libevent_new(), .code = EX_UNAVAILABLE};
    struct sender *sender = sender_curl_new(question.loop, 1);
    struct sender_request request = {
        .method = "GET",
        .url = arena_printf(arena, "http://127.0.0.1:%u/readyz", config.admin_port),
        .timeout_ms = STATUS_DEADLINE_MS,
        .is_private_allowed = true,
        .is_insecure_allowed = true,
    };
    sender_post(sender, &request, on_response, &question);
    loop_run(question.loop);
    sender_free(sender);
    loop_free(question.loop);
    return question.code;
}

const struct cli_command cli_status = {
    .name = "status",
    .summary = "ask the gateway of this host whether it can take callbacks",
    .usage =
        "status [events]\n"
        "Prints what /readyz says. Exit code 0: ready; 69: not ready, or not running.\n"
        "With `events`: prints what the event log in Redis holds, one JSON object a line, bucket\n"
        "by bucket (docs/events.md). It holds learners' answers, but no phone number.",
    .options = {CLI_CONFIG_OPTION},
    .run = status_run,
};

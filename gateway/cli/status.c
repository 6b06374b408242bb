#include <stdio.h>

#include "cli/config_file.h"
#include "port/loop.h"
#include "port/sender.h"

#define STATUS_DEADLINE_MS 2000

struct question {
    struct loop *loop;
    int code;
};

static void on_answer(void *ctx, const struct sender_answer *answer)
{
    struct question *question = ctx;
    if (answer->reached != SENDER_REACHED_ANSWER)
        cli_complain("status: the gateway does not answer: %s", answer->message);
    else
        printf("%.*s\n", STR_ARG(str_trim(answer->body)));
    question->code = answer->status == 200 ? EX_OK : EX_UNAVAILABLE;
    loop_stop(question->loop);
}

static int status_run(const struct cli_args *args)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CONFIG_FILE_ARENA_BYTES);
    struct config config;
    if (args->n_words > 0) {
        cli_complain("status: takes no arguments");
        return EX_USAGE;
    }
    int code = config_file_load(args, arena, &config);
    if (code != EX_OK)
        return code;
    struct question question = {.loop = loop_libevent_new(), .code = EX_UNAVAILABLE};
    struct sender *sender = sender_curl_new(question.loop, 1);
    struct sender_request request = {
        .method = "GET",
        .url = arena_printf(arena, "http://127.0.0.1:%u/readyz", config.admin_port),
        .timeout_ms = STATUS_DEADLINE_MS,
        .is_private_allowed = true,
        .is_insecure_allowed = true,
    };
    sender_post(sender, &request, on_answer, &question);
    loop_run(question.loop);
    sender_free(sender);
    loop_free(question.loop);
    return question.code;
}

const struct cli_command cli_status = {
    .name = "status",
    .summary = "ask the gateway of this host whether it can take callbacks",
    .usage = "status\n"
             "Prints what /readyz says. Exit code 0: ready; 69: not ready, or not running.",
    .options = {CONFIG_FILE_OPTION},
    .run = status_run,
};

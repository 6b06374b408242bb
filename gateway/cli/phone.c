/* `waypost phone`: see lab/phone.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lab/phone.h"

static int phone_run(const struct cli_args *args)
{
    char here[64];
    struct errmsg msg;
    const char *script = cli_get(args, "script", NULL);
    (void)snprintf(here, sizeof(here), "http://127.0.0.1:%.40s", cli_get(args, "port", "8080"));
    struct phone_ask ask = {
        .number = cli_get(args, "from", "+254700000001"),
        .url = cli_get(args, "url", here),
        .admin = cli_get(args, "admin", NULL),
        .is_ussd = cli_has(args, "ussd") && !cli_has(args, "sms"),
        .is_interactive = script == NULL && isatty(STDIN_FILENO),
    };
    uint64_t wait_s;
    if (str_to_u64(str_from(cli_get(args, "wait", "5")), 3600, &wait_s) != ERR_OK) {
        cli_complain("--wait: seconds, at most 3600");
        return EX_USAGE;
    }
    ask.wait_ms = (int64_t)wait_s * 1000;
    if (!phone_is_number(ask.number)) {
        cli_complain("'%s' is no phone number; write it as +254700000001", ask.number);
        return EX_USAGE;
    }
    FILE *in = script == NULL ? stdin : fopen(script, "re");
    if (in == NULL) {
        cli_complain("%s: %s", script, strerror(errno));
        return EX_NOINPUT;
    }
    if (ask.is_interactive)
        fprintf(stderr, "This is the phone %s.\n%s", ask.number, phone_help);
    enum err e = phone_talk(&ask, in, &msg);
    if (e != ERR_OK)
        cli_complain("%s", msg.text);
    if (in != stdin)
        (void)fclose(in); /* only read */
    return e == ERR_OK ? EX_OK : e == ERR_INVALID ? EX_USAGE : EX_UNAVAILABLE;
}

const struct cli_command cli_phone = {
    .name = "phone",
    .summary = "be a basic phone: SMS and USSD with a running gateway",
    .usage = "phone [--from NUMBER] [--sms|--ussd] [--port N | --url URL]\n"
             "phone --script FILE ...",
    .options = {{"from", "NUMBER", "whose phone; +254700000001 when left out", false},
                {"sms", NULL, "begin with SMS (as without this option)", false},
                {"ussd", NULL, "begin by dialling " PHONE_DIAL_CODE, false},
                {"script", "FILE", "lines to type, in place of the keyboard", false},
                {"wait", "SECONDS",
                 "for the SMS that answers one, before the next line; 5 when left out", false},
                {"port", "N", "of the gateway on this machine; 8080 when left out", false},
                {"url", "URL", "of a gateway elsewhere", false},
                {"admin", "URL",
                 "its admin listener, with the simulator; the next port when left "
                 "out",
                 false}},
    .run = phone_run,
};

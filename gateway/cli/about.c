/* What the program says of itself: its version, its completion for bash, its man page. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

const struct cli_command *const cli_table[CLI_N_COMMANDS] = {
#define CLI_ROW(name) &cli_##name,
    CLI_COMMANDS(CLI_ROW)
#undef CLI_ROW
};

static int version_run(const struct cli_args *args)
{
    (void)args; /* takes none */
    printf("waypost %s\n", WAYPOST_VERSION);
    return EX_OK;
}

const struct cli_command cli_version = {
    .name = "version",
    .summary = "print the version",
    .usage = "version",
    .run = version_run,
};

/* ---- completion, from the option table ---- */

static int completion_run(const struct cli_args *args)
{
    (void)args; /* takes none */
    printf("_waypost()\n{\n    local words=--help\n    case \"${COMP_WORDS[1]}\" in\n");
    for (size_t i = 0; i < CLI_N_COMMANDS; i++) {
        printf("    %s) words+='", cli_table[i]->name);
        for (const struct cli_option *o = cli_table[i]->options; o->name != NULL; o++)
            printf(" --%s", o->name);
        printf("' ;;\n");
    }
    printf("    esac\n    if [ \"$COMP_CWORD\" = 1 ]; then\n        words='");
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        printf("%s ", cli_table[i]->name);
    printf("--help --version'\n    fi\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
           "}\ncomplete -o default -F _waypost waypost\n");
    return EX_OK;
}

const struct cli_command cli_completion = {
    .name = "completion",
    .summary = "print the completion for bash",
    .usage = "completion > /etc/bash_completion.d/waypost",
    .run = completion_run,
};

/* ---- the man page in mdoc(7), from the option table ---- */

/* One line of text: roff must not take a leading dot, a backslash or a dash for its own. */
static void print_text(struct str line)
{
    if (str_starts(line, STR(".")) || str_starts(line, STR("'")))
        printf("\\&");
    for (size_t i = 0; i < line.len; i++) {
        if (line.p[i] == '\\')
            printf("\\e");
        else if (line.p[i] == '-')
            printf("\\-");
        else
            putchar(line.p[i]);
    }
    putchar('\n');
}

static void print_lines(const char *text)
{
    struct str rest = str_from(text);
    while (rest.p != NULL)
        print_text(str_split(&rest, '\n'));
}

static void print_command(const struct cli_command *command)
{
    printf(".Ss %s\n", command->name);
    print_lines(command->summary);
    printf(".Bd -literal -offset indent\n");
    print_lines(command->usage);
    printf(".Ed\n");
    if (command->options[0].name == NULL)
        return;
    printf(".Bl -tag -width Ds\n");
    for (const struct cli_option *o = command->options; o->name != NULL; o++) {
        printf(".It Fl Fl %s", o->name);
        if (o->value_name != NULL)
            printf(" Ar %s", o->value_name);
        printf("\n");
        print_lines(o->help);
    }
    printf(".El\n");
}

/* The commented example says of each key what may stand there; it comes from the option table. */
static int print_config_page(void)
{
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, 1u << 20);
    config_example(&text);
    printf(".Dd $Mdocdate$\n.Dt WAYPOST.YAML 5\n.Os\n.Sh NAME\n.Nm waypost.yaml\n"
           ".Nd settings of a Waypost gateway\n.Sh DESCRIPTION\n"
           "Lines of key and value, in YAML.\n"
           "What stands here is each key with its default, or with an example behind a hash.\n"
           ".Dl waypost config check\nsays what is wrong with a file.\n"
           ".Bd -literal\n");
    print_lines(text.p);
    printf(".Ed\n");
    return EX_OK;
}

static int man_run(const struct cli_args *args)
{
    bool is_config = args->n_words == 1 && strcmp(args->words[0], "config") == 0;
    if (args->n_words > 0 && !is_config) {
        cli_complain("man: the only word it takes is config");
        return EX_USAGE;
    }
    if (is_config)
        return print_config_page();
    printf(".Dd $Mdocdate$\n.Dt WAYPOST 1\n.Os\n.Sh NAME\n.Nm waypost\n"
           ".Nd a gateway that teaches by SMS and USSD\n"
           ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar argument ...\n"
           ".Sh DESCRIPTION\n"
           "Each command prints data on the standard output and words on the standard error.\n"
           "Options may stand before, between and behind the arguments;\n"
           ".Fl Fl\nends them.\n.Sh COMMANDS\n");
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        print_command(cli_table[i]);
    printf(".Sh EXIT STATUS\nZero when all went well, otherwise a number of\n.In sysexits.h :\n"
           "64 for a wrong call, 65 for wrong data, 69 when a service is away,\n"
           "78 for a wrong configuration.\n");
    return EX_OK;
}

const struct cli_command cli_man = {
    .name = "man",
    .summary = "print the man page",
    .usage = "man [config] | man -l -",
    .run = man_run,
};

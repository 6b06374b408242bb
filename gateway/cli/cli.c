#include "cli/cli.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "core/match/match.h"

static void print_options(const struct cli_command *command)
{
    for (const struct cli_option *o = command->options; o->name != NULL; o++)
        printf("  --%s%s%s\n      %s\n", o->name, o->value_name != NULL ? " " : "",
               o->value_name != NULL ? o->value_name : "", o->help);
}

static int print_help(const struct cli_command *command)
{
    if (command != NULL) {
        printf("waypost %s: %s\n\n%s\n", command->name, command->summary, command->usage);
        if (command->options[0].name != NULL)
            printf("\nOptions:\n");
        print_options(command);
        return EX_OK;
    }
    printf(
        "waypost: a gateway that teaches by SMS and USSD\n\nUsage: waypost COMMAND [ARG]...\n\n");
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        printf("  %-10s %s\n", cli_table[i]->name, cli_table[i]->summary);
    printf("\n`waypost COMMAND --help` says more about one of them.\n");
    return EX_OK;
}

static const struct cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < CLI_N_COMMANDS; i++) {
        if (strcmp(cli_table[i]->name, name) == 0)
            return cli_table[i];
    }
    return NULL;
}

static int complain_command(const char *name)
{
    const char *nearest = NULL;
    uint32_t best = 3;
    for (size_t i = 0; i < CLI_N_COMMANDS; i++) {
        uint32_t d = match_distance(str_from(name), str_from(cli_table[i]->name), 2);
        if (d < best) {
            best = d;
            nearest = cli_table[i]->name;
        }
    }
    cli_complain("no command '%s'%s%s%s; `waypost --help` lists them", name,
                 nearest != NULL ? ", did you mean '" : "", nearest != NULL ? nearest : "",
                 nearest != NULL ? "'?" : "");
    return EX_USAGE;
}

static const struct cli_option *find_option(const struct cli_command *command, struct str name)
{
    for (const struct cli_option *o = command->options; o->name != NULL; o++) {
        if (str_eq(name, str_from(o->name)))
            return o;
    }
    return NULL;
}

/* One --name, --name=value or --name value; *i moves over a separate value. */
static int take_option(struct cli_args *args, int argc, char **argv, int *i)
{
    struct str name = str_from(argv[*i] + 2);
    size_t equals = str_find_char(name, '=');
    const char *value = equals != SIZE_MAX ? argv[*i] + 2 + equals + 1 : NULL;
    if (equals != SIZE_MAX)
        name.len = equals;
    const struct cli_option *option = find_option(args->command, name);
    if (option == NULL) {
        cli_complain("%s has no option --%.*s; `waypost %s --help` lists them", args->command->name,
                     STR_ARG(name), args->command->name);
        return EX_USAGE;
    }
    if (option->value_name == NULL && value != NULL) {
        cli_complain("--%s takes no value", option->name);
        return EX_USAGE;
    }
    if (option->value_name != NULL && value == NULL) {
        if (*i + 1 >= argc) {
            cli_complain("--%s needs a %s", option->name, option->value_name);
            return EX_USAGE;
        }
        value = argv[++*i];
    }
    const char *how;
    if (value != NULL && !cli_is_of_form(option, value, &how)) {
        cli_complain("%s: --%s %s: write %s", args->command->name, option->name, value, how);
        return EX_DATAERR;
    }
    if (args->n_given == (int)ARRAY_LEN(args->given)) {
        cli_complain("too many options (at most %zu)", ARRAY_LEN(args->given));
        return EX_USAGE;
    }
    args->given[args->n_given].option = option;
    args->given[args->n_given++].value = value != NULL ? value : "";
    return EX_OK;
}

/* Everything behind the command. EX_OK, or an exit code after a word on stderr. */
static int take_arguments(struct cli_args *args, const char **words, int argc, char **argv)
{
    bool is_options_over = false;
    for (int i = 2; i < argc; i++) {
        bool is_option = !is_options_over && argv[i][0] == '-' && argv[i][1] == '-';
        if (is_option && argv[i][2] == '\0') {
            is_options_over = true;
        } else if (is_option) {
            int code = take_option(args, argc, argv, &i);
            if (code != EX_OK)
                return code;
        } else if (args->n_words < CLI_MAX_WORDS) {
            words[args->n_words++] = argv[i];
        } else {
            cli_complain("more than %d arguments", CLI_MAX_WORDS);
            return EX_USAGE;
        }
    }
    return EX_OK;
}

static bool is_help_asked(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

static int run(int argc, char **argv)
{
    static const char *words[CLI_MAX_WORDS];
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return print_help(argc > 2 ? find_command(argv[2]) : NULL);
    const struct cli_command *command =
        find_command(strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
    if (command == NULL)
        return complain_command(argv[1]);
    if (is_help_asked(argc, argv))
        return print_help(command);
    struct cli_args args = {.command = command, .words = words};
    int code = take_arguments(&args, words, argc, argv);
    return code == EX_OK ? command->run(&args) : code;
}

/* What was said may be lies until here: a full disk cuts it short, and a file that ends early looks
 * like one. Who reads from a pipe and has enough goes away: that is no error. */
static int end(int code)
{
    struct stat info;
    bool is_written = fflush(stdout) == 0 && ferror(stdout) == 0;
    if (is_written || (fstat(STDOUT_FILENO, &info) == 0 && S_ISFIFO(info.st_mode)))
        return code;
    cli_complain("what this command says could not be written whole; is the disk full?");
    return code == EX_OK ? EX_IOERR : code;
}

/* A place that is closed would be given to the next file that is opened, a database's connection
 * for one, and what is said written into it. Writing to these fails, as to a closed one. */
static void keep_places(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(EX_OSERR); /* nowhere to complain */
    }
}

int cli_main(int argc, char **argv)
{
    keep_places();
    terminal_guard();
    return end(run(argc, argv));
}

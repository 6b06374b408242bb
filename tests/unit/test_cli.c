#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli_run.h"

static void wrong_calls_say_what_to_do(void **state)
{
    (void)state;
    assert_int_equal(RUN("nonsense"), EX_USAGE);
    assert_string_equal(err_out, "waypost: no command 'nonsense'; `waypost --help` lists them\n");
    assert_int_equal(RUN("keys", "--nonsense"), EX_USAGE);
    assert_string_equal(
        err_out, "waypost: keys has no option --nonsense; `waypost keys --help` lists them\n");
    assert_int_equal(RUN("keys", "--config"), EX_USAGE);
    assert_string_equal(err_out, "waypost: --config needs a FILE\n");
    assert_int_equal(RUN("config"), EX_USAGE);
    assert_string_equal(out, "");
}

static void help_is_on_stdout_and_names_every_option(void **state)
{
    (void)state;
    assert_int_equal(run_with("", (const char *const[]){NULL}), EX_OK);
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        assert_non_null(strstr(out, cli_table[i]->summary));
    for (size_t i = 0; i < CLI_N_COMMANDS; i++) {
        assert_int_equal(RUN(cli_table[i]->name, "--help"), EX_OK);
        assert_string_equal(err_out, "");
        assert_non_null(strstr(out, cli_table[i]->usage));
        for (const struct cli_option *o = cli_table[i]->options; o->name != NULL; o++)
            assert_non_null(strstr(out, o->name));
    }
    assert_int_equal(RUN("--version"), EX_OK);
    assert_string_equal(out, "waypost " WAYPOST_VERSION "\n");
}

static void man_page_and_completion_name_every_command_and_option(void **state)
{
    (void)state;
    char line[256];
    assert_int_equal(RUN("man"), EX_OK);
    for (size_t i = 0; i < CLI_N_COMMANDS; i++) {
        (void)snprintf(line, sizeof(line), ".Ss %s\n", cli_table[i]->name);
        assert_non_null(strstr(out, line));
        for (const struct cli_option *o = cli_table[i]->options; o->name != NULL; o++) {
            (void)snprintf(line, sizeof(line), ".It Fl Fl %s", o->name);
            assert_non_null(strstr(out, line));
        }
    }
    assert_int_equal(RUN("completion"), EX_OK);
    for (size_t i = 0; i < CLI_N_COMMANDS; i++) {
        assert_non_null(strstr(out, cli_table[i]->name));
        for (const struct cli_option *o = cli_table[i]->options; o->name != NULL; o++) {
            (void)snprintf(line, sizeof(line), " --%s", o->name);
            assert_non_null(strstr(out, line));
        }
    }
}

static void rows_fit_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLI_N_COMMANDS; i++) {
        assert_non_null(cli_table[i]->run);
        assert_null(cli_table[i]->options[CLI_MAX_OPTIONS - 1].name);
        /* usage begins with the command's own name, help and man page put "waypost" before it */
        assert_int_equal(
            strncmp(cli_table[i]->usage, cli_table[i]->name, strlen(cli_table[i]->name)), 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(cli_table[j]->name, cli_table[i]->name);
    }
}

static void options_stand_anywhere_and_two_dashes_end_them(void **state)
{
    (void)state;
    const char *file = "config/waypost.yaml";
    assert_int_equal(RUN("config", "print", "--", file), EX_OK);
    assert_int_equal(RUN("config", "check", "--", "--help"), EX_CONFIG); /* a file's name */
    assert_int_equal(RUN("keys", "--config=/nowhere"), EX_CONFIG);
    assert_int_equal(RUN("keys", "--config", "/nowhere"), EX_CONFIG);
    assert_int_equal(RUN("keys", "--config", "/nowhere", "word"), EX_USAGE);
}

static void too_many_words_are_refused(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        const char *words[CLI_MAX_WORDS + 3] = {"config"};
        for (int i = 1; i <= CLI_MAX_WORDS + extra; i++)
            words[i] = "x";
        assert_int_equal(run_with("", words), EX_USAGE);
        assert_int_equal(strstr(err_out, "more than 4096 arguments") != NULL, extra == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_calls_say_what_to_do),
        cmocka_unit_test(help_is_on_stdout_and_names_every_option),
        cmocka_unit_test(man_page_and_completion_name_every_command_and_option),
        cmocka_unit_test(rows_fit_the_table),
        cmocka_unit_test(options_stand_anywhere_and_two_dashes_end_them),
        cmocka_unit_test(too_many_words_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/wait.h>

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

/* Before anything is published: a time that two databases would read in two ways is none. */
static void a_time_says_how_far_it_is_from_utc(void **state)
{
    (void)state;
    static const char *const bad[] = {"2026-12-01",           "2026-12-01 08:00",    "tomorrow",
                                      "2026-02-30 08:00+03",  "2026-12-01 25:00+03", "08:00+03",
                                      "2026-10-25 02:30 CET", "2026-12-01 08:00+3",  "",
                                      "2026-12-01 08:00+99"};
    static const char *const good[] = {"2026-12-01 08:00+03", "2026-10-25 02:30+01:00",
                                       "2026-12-01T08:00:30Z", "2026-12-01 08:00-05:30"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(RUN("lessons", "publish", "nowhere", "--at", bad[i]), EX_DATAERR);
        if (strstr(err_out, "2026-12-01 08:00+03") == NULL)
            fail_msg("%s: %s", bad[i], err_out);
    }
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        (void)RUN("lessons", "publish", "nowhere", "--at", good[i]);
        assert_null(strstr(err_out, "distance from UTC"));
    }
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

/* Whoever keeps what it says in a file must learn that the file is cut short. */
static void output_that_is_not_written_is_an_error(void **state)
{
    (void)state;
    int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)}, full = open("/dev/full", O_WRONLY);
    FILE *said = tmpfile();
    char *argv[] = {(char[]){"waypost"}, (char[]){"config"}, (char[]){"example"}};
    (void)fflush(stdout); /* what cmocka printed before */
    assert_true(full >= 0 && said != NULL && dup2(full, STDOUT_FILENO) >= 0 &&
                dup2(fileno(said), STDERR_FILENO) >= 0);
    int code = cli_main(3, argv);
    clearerr(stdout);
    assert_true(dup2(saved[0], STDOUT_FILENO) >= 0 && dup2(saved[1], STDERR_FILENO) >= 0);
    read_back(said, err_out, sizeof(err_out));
    assert_int_equal(code, EX_IOERR);
    assert_non_null(strstr(err_out, "could not be written whole"));
    assert_int_equal(close(saved[0]) + close(saved[1]) + close(full), 0);
}

static size_t read_terminal(int fd, char *dst, size_t bytes)
{
    size_t n = 0;
    for (ssize_t got; (got = read(fd, dst + n, bytes - n)) > 0;)
        n += (size_t)got;
    return n;
}

/* What a command says twice, of a name that orders a terminal, of letters and of much of them. */
static void say_on_terminal(int fd)
{
    char *argv[] = {(char[]){"waypost"}, (char[]){"\x1b]0;x\x07\xe2\x80\xae\xe2\x80\xac\xc2\x9b"}};
    if (dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
        _exit(1);
    (void)cli_main(2, argv);
    for (int i = 0; i < 5000; i++)
        (void)fputs("\xd9\x85\xe2\x82\xac\xf0\x9f\x8c\x8d", stdout);
    (void)fprintf(stderr, "\r12 rows\xd9");
    (void)fputs("\x85\x1b", stderr);
    (void)fflush(stdout);
    _exit(0);
}

static void a_terminal_is_given_no_orders(void **state)
{
    (void)state;
    static char said[131072], letters[] = "\xd9\x85\xe2\x82\xac\xf0\x9f\x8c\x8d";
    int status, fd = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0);
    int end = open(ptsname(fd), O_RDWR | O_NOCTTY);
    assert_true(end >= 0);
    (void)fflush(stdout); /* what cmocka printed before */
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        say_on_terminal(end);
    assert_int_equal(close(end), 0);
    size_t n = read_terminal(fd, said, sizeof(said)), n_letters = 0;
    assert_int_equal(close(fd), 0);
    assert_true(waitpid(pid, &status, 0) == pid && status == 0);
    struct str all = {said, n};
    assert_int_equal(str_find(all, STR("waypost: no command ' ]0;x         '")), 0);
    assert_int_not_equal(str_find(all, STR("\r12 rows\xd9\x85 ")), SIZE_MAX);
    for (size_t i = 0; i < n; i++)
        assert_true(said[i] != '\x1b' && said[i] != '\x07');
    for (size_t at; (at = str_find(all, str_from(letters))) != SIZE_MAX; n_letters++)
        all = str_sub(all, at + sizeof(letters) - 1, all.len);
    assert_int_equal(n_letters, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_calls_say_what_to_do),
        cmocka_unit_test(help_is_on_stdout_and_names_every_option),
        cmocka_unit_test(man_page_and_completion_name_every_command_and_option),
        cmocka_unit_test(rows_fit_the_table),
        cmocka_unit_test(options_stand_anywhere_and_two_dashes_end_them),
        cmocka_unit_test(a_time_says_how_far_it_is_from_utc),
        cmocka_unit_test(too_many_words_are_refused),
        cmocka_unit_test(output_that_is_not_written_is_an_error),
        cmocka_unit_test(a_terminal_is_given_no_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

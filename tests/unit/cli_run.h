/*
 * cli_run.h: `waypost WORD...` inside of a test program, with what it reads and says.
 */
#pragma once

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static char out[262144], err_out[65536];

static void read_back(FILE *file, char *dst, size_t bytes)
{
    rewind(file);
    dst[fread(dst, 1, bytes - 1, file)] = '\0';
    (void)fclose(file); /* only read */
}

/* No command says "1 minutes", of whatever it counts. */
static void assert_no_one_of_many(const char *text)
{
    regex_t pattern;
    regmatch_t at[3];
    assert_int_equal(regcomp(&pattern,
                             "(^|[^0-9.,:/+-])1 (errors|warnings|hints|files|words|minutes|hours|"
                             "days|weeks|rows|texts|people|learners|records|numbers|parts|screens|"
                             "keys|sessions|transcripts|badges|groups|septets|units|modules|"
                             "channels|seconds|bytes|messages|characters|answers)([^a-z]|$)",
                             REG_EXTENDED | REG_NEWLINE),
                     0);
    if (regexec(&pattern, text, 3, at, 0) == 0)
        fail_msg("1 %.*s", (int)(at[2].rm_eo - at[2].rm_so), text + at[2].rm_so);
    regfree(&pattern);
}

/* What the command says goes to out and err_out; it reads input. */
static int run_with(const char *input, const char *const *words)
{
    char *argv[CLI_MAX_WORDS + 16] = {(char[]){"waypost"}};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = strdup(words[argc - 1]);
    FILE *files[] = {tmpfile(), tmpfile(), tmpfile()};
    int saved[3];
    (void)fflush(stdout); /* what cmocka printed before */
    for (int i = 0; i < 3; i++) {
        assert_non_null(files[i]);
        if (i == STDIN_FILENO) {
            assert_true(fputs(input, files[i]) >= 0);
            rewind(files[i]);
        }
        saved[i] = dup(i);
        assert_true(dup2(fileno(files[i]), i) >= 0);
    }
    clearerr(stdin);
    int code = cli_main(argc, argv);
    (void)fflush(stdout); /* into the file */
    for (int i = 0; i < 3; i++) {
        assert_true(dup2(saved[i], i) >= 0);
        assert_int_equal(close(saved[i]), 0);
    }
    (void)fclose(files[0]); /* only read */
    read_back(files[1], out, sizeof(out));
    read_back(files[2], err_out, sizeof(err_out));
    assert_no_one_of_many(out);
    assert_no_one_of_many(err_out);
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    return code;
}

#define RUN(...) run_with("", (const char *const[]){__VA_ARGS__, NULL})
#define RUN_WITH(input, ...) run_with((input), (const char *const[]){__VA_ARGS__, NULL})

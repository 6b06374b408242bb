/*
 * cli_site.h: what a command works on: a folder with files, and a Redis of the program's own.
 */
#pragma once

#include "cli_run.h"
#include "redis_server.h"

static struct redis_server server;
static char dir[] = "/tmp/waypost-cli.XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int tear_down(void **state)
{
    char command[128];
    (void)state; /* the servers are the program's */
    if (server.pid > 0)
        redis_server_kill(&server);
    (void)snprintf(command, sizeof(command), "rm -rf %s %s", dir, server.dir);
    return system(command);
}

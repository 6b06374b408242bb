/*
 * Roles that cannot begin: each says so by its code, of which EX_CONFIG ends the service rather
 * than starting the process again and again.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/vault/vault.h"
#include "role/health.h"

static char dir[] = "/tmp/waypost-role.XXXXXX";

static struct str in_dir(const char *name)
{
    static char paths[4][64];
    static unsigned n;
    char *path = paths[n++ % 4];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", dir, name); /* is short */
    return str_from(path);
}

static int setup(void **state)
{
    (void)state;
    struct errmsg msg;
    if (mkdtemp(dir) == NULL || vault_make_keys(in_dir("keys").p, &msg) != ERR_OK)
        return -1;
    FILE *file = fopen(in_dir("file").p, "w");
    return file != NULL && fclose(file) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[64];
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir); /* is short */
    return system(command); /* NOLINT(cert-env33-c): a folder is removed, of this test's name */
}

static void says_that_it_cannot_begin(void **state)
{
    (void)state;
    const char *const good = "host=/nowhere dbname=x", *const bad = "colour=red";
    struct str keys = in_dir("keys"), none = in_dir("none"), file = in_dir("file");
    const struct {
        int (*role)(const struct role_context *);
        const char *writer, *sender;
        struct str keys, spool;
        int code;
    } rows[] = {
        {role_writer, bad, good, keys, none, EX_CONFIG},
        {role_sender, good, bad, keys, none, EX_CONFIG},
        {role_sender, good, good, none, none, EX_CONFIG},
        {role_timer, good, good, none, none, EX_CONFIG},
        {role_front, good, good, none, none, EX_CONFIG},
        {role_front, good, good, keys, file, EX_CONFIG},      /* no folder */
        {role_admin, good, good, keys, none, EX_UNAVAILABLE}, /* its socket is none */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct config config = {.writer_conninfo = str_from(rows[i].writer),
                                      .sender_conninfo = str_from(rows[i].sender),
                                      .keys_dir = rows[i].keys,
                                      .spool_dir = rows[i].spool,
                                      .spool_quota_mb = 1};
        struct role_slot *slots = role_slots_new(1);
        struct metrics *metrics = metrics_new();
        const struct role_context role = {.config = &config,
                                          .metrics = metrics,
                                          .loop = loop_libevent_new(),
                                          .listen_fd = -1,
                                          .slot = &slots[0],
                                          .all_slots = slots,
                                          .n_slots = 1};
        int status = -1;
        pid_t pid = fork(); /* what a role has opened ends with its process */
        if (pid == 0)
            _exit(rows[i].role(&role));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != rows[i].code)
            fail_msg("row %zu: %d", i, status);
        loop_free(role.loop);
        metrics_free(metrics);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_that_it_cannot_begin)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

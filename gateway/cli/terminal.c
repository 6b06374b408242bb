#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/plain.h"

#define UTF8_MAX 4u

static struct terminal {
    int fd;
    size_t n_kept; /* the begin of a letter whose end comes with what is printed next */
    char kept[UTF8_MAX];
} terminals[] = {{.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t n_written = write(fd, bytes, n);
        if (n_written <= 0)
            return false;
        bytes += n_written;
        n -= (size_t)n_written;
    }
    return true;
}

/* Bytes at the end that begin a letter of more bytes. */
static size_t n_begun(const char *text, size_t n)
{
    for (size_t back = 1; back < UTF8_MAX && back <= n; back++) {
        unsigned char c = (unsigned char)text[n - back];
        size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        if (c < 0x80 || c >= 0xc0)
            return len > back ? back : 0;
    }
    return 0;
}

/* A carriage return at the beginning is our own: it writes over a count (cli/report_out.c). */
static ssize_t on_write(void *cookie, const char *bytes, size_t n)
{
    char plain[4096];
    struct terminal *t = cookie;
    for (size_t at = 0, len; at < n; at += len) {
        size_t n_before = t->n_kept, room = sizeof(plain) - n_before;
        len = n - at < room ? n - at : room;
        memcpy(plain, t->kept, n_before);
        memcpy(plain + n_before, bytes + at, len);
        size_t n_all = n_before + len;
        t->n_kept = n_begun(plain, n_all);
        n_all -= t->n_kept;
        memcpy(t->kept, plain + n_all, t->n_kept);
        size_t n_own = at == 0 && n_all > 0 && plain[0] == '\r' ? 1 : 0;
        plain_make(plain + n_own, n_all - n_own, true);
        if (!write_all(t->fd, plain, n_all))
            return 0;
    }
    return (ssize_t)n;
}

static void guard(FILE **file, struct terminal *t)
{
    static const cookie_io_functions_t functions = {.write = on_write};
    FILE *guarded = isatty(t->fd) ? fopencookie(t, "w", functions) : NULL;
    if (guarded == NULL)
        return;
    (void)fflush(*file); /* what was printed before comes before */
    (void)setvbuf(guarded, NULL, t->fd == STDERR_FILENO ? _IONBF : _IOLBF, BUFSIZ);
    *file = guarded;
}

void terminal_guard(void)
{
    guard(&stdout, &terminals[0]);
    guard(&stderr, &terminals[1]);
}

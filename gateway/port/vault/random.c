/* Random bytes of the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "port/vault/vault.h"

static void kernel_random(uint8_t *dst, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(dst, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort();
        dst += got;
        n -= (size_t)got;
    }
}

/* Fetched ahead, a page at a time: a system call costs more than the bytes. A forked process finds
 * the page full of zeros, so it begins with bytes of its own; bytes that were given are erased. */
struct random_pool {
    size_t n_left;
    uint8_t bytes[4096 - sizeof(size_t)];
};

static struct random_pool *random_pool_new(void)
{
    struct random_pool *pool =
        mmap(NULL, sizeof(*pool), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pool == MAP_FAILED || madvise(pool, sizeof(*pool), MADV_WIPEONFORK) != 0 ||
        madvise(pool, sizeof(*pool), MADV_DONTDUMP) != 0)
        abort(); /* no memory, or a kernel without these (before 4.14) */
    return pool;
}

void vault_random(uint8_t *dst, size_t n)
{
    static struct random_pool *pool; /* of this process: it has one thread */
    if (pool == NULL)
        pool = random_pool_new();
    if (n > sizeof(pool->bytes)) {
        kernel_random(dst, n);
        return;
    }
    if (n > pool->n_left) {
        kernel_random(pool->bytes, sizeof(pool->bytes));
        pool->n_left = sizeof(pool->bytes);
    }
    pool->n_left -= n;
    memcpy(dst, pool->bytes + pool->n_left, n);
    explicit_bzero(pool->bytes + pool->n_left, n);
}

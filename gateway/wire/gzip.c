#include "wire/gzip.h"

#include <zlib.h>

#define WINDOW_BITS_GZIP (15 + 16) /* as deflateInit2 has it */
#define MEMORY_LEVEL 8             /* zlib's own choice */

struct str gzip_pack(uint8_t *bytes, unsigned n_bytes, struct arena *arena)
{
    z_stream z = {.next_in = bytes, .avail_in = n_bytes};
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_BITS_GZIP, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return STR_NONE;
    size_t most = deflateBound(&z, n_bytes);
    char *packed = arena_alloc(arena, most);
    z.next_out = (uint8_t *)packed;
    z.avail_out = (unsigned)most;
    bool is_done = packed != NULL && deflate(&z, Z_FINISH) == Z_STREAM_END;
    struct str ret = is_done ? (struct str){packed, z.total_out} : STR_NONE;
    (void)deflateEnd(&z);
    return ret;
}

#include "port/profile_file.h"

#include "port/file.h"

enum err profile_load(const char *path, struct profile **ret, struct errmsg *msg)
{
    struct buf text CLEANUP(buf_fini);
    enum err e = file_read(path, PROFILE_MAX_BYTES, &text, msg);
    return e == ERR_OK ? profile_parse(buf_str(&text), str_from(path), ret, msg) : e;
}

#include "port/profile_file.h"

#include "port/file.h"

enum err profile_load(const char *path, struct profile **ret, struct buf *errors)
{
    struct buf text CLEANUP(buf_fini);
    struct errmsg msg;
    enum err e = file_read(path, PROFILE_MAX_BYTES, &text, &msg);
    if (e == ERR_OK)
        return profile_parse(buf_str(&text), str_from(path), ret, errors);
    buf_addf(errors, "%s\n", msg.text);
    return e;
}

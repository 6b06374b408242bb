#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *words;
    bool is_retryable;
} err_rows[] = {
#define ERR_ROW(name, retryable, words) [ERR_##name] = {words, retryable},
    ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};

const char *err_name(enum err e)
{
    return (size_t)e < ARRAY_LEN(err_rows) ? err_rows[e].words : "unknown error";
}

bool err_is_retryable(enum err e)
{
    return (size_t)e < ARRAY_LEN(err_rows) && err_rows[e].is_retryable;
}

void errmsg_format(struct errmsg *msg, const char *fmt, ...)
{
    if (msg == NULL)
        return;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(msg->text, sizeof(msg->text), fmt, args); /* cutting is the contract */
    va_end(args);
}

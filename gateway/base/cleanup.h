/*
 * cleanup.h: the few compiler attributes the code base agrees on.
 *
 * CLEANUP(fn) runs fn(&variable) when the variable leaves scope; the function takes a pointer to
 * the variable, accepts NULL in it, and is named x_freep. MUST_CHECK makes an ignored result an
 * error at compile time. PRINTF_LIKE checks format strings.
 */
#pragma once

#include <stddef.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

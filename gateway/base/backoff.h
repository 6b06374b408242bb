/*
 * backoff.h: how long to wait before the next try. The ceiling doubles with every failure; where
 * many may have failed together, chance takes anything below it (full jitter), so that they do not
 * come back together. docs/reliability.md recommendation 8.
 */
#pragma once

#include <stdint.h>

/* n_failures in a row, from 1; 0 = none: no wait. At most max_ms. */
int64_t backoff_ceiling_ms(int64_t first_ms, int64_t max_ms, uint32_t n_failures);
/* 1 ms up to the ceiling; chance is any random number. */
int64_t backoff_ms(int64_t first_ms, int64_t max_ms, uint32_t n_failures, uint32_t chance);

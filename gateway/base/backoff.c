#include "base/backoff.h"

int64_t backoff_ceiling_ms(int64_t first_ms, int64_t max_ms, uint32_t n_failures)
{
    int64_t ceiling_ms = n_failures > 0 ? first_ms : 0;
    for (uint32_t i = 1; i < n_failures && ceiling_ms < max_ms; i++)
        ceiling_ms *= 2;
    return ceiling_ms < max_ms ? ceiling_ms : max_ms;
}

int64_t backoff_ms(int64_t first_ms, int64_t max_ms, uint32_t n_failures, uint32_t chance)
{
    int64_t ceiling_ms = backoff_ceiling_ms(first_ms, max_ms, n_failures);
    return ceiling_ms > 0 ? 1 + (int64_t)chance % ceiling_ms : 0;
}

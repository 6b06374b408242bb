/*
 * pages.h: what lab adds to the admin listener of a running gateway. The service itself (role) does
 * not know lab; here the two meet.
 */
#pragma once

#include "role/role.h"

/* Previews of the author's lessons; behind them the simulator, for configurations that have it on:
 * PAGES_WITHOUT_SIMULATOR is how many rows the others take. */
#define PAGES_WITHOUT_SIMULATOR 1u
#define PAGES_ALL 2u
extern const struct role_page pages[PAGES_ALL];

/*
 * open_store.h: Redis for a command that is no process of the service.
 */
#pragma once

#include "port/config/config.h"
#include "port/store/store.h"

/* Connects and waits until it answers, ten seconds at most; ask store_is_up. Runs the loop. */
struct store *open_store_and_wait(const struct config *config, struct loop *loop);

/*
 * role_ports.h: what several roles open in the same way from the configuration.
 */
#pragma once

#include "port/store/store.h"
#include "port/vault.h"
#include "role/role.h"

/* Redis as the configuration says; connects in the background. */
struct store *role_store(const struct role_context *role);
/* Keys of the keys folder. NULL: it was logged what is missing and how to make it. */
struct vault *role_vault(const struct role_context *role);
/* Keeps role_ready in step with the store, and calls fn once, when the store is first up. */
void role_watch_store(const struct role_context *role, struct store *store, timer_fn *fn,
                      void *ctx);

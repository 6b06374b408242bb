/*
 * again.h: erasures outlast backups. A database that is restored to an earlier moment has whoever
 * was erased since, and knows nothing of that. The file `erased` in the spool's folder of each host
 * does (port/erasures.h): whoever is in the database in spite of it is erased again, as DELETE does
 * it, before anything is put into Redis from there; and the file gets what it does not have yet.
 *
 * The file is written some minutes after an erasure at most; until then `erased` itself lies in the
 * event log, which is read again from where the restored database was (app/forget.h).
 */
#pragma once

#include "port/database/database.h"
#include "role/role.h"

/* Makes the database and the file of this host equal. Blocks. msg says what to do. */
enum err erase_again(struct database *db, const char *dir, struct errmsg *msg) MUST_CHECK;

/* A writer does it in a child process, at its start and every few minutes. */
struct again;
struct again *again_new(const struct role_context *role);
void again_free(struct again *a);

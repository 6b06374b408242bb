/*
 * erasures.h: the file `erased` of a host: a line for each erasure, a hash of the pseudonym that
 * ended with it (sql/0039_erasure.sql). Only added to, and backed up apart from the database,
 * so that a database from before an erasure can be told of it (role/again.h). A line that a crash
 * cut short is taken away when the file is opened.
 */
#pragma once

#include "base/buf.h"

#define ERASURES_FILE "erased"
#define ERASURES_HASH_BYTES 32u
#define ERASURES_MAX_BYTES (256u << 20) /* of the file: some four million people */

struct erasures;

/* Makes the folder and the file where they are missing; of the folder's owner, whoever calls. Waits
 * while another process has it open, and reads it. ERR_DENIED, ERR_TOO_LONG, ERR_IO: msg has the
 * path. */
enum err erasures_open(const char *dir, struct erasures **ret, struct errmsg *msg) MUST_CHECK;
/* All lines, each with its end. Borrowed. */
struct str erasures_lines(const struct erasures *e);
/* Adds whole lines; they are on disk when it says ERR_OK. */
enum err erasures_add(struct erasures *e, struct str lines, struct errmsg *msg) MUST_CHECK;
/* Accepts NULL. */
void erasures_close(struct erasures *e);

/*
 * verbs.h: what the files of one subcommand share, for those that have several. Each verb returns
 * an exit code; what is wrong was said on stderr.
 */
#pragma once

#include "cli/desk.h"
#include "profile/profile.h"

/* ---- waypost learner ---- */

int learner_import(const struct cli_args *args);
int learner_inbox(const struct cli_args *args);

/* ---- waypost cohort ---- */

/* A text out of the database, kept in the arena. */
struct cohort_text {
    struct arena *arena;
    struct str text;
};

/* The i-th word as a group code, or words of complaint and EX_USAGE. */
int cohort_code_of(const struct cli_args *args, int i, struct str *ret);
int cohort_sheet(const struct cli_args *args);

/* ---- waypost certificate, badge.c: Open Badges 3.0 out of certificates, on request of their
 * holders (docs/course-rules.md 4): credentials of the W3C's data model as JWT, signed by Ed25519
 * (RFC 7519, RFC 8037), and the list that says which are revoked. The key belongs to a person and
 * lies outside of the gateway's configuration: only these verbs read it ---- */

int badge_key(const struct cli_args *args, struct desk *desk);
int badge_issuer(const struct cli_args *args, struct desk *desk);
int badge_issue(const struct cli_args *args, struct desk *desk);
int badge_sign(const struct cli_args *args, struct desk *desk);
int badge_status(const struct cli_args *args, struct desk *desk);

/* ---- waypost channel: the verbs that are about configured channels, and not about profiles: a
 * file each, but for list, pause and resume, which stand with the list (channel_board.c) ---- */

/* A profile by its path. NULL: every mistake was said on stderr. */
struct profile *channel_load_profile(const char *path);

struct channel_verb {
    const char *name;
    int (*run)(const struct cli_args *args); /* an exit code */
};
/* Ends with name NULL. */
extern const struct channel_verb channel_verbs[];
int channel_check(const struct cli_args *args);
int channel_try(const struct cli_args *args);
int channel_number(const struct cli_args *args);

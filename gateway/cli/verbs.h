/*
 * verbs.h: what the files of one subcommand share, for those that have several. Each verb returns
 * an exit code; what is wrong was said on stderr.
 */
#pragma once

#include "cli/desk.h"
#include "profile/profile.h"

/* ---- waypost migrate, finish.c: no host of the version before is left ---- */

int migrate_finish(const struct cli_args *args);

/* ---- waypost learner ---- */

int learner_import(const struct cli_args *args);
int learner_inbox(const struct cli_args *args);

/* ---- waypost cohort ---- */

int cohort_sheet(const struct cli_args *args);
int cohort_facilitator(const struct cli_args *args);
/* The i-th word as a group code, or words of complaint and EX_USAGE. */
int cohort_code_of(const struct cli_args *args, int i, struct str *ret);
/* The desk with both servers; to be closed whatever is returned. */
int cohort_open_both(const struct cli_args *args, struct desk *desk);
/* The only cell of the only row, in the desk's arena; absent when it is null. */
int cohort_ask(struct desk *desk, const char *sql, const struct str *params, uint32_t n,
               struct str *ret);
/* Puts a group's line into Redis, after PostgreSQL; absent takes it away there. A Redis that is
 * away gets it by `cohort sync`. */
int cohort_mirror(struct desk *desk, struct str code, struct str line);
/* Before one more group than gateways know, which may be `code` again: a closed one that is over
 * gives its place. With one too many they would know none. */
int cohort_make_room(struct desk *desk, struct str code);
/* Room, the statement, which gives the group's line, and the line into Redis; params[0] is the
 * code. */
int cohort_change(struct desk *desk, const char *sql, const struct str *params, uint32_t n);

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

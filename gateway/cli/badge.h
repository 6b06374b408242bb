/*
 * badge.h: Open Badges 3.0 out of certificates, on request of their holders (docs/course-rules.md
 * 4): credentials of the W3C's data model as JWT, signed by Ed25519 (RFC 7519, RFC 8037), and the
 * list that says which are revoked. The key belongs to a person and lies outside of the gateway's
 * configuration: only these verbs of `waypost certificate` read it.
 */
#pragma once

#include "cli/desk.h"

/* Each returns an exit code; what is wrong was said on stderr. */
int badge_key(const struct cli_args *args, struct desk *desk);
int badge_issuer(const struct cli_args *args, struct desk *desk);
int badge_issue(const struct cli_args *args, struct desk *desk);
int badge_sign(const struct cli_args *args, struct desk *desk);
int badge_status(const struct cli_args *args, struct desk *desk);

/*
 * channel.h: what the files of `waypost channel` share: profiles by name, settings from the command
 * line or a vector, and how messages are printed.
 */
#pragma once

#include "cli/cli.h"
#include "profile/profile.h"
#include "wire/doc.h"

#define CHANNEL_MAX_INPUT_BYTES (4u << 20)
#define CHANNEL_MAX_SETTINGS 64u

struct setting_list {
    struct setting list[CHANNEL_MAX_SETTINGS];
    uint32_t n;
};

/* Replaces an earlier one of that name; beyond the ceiling it is left out. */
void setting_put(struct setting_list *settings, struct str name, struct str value);
struct settings setting_all(const struct setting_list *settings);

/* "africastalking" in the profile folder (--profiles; else config/profiles here or beside the
 * program), or a path that ends in .yaml. NULL: said on stderr. */
struct profile *channel_profile(const struct cli_args *args, struct str name);
/* By its path. NULL: every mistake was said on stderr. */
struct profile *channel_load_profile(const char *path);
/* All of a file, "-" = standard input, at most CHANNEL_MAX_INPUT_BYTES. False: said on stderr. */
bool channel_read(const char *path, struct buf *out);

/* One JSON object with the keys of a vector's expect, null where there is nothing. */
void channel_print_inbound(const struct inbound *in, struct buf *out);
/* RFC 3339 as vectors write it: no fraction where it is zero. */
struct str channel_time(struct wall_ms at, struct arena *arena);

/* Member of an object; NULL when there is none. */
const struct doc *doc_member(const struct doc *object, const char *name);
/* Its text; absent when it is missing or null. */
struct str doc_text(const struct doc *object, const char *name);
/* Stands for any text, also none, in answers that are compared with a sample. */
#define CHANNEL_ANY_TEXT "waypost-any-text"
#define CHANNEL_ANY_UCS2_TEXT "\xe2\x98\x83" CHANNEL_ANY_TEXT /* a snowman: no GSM-7 */
bool channel_text_fits(struct str got, struct str expected);
/* Same values, order of members aside; moments that name the same time are equal, and what
 * channel_text_fits. */
bool doc_equal(const struct doc *a, const struct doc *b);

/* What is about configured channels, and not about profiles: ends with name NULL. */
struct channel_verb {
    const char *name;
    int (*run)(const struct cli_args *args);
};
extern const struct channel_verb channel_verbs[];
/* Exit codes. list, pause and resume are in channel_board.c, the others in a file each. */
int channel_list(const struct cli_args *args);
int channel_pause(const struct cli_args *args);
int channel_resume(const struct cli_args *args);
int channel_check(const struct cli_args *args);
int channel_try(const struct cli_args *args);
int channel_number(const struct cli_args *args);
/* Makes a raw request as people keep it one that a strict reader takes: line ends, Host and
 * Content-Length are added. */
void channel_complete_request(struct str raw, struct buf *out);

/* `channel test`: exit code. */
int channel_test(const struct cli_args *args);
/* One vector of kind send. Appends a line for each difference to out. */
void channel_test_send(const struct profile *p, const struct doc *vector, struct arena *arena,
                       struct buf *out);
/* What we would answer to the vector's request, against its sample of an answer. */
void channel_test_answer(const struct profile *p, const struct doc *vector,
                         const struct inbound_batch *batch, const struct setting_list *settings,
                         struct arena *arena, struct buf *out);
/* JSON and XML by content, the rest byte by byte. */
bool channel_bodies_equal(struct str got, struct str expected, struct arena *arena);
/* Appends "what: got X, expected Y". */
void channel_differ(const char *what, struct str got, struct str expected, struct buf *out);
/* Appends "name: got X, expected Y" when expected has the name and differs. */
void channel_compare(const struct doc *expected, const char *name, struct str got, struct buf *out);
/* All members, "a.b" for members of members. */
void channel_settings(const struct doc *object, struct str prefix, struct arena *arena,
                      struct setting_list *ret);
/* The `now` of a vector; 0 when it has none. */
struct wall_ms channel_now(const struct doc *object);

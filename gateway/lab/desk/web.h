/*
 * web.h: what authors have in a browser, on this host alone: a phone, and the desk of
 * `waypost lessons edit` (the course's files at one side, the phone at the other).
 *
 * The pages are desk.html, sim.html, the phone of both (phone.html), desk.css and desk.js beside
 * this file; the build puts them into the program. No framework, nothing from the network: their
 * policy allows nothing but these files.
 */
#pragma once

#include "lab/handset.h"
#include "wire/form.h"
#include "wire/http/http.h"

/* ---- a phone ---- */

/* Carries a callback to a gateway and appends what it answers. */
typedef enum err web_post_fn(void *ctx, const char *path, struct str body, int *ret_status,
                             struct buf *out);

/* Does what a person does with a phone: `do` is sms, dial, answer, drop or repeat, with `text`.
 * Appends {"screen":...,"open":...,"note":...}; screen is null where none came. What is wrong is a
 * note. */
void web_phone_do(struct handset *phone, const struct form *form, struct wall_ms now,
                  web_post_fn *post, void *ctx, struct buf *out);

/* ---- the pages ---- */

/* One of the files by its name ("" is the page that is named); false: none. */
bool web_file(struct str name, struct str page, struct http_response *ret);
struct http_response web_json(int status, const struct buf *body);
/* ---- phones at a gateway that runs: /sim/ of its admin listener ---- */

struct web_phones;

/* Their callbacks go to the public listener of this host. */
struct web_phones *web_phones_new(const char *address, uint32_t port, struct wall_ms now);
/* Accepts NULL. */
void web_phones_free(struct web_phones *phones);
/* GET /sim/ and its files, POST /sim/phone (number, do, text: web_phone_do, with "time").
 * False: another path. */
bool web_phones_handle(struct web_phones *phones, const struct http_request *request,
                       struct wall_ms now, struct arena *arena, struct buf *body,
                       struct http_response *ret);

/* ---- the desk ---- */

struct web_desk;

/* Of a course folder; all are borrowed for its life. token: what stands in its address, so that
 * nobody guesses it. */
struct web_desk *web_desk_new(const char *dir, const char *profiles_dir, const char *token);
/* Accepts NULL. */
void web_desk_free(struct web_desk *desk);
/*
 * Below /<token>/, for 127.0.0.1, [::1] and localhost only:
 *
 *   GET               the page and its files
 *   GET  files        {"title","dir","languages":[...],"files":[{"name","hash"}]}
 *   GET  file?name=   {"name","hash","text"}
 *   POST check        name, text: the findings of the course, with this text in place of the file's
 *   POST save         name, hash, text: 409 where the file is not the one of this hash any more
 *   POST phone        do, text, lang, number: web_phone_do, with "time", "sms" and "fresh"
 *
 * Only files that the course has can be read and saved. The response's body is in `body`.
 */
void web_desk_handle(struct web_desk *desk, const struct http_request *request, struct arena *arena,
                     struct buf *body, struct http_response *ret);

/*
 * preview.h: /preview/ on the admin listener: the author's lesson folders as pages, read anew at
 * each request, so that an author saves and reloads. What phones get is the published version.
 */
#pragma once

#include "wire/http/http.h"

/* GET /preview/ lists the courses below lessons_dir, /preview/<course> shows one, or what is wrong
 * with it. False when the path is not below /preview/; else *ret is filled, its body in `body`. */
bool preview_handle(const char *lessons_dir, struct str path, struct buf *body,
                    struct http_response *ret);

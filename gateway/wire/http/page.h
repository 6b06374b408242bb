/*
 * page.h: what the pages that are put into the program have in common, whoever serves them: the
 * files, the policy that they are sent with, and whether one of them sent a request.
 *
 * The policy allows what comes from the listener itself: no script or style within a page, nothing
 * from the network, in nobody's frame, in no cache.
 */
#pragma once

#include "wire/http/http.h"

/* A file that CMake has put into the program (embed() in CMakeLists.txt). */
struct page_file {
    const char *name, *type;
    const uint8_t *bytes;
    size_t n;
};

/* One of the files by its name; NULL: none. */
const struct page_file *page_find(const struct page_file *files, size_t n, struct str name);
struct http_response page_response(int status, struct str content_type, struct str body);
/* Gives a response the headers of every page, but for those that it has one of its own of. They lie
 * in room, which must stay as long as the response. */
#define PAGE_MAX_HEADERS 16u
void page_guard(struct http_response *response, struct http_header room[PAGE_MAX_HEADERS]);
/* "http://" and the host that was asked for is where it came from. A page of somebody else in the
 * same browser gives its own origin. */
bool page_is_own_origin(const struct http_request *request);
/* The same behind a proxy: base ("https://reports.example.org") is ours, too; absent: no proxy. */
bool page_is_of(const struct http_request *request, struct str base);
/* The value of a cookie; absent when there is none. */
struct str page_cookie(const struct http_request *request, struct str name);

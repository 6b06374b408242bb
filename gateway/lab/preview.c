#include "lab/preview.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/lesson/lesson.h"
#include "port/lesson_files.h"

#define PATH_BYTES 4096

/* The page has its style in itself, for it is a file that is sent around as well. */
static const char policy[] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                             "form-action 'none'; frame-ancestors 'none'";
static const struct http_header headers[] = {
    {{"Content-Security-Policy", 23}, {policy, sizeof(policy) - 1}}};

static struct http_response response(int status, struct str type, const struct buf *body)
{
    return (struct http_response){.status = status,
                                  .content_type = type,
                                  .headers = headers,
                                  .n_headers = ARRAY_LEN(headers),
                                  .body = buf_str(body)};
}

/* Ids of courses only: nothing that walks out of the folder. */
static bool is_course_name(struct str name)
{
    bool is_good = name.len > 0 && name.len < 64;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        is_good &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    }
    return is_good;
}

static void list_courses(const char *lessons_dir, struct buf *body)
{
    buf_add_str(body, STR("<!doctype html>\n<meta charset=\"utf-8\">\n<title>Lessons</title>\n"
                          "<h1>Lessons</h1>\n<ul>\n"));
    DIR *dir = opendir(lessons_dir);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char path[PATH_BYTES];
        struct stat info;
        int n = snprintf(path, sizeof(path), "%s/%s/course.md", lessons_dir, entry->d_name);
        if (is_course_name(str_from(entry->d_name)) && n > 0 && (size_t)n < sizeof(path) &&
            stat(path, &info) == 0)
            buf_addf(body, "<li><a href=\"/preview/%s\">%s</a></li>\n", entry->d_name,
                     entry->d_name);
    }
    if (dir != NULL)
        (void)closedir(dir); /* only read */
    buf_add_str(body, STR("</ul>\n"));
}

static struct http_response show_course(const char *dir, struct buf *body)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct lesson_findings *findings = lesson_findings_new(arena);
    struct lesson_source *source = arena_new_array(arena, struct lesson_source, 1);
    struct lesson_file *files;
    uint32_t n_files;
    struct errmsg msg;
    enum err e = lesson_files_read(dir, arena, &files, &n_files, &msg);
    if (e != ERR_OK || arena_error(arena) != ERR_OK) {
        buf_addf(body, "%s\n", e != ERR_OK ? msg.text : "the course is too big");
        return response(404, STR("text/plain; charset=utf-8"), body);
    }
    if (lesson_parse(files, n_files, arena, findings, source) != ERR_OK) {
        lesson_findings_sort(findings);
        lesson_findings_print(findings, STR(""), LESSON_OUTPUT_TEXT, body);
        return response(422, STR("text/plain; charset=utf-8"), body);
    }
    lesson_preview(source, scratch, body);
    return response(200, STR("text/html; charset=utf-8"), body);
}

bool preview_handle(const char *lessons_dir, struct str path, struct buf *body,
                    struct http_response *ret)
{
    if (!str_starts(path, STR("/preview/")))
        return false;
    struct str name = str_sub(path, sizeof("/preview/") - 1, path.len);
    char dir[PATH_BYTES];
    int n = snprintf(dir, sizeof(dir), "%s/%.*s", lessons_dir, STR_ARG(name));
    if (name.len == 0) {
        list_courses(lessons_dir, body);
        *ret = response(200, STR("text/html; charset=utf-8"), body);
    } else if (is_course_name(name) && n > 0 && (size_t)n < sizeof(dir)) {
        *ret = show_course(dir, body);
    } else {
        buf_add_str(body, STR("no such course; /preview/ lists them\n"));
        *ret = response(404, STR("text/plain; charset=utf-8"), body);
    }
    return true;
}

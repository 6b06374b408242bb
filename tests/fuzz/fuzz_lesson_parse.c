/*
 * fuzz_lesson_parse.c: any bytes as one file of a course folder. Parser, checks (which play the
 * course through the engine), formatter and preview must stand it, and formatting twice must be
 * formatting once. The first byte says which file: 'c' course.md, anything else m1.md.
 */
#include <assert.h>
#include <stdint.h>

#include "core/lesson/lesson.h"
#include "port/lesson_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE "tests/lessons/base"

static struct arena *base_arena, *arena, *scratch;
static struct lesson_file *base;
static uint32_t n_base;

static struct lesson_source *parse(struct lesson_file *files, struct lesson_findings **ret)
{
    *ret = lesson_findings_new(arena);
    struct lesson_source *source = arena_new_array(arena, struct lesson_source, 1);
    assert(source != NULL);
    enum err e = lesson_parse(files, n_base, arena, *ret, source);
    assert((e == ERR_OK) == ((*ret)->n_errors == 0 && arena_error(arena) == ERR_OK) ||
           e == ERR_TOO_LONG);
    return e == ERR_OK || e == ERR_INVALID ? source : NULL;
}

static struct str format(const struct lesson_source *source, uint32_t file)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 1u << 22);
    lesson_format(source, file, scratch, &out);
    assert(buf_error(&out) == ERR_OK);
    return arena_str(arena, buf_str(&out));
}

static void check_format(struct lesson_file *files, const struct lesson_source *source,
                         uint32_t file)
{
    struct lesson_findings *findings;
    struct str once = format(source, file);
    files[file].text = once;
    const struct lesson_source *again = parse(files, &findings);
    assert(again != NULL && findings->n_errors == 0);
    assert(again->course.n_units == source->course.n_units);
    assert(str_eq(format(again, file), once));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (base_arena == NULL) {
        base_arena = arena_new(1u << 20);
        arena = arena_new(LESSON_ARENA_BYTES);
        scratch = arena_new(LESSON_ARENA_BYTES);
        enum err e = lesson_files_read(BASE, base_arena, &base, &n_base, NULL);
        assert(e == ERR_OK);
    }
    if (size == 0)
        return 0;
    arena_reset(arena);
    struct lesson_file files[LESSON_MAX_FILES];
    uint32_t file = 0;
    struct str name = data[0] == 'c' ? STR("course.md") : STR("m1.md");
    for (uint32_t i = 0; i < n_base; i++) {
        files[i] = base[i];
        if (str_eq(base[i].name, name))
            file = i;
    }
    files[file].text = (struct str){(const char *)data + 1, size - 1};
    struct lesson_findings *findings;
    struct lesson_source *source = parse(files, &findings);
    if (source == NULL)
        return 0;
    bool is_good = findings->n_errors == 0;
    lesson_check(source, arena, scratch, findings);
    lesson_findings_sort(findings);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LESSON_PREVIEW_MAX_BYTES);
    for (int output = LESSON_OUTPUT_TEXT; output <= LESSON_OUTPUT_GITHUB; output++)
        lesson_findings_print(findings, STR("dir"), (enum lesson_output)output, &out);
    if (is_good) {
        lesson_preview(source, scratch, &out);
        check_format(files, source, file);
    }
    return 0;
}

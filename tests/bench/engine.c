/*
 * engine.c: CPU time of one engine_step, over whole courses from JOIN to the last screen, with the
 * real English lessons. Prints one line of JSON. Run it from the root of the repository.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/engine.h"
#include "core/lesson_parse.h"
#include "port/lesson_files.h"

#define N_COURSES 2000
#define MAX_STEPS 600 /* of one learner: far more than the course has screens */

static const struct engine_context context = {
    .org = {"Red Cross", 9},
    .url = {"example.org/c", 13},
    .code = {"*384*7#", 7},
    .emergency = {"999", 3},
    .helpline = {"116", 3},
};

static int64_t cpu_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* One learner's whole way. Returns the steps taken; ends when "1" and NEXT lead nowhere. */
static uint64_t walk(const struct courses *courses, struct arena *arena)
{
    struct learner learner;
    struct outcome out;
    struct input input = {.kind = INPUT_TEXT, .via = VIA_SMS, .now = {1732433860000}};
    uint64_t n = 0;
    unsigned n_idle = 0;
    learner_init(&learner);
    memset(input.seed, 0x42, sizeof(input.seed));
    while (n < MAX_STEPS && n_idle < 2) {
        input.text = n == 0 ? STR("JOIN") : n_idle > 0 ? STR("NEXT") : STR("1");
        input.now.ms += 60000;
        arena_reset(arena);
        if (engine_step(courses, &context, &learner, &input, arena, &out) != ERR_OK) {
            fprintf(stderr, "bench_engine: a step failed\n");
            exit(1);
        }
        bool is_moved = out.next.state != learner.state ||
                        strcmp(out.next.unit, learner.unit) != 0 || out.n_events > 0;
        n_idle = is_moved ? 0 : n_idle + 1;
        learner = out.next;
        n++;
    }
    return n;
}

int main(void)
{
    struct lesson_file *files = NULL;
    uint32_t n_files = 0;
    struct errmsg msg = {""};
    struct courses courses = {.n = 1};
    struct arena *course_arena = arena_new(LESSON_ARENA_BYTES), *arena = arena_new(65536);
    if (lesson_files_read("lessons/children-on-the-move", course_arena, &files, &n_files, &msg) !=
            ERR_OK ||
        lesson_load(files, n_files, course_arena, &courses.list[0], &msg) != ERR_OK) {
        fprintf(stderr, "bench_engine: %s\n", msg.text);
        return 1;
    }
    uint64_t n_steps = walk(&courses, arena); /* warm */
    int64_t start = cpu_ns();
    n_steps = 0;
    for (int i = 0; i < N_COURSES; i++)
        n_steps += walk(&courses, arena);
    double us = (double)(cpu_ns() - start) / 1000.0;
    printf("{\"engine_step_us\": %.3f, \"steps\": %llu, \"courses\": %d}\n", us / (double)n_steps,
           (unsigned long long)n_steps, N_COURSES);
    arena_free(arena);
    arena_free(course_arena);
    return 0;
}

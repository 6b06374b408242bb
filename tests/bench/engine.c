/*
 * engine.c: CPU time of one engine_step, over whole courses from JOIN to the last screen, with the
 * real English lessons; of looking for safe words in a text that is no answer; of loading the
 * course, and of its longest step, which keeps a process from all else. Prints one line of JSON.
 * Run it from the root of the repository.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/engine/engine.h"
#include "core/lesson/parse.h"
#include "core/match/match.h"
#include "port/lesson_files.h"

#define N_COURSES 2000
#define N_TEXTS 20000
#define N_LOADS 5
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

/* What a good learner says now: the right option of a question, NEXT elsewhere. */
static struct str say(const struct courses *courses, const struct learner *learner)
{
    static char key[] = "1";
    const struct unit *unit = course_unit(courses->list[0], str_from(learner->unit));
    if (learner->state == LEARNER_STATE_NEW)
        return STR("JOIN");
    if (learner->state == LEARNER_STATE_LESSON || learner->state == LEARNER_STATE_MODULE_DONE)
        return STR("NEXT");
    key[0] = '1';
    for (uint8_t i = 0; unit != NULL && unit->question != NULL && i < unit->question->n_choices;
         i++) {
        if (unit->question->choices[i].is_right)
            key[0] = (char)('1' + i);
    }
    return str_from(key);
}

/* One learner's whole way, until the course has nothing more to ask. Returns the steps. */
static uint64_t walk(const struct courses *courses, struct arena *arena)
{
    struct learner learner;
    struct outcome out;
    struct input input = {
        .kind = INPUT_TEXT, .via = VIA_SMS, .now = {1732433860000}, .is_shown = true};
    uint64_t n = 0;
    learner_init(&learner);
    memset(input.seed, 0x42, sizeof(input.seed));
    for (; n < MAX_STEPS && learner.state != LEARNER_STATE_DONE; n++) {
        input.text = say(courses, &learner);
        input.now.ms += 60000;
        arena_reset(arena);
        if (engine_step(courses, &context, &learner, &input, arena, &out) != ERR_OK) {
            fprintf(stderr, "bench_engine: a step failed\n");
            exit(1);
        }
        learner = out.next;
    }
    if (n == MAX_STEPS) {
        fprintf(stderr, "bench_engine: the course does not end\n");
        exit(1);
    }
    return n;
}

/* What people write who neither choose an option nor tell of harm. */
static double free_text_us(const struct safe_list *safe, struct arena *arena)
{
    static const char *const texts[] = {
        "i think it is safety and listening first",
        "please can you tell me how many children are displaced because i do not understand",
        "unachosema ni kweli rafiki yangu nataka kujifunza zaidi",
        "no se que responder a esta pregunta",
    };
    int64_t start = cpu_ns();
    for (size_t i = 0; i < N_TEXTS; i++) {
        arena_reset(arena);
        if (match_find_safe(str_from(texts[i % ARRAY_LEN(texts)]), safe, arena) != NULL) {
            fprintf(stderr, "bench_engine: a false alarm\n");
            exit(1);
        }
    }
    return (double)(cpu_ns() - start) / 1000.0 / N_TEXTS;
}

/* NULL: the reason was said. *turn_ms: the longest step. */
static const struct course *load(struct arena *arena, double *load_ms, double *turn_ms)
{
    struct lesson_loading *loading;
    struct lesson_file *files = NULL;
    const struct course *course = NULL;
    uint32_t n_files = 0;
    struct errmsg msg = {""};
    enum err e = lesson_files_read("lessons/children-on-the-move", arena, &files, &n_files, &msg);
    if (e == ERR_OK)
        e = lesson_loading_new(files, n_files, arena, &loading, &msg);
    for (bool is_going = e == ERR_OK; is_going;) {
        int64_t start = cpu_ns();
        is_going = lesson_loading_step(loading);
        double ms = (double)(cpu_ns() - start) / 1e6;
        *load_ms += ms;
        *turn_ms = ms > *turn_ms ? ms : *turn_ms;
    }
    if (e == ERR_OK)
        e = lesson_loading_end(loading, &course, &msg);
    if (e != ERR_OK)
        fprintf(stderr, "bench_engine: %s\n", msg.text);
    return e == ERR_OK ? course : NULL;
}

int main(void)
{
    struct courses courses = {.n = 1};
    struct arena *course_arena = arena_new(LESSON_ARENA_BYTES), *arena = arena_new(65536);
    double load_ms = 0, turn_ms = 0;
    for (int i = 0; i < N_LOADS; i++) {
        arena_reset(course_arena);
        courses.list[0] = load(course_arena, &load_ms, &turn_ms);
        if (courses.list[0] == NULL)
            return 1;
    }
    uint64_t n_steps = walk(&courses, arena); /* warm */
    int64_t start = cpu_ns();
    n_steps = 0;
    for (int i = 0; i < N_COURSES; i++)
        n_steps += walk(&courses, arena);
    double us = (double)(cpu_ns() - start) / 1000.0;
    printf("{\"engine_step_us\": %.3f, \"steps\": %llu, \"courses\": %d, \"free_text_us\": %.1f, "
           "\"course_load_ms\": %.1f, \"course_turn_ms\": %.1f}\n",
           us / (double)n_steps, (unsigned long long)n_steps, N_COURSES,
           free_text_us(&courses.list[0]->safe, arena), load_ms / N_LOADS, turn_ms);
    arena_free(arena);
    arena_free(course_arena);
    return 0;
}

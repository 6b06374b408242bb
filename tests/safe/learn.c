/*
 * learn_safe FILE...: learns the weights of gateway/core/match/safe_learned.h from examples, and
 * prints them, two hexadecimal digits for each. A file named ...disclosures... holds messages that
 * tell of harm, one a line, any other those that do not; what the course says in all its languages
 * is none either. A logistic regression with steps of AdaGrad, averaged: the same on every run.
 * From the top of the project, after a build:
 *
 *     build/learn_safe tests/safe/{,development-,learned-}{disclosures,ordinary}.txt >new.hex
 *     mv new.hex lessons/packs/standard/safe-learned.hex
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lesson/parse.h"
#include "core/match/match.h"
#include "core/match/safe_learned.h"
#include "port/lesson_files.h"

#define FOLDER "lessons/children-on-the-move"
#define MAX_EXAMPLES 100000u
#define ROUNDS 40
#define UNSTEADY 10 /* rounds at the begin, which do not count for the average */
#define STEP 0.3
#define DECAY 5e-4 /* of a weight at each example: keeps words small that are seen once */
#define NOISES 600
#define NOISE 0.3f  /* worth of one */
#define COURSE 0.2f /* worth of a sentence of the course: nobody types it but to answer */

struct example {
    uint16_t *features;
    uint32_t n;
    bool is_harm;
    float worth;
};

static struct arena *arena, *scratch;
static const struct course *course;
static struct example *examples;
static uint32_t n_examples;
static double weights[SAFE_FEATURES], squares[SAFE_FEATURES], sums[SAFE_FEATURES];

static void fail(const char *what)
{
    fprintf(stderr, "learn_safe: %s\n", what);
    exit(1);
}

static void *must(void *p)
{
    if (p == NULL)
        fail("no memory");
    return p;
}

/* All languages are tried, as in tests/unit/test_match_safe.c. */
static void load_course(void)
{
    struct lesson_file *files = NULL;
    uint32_t n = 0;
    struct errmsg msg = {""};
    if (lesson_files_read(FOLDER, arena, &files, &n, &msg) != ERR_OK)
        fail(msg.text);
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(files[i].name, STR("course.md")))
            files[i].text =
                arena_printf(arena, "---\ntrial_languages: [fr, es, ar, tr, de, ru]\n%.*s",
                             STR_ARG(str_sub(files[i].text, strlen("---\n"), files[i].text.len)));
    }
    if (lesson_load(files, n, arena, &course, &msg) != ERR_OK)
        fail(msg.text);
}

static void add_example(struct str text, bool is_harm, float worth)
{
    uint16_t found[SAFE_MAX_FOUND];
    arena_reset(scratch);
    struct str normal = match_normalise(text, scratch);
    struct safe_words words = safe_split(normal, scratch);
    (void)safe_find(words, &course->safe); /* ordinary phrases are taken out */
    size_t n_part = words.n < SAFE_PART_WORDS ? words.n : SAFE_PART_WORDS;
    uint32_t n = safe_features(words.list, n_part, found);
    if (n == 0 || n_examples == MAX_EXAMPLES)
        return;
    uint16_t *copy = must(malloc(n * sizeof(*copy)));
    memcpy(copy, found, n * sizeof(*copy));
    examples[n_examples++] = (struct example){copy, n, is_harm, worth};
}

static void add_file(const char *path)
{
    char line[1024];
    FILE *file = must(fopen(path, "r"));
    while (fgets(line, sizeof(line), file) != NULL) {
        struct str text = str_trim(str_from(line));
        if (text.len > 0 && text.p[0] != '#')
            add_example(text, strstr(path, "disclosures") != NULL, 1);
    }
    fclose(file);
}

static void add_sentences(struct str text)
{
    for (struct str rest = text; rest.p != NULL;) {
        for (struct str line = str_split(&rest, '\n'); line.p != NULL;)
            add_example(str_trim(str_split(&line, '.')), false, COURSE);
    }
}

/* A question itself may speak of harm, and the answer to a disclosure does. */
static void add_course(const struct course *c)
{
    for (uint16_t i = 0; i < c->n_units; i++) {
        const struct unit *unit = &c->units[i];
        const struct question *q = unit->question;
        for (uint8_t k = 0; q != NULL && k < q->n_choices; k++) {
            add_example(q->choices[k].text, false, COURSE);
            add_sentences(q->choices[k].feedback);
        }
        if (q != NULL)
            add_sentences(q->feedback);
        for (uint16_t k = 0; k < unit->n_screens; k++)
            add_sentences(unit->screens[k]);
    }
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        struct str name = str_from(course_text_name((enum course_text)i));
        if (str_find(name, STR("safe")) == SIZE_MAX &&
            str_find(c->texts[i], STR("{emergency}")) == SIZE_MAX)
            add_sentences(c->texts[i]);
    }
}

static uint32_t chance(uint64_t *state, uint32_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % below);
}

/* What a machine sends, or a child that plays with the phone: words that no message has. */
static void add_noise(void)
{
    static const char *const letters[] = {"bcdfghjklmnpqrstvwxz", "abcdefghijklmnopqrstuvwxyz ",
                                          "aeiou bdfghklmnprst "};
    uint64_t state = 7;
    for (uint32_t i = 0; i < NOISES; i++) {
        const char *of = letters[i % 3];
        char text[64];
        uint32_t len = 8 + chance(&state, sizeof(text) - 8);
        for (uint32_t k = 0; k < len; k++)
            text[k] = k % 12 == 11 ? ' ' : of[chance(&state, (uint32_t)strlen(of))];
        add_example((struct str){text, len}, false, NOISE);
    }
}

/* Both kinds are worth as much in all. */
static void weigh_kinds(void)
{
    double all[2] = {0, 0};
    for (uint32_t i = 0; i < n_examples; i++)
        all[examples[i].is_harm] += (double)examples[i].worth;
    for (uint32_t i = 0; i < n_examples; i++)
        examples[i].worth *= (float)((all[0] + all[1]) / 2 / all[examples[i].is_harm]);
}

static void step(uint16_t at, double slope)
{
    squares[at] += slope * slope;
    weights[at] -= STEP * slope / sqrt(squares[at] + 1e-8);
}

static void learn_example(const struct example *e)
{
    double root = sqrt(e->n + SAFE_FEW), sum = 0;
    for (uint32_t i = 0; i < e->n; i++) {
        weights[e->features[i]] *= 1 - DECAY;
        sum += weights[e->features[i]];
    }
    double likely = 1 / (1 + exp(-(sum / root + weights[0])));
    double slope = (likely - e->is_harm) * (double)e->worth;
    for (uint32_t i = 0; i < e->n; i++)
        step(e->features[i], slope / root);
    step(0, slope);
}

static void shuffle(uint64_t *state)
{
    for (uint32_t i = n_examples - 1; i > 0; i--) {
        uint32_t k = chance(state, i + 1);
        struct example other = examples[i];
        examples[i] = examples[k];
        examples[k] = other;
    }
}

static void learn(void)
{
    uint64_t state = 1;
    for (int round = 0; round < ROUNDS; round++) {
        shuffle(&state);
        for (uint32_t i = 0; i < n_examples; i++)
            learn_example(&examples[i]);
        for (uint32_t i = 0; i < SAFE_FEATURES && round >= UNSTEADY; i++)
            sums[i] += weights[i];
    }
}

static void print_weights(void)
{
    for (uint32_t i = 0; i < SAFE_FEATURES; i++) {
        long step = lround(sums[i] / (ROUNDS - UNSTEADY) * SAFE_WEIGHT_STEPS);
        step = step < -127 ? -127 : step > 127 ? 127 : step;
        printf("%02x%s", (unsigned)(uint8_t)step, i % 48 == 47 ? "\n" : "");
    }
    printf("\n");
}

int main(int n, char **args)
{
    arena = must(arena_new(2 * LESSON_ARENA_BYTES));
    scratch = must(arena_new(1 << 20));
    examples = must(calloc(MAX_EXAMPLES, sizeof(*examples)));
    load_course();
    for (int i = 1; i < n; i++)
        add_file(args[i]);
    for (uint16_t i = 0; i < course->n_languages; i++)
        add_course(course_in(course, course->languages[i], -1));
    add_noise();
    weigh_kinds();
    learn();
    fprintf(stderr, "%u examples\n", n_examples);
    print_weights();
    return 0;
}

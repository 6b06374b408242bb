/*
 * learn_safe FILE...: learns the weights of gateway/core/match/safe_learned.h from examples, and
 * prints them, two hexadecimal digits for each. A file named ...disclosures... holds messages that
 * tell of harm, one a line, any other those that do not. A logistic regression with steps of
 * AdaGrad, averaged. Nothing but the files is learned from, no list and no course, and no function
 * is called that rounds differently on another machine: the same bytes on every run, which ctest
 * `safe_learned` compares. From the top of the project, after a build:
 *
 *     tests/safe/learned.sh build/learn_safe --write
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "core/match/match.h"
#include "core/match/safe.h"
#include "core/match/safe_learned.h"

#define MAX_EXAMPLES 100000u
#define PASSES 2 /* from the second on, what came out wrong before counts more */
#define WRONG 3.0f
#define ROUNDS 40   /* of a pass */
#define UNSTEADY 10 /* rounds at the begin, which do not count for the average */
#define STEP 0.3
#define DECAY 5e-4 /* of a weight at each example: keeps words small that are seen once */
#define NOISES 600
#define NOISE 0.3f   /* worth of one */
#define COURSE 0.15f /* worth of a sentence of the course: nobody types it but to answer */

struct example {
    uint32_t *features;
    uint32_t n;
    bool is_harm;
    float worth;
};

static struct arena *scratch;
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
        fail("no memory, or no such file");
    return p;
}

static void add_example(struct str text, bool is_harm, float worth)
{
    static uint32_t found[SAFE_MAX_FOUND];
    arena_reset(scratch);
    struct safe_words words = safe_split(match_normalise(text, scratch), scratch);
    size_t n_part = words.n < SAFE_PART_WORDS ? words.n : SAFE_PART_WORDS;
    uint32_t n = safe_features(words.list, n_part, found);
    if (n == 0)
        return;
    if (n_examples == MAX_EXAMPLES)
        fail("too many examples");
    uint32_t *copy = must(malloc(n * sizeof(*copy)));
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
            add_example(text, strstr(path, "disclosures") != NULL,
                        strstr(path, "course-") != NULL ? COURSE : 1);
    }
    if (fclose(file) != 0)
        fail("a file could not be read");
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

/* 1 / (1 + e^-x), by products alone: exp() of another machine may differ in its last digit. */
static double likely_of(double x)
{
    double power = 1 - (x < -30 ? -30 : x > 30 ? 30 : x) / 4096;
    for (int i = 0; i < 12; i++)
        power *= power;
    return 1 / (1 + power);
}

static double score_of(const struct example *e, const double *of)
{
    double sum = 0;
    for (uint32_t i = 0; i < e->n; i++)
        sum += of[e->features[i]];
    return sum / sqrt(e->n + SAFE_FEW) + of[0];
}

static void step(uint32_t at, double slope)
{
    squares[at] += slope * slope;
    weights[at] -= STEP * slope / sqrt(squares[at] + 1e-8);
}

static void learn_example(const struct example *e)
{
    for (uint32_t i = 0; i < e->n; i++)
        weights[e->features[i]] *= 1 - DECAY;
    double slope = (likely_of(score_of(e, weights)) - e->is_harm) * (double)e->worth;
    for (uint32_t i = 0; i < e->n; i++)
        step(e->features[i], slope / sqrt(e->n + SAFE_FEW));
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
    static uint64_t state = 1;
    memset(weights, 0, sizeof(weights));
    memset(squares, 0, sizeof(squares));
    memset(sums, 0, sizeof(sums));
    for (int round = 0; round < ROUNDS; round++) {
        shuffle(&state);
        for (uint32_t i = 0; i < n_examples; i++)
            learn_example(&examples[i]);
        for (uint32_t i = 0; i < SAFE_FEATURES && round >= UNSTEADY; i++)
            sums[i] += weights[i];
    }
}

static void weigh_wrong(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_examples; i++) {
        struct example *e = &examples[i];
        if ((score_of(e, sums) > 0) != e->is_harm) {
            e->worth *= WRONG;
            n++;
        }
    }
    fprintf(stderr, "%u of %u examples come out wrong\n", n, n_examples);
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
    scratch = must(arena_new(1 << 20));
    examples = must(calloc(MAX_EXAMPLES, sizeof(*examples)));
    for (int i = 1; i < n; i++)
        add_file(args[i]);
    add_noise();
    weigh_kinds();
    for (int pass = 0; pass < PASSES; pass++) {
        learn();
        weigh_wrong();
    }
    print_weights();
    return 0;
}

/*
 * How hard a course is to read, and how long to read aloud: hints for authors, no mistakes.
 *
 * The grade is Flesch and Kincaid's, which knows English only (docs/course-rules.md 6.4.2: at most
 * 7 for readers of level B1). Syllables are guessed from vowels, so that a tenth more or less means
 * nothing.
 */
#include <ctype.h>
#include <string.h>

#include "core/lesson/lesson.h"

#define WORDS_A_MINUTE 130u /* read aloud, slowly */
#define HARD_GRADE 7.0
#define N_HARDEST 5u

struct counts {
    uint32_t n_words, n_sentences, n_syllables;
};

static bool is_vowel(char c)
{
    return c != '\0' && strchr("aeiouy", tolower((unsigned char)c)) != NULL;
}

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80 || c == '\'';
}

static uint32_t count_syllables(struct str word)
{
    uint32_t n = 0;
    for (size_t i = 0; i < word.len; i++)
        n += is_vowel(word.p[i]) && (i == 0 || !is_vowel(word.p[i - 1]));
    bool is_silent = word.len > 2 && tolower((unsigned char)word.p[word.len - 1]) == 'e' &&
                     !is_vowel(word.p[word.len - 2]) && word.p[word.len - 2] != 'l';
    return n > 1 ? n - is_silent : 1;
}

static void count(struct str text, struct counts *ret)
{
    bool has_words = false;
    for (size_t i = 0; i < text.len;) {
        size_t end = i;
        while (end < text.len && is_letter(text.p[end]))
            end++;
        if (end > i) {
            ret->n_words++;
            ret->n_syllables += count_syllables(str_sub(text, i, end));
            has_words = true;
        } else {
            bool is_end = strchr(".!?:;\n", text.p[i]) != NULL && text.p[i] != '\0';
            ret->n_sentences += is_end && has_words;
            has_words &= !is_end;
            end = i + 1;
        }
        i = end;
    }
    ret->n_sentences += has_words;
}

static void count_unit(const struct unit *unit, struct counts *ret)
{
    const struct question *q = unit->question;
    for (uint16_t i = 0; i < unit->n_screens; i++)
        count(unit->screens[i], ret);
    if (q == NULL)
        return;
    count(q->stem, ret);
    for (uint8_t i = 0; i < q->n_choices; i++)
        count(q->choices[i].text, ret);
    count(q->feedback, ret);
}

static double grade_of(struct counts c)
{
    return c.n_words == 0 || c.n_sentences == 0
               ? 0
               : 0.39 * c.n_words / c.n_sentences + 11.8 * c.n_syllables / c.n_words - 15.59;
}

/* The hardest lessons, by one pass for each: a course is short. */
static void tell_hardest(const struct course *course, struct buf *out)
{
    double below = 1000;
    for (uint32_t n = 0; n < N_HARDEST; n++) {
        const struct unit *hardest = NULL;
        double grade = HARD_GRADE;
        for (uint16_t i = 0; i < course->n_units; i++) {
            struct counts c = {0};
            if (course->units[i].question != NULL)
                continue;
            count_unit(&course->units[i], &c);
            if (grade_of(c) > grade && grade_of(c) < below) {
                hardest = &course->units[i];
                grade = grade_of(c);
            }
        }
        if (hardest == NULL)
            break;
        buf_addf(out, "%s%.*s %.1f", n == 0 ? "; hardest: " : ", ", STR_ARG(hardest->id), grade);
        below = grade;
    }
}

void lesson_tell_reading(const struct course *course, struct buf *out)
{
    struct counts all = {0};
    uint32_t longest = 0;
    for (uint16_t m = 0; m < course->n_modules; m++) {
        struct counts module = {0};
        for (uint16_t i = 0; i < course->modules[m].n_units; i++)
            count_unit(&course->units[course->modules[m].first_unit + i], &module);
        all.n_words += module.n_words;
        all.n_sentences += module.n_sentences;
        all.n_syllables += module.n_syllables;
        longest = module.n_words > longest ? module.n_words : longest;
    }
    if (all.n_words == 0)
        return; /* nothing could be read */
    uint32_t minutes = all.n_words / WORDS_A_MINUTE + 1;
    buf_addf(out, "%.*s: %u word%s; read aloud %u minute%s, the longest module %u",
             STR_ARG(course->language), all.n_words, str_s(all.n_words), minutes, str_s(minutes),
             longest / WORDS_A_MINUTE + 1);
    if (str_eq(course->language, STR("en"))) {
        buf_addf(out, "; reading grade %.1f (B1: at most 7)", grade_of(all));
        tell_hardest(course, out);
    }
    buf_add_char(out, '\n');
}

/*
 * What people say in sentences of their own, by the phrases of the pack: a command, how they are,
 * kind words, a time of day. Who wants no more messages: stop.c.
 */
#include "core/match/match.h"
#include "core/match/phrase.h"
#include "core/match/safe.h"

#include <string.h>

#define N_DAYTIMES 3 /* choices of the planning question */

enum mood match_mood(const struct vocabulary *words, struct str normalised)
{
    static const struct {
        enum word_list list;
        enum mood mood;
    } rows[] = {{PHRASES_FOR_NOW, MOOD_BUSY},
                {PHRASES_LATER, MOOD_BUSY},
                {PHRASES_UNCLEAR, MOOD_LOST},
                {PHRASES_FINISHED, MOOD_THROUGH},
                {PHRASES_WHEN, MOOD_WHEN}};
    for (size_t i = 0; i < ARRAY_LEN(rows) && !phrase_is_key(normalised); i++) {
        if (phrase_is_whole(words, rows[i].list, normalised))
            return rows[i].mood;
    }
    return MOOD_NONE;
}

enum command match_sentence(const struct vocabulary *words, struct str normalised)
{
    static const struct {
        enum word_list list;
        enum command command;
    } rows[] = {{PHRASES_HELP, COMMAND_HELP},       {PHRASES_COST, COMMAND_HELP},
                {PHRASES_JOIN, COMMAND_JOIN},       {PHRASES_PERSON, COMMAND_ASK},
                {PHRASES_COURSES, COMMAND_COURSES}, {PHRASES_DELETE, COMMAND_DELETE},
                {PHRASES_MYDATA, COMMAND_MYDATA},   {PHRASES_MOVE, COMMAND_MOVE},
                {PHRASES_NEXT, COMMAND_NEXT},       {PHRASES_SWITCH, COMMAND_SWITCH},
                {PHRASES_SCORE, COMMAND_SCORE},     {PHRASES_REPEAT, COMMAND_REPEAT},
                {PHRASES_MENU, COMMAND_MENU},       {PHRASES_CERT, COMMAND_CERT},
                {PHRASES_PAUSE, COMMAND_PAUSE},     {PHRASES_LANG, COMMAND_LANG}};
    for (size_t i = 0; i < ARRAY_LEN(rows) && !phrase_is_key(normalised); i++) {
        if (phrase_is_whole(words, rows[i].list, normalised))
            return rows[i].command;
    }
    return COMMAND_NONE;
}

/* "Is anyone there", "I am going on holiday": who asks us for something, and not for a person. */
static bool is_about_us(const struct vocabulary *words, struct str normalised)
{
    enum command asked = match_sentence(words, normalised);
    return asked != COMMAND_NONE && asked != COMMAND_ASK;
}

bool match_may_tell(const struct course *course, struct str normalised, struct arena *arena)
{
    const struct vocabulary *words = course->words;
    const struct safe_pattern *found = match_find_safe(normalised, &course->safe, arena);
    if (found == NULL || found->n_slots > 0)
        return found != NULL;
    enum mood mood = match_mood(words, normalised);
    return (mood == MOOD_NONE || mood == MOOD_LOST) && !match_is_greeting(words, normalised) &&
           !match_is_go_on(words, normalised) && !is_about_us(words, normalised) &&
           match_agreement(words, normalised) == AGREEMENT_NONE;
}

/* ---- when somebody will learn ---- */

#define MAX_TIME_BYTES 64u /* a time of day is said in less */

static bool is_digit(struct str text, size_t at)
{
    return at < text.len && text.p[at] >= '0' && text.p[at] <= '9';
}

/* Minutes matter to nobody: "7:30" is "7:00", or with nothing in their place "7"; "20h30" is "20h".
 */
static struct str full_hours(struct str text, struct str minutes, char room[MAX_TIME_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_mark = text.p[i] == ':' || text.p[i] == '.' || text.p[i] == 'h';
        bool has_minutes = is_mark && i > 0 && is_digit(text, i - 1) && is_digit(text, i + 1) &&
                           is_digit(text, i + 2) && !is_digit(text, i + 3);
        struct str put = !has_minutes || text.p[i] == 'h' ? str_sub(text, i, i + 1) : minutes;
        memcpy(&room[n], put.p, put.len);
        n += put.len;
        i += has_minutes ? 2 : 0;
    }
    return (struct str){room, n};
}

/* An hour alone, also as 1800: behind noon it is one; no key of a menu is so large. */
static int32_t bare_hour(struct str text)
{
    uint64_t hour = 0;
    if (str_to_u64(text, 2359, &hour) != ERR_OK || hour <= N_DAYTIMES || hour == 9)
        return 0;
    hour = hour >= 100 ? hour / 100 : hour;
    return hour > 24 ? 0 : hour >= 17 && hour <= 22 ? N_DAYTIMES : -1;
}

static int32_t time_in_words(const struct vocabulary *words, struct str time)
{
    static const enum word_list lists[N_DAYTIMES] = {PHRASES_MORNING, PHRASES_MIDDAY,
                                                     PHRASES_EVENING};
    int32_t found = phrase_is_whole(words, PHRASES_ANY_TIME, time) ? -1 : 0;
    for (int32_t i = 0; i < N_DAYTIMES && found >= 0; i++) {
        if (phrase_is_whole(words, lists[i], time))
            found = found == 0 ? i + 1 : -1;
    }
    return found;
}

int32_t match_daytime(const struct vocabulary *words, struct str normalised)
{
    char room[MAX_TIME_BYTES];
    if (normalised.len > MAX_TIME_BYTES)
        return 0;
    if (phrase_is_key(normalised))
        return bare_hour(normalised);
    int32_t found = time_in_words(words, full_hours(normalised, STR(":00"), room));
    return found != 0 ? found : time_in_words(words, full_hours(normalised, STR(""), room));
}

bool match_asks_cost(const struct vocabulary *words, struct str normalised)
{
    return phrase_is_whole(words, PHRASES_COST, normalised);
}

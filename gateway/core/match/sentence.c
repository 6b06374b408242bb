/*
 * What people say in sentences of their own, by the phrases of the pack: a command, how they are,
 * kind words, a time of day. Who wants no more messages: stop.c.
 */
#include "core/match/match.h"
#include "core/match/phrase.h"

enum mood match_mood(const struct vocabulary *words, struct str normalised)
{
    static const struct {
        enum word_list list;
        enum mood mood;
    } rows[] = {{PHRASES_FOR_NOW, MOOD_BUSY},
                {PHRASES_LATER, MOOD_BUSY},
                {PHRASES_UNCLEAR, MOOD_LOST},
                {PHRASES_FINISHED, MOOD_THROUGH}};
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
    } rows[] = {{PHRASES_HELP, COMMAND_HELP},     {PHRASES_COST, COMMAND_HELP},
                {PHRASES_JOIN, COMMAND_JOIN},     {PHRASES_PERSON, COMMAND_ASK},
                {PHRASES_MYDATA, COMMAND_MYDATA}, {PHRASES_MOVE, COMMAND_MOVE},
                {PHRASES_NEXT, COMMAND_NEXT},     {PHRASES_SWITCH, COMMAND_SWITCH},
                {PHRASES_SCORE, COMMAND_SCORE},   {PHRASES_REPEAT, COMMAND_REPEAT}};
    for (size_t i = 0; i < ARRAY_LEN(rows) && !phrase_is_key(normalised); i++) {
        if (phrase_is_whole(words, rows[i].list, normalised))
            return rows[i].command;
    }
    return COMMAND_NONE;
}

bool match_is_greeting(const struct vocabulary *words, struct str normalised)
{
    return phrase_is_whole(words, PHRASES_THANKS, normalised);
}

int32_t match_daytime(const struct vocabulary *words, struct str normalised)
{
    static const enum word_list lists[] = {PHRASES_MORNING, PHRASES_MIDDAY, PHRASES_EVENING};
    int32_t found = 0;
    for (size_t i = 0; i < ARRAY_LEN(lists) && !phrase_is_key(normalised); i++) {
        if (phrase_is_whole(words, lists[i], normalised))
            found = found == 0 ? (int32_t)i + 1 : -1;
    }
    return found > 0 ? found : 0;
}

bool match_asks_cost(const struct vocabulary *words, struct str normalised)
{
    return phrase_is_whole(words, PHRASES_COST, normalised);
}

/*
 * Two commands and more in one message.
 */
#include "core/engine/command.h"
#include "core/engine/step.h"
#include "core/match/words.h"

/* Which commands stand in a text of nothing but commands and courtesy; false: another word does, or
 * fewer than two of them. "Next stop" is one of a road; words that only leave alone, as END and
 * CANCEL, may be about the other command. */
static bool find_several(const struct step *s, bool ret_has[N_COMMANDS])
{
    const struct vocabulary *words = s->course->words;
    unsigned n = 0;
    for (struct str rest = s->norm, word; (word = match_next_word(&rest)).p != NULL;) {
        enum command command = match_find_keyword(words, word).command;
        bool is_weak = command == COMMAND_STOP && !match_has_word(words, WORDS_STOP_STRONG, word);
        bool is_answer = command == COMMAND_YES || command == COMMAND_NO;
        bool is_beside = command == COMMAND_NONE && match_has_word(words, WORDS_COURTESY, word);
        if (is_weak || is_answer || (command == COMMAND_NONE && !is_beside))
            return false;
        n += command != COMMAND_NONE && !ret_has[command];
        ret_has[command] = true;
    }
    return n > 1 && !(n == 2 && ret_has[COMMAND_NEXT] && ret_has[COMMAND_STOP]);
}

/* Who leaves and is in danger leaves, and is heard. STOP ends a USSD session, but the screen of
 * SAFE has keys. */
static bool leave_and_tell(struct step *s, bool has_stop, bool has_safe)
{
    if (!has_stop && !has_safe)
        return false;
    engine_take_language(s, s->match.lang);
    if (has_stop)
        engine_stop(s);
    if (has_safe)
        engine_safe(s, true);
    s->out->is_open |= has_safe && s->input->via == VIA_USSD;
    return true;
}

/* Two commands in one message: what matters most, in the order of docs/course-rules.md 1.3.4. */
bool several_try(struct step *s)
{
    bool has[N_COMMANDS] = {false};
    if (s->is_everyday || !find_several(s, has) || understand_is_typed(s))
        return false;
    if (leave_and_tell(s, has[COMMAND_STOP], has[COMMAND_SAFE]))
        return true;
    struct command_match one = {.command = has[COMMAND_HELP]     ? COMMAND_HELP
                                           : has[COMMAND_DELETE] ? COMMAND_DELETE
                                                                 : COMMAND_NONE,
                                .argument = STR_NONE};
    if (one.command != COMMAND_NONE)
        return engine_command(s, &one);
    if (!understand_takes_any_text(s))
        return false;
    understand_ask_again(s, understand_excuse(s)); /* it is no answer */
    return true;
}

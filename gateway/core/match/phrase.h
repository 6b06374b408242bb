/*
 * phrase.h: is a text one of the phrases of a list? A phrase of a pack is slots with blanks
 * between, a slot is words that may stand there: "please/pls/- send/text me"; "-" says that none
 * need.
 */
#pragma once

#include "core/match/words.h"

/* Does the text begin with the phrase? Takes every word that fits; *ret_rest is what follows. */
bool phrase_begins(struct str text, struct str phrase, struct str *ret_rest);
/* Is the text a phrase of the list, with nothing around it but courtesy and words of beside? */
bool phrase_is_beside(const struct vocabulary *words, enum word_list list, enum word_list beside,
                      struct str text);
/* With courtesy or a STOP around it: "stop, wrong number". */
bool phrase_is_whole(const struct vocabulary *words, enum word_list list, struct str text);
/* No phrase, as most inputs: the key of an answer, or several. */
bool phrase_is_key(struct str text);

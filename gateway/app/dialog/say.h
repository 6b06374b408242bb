/*
 * say.h: what a dialog says, and by which way. For the files of this folder only.
 */
#pragma once

#include "app/dialog/internal.h"

/* By which way it came. */
enum via dialog_via(const struct inbound *inbound);
/* The USSD session has ended: nothing can be shown any more. */
bool dialog_is_over(const struct dialog *d);
/* Id of the course that a bare JOIN starts on this channel. */
struct str dialog_course_id(const struct dialog *d);
/* The version that the learner is on, or the one that new learners start. */
const struct course *dialog_course(const struct dialog *d, const struct learner *learner);
bool dialog_has_event(const struct outcome *out, enum event_kind kind);
struct last_reply_limits dialog_screen_limits(const struct dialog *d);
struct last_reply dialog_new_reply(const struct dialog *d, const struct learner *learner,
                                   struct str text, bool is_open);
/* The channel that its SMS go by; absent = none are sent. */
struct str dialog_sms_channel(const struct dialog *d);
/* What was encoded into the scratch buffer, in the arena; absent when it was too long. */
struct str dialog_take_scratch(struct dialog *d);
/* Keeps the reply of a step from `before` to next, which is complete but for that. */
void dialog_commit_reply(struct dialog *d, const struct last_reply *reply,
                         const struct learner *before, struct learner *next);
/* Somebody wrote, or was invited. */
bool dialog_knows_number(const struct dialog *d);
/* Ciphertext in the arena; key_id 0 in a dialog that does not know the number. False, as below:
 * broken. */
bool dialog_seal(struct dialog *d, struct str plain, struct vault_sealed *ret);
/* A USSD screen as the response to the callback. */
bool dialog_say_screen(struct dialog *d, struct last_reply *reply);
/* A disclosure: the focal points of the country, and the hook, are told that something waits, in
 * the same commit. */
bool dialog_alert(struct dialog *d, const struct outcome *out);
/* outcome.asks_operator: in the same commit. */
void dialog_ask_operator(struct dialog *d, const struct outcome *out);
/* The engine's reply, on the way that this channel has: into the response or the commit. Notes in
 * out->next what then stands on the phone. */
bool dialog_say(struct dialog *d, struct outcome *out);
/* The commit took place without its SMS. */
void dialog_refused(struct dialog *d, const char *refused_by);

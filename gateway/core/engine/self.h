/*
 * self.h: what people ask for beside learning: their data and consents (self.c), a person
 * (ask.c), what a certificate is (check.c); and what coordinators do (desk.c, correct.c).
 */
#pragma once

#include "core/engine/step.h"

/* ---- self.c ---- */

/* Who joins a group is asked whether its facilitator may see the nickname: is that due? */
bool self_share_is_asked(const struct step *s);
struct str self_share_screen(const struct step *s);
bool self_share_answer(struct step *s);
struct str self_choices_screen(const struct step *s);
bool self_choices_answer(struct step *s);
struct str self_data_screen(const struct step *s);
bool self_data_answer(struct step *s);
void self_data_unknown(struct step *s);
struct str self_consents_screen(const struct step *s);
bool self_consents_answer(struct step *s);
struct str self_leaving_screen(const struct step *s);
bool self_leaving_answer(struct step *s);
void self_my_data(struct step *s);
void self_leave(struct step *s);
/* Of a purpose, LEARNER_AGREED_: given, or refused and taken back. */
void self_agree(struct step *s, uint8_t purpose, bool is_given);

/* ---- ask.c ---- */

struct str ask_screen(const struct step *s);
bool ask_answer(struct step *s);
void ask_run(struct step *s);
/* CLAIM: the credential of the certificate, which people of the organisation sign, to an address.
 */
void ask_claim(struct step *s);
/* Where the badge is had by a link: gives one. */
void ask_send_link(struct step *s);
/* A person answers; who has left gets nothing. */
void ask_answered(struct step *s);

/* ---- check.c ---- */

/* CHECK: asks for the code, or says what it stands for. */
void check_ask(struct step *s);
/* CHECK and a code, wherever somebody is; a code alone. False: neither. */
bool check_try(struct step *s);
bool check_try_alone(struct step *s);
/* From a number that we do not know: answered without getting to know it. */
bool check_pass(struct step *s);
struct str check_screen(const struct step *s);
bool check_answer(struct step *s);

/* ---- desk.c ---- */

void engine_desk(struct step *s);

/* ---- correct.c ---- */

/* The question of a unit with the key that is in force. */
const struct question *correct_question(const struct step *s, const struct unit *unit);
void correct_desk(struct step *s);

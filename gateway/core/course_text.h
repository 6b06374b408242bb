/*
 * course_text.h: the system texts: what the gateway says that is not lesson material. They are
 * course content: an author changes them in course.md under `# text_<name>`.
 *
 * Longer than a header should be, since it is one table, which all who name a text read.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Columns: name, the placeholders that must not appear otherwise ({org} and so on;
 * blank-separated), what it is for. A course must have all of COURSE_TEXTS, its own or its pack's.
 * {course} (its name), {course_title} and {course_modules} (how many) may stand in every text. A
 * version that is published never changes, so texts that came later have one more column: the text
 * that is said where a course does not have them, or `nothing`.
 */
#define COURSE_PLACEHOLDERS "course course_title course_modules"
#define COURSE_TEXTS(X)                                                                            \
    X(hello, "org", "first contact that is no JOIN: who we are, how to start")                     \
    X(consent, "org url cost", "answer to JOIN: content, frequency, data, agree, HELP, STOP")      \
    X(consent_again, "", "consent not understood: 1 to agree, or STOP")                            \
    X(language, "options", "the language question; options are numbered lines")                    \
    X(role, "options", "the role question; options are numbered lines, last is 0 Skip")            \
    X(welcome, "n", "after the role: a short test first, n questions, no marks")                   \
    X(course_start, "", "after the pre-test: thanks, the course begins")                           \
    X(module_start, "n of title", "one line before the first unit of a module")                    \
    X(lesson, "text n of module", "a lesson screen in SMS and USSD, without its key line")         \
    X(next_key, "", "key line of a lesson: 9 Next")                                                \
    X(more_key, "", "key line of a USSD page that goes on: 9 More 0 Back")                         \
    X(question, "n of stem options", "a question with its numbered options")                       \
    X(question_open, "n of stem", "a question without options")                                    \
    X(reply_keys, "keys", "SMS key line of a question: Reply 1, 2 or 3")                           \
    X(reply_range, "low high", "SMS key line of a number question: Reply a number, low to high")   \
    X(reply_text, "max", "SMS key line of an open question, at most max letters; 9 skips")         \
    X(right, "feedback", "after a right answer")                                                   \
    X(wrong, "key feedback", "after another answer: never 'wrong'; key is the right one")          \
    X(module_done, "n right total", "end of a module")                                             \
    X(posttest_start, "n", "before the post-test")                                                 \
    X(certificate, "score code url", "passed: score in percent, certificate code, where to check") \
    X(certificate_none, "", "CERT before there is one")                                            \
    X(retake, "right total need hours", "post-test below the pass mark: when to try again")        \
    X(retake_wait, "hours", "NEXT before the waiting time is over")                                \
    X(retake_over, "right total", "no tries left; the course counts as completed")                 \
    X(survey_invite, "n", "optional survey: 1 yes, 2 no thanks")                                   \
    X(survey_thanks, "", "after the last survey answer")                                           \
    X(done, "", "any input after the end: finished, MENU, CERT")                                   \
    X(followup_invite, "org", "8 to 12 weeks later, before the follow-up questions")               \
    X(followup_thanks, "", "after the last follow-up answer")                                      \
    X(help, "org code", "HELP")                                                                    \
    X(menu, "place",                                                                               \
      "MENU: 1 Continue (place) 2 Modules 3 My score 4 Language 5 Help 6 Safe 0 Exit")             \
    X(modules, "lines", "menu 2: one line per module")                                             \
    X(module_line_done, "n title right total", "a finished module in that list")                   \
    X(module_line_now, "n title", "the present module in that list")                               \
    X(module_line_later, "n title", "a module to come in that list")                               \
    X(score, "module modules right total", "SCORE")                                                \
    X(go_on, "", "after HELP or SCORE during a lesson: REPEAT shows it again, 9 goes on")          \
    X(exit, "code", "menu 0 on USSD: the place is kept")                                           \
    X(resume, "place", "a new USSD session in mid-course: 1 Continue 2 Menu")                      \
    X(session_closed, "code", "one SMS after a dropped USSD session")                              \
    X(safe, "emergency helpline", "SAFE and the word list: nobody is promised")                    \
    X(safe_staffed, "emergency helpline staffed", "the same where a trained person reads")         \
    X(stop, "", "the one confirmation after STOP")                                                 \
    X(stopped, "", "USSD dial after STOP: JOIN by 1, or DELETE")                                   \
    X(delete_ask, "", "DELETE: send DELETE 1 to erase")                                            \
    X(delete_done, "", "after DELETE 1")                                                           \
    X(unknown_1, "", "not understood, first time; the question follows")                           \
    X(unknown_2, "", "second time; names MENU and HELP; the question follows")                     \
    X(unknown_3, "org contact", "third time and later: offers a person; the question follows")     \
    X(one_answer, "", "two answers in one message, or a letter that can be two things")            \
    X(late, "", "an answer that came more than 48 h after its question")                           \
    X(first_page, "", "BACK at the first page of a module")                                        \
    X(place_lesson, "n unit", "short place for MENU and resume: M3, lesson 2")                     \
    X(place_question, "n unit", "the same in a quiz: M3, question 2")                              \
    X(place_test, "unit", "the same in the pre- or post-test")                                     \
    X(place_other, "", "the same elsewhere")                                                       \
    X(busy, "", "USSD while the store is away: dial again in a minute, nothing is lost")

#define COURSE_LATER_TEXTS(X)                                                                      \
    X(keys_or, nothing, "keys last", "the last of several keys: 1, 2 or 3")                        \
    X(keys_to, nothing, "last", "more than four keys: 1 to 6")                                     \
    X(reply_several, reply_keys, "", "SMS key line where several options may be chosen")           \
    X(reply_word, nothing, "", "SMS key line of a question for a word")                            \
    X(question_keys, nothing, "", "USSD key line of a question: 0 Back 00 Menu")                   \
    X(skip_keys, question_keys, "", "the same where 9 skips: in survey and follow-up")             \
    X(zero_keys, question_keys, "", "the same where 0 is an answer: 00 Menu")                      \
    X(back_keys, nothing, "", "USSD key line of a screen that only goes back")                     \
    X(first_more_key, more_key, "", "USSD key line of a page that goes on, where 0 leads nowhere") \
    X(first_key, next_key, "", "SMS key line of the first lesson: who is new must be told how")    \
    X(first_next_key, nothing, "", "USSD key line of a lesson where 0 leads nowhere")              \
    X(score_none, score, "module modules", "SCORE before the first question of a quiz")            \
    X(session_key, next_key, "", "SMS: the same behind every second lesson: a session is over")    \
    X(cost_normal, nothing, "", "in place of {cost} where the country's `cost` says the same")     \
    X(cost_free, nothing, "", "the same where SMS are free")                                       \
    X(help_new, help, "org code", "HELP from who has not joined, or has left")                     \
    X(help_consent, help, "org code", "HELP while consent is asked for: 1 agrees")                 \
    X(group_none, nothing, "", "MY DATA: in place of {group} where there is none")                 \
    X(module_read, nothing, "n", "end of a module without scored questions")                       \
    X(retake_now, nothing, "", "the place of who waited for another try, once the wait is over")   \
    X(declined, stop, "", "no to consent: nothing more is sent, and how to start all the same")    \
    X(stop_never, stop, "", "STOP from a number that never joined")                                \
    X(done_failed, done, "right total contact", "any input after the end, no tries left")          \
    X(erase_ask, delete_ask, "", "2 on the USSD screen after STOP: 22 erases")                     \
    X(erase_ask_shared, erase_ask, "name", "the same where others learn on this phone")            \
    X(delete_ask_never, delete_ask, "", "DELETE from a number that never joined")                  \
    X(delete_ask_shared, delete_ask, "name", "DELETE of one person on a shared phone")             \
    X(delete_done_shared, delete_done, "name", "after DELETE 1 there: the others go on")           \
    X(courses, nothing, "options", "the courses that may be begun; options are numbered lines")    \
    X(courses_more, nothing, "",                                                                   \
      "at the end of a course: how to see others, where there are some")                           \
    X(courses_none, nothing, "", "COURSES where there is no other to begin")                       \
    X(course_first, nothing, "other", "chosen: a course that another one must be finished for")    \
    X(course_later, nothing, "other", "chosen: another course, in the middle of this one")         \
    X(course_done, nothing, "other", "chosen: a course that this learner has finished")            \
    X(version_offer, nothing, "",                                                                  \
      "behind a finished module: a new version is there, 8 changes to it")                         \
    X(certificate_before, nothing, "other code", "CERT: of a course before this one")              \
    X(check_ask, nothing, "", "CHECK: the 12 digits are asked for")                                \
    X(check_valid, nothing, "title version modules hours month org",                               \
      "CHECK: the certificate of a course")                                                        \
    X(check_module, nothing, "n title version month org", "CHECK: the certificate of one module")  \
    X(check_none, nothing, "", "CHECK: nobody has this code")                                      \
    X(check_revoked, nothing, "code org", "CHECK: it was taken back")                              \
    X(check_mistyped, nothing, "", "CHECK: the check digit says that one digit is wrong")          \
    X(check_length, nothing, "", "CHECK: not 12 digits")                                           \
    X(check_later, nothing, "", "CHECK: too many in an hour")                                      \
    X(pin_offer, nothing, "", "CERT by SMS: CERT and four digits give the certificate a PIN")      \
    X(pin_set, nothing, "", "CERT and four digits: so it has, and who may ask for it")             \
    X(check_holder, nothing, "", "CHECK, a code and a PIN: it is right")                           \
    X(check_no_holder, nothing, "",                                                                \
      "CHECK, a code and a PIN: it is another one, or there is none")                              \
    X(certificate_keys, nothing, "",                                                               \
      "CERT on USSD: 4 digits give it a PIN, 1 its digital badge, 0 back")                         \
    X(claim, nothing, "org", "CLAIM alone: how the digital badge of a certificate is asked for")   \
    X(claimed, nothing, "org", "CLAIM and an e-mail address: the organisation has it")             \
    X(claim_link, nothing, "link",                                                                 \
      "CLAIM: where the badge can be had by a link, once, for 30 days")                            \
    X(module_offer, nothing, "n", "SMS, behind the quiz of a module: CERT makes its certificate")  \
    X(module_certificates, nothing, "list",                                                        \
      "CERT: certificates of modules; M1 4821 0937 5526, ...")                                     \
    X(module_more, nothing, "", "behind it: CERT again makes those of more modules")               \
    X(move_code, nothing, "number", "MOVE: the code with which the place comes to a new number")   \
    X(move_how, nothing, "contact", "who has another number now: what to do")                      \
    X(move_here, nothing, "", "that code, from the number that it was made on")                    \
    X(move_ask, nothing, "", "that code, from another number: 1 brings the place here, 0 not")     \
    X(move_pin, move_ask, "", "the same where the place has a PIN, which is asked for")            \
    X(move_full, nothing, "", "there is no room for one more person on this number")               \
    X(move_done, nothing, "", "the place is here now")                                             \
    X(move_name, nothing, "name", "behind it where others learn on this number, too")              \
    X(move_left, nothing, "org", "to the old number, once it has gone")                            \
    X(page_title, nothing, "", "public page: its title")                                           \
    X(page_digits, nothing, "", "public page: what is typed there")                                \
    X(page_check, nothing, "", "public page: its button")                                          \
    X(page_about, nothing, "", "public page: why it names nobody")                                 \
    X(page_scan, nothing, "", "public page: below the QR code")                                    \
    X(page_list, nothing, "", "public page: of several certificates at once")                      \
    X(page_list_codes, nothing, "", "there: what is typed")                                        \
    X(page_claim_title, nothing, "", "the page of that link: its title")                           \
    X(page_claim_ask, nothing, "", "there: what the badge is, and what the address is for")        \
    X(page_claim_email, nothing, "", "there: what is typed")                                       \
    X(page_claim_button, nothing, "", "there: asks for the badge")                                 \
    X(page_claim_waits, nothing, "", "there: it was asked for, and is not signed yet")             \
    X(page_claim_ready, nothing, "", "there: it can be saved")                                     \
    X(page_claim_fetch, nothing, "", "there: saves it")                                            \
    X(page_claim_gone, nothing, "", "there: it was saved before, or is too old")                   \
    X(language_only, nothing, "language", "LANG where there is one language")                      \
    X(language_later, nothing, "", "LANG where this module is not there in that language")         \
    X(safe_child, safe, "emergency helpline",                                                      \
      "the answer to a disclosure of who seems to be a child, until somebody has looked")          \
    X(safe_suicide, safe, "emergency helpline crisis",                                             \
      "the answer to who may take his or her life, where the country has a crisis line")           \
    X(safe_psea, safe, "emergency helpline psea",                                                  \
      "the answer to a complaint about aid staff, where the country has somebody apart for it")    \
    X(emergency_none, nothing, "", "in place of {emergency} where none is known")                  \
    X(call_free, nothing, "voice", "behind HELP where a missed call is NEXT: that it is free")     \
    X(group_joined, nothing, "group", "JOIN and a group code: which group it is")                  \
    X(share_ask, nothing, "group",                                                                 \
      "who joins a group: may its facilitator see the nickname? 1 yes 2 no")                       \
    X(group_unknown, nothing, "number", "no group has this code: check it, or go on without")      \
    X(group_closed, nothing, "group number", "nobody joins this group any more: whom to ask")      \
    X(group_alone, nothing, "", "GROUP from who leads none and is in none")                        \
    X(choices, nothing, "", "USSD menu 8: my data, pause, leave, stop, erase")                     \
    X(choices_lead, choices, "", "the same where this number leads a group: 8 my group")           \
    X(my_data, nothing, "org place answers language group purposes until",                         \
      "MY DATA: what we hold; 1 change what was agreed to, 2 erase, 0 back")                       \
    X(my_data_left, nothing, "answers until", "MY DATA after STOP")                                \
    X(my_data_none, nothing, "", "MY DATA of a number that never joined")                          \
    X(purposes, nothing, "",                                                                       \
      "six words with strokes between: course/reminders/survey/key messages/results/nickname")     \
    X(yes_no, nothing, "", "two words with a stroke between: yes/no")                              \
    X(consents, nothing, "options", "what was agreed to; options are numbered lines: 1 x: yes")    \
    X(leaving, nothing, "group name",                                                              \
      "LEAVE in a group on a shared phone: 1 the group, 2 the course")                             \
    X(group_left, nothing, "group number", "LEAVE of a group: the course goes on")                 \
    X(left, nothing, "name", "LEAVE of one person on a shared phone; who follows")                 \
    X(ask, nothing, "org", "ASK alone: what is the message for a person? 0 back")                  \
    X(ask_contact, nothing, "", "what 1 on USSD writes, where typing is hard: please contact me")  \
    X(asked, nothing, "org", "a message for a person was taken")                                   \
    X(asked_staffed, nothing, "org staffed", "the same where a person reads by that time")         \
    X(ask_enough, nothing, "", "the fourth message in a day")                                      \
    X(answered, nothing, "org text", "a person answers it")                                        \
    X(key_ask, nothing, "", "USSD, behind the first module: its key message by SMS? 1 yes 2 no")   \
    X(key_message, nothing, "n text", "that SMS")                                                  \
    X(by_sms_key, nothing, "", "USSD, after six screens: 8 goes on by SMS")                        \
    X(by_sms, nothing, "", "USSD, behind that key: the end of the session")                        \
    X(plan, nothing, "", "when will you learn? 1 morning 2 midday 3 evening 0 no reminders")       \
    X(module_done_next, module_done, "n right total when", "end of a module; when the next comes") \
    X(module_done_wait, module_done, "n right total when", "the same: it opens then, not before")  \
    X(place_module, place_other, "n", "short place behind a module: the next one")                 \
    X(place_last_test, place_other, "", "the same behind the last: the test at the end")           \
    X(place_start, place_other, "", "the same before the first test")                              \
    X(place_survey, place_other, "", "the same in the survey and the follow-up")                   \
    X(place_recall, place_other, "", "the same at an old question that comes again")               \
    X(place_done, place_other, "", "the same behind the end")                                      \
    X(reminder, nothing, "place", "after 2, 5 and 12 quiet days: the next step, PAUSE, STOP")      \
    X(paused, exit, "until", "PAUSE: no messages until then")                                      \
    X(pauses_over, exit, "until", "PAUSE for the third time")                                      \
    X(weekdays, nothing, "", "seven short names, Sunday first, a blank between")                   \
    X(months, nothing, "", "twelve short names, a blank between")                                  \
    X(recall, nothing, "", "before an old question that comes again")                              \
    X(retention_invite, nothing, "n", "a month after the end, before n old questions")             \
    X(refresh_start, nothing, "n", "REFRESH behind the end: before n old questions")               \
    X(recall_keys, nothing, "", "a key line more there: 9 skips the rest")                         \
    X(recall_done, done, "right total", "behind the last of them")                                 \
    X(thanks, nothing, "", "thanks, a greeting, a thumb up: how to go on follows")                 \
    X(later, nothing, "", "no time now: there is no hurry, the place is kept")                     \
    X(consent_later, consent_again, "", "the same before the consent: 1 agrees, whenever it is")   \
    X(unclear, nothing, "", "at a question, no idea what to do: how it is answered; it follows")   \
    X(finished, nothing, "place", "at a question, through with it: the present step; it follows")  \
    X(first_this, nothing, "",                                                                     \
      "sent where it must first be said who learns, or the PIN; that question follows")            \
    X(unknown_here, unknown_1, "", "not understood there for the second time; names HELP")         \
    X(who, nothing, "options", "shared phone: who is learning?")                                   \
    X(who_new, nothing, "", "its last option: somebody new")                                       \
    X(who_full, unknown_1, "", "there, not understood, and five people are on this phone already") \
    X(who_left, nothing, "name", "who was chosen has left the course: JOIN")                       \
    X(nickname, nothing, "options", "a nickname, typed or chosen by its number")                   \
    X(nickname_first, nickname, "options",                                                         \
      "the same for who learned here alone, before who is new")                                    \
    X(nicknames, nothing, "", "those that are offered, with blanks between")                       \
    X(nickname_taken, nothing, "", "somebody else on this phone has it")                           \
    X(pin_new, nothing, "name", "a PIN of four digits, or 0 for none")                             \
    X(pin, nothing, "name", "the PIN is asked for; 0 for another person")                          \
    X(pin_wrong, nothing, "name", "it was another one; pin follows")                               \
    X(pin_wait, nothing, "minutes", "too many tries: when the next one is taken")                  \
    X(push_name, nothing, "name", "in front of a push on a shared phone")                          \
    X(lead_pin, nothing, "number", "GROUP from a facilitator: the PIN is asked for")               \
    X(lead_pin_wait, pin_wait, "minutes", "the same there after too many tries")                   \
    X(lead, nothing, "number joined active done module unit percent", "the figures of a group")    \
    X(lead_finished, nothing, "number joined active done module",                                  \
      "the same where no question stands out")                                                     \
    X(lead_begun, nothing, "number joined active", "the same before anybody finished a module")    \
    X(lead_keys, nothing, "", "what a facilitator may ask for")                                    \
    X(lead_guide, nothing, "n title", "the guide of the next meeting")                             \
    X(lead_topic, nothing, "n title guide", "the same with the words of the module")               \
    X(lead_more, nothing, "number", "9: what else may be asked for")                               \
    X(lead_nudge, nothing, "", "which of four messages the group shall get")                       \
    X(lead_nudged, nothing, "", "it goes out")                                                     \
    X(lead_nudge_wait, nothing, "when", "one a week")                                              \
    X(nudge_1, nothing, "group place", "from the facilitator: your next step waits")               \
    X(nudge_2, nothing, "group place", "from the facilitator: we meet soon")                       \
    X(nudge_3, nothing, "group place", "from the facilitator: you do well")                        \
    X(nudge_4, nothing, "group place", "from the facilitator: ask if it is hard")                  \
    X(lead_quiet, nothing, "names", "members who were quiet and agreed to be named")               \
    X(lead_quiet_none, nothing, "", "there is none")                                               \
    X(lead_pace, nothing, "", "how the group shall learn")                                         \
    X(lead_ordered, nothing, "", "so it does")                                                     \
    X(lead_no_dates, nothing, "", "fixed dates, and the group has none")                           \
    X(lead_pause, nothing, "", "how long the group shall rest")                                    \
    X(lead_paused, nothing, "until", "so long it does")                                            \
    X(lead_resumed, nothing, "", "it goes on")                                                     \
    X(lead_no_quiz, nothing, "", "the module has no quiz")                                         \
    X(lead_quiz_done, nothing, "right total", "the group's quiz is over")                          \
    X(batch, nothing, "n", "in front of what came of each row of a batch")                         \
    X(batch_row, nothing, "name right total", "a row was taken")                                   \
    X(batch_name, nothing, "name", "no nickname")                                                  \
    X(batch_count, nothing, "name n answers total", "too few answers, or too many")                \
    X(batch_answer, nothing, "name n answer high", "one that the question does not have")          \
    X(batch_later, nothing, "name", "too many rows in one message")                                \
    X(batch_how, nothing, "number", "how a batch is written")                                      \
    X(batch_pin, nothing, "", "the PIN first, then the batch again")                               \
    X(lead_over, nothing, "", "the PIN was given long ago: GROUP again")                           \
    X(catch, nothing, "n summary total", "CATCH: a missed module in short; its questions follow")  \
    X(catch_lessons, nothing, "n right total", "too few right: its lessons come one at a time")    \
    X(catch_none, nothing, "", "CATCH where nobody is behind")                                     \
    X(module_done_behind, module_done, "n right total", "end of a module, for who is behind")      \
    X(menu_behind, menu, "place", "MENU for who is behind: 4 Catch up")                            \
    X(doubt, nothing, "",                                                                          \
      "quiet for so long that the number may be somebody else's: 1 go on, 2 new")                  \
    X(corrected, nothing, "stem key", "a question had a wrong key: it, and the right answer")      \
    X(corrected_test, nothing, "", "the same in the test, which is still to come for some")        \
    X(corrected_lesson, nothing, "text", "a lesson had an error: its right text")

/* What is said on USSD in place of another text: keys instead of typed words, and the key line that
 * each screen ends with (docs/course-rules.md 1.2 rule 2). Placeholders as there, and {code}. A
 * course may leave them out. */
#define COURSE_USSD_TEXTS(X)                                                                       \
    X(consent)                                                                                     \
    X(courses_more)                                                                                \
    X(welcome)                                                                                     \
    X(menu)                                                                                        \
    X(next_key)                                                                                    \
    X(module_done)                                                                                 \
    X(module_done_next)                                                                            \
    X(module_done_wait)                                                                            \
    X(paused)                                                                                      \
    X(pauses_over)                                                                                 \
    X(recall_keys)                                                                                 \
    X(recall_done)                                                                                 \
    X(module_read)                                                                                 \
    X(certificate)                                                                                 \
    X(certificate_none)                                                                            \
    X(retake)                                                                                      \
    X(retake_wait)                                                                                 \
    X(retake_now)                                                                                  \
    X(survey_thanks)                                                                               \
    X(done)                                                                                        \
    X(done_failed)                                                                                 \
    X(followup_thanks)                                                                             \
    X(help)                                                                                        \
    X(help_new)                                                                                    \
    X(go_on)                                                                                       \
    X(exit)                                                                                        \
    X(safe)                                                                                        \
    X(safe_staffed)                                                                                \
    X(safe_child)                                                                                  \
    X(safe_suicide)                                                                                \
    X(safe_psea)                                                                                   \
    X(stop)                                                                                        \
    X(stop_never)                                                                                  \
    X(declined)                                                                                    \
    X(delete_ask)                                                                                  \
    X(delete_done)                                                                                 \
    X(delete_ask_never)                                                                            \
    X(delete_ask_shared)                                                                           \
    X(delete_done_shared)                                                                          \
    X(course_done)                                                                                 \
    X(claim)                                                                                       \
    X(lead_over)                                                                                   \
    X(my_data_left)                                                                                \
    X(ask)                                                                                         \
    X(my_data_none)                                                                                \
    X(group_left)                                                                                  \
    X(left)                                                                                        \
    X(later)                                                                                       \
    X(unclear)                                                                                     \
    X(unknown_2)                                                                                   \
    X(unknown_3)                                                                                   \
    X(group_unknown)                                                                               \
    X(group_closed)                                                                                \
    X(who_full)                                                                                    \
    X(who)                                                                                         \
    X(module_certificates)                                                                         \
    X(module_more)                                                                                 \
    X(move_code)                                                                                   \
    X(check_ask)                                                                                   \
    X(lead_keys)                                                                                   \
    X(catch)                                                                                       \
    X(catch_lessons)                                                                               \
    X(menu_behind)

enum course_text {
#define COURSE_TEXT_ENUM(name, placeholders, purpose) COURSE_TEXT_##name,
#define COURSE_LATER_TEXT_ENUM(name, instead, placeholders, purpose) COURSE_TEXT_##name,
#define COURSE_USSD_TEXT_ENUM(name) COURSE_TEXT_ussd_##name,
    COURSE_TEXTS(COURSE_TEXT_ENUM) COURSE_LATER_TEXTS(COURSE_LATER_TEXT_ENUM)
        COURSE_USSD_TEXTS(COURSE_USSD_TEXT_ENUM)
#undef COURSE_TEXT_ENUM
#undef COURSE_LATER_TEXT_ENUM
#undef COURSE_USSD_TEXT_ENUM
            N_COURSE_TEXTS,
    COURSE_TEXT_nothing = N_COURSE_TEXTS
};

/* "hello", "consent" ... and the reverse; ERR_NOT_FOUND for an unknown name. */
const char *course_text_name(enum course_text text);
enum err course_text_find(struct str name, enum course_text *ret) MUST_CHECK;
/* Blank-separated placeholders that the text may use. */
const char *course_text_placeholders(enum course_text text);
/* What is said where a course does not have it: itself = a course must have it. */
enum course_text course_text_instead(enum course_text text);
/* May the text use this placeholder? */
bool course_text_has(enum course_text text, struct str placeholder);
/* The text for USSD of another; itself where there is none. */
enum course_text course_text_on_ussd(enum course_text text);
/* What it is for, in the words of COURSE_TEXTS: for authors. */
const char *course_text_purpose(enum course_text text);

/* A placeholder and what stands in its place; lists end with name NULL. */
struct course_var {
    const char *name;
    struct str value;
};
/* The value of the first of this name, "" where that is absent; absent: the list has none. */
struct str course_var_get(const struct course_var *vars, struct str name);
/* The next {name} at or behind *at: its name; moves *at behind it. Absent: no more. */
struct str course_text_placeholder(struct str text, size_t *at);
/* What is to stand there; absent: the placeholder stays, for its author to see. */
typedef struct str course_text_value(const void *ctx, struct str name);
/* The text with its placeholders filled in, in the arena; absent when that is full. */
struct str course_text_fill(struct str text, course_text_value *value, const void *ctx,
                            struct arena *arena);

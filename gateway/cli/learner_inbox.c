/* `waypost learner inbox`: what learners asked by ASK, for the people who answer. */
#include <stdio.h>
#include <string.h>

#include "cli/cases.h"
#include "cli/verbs.h"
#include "core/utf8.h"
#include "role/look_after.h"

#define ANSWER_MAX_CHARS 300u /* two SMS, with the name of the organisation */

static int inbox_list(struct cases *c)
{
    return cases_show(c, "inbox");
}

static int inbox_read(struct cases *c)
{
    return cases_show_text(c, "inbox");
}

static int inbox_acknowledge(struct cases *c)
{
    struct errmsg msg;
    enum err e = cases_acknowledge(c->db, "inbox", c->ref, &msg);
    if (e != ERR_OK)
        return cases_complain("inbox", e, &msg);
    printf("%.*s acknowledged\n", STR_ARG(c->ref));
    return EX_OK;
}

/* The n-th of inbox_answers, from 1; absent: there are less. */
static struct str approved(const struct config *config, uint64_t n)
{
    struct str rest = config->inbox_answers;
    for (struct str text; rest.p != NULL && (text = str_split(&rest, '|')).p != NULL;) {
        if (n-- == 1)
            return str_trim(text);
    }
    return STR_NONE;
}

/* By --choice a text that was approved, by --text one's own; how it is put on record. */
static int take_answer(struct cases *c, struct str *ret_text, struct str *ret_how)
{
    const char *choice = cli_get(c->args, "choice", NULL);
    const char *text = cli_get(c->args, "text", NULL);
    uint64_t n = 0;
    if ((choice == NULL) == (text == NULL)) {
        cli_complain("inbox answer: write either --choice N or --text TEXT");
        return EX_USAGE;
    }
    if (choice != NULL && str_to_u64(str_from(choice), 1000, &n) == ERR_OK)
        *ret_text = approved(&c->config, n);
    else if (choice == NULL)
        *ret_text = str_trim(str_from(text));
    if (str_is_empty(*ret_text) || utf8_count(*ret_text) > ANSWER_MAX_CHARS) {
        cli_complain("inbox answer: %s", choice != NULL
                                             ? "inbox_answers in the configuration has no such text"
                                             : "the text is empty, or longer than 300 letters");
        return EX_DATAERR;
    }
    *ret_how = choice != NULL ? arena_printf(c->arena, "choice %s", choice) : STR("own words");
    return EX_OK;
}

/* It is on record before it goes. */
static int inbox_answer(struct cases *c)
{
    struct errmsg msg;
    struct number_id id;
    struct str text = STR_NONE, how = STR_NONE;
    bool is_sent = false;
    int code = cases_config(c);
    if (code == EX_OK)
        code = take_answer(c, &text, &how);
    if (code != EX_OK)
        return code;
    enum err e = cases_answer(c->db, c->ref, how, &id, &msg);
    if (e != ERR_OK)
        return cases_complain("inbox", e, &msg);
    if (look_after_answer(&c->config, &id, text, &is_sent, &msg) != ERR_OK) {
        cli_complain("inbox: it is on record, but was not sent: %s", msg.text);
        return EX_UNAVAILABLE;
    }
    printf("%.*s %s\n", STR_ARG(c->ref),
           is_sent ? "answered"
                   : "not answered: the learner has left, was quiet for too long, or had enough "
                     "SMS today");
    return EX_OK;
}

static int inbox_key(struct cases *c)
{
    return cases_make_key(c, VAULT_READER_INBOX);
}

static const struct cases_verb verbs[] = {
    {"list", CASES_DATABASE, inbox_list},
    {"read", CASES_DATABASE | CASES_REF, inbox_read},
    {"acknowledge", CASES_DATABASE | CASES_REF, inbox_acknowledge},
    {"answer", CASES_DATABASE | CASES_REF, inbox_answer},
    {"key", CASES_FILE, inbox_key},
};

int learner_inbox(const struct cli_args *args)
{
    return cases_run(args, "inbox", verbs, ARRAY_LEN(verbs), 1);
}

/*
 * Moodle XML: the question bank of a Moodle. Lessons are its descriptions; what it has no place for
 * stands in elements <waypost>, which Moodle skips.
 */
#include <string.h>

#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"
#include "wire/doc.h"

/* ---- writing ---- */

static void add_element(const char *name, struct str text, struct buf *out)
{
    buf_addf(out, "    <%s>", name);
    xml_escape(text, out);
    buf_addf(out, "</%s>\n", name);
}

static void add_text(const char *name, struct str text, struct buf *out)
{
    buf_addf(out, "    <%s format=\"plain_text\"><text>", name);
    xml_escape(text, out);
    buf_addf(out, "</text></%s>\n", name);
}

static void add_notes(struct exchange *x, const struct exchange_item *item, struct buf *out)
{
    struct str note;
    for (uint32_t i = 0; (note = exchange_note_nth(x, item, i)).p != NULL; i++)
        add_element("waypost", note, out);
}

static void write_category(struct exchange *x, const struct exchange_item *module,
                           const struct exchange_item *heading, struct buf *out)
{
    buf_add_str(out, STR("  <question type=\"category\">\n    <category><text>$course$/top/"));
    xml_escape(exchange_category(x, module, heading), out);
    buf_add_str(out, STR("</text></category>\n"));
    const struct exchange_item *named = heading != NULL ? heading : module;
    if (named != NULL)
        add_notes(x, named, out);
    buf_add_str(out, STR("  </question>\n"));
}

static void write_answer(double weight, struct str text, struct str feedback, struct buf *out)
{
    buf_addf(out, "    <answer fraction=\"%.7g\" format=\"plain_text\"><text>", weight);
    xml_escape(text, out);
    buf_add_str(out, STR("</text><feedback format=\"plain_text\"><text>"));
    xml_escape(feedback, out);
    buf_add_str(out, STR("</text></feedback></answer>\n"));
}

static void write_options(const struct exchange_item *item, bool is_several, struct buf *out)
{
    uint32_t n_right = 0;
    for (uint32_t i = 0; i < item->n_options; i++)
        n_right += item->options[i].mark == LESSON_MARK_RIGHT;
    buf_addf(out,
             "    <single>%s</single>\n    <shuffleanswers>false</shuffleanswers>\n"
             "    <answernumbering>123</answernumbering>\n",
             is_several ? "false" : "true");
    for (uint32_t i = 0; i < item->n_options; i++) {
        const struct exchange_option *option = &item->options[i];
        bool is_right = option->mark == LESSON_MARK_RIGHT;
        write_answer(is_right     ? 100.0 / n_right
                     : is_several ? -100
                                  : 0,
                     option->text, exchange_option_feedback(item, option), out);
    }
}

static void write_words(const struct exchange_item *item, struct buf *out)
{
    for (struct str rest = item->answer; rest.p != NULL;)
        write_answer(100, str_trim(str_split(&rest, '|')), item->right, out);
    if (item->wrong.p != NULL)
        write_answer(0, STR("*"), item->wrong, out);
}

static void write_question(struct exchange *x, const struct exchange_item *item, struct buf *out)
{
    static const char *const types[] = {
        [EXCHANGE_ANSWER_CHOICE] = "multichoice", [EXCHANGE_ANSWER_SEVERAL] = "multichoice",
        [EXCHANGE_ANSWER_OPINION] = NULL,         [EXCHANGE_ANSWER_OPINIONS] = NULL,
        [EXCHANGE_ANSWER_NUMBER] = "numerical",   [EXCHANGE_ANSWER_OPEN] = "essay",
        [EXCHANGE_ANSWER_WORD] = "shortanswer"};
    enum exchange_answer answer = exchange_answer_of(item);
    if (types[answer] == NULL) {
        exchange_lose(x, item->pos, item->title,
                      "options without a right one: Moodle has no such question, it is left out",
                      "use xlsform, csv or xlsx for surveys");
        return;
    }
    buf_addf(out, "  <question type=\"%s\">\n    <name><text>%.*s</text></name>\n", types[answer],
             STR_ARG(item->id));
    add_text("questiontext", item->title, out);
    add_text("generalfeedback", item->feedback, out);
    add_element("idnumber", item->id, out);
    add_notes(x, item, out);
    if (item->n_options > 0)
        write_options(item, answer == EXCHANGE_ANSWER_SEVERAL, out);
    else if (answer == EXCHANGE_ANSWER_WORD)
        write_words(item, out);
    else if (answer == EXCHANGE_ANSWER_NUMBER)
        write_answer(100, STR("*"), STR(""), out); /* any number: the note has the range */
    buf_add_str(out, STR("  </question>\n"));
}

static void write_lesson(struct exchange *x, const struct exchange_item *item, struct buf *out)
{
    struct str all = item->title;
    for (uint32_t i = 0; i < item->n_screens; i++)
        all = arena_printf(x->arena, "%.*s\n\n%.*s", STR_ARG(all), STR_ARG(item->screens[i]));
    buf_addf(out, "  <question type=\"description\">\n    <name><text>%.*s</text></name>\n",
             STR_ARG(item->id));
    add_text("questiontext", all, out);
    add_element("idnumber", item->id, out);
    add_notes(x, item, out);
    buf_add_str(out, STR("  </question>\n"));
}

static void write_moodle(struct exchange *x, struct buf *out)
{
    static const struct exchange_tree tree = {write_category, write_question, write_lesson};
    buf_add_str(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>\n"));
    exchange_write_tree(x, &tree, out);
    buf_add_str(out, STR("</quiz>\n"));
}

/* ---- reading ---- */

struct moodle {
    struct exchange *x;
    struct str name;
    struct source_pos pos;
    const struct doc *question;
};

static struct str attribute(const struct doc *node, const char *name)
{
    for (const struct doc *a = node != NULL ? node->attribute : NULL; a != NULL; a = a->next) {
        if (str_eq(a->name, str_from(name)))
            return a->text;
    }
    return STR("");
}

/* The words of an element's <text>, plain: still with its line ends. */
static struct str raw_of(struct moodle *m, const struct doc *node)
{
    struct str text = node != NULL ? doc_content(node, "text") : STR_NONE;
    if (str_is_empty(text))
        return STR("");
    struct str form = attribute(node, "format");
    bool is_plain = str_eq(form, STR("plain_text")) || str_eq(form, STR("markdown"));
    return is_plain ? text : exchange_from_html(m->x, text, m->pos);
}

static struct str text_of(struct moodle *m, const struct doc *node)
{
    return exchange_text(m->x, raw_of(m, node));
}

static struct str text_or_none(struct moodle *m, const char *name)
{
    struct str text = text_of(m, doc_member(m->question, name));
    return str_is_empty(text) ? STR_NONE : text;
}

static struct str id_of(struct moodle *m)
{
    struct str id = exchange_text(m->x, doc_content(m->question, "idnumber"));
    if (str_is_empty(id))
        id = text_of(m, doc_member(m->question, "name"));
    return exchange_id(m->x, id, m->pos);
}

static void take_notes(struct moodle *m, struct exchange_item *item)
{
    for (const struct doc *node = m->question->first; node != NULL; node = node->next) {
        if (str_eq(node->name, STR("waypost")) && !exchange_note_take(m->x, item, node->text))
            exchange_lose(m->x, m->pos, node->text, "an unknown note is left out", "");
    }
}

/* Elements that are read, and those that say how a page looks and counts marks. */
static bool is_silent(const struct doc *node)
{
    static const char *const names =
        "name|questiontext|generalfeedback|idnumber|answer|single|correctfeedback|"
        "incorrectfeedback|partiallycorrectfeedback|category|waypost|defaultgrade|penalty|"
        "shuffleanswers|answernumbering|showstandardinstruction|shownumcorrect|synchronize|"
        "responseformat|responserequired|responsefieldlines|attachments|attachmentsrequired|"
        "minwordlimit|maxwordlimit|maxbytes|filetypeslist|unitgradingtype|unitpenalty|showunits|"
        "unitsleft";
    return str_word_index(names, '|', node->name) >= 0;
}

/* What else stands beside the words: hints, pictures, tags, units, notes for who gives marks. */
static void lose_rest(struct moodle *m)
{
    for (const struct doc *node = m->question->first; node != NULL; node = node->next) {
        struct str text = str_trim(node->text);
        bool is_empty =
            node->first == NULL && (text.len == 0 || str_word_index("0|false", '|', text) >= 0);
        if (!is_silent(node) && !is_empty)
            exchange_lose(m->x, (struct source_pos){m->name, node->line, 1}, node->name,
                          "this part of a question is left out",
                          "say it in words where it matters");
    }
}

static uint32_t read_answers(struct moodle *m, struct exchange_graded *list)
{
    uint32_t n = 0;
    for (const struct doc *node = m->question->first; node != NULL; node = node->next) {
        if (!str_eq(node->name, STR("answer")))
            continue;
        struct exchange_graded answer = {.text = text_of(m, node),
                                         .feedback = text_of(m, doc_member(node, "feedback"))};
        if (!exchange_number(attribute(node, "fraction"), &answer.weight))
            exchange_lose(m->x, m->pos, answer.text, "an answer without a fraction counts as wrong",
                          "write fraction=\"100\" where it is right");
        struct str spread = str_trim(doc_content(node, "tolerance"));
        if (!str_is_empty(spread) && !exchange_number(spread, &answer.spread))
            answer.spread = 1; /* not read, and so told */
        if (n < EXCHANGE_MAX_GRADED)
            list[n++] = answer;
        else
            exchange_lose(m->x, m->pos, answer.text, "too many answers: this one is left out",
                          "keep the most common ones");
    }
    return n;
}

static struct exchange_item *begin_question(struct moodle *m)
{
    exchange_need_heading(m->x, m->name, m->pos);
    struct exchange_item *item = exchange_add(m->x, EXCHANGE_QUESTION, m->pos);
    if (item == NULL)
        return NULL;
    item->id = id_of(m);
    item->title = exchange_line(m->x, raw_of(m, doc_member(m->question, "questiontext")));
    item->feedback = text_or_none(m, "generalfeedback");
    take_notes(m, item);
    lose_rest(m);
    return item;
}

static void read_category(struct moodle *m)
{
    struct exchange_item notes = {.is_required = true};
    take_notes(m, &notes);
    lose_rest(m);
    exchange_take_category(m->x, doc_content(doc_member(m->question, "category"), "text"), &notes,
                           m->pos);
}

static void read_description(struct moodle *m)
{
    exchange_need_module(m->x, m->name, m->pos);
    struct exchange_item *item = exchange_add(m->x, EXCHANGE_HEADING, m->pos);
    if (item == NULL)
        return;
    struct str name = text_of(m, doc_member(m->question, "name"));
    bool is_first = true;
    item->id = id_of(m);
    take_notes(m, item);
    lose_rest(m);
    for (struct str rest = raw_of(m, doc_member(m->question, "questiontext")); rest.p != NULL;) {
        size_t end = str_find(rest, STR("\n\n"));
        struct str part = exchange_text(m->x, str_sub(rest, 0, end));
        rest = end != SIZE_MAX ? str_sub(rest, end + 2, rest.len) : STR_NONE;
        if (is_first && rest.p != NULL)
            item->title = exchange_line(m->x, part);
        else if (!str_is_empty(part))
            exchange_add_screen(m->x, item, part);
        is_first = false;
    }
    if (str_is_empty(item->title))
        item->title = str_is_empty(name) ? STR("Text") : exchange_line(m->x, name);
    if (item->n_screens == 0)
        exchange_add_screen(m->x, item, item->title);
}

static void refuse_unanswered(struct moodle *m, const struct exchange_item *item)
{
    if (item->answer.p != NULL || item->n_options > 0)
        return;
    exchange_refuse(m->x, m->pos, item->title, "a question whose answers are none",
                    "give one answer the fraction 100");
    m->x->n--;
}

static void read_multichoice(struct moodle *m)
{
    struct exchange_graded list[EXCHANGE_MAX_GRADED];
    struct exchange_item *item = begin_question(m);
    uint32_t n = read_answers(m, list);
    if (item == NULL)
        return;
    struct str right = text_or_none(m, "correctfeedback");
    struct str wrong = text_or_none(m, "incorrectfeedback");
    item->right = right.p != NULL ? right : item->right;
    item->wrong = wrong.p != NULL ? wrong : item->wrong;
    if (text_or_none(m, "partiallycorrectfeedback").p != NULL)
        exchange_lose(m->x, m->pos, item->title, "feedback to partly right answers is left out",
                      "an answer is right or not");
    bool is_several = str_word_index("false|0", '|', doc_content(m->question, "single")) >= 0;
    exchange_take_options(m->x, item, list, n, is_several);
    refuse_unanswered(m, item);
}

static void read_true_false(struct moodle *m)
{
    struct exchange_graded list[EXCHANGE_MAX_GRADED];
    struct exchange_item *item = begin_question(m);
    uint32_t n = read_answers(m, list);
    for (uint32_t i = 0; i < n; i++)
        list[i].text = str_eq_nocase(list[i].text, STR("true")) ? STR("True") : STR("False");
    if (item == NULL)
        return;
    exchange_take_options(m->x, item, list, n, false);
    refuse_unanswered(m, item);
}

static void read_words(struct moodle *m)
{
    struct exchange_graded list[EXCHANGE_MAX_GRADED];
    struct exchange_item *item = begin_question(m);
    uint32_t n = read_answers(m, list);
    if (item == NULL)
        return;
    exchange_take_words(m->x, item, list, n);
    refuse_unanswered(m, item);
}

static void read_numerical(struct moodle *m)
{
    struct exchange_graded list[EXCHANGE_MAX_GRADED];
    struct exchange_item *item = begin_question(m);
    uint32_t n = read_answers(m, list);
    if (item == NULL || item->answer.p != NULL)
        return; /* a note has said it */
    exchange_take_numbers(m->x, item, list, n);
    refuse_unanswered(m, item);
}

static void read_essay(struct moodle *m)
{
    struct exchange_item *item = begin_question(m);
    if (item != NULL && item->answer.p == NULL)
        item->answer = STR("open 160");
}

static const struct {
    const char *type;
    void (*read)(struct moodle *m);
} types[] = {
    {"category", read_category},
    {"description", read_description},
    {"multichoice", read_multichoice},
    {"truefalse", read_true_false},
    {"shortanswer", read_words},
    {"numerical", read_numerical},
    {"essay", read_essay},
};

static void read_one(struct moodle *m)
{
    m->pos = (struct source_pos){m->name, m->question->line, 1};
    struct str type = attribute(m->question, "type");
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (str_eq(type, str_from(types[i].type))) {
            types[i].read(m);
            return;
        }
    }
    struct str name = text_of(m, doc_member(m->question, "name"));
    exchange_lose(m->x, m->pos,
                  arena_printf(m->x->arena, "%.*s (%.*s)", STR_ARG(name),
                               STR_ARG(type.len > 0 ? type : STR("without a type"))),
                  "a question of a kind that phones do not have is left out",
                  "ask it with options, words or a number");
}

static void read_moodle(struct exchange *x, struct str name, struct str text)
{
    struct moodle m = {.x = x, .name = name, .pos = {name, 1, 1}};
    const struct doc *document;
    uint32_t first = x->n;
    struct xml_fault fault = {.line = 1, .column = 1, .what = "no <quiz>: this is not Moodle XML"};
    enum err e = xml_read_file(text, EXCHANGE_MAX_BYTES, x->arena, &document, &fault);
    const struct doc *quiz = e == ERR_OK ? doc_member(document, "quiz") : NULL;
    if (quiz == NULL) {
        exchange_refuse(x, (struct source_pos){name, fault.line, fault.column}, STR_NONE,
                        fault.what,
                        "export the questions from Moodle's question bank as Moodle XML");
        return;
    }
    for (m.question = quiz->first; m.question != NULL; m.question = m.question->next) {
        if (str_eq(m.question->name, STR("question")) && arena_error(x->arena) == ERR_OK)
            read_one(&m);
        else
            exchange_lose(x, (struct source_pos){name, m.question->line, 1}, m.question->name,
                          "this is no question: it is left out", "");
    }
    exchange_refuse_unread(x, first);
}

const struct exchange_format exchange_moodle = {
    .name = "moodle-xml", .suffix = ".xml", .write = write_moodle, .read = read_moodle};

/* What forms of other tools share beyond texts: answers and feedback, notes, categories. */
#include <string.h>

#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"

/* ---- questions ---- */

struct str exchange_mark(enum lesson_mark mark)
{
    static const char *const words[] = {
        [LESSON_MARK_NONE] = "", [LESSON_MARK_OPEN] = "no", [LESSON_MARK_RIGHT] = "yes"};
    return str_from(words[mark]);
}

enum exchange_answer exchange_answer_of(const struct exchange_item *item)
{
    bool has_key = false, is_all = str_eq(str_trim(item->answer), STR("all"));
    for (uint32_t i = 0; i < item->n_options; i++)
        has_key |= item->options[i].mark == LESSON_MARK_RIGHT;
    if (item->n_options > 0 && is_all)
        return has_key ? EXCHANGE_ANSWER_SEVERAL : EXCHANGE_ANSWER_OPINIONS;
    if (item->n_options > 0)
        return has_key ? EXCHANGE_ANSWER_CHOICE : EXCHANGE_ANSWER_OPINION;
    if (str_find(item->answer, STR("..")) != SIZE_MAX)
        return EXCHANGE_ANSWER_NUMBER;
    bool is_open = str_eq(item->answer, STR("open")) || str_starts(item->answer, STR("open "));
    return is_open ? EXCHANGE_ANSWER_OPEN : EXCHANGE_ANSWER_WORD;
}

struct str exchange_option_feedback(const struct exchange_item *item,
                                    const struct exchange_option *option)
{
    if (option->feedback.p != NULL || option->mark == LESSON_MARK_NONE)
        return option->feedback;
    return option->mark == LESSON_MARK_RIGHT ? item->right : item->wrong;
}

/* Once a file of such a tool was read: takes it away again where it is the question's. */
static void settle_feedback(struct exchange_item *item)
{
    for (uint32_t i = 0; i < item->n_options; i++) {
        struct exchange_option *option = &item->options[i];
        struct str shared = option->mark == LESSON_MARK_RIGHT ? item->right : item->wrong;
        if (shared.p != NULL && str_eq(option->feedback, shared))
            option->feedback = STR_NONE;
    }
}

bool exchange_number(struct str text, double *ret)
{
    double number = 0, scale = 0;
    bool is_negative = str_starts(text, STR("-")), has_digit = false;
    for (size_t i = is_negative; i < text.len; i++) {
        char c = text.p[i];
        if (c == '.' && scale == 0) {
            scale = 1;
            continue;
        }
        if (c < '0' || c > '9' || text.len > 15)
            return false;
        scale /= 10; /* 0 before the point */
        number = scale > 0 ? number + (c - '0') * scale : number * 10 + (c - '0');
        has_digit = true;
    }
    *ret = is_negative ? -number : number;
    return has_digit;
}

/* Do all options that are right together have the same part of 100 percent? */
static bool is_shared(const struct exchange_graded *list, uint32_t n)
{
    double sum = 0, most = 0, least = 100;
    for (uint32_t i = 0; i < n; i++) {
        double weight = list[i].weight > 0 ? list[i].weight : 0;
        sum += weight;
        most = weight > most ? weight : most;
        least = weight > 0 && weight < least ? weight : least;
    }
    return most - least < 0.1 && sum > 99 && sum < 101;
}

/* What of marks has no place where an answer is right or not. */
static void lose_marks(struct exchange *x, const struct exchange_item *item,
                       const struct exchange_graded *list, uint32_t n, bool is_several)
{
    uint32_t n_full = 0, n_part = 0;
    for (uint32_t i = 0; i < n; i++) {
        n_full += list[i].weight >= 100;
        n_part += list[i].weight > 0 && list[i].weight < 100;
    }
    if (n_full + n_part == 0)
        exchange_lose(x, item->pos, item->title, "no option is right there",
                      "write [x] before the right one, or no boxes where it is about opinions");
    else if (is_several && !is_shared(list, n))
        exchange_lose(x, item->pos, item->title,
                      "options have marks of their own there: here all of them together are right",
                      "look whether each [x] belongs to the right answer");
    if (n_part > 0 && !is_several)
        exchange_lose(x, item->pos, item->title, "answers that are right in part count as others",
                      "one option is right, or write `= all` below the options");
    if (n_full > 1 && !is_several)
        exchange_lose(x, item->pos, item->title,
                      "several right options of which one is enough: the first stays right",
                      "join them, or write `= all` below the options");
}

void exchange_take_options(struct exchange *x, struct exchange_item *item,
                           const struct exchange_graded *list, uint32_t n, bool is_several)
{
    bool is_first = true, has_key = false;
    lose_marks(x, item, list, n, is_several);
    for (uint32_t i = 0; i < n; i++) {
        bool is_right = is_several ? list[i].weight > 0 : list[i].weight >= 100 && is_first;
        struct exchange_option *option = exchange_add_option(
            x, item, list[i].text, is_right ? LESSON_MARK_RIGHT : LESSON_MARK_OPEN);
        is_first &= !is_right;
        has_key |= is_right;
        if (option != NULL && !str_is_empty(list[i].feedback))
            option->feedback = list[i].feedback;
    }
    if (is_several && has_key)
        item->answer = STR("all");
    settle_feedback(item);
}

void exchange_take_words(struct exchange *x, struct exchange_item *item,
                         const struct exchange_graded *list, uint32_t n)
{
    bool is_first = true;
    for (uint32_t i = 0; i < n; i++) {
        const struct exchange_graded *a = &list[i];
        struct str feedback = str_is_empty(a->feedback) ? STR_NONE : a->feedback;
        if (str_eq(a->text, STR("*")) && a->weight == 0) {
            item->wrong = feedback;
            continue;
        }
        if (str_is_empty(a->text))
            continue;
        if (a->weight < 100 || str_find_char(a->text, '|') != SIZE_MAX) {
            exchange_lose(x, item->pos, a->text, "an answer that is right in part is left out",
                          "accepted words are right or not");
            continue;
        }
        if (!is_first && !str_eq(feedback, item->right))
            exchange_lose(x, item->pos, feedback, "feedback to one word is left out",
                          "there is one feedback for all accepted words");
        if (is_first)
            item->right = feedback;
        item->answer = is_first ? a->text
                                : arena_printf(x->arena, "%.*s | %.*s", STR_ARG(item->answer),
                                               STR_ARG(a->text));
        is_first = false;
    }
}

void exchange_take_numbers(struct exchange *x, struct exchange_item *item,
                           struct exchange_graded *list, uint32_t n)
{
    double unused;
    for (uint32_t i = 0; i < n; i++) {
        bool is_rest = str_eq(list[i].text, STR("*"));
        if (!is_rest && !exchange_number(list[i].text, &unused)) {
            exchange_lose(x, item->pos, list[i].text, "this is no number: it is left out",
                          "write the number in digits");
            list[i].text = STR("");
        } else if (list[i].spread != 0) {
            exchange_lose(x, item->pos, list[i].text,
                          "numbers near it are right there, here only this one is",
                          "list the accepted numbers as words, or ask with options");
        }
    }
    exchange_take_words(x, item, list, n);
}

/* ---- notes: a row each ---- */

static struct str note_kind(const struct exchange_item *item)
{
    return item->kind == EXCHANGE_MODULE ? item->module_kind : STR_NONE;
}

static struct str note_optional(const struct exchange_item *item)
{
    return item->is_required ? STR_NONE : STR("yes");
}

static struct str note_story(const struct exchange_item *item)
{
    return item->is_story ? STR("yes") : STR_NONE;
}

static struct str note_answer(const struct exchange_item *item)
{
    enum exchange_answer answer = exchange_answer_of(item);
    bool is_told = item->kind == EXCHANGE_QUESTION &&
                   (answer == EXCHANGE_ANSWER_OPEN || answer == EXCHANGE_ANSWER_NUMBER);
    return is_told ? item->answer : STR_NONE;
}

static void take_kind(struct exchange_item *item, struct str value)
{
    item->module_kind = value;
}

static void take_optional(struct exchange_item *item, struct str value)
{
    item->is_required = !str_eq(value, STR("yes"));
}

static void take_story(struct exchange_item *item, struct str value)
{
    item->is_story = str_eq(value, STR("yes"));
}

static void take_answer(struct exchange_item *item, struct str value)
{
    item->answer = value;
}

#define TEXT_NOTE(name)                                                                            \
    static struct str note_##name(const struct exchange_item *item)                                \
    {                                                                                              \
        return item->name;                                                                         \
    }                                                                                              \
    static void take_##name(struct exchange_item *item, struct str value)                          \
    {                                                                                              \
        item->name = value;                                                                        \
    }
TEXT_NOTE(source)
TEXT_NOTE(summary)
TEXT_NOTE(key_message)
TEXT_NOTE(guide)
TEXT_NOTE(forms)
TEXT_NOTE(condition)
TEXT_NOTE(right)
TEXT_NOTE(wrong)

static const struct {
    const char *name;
    struct str (*get)(const struct exchange_item *item);
    void (*take)(struct exchange_item *item, struct str value);
} note_rows[] = {
    {"summary", note_summary, take_summary}, {"key_message", note_key_message, take_key_message},
    {"guide", note_guide, take_guide},       {"forms", note_forms, take_forms},
    {"kind", note_kind, take_kind},          {"optional", note_optional, take_optional},
    {"story", note_story, take_story},       {"source", note_source, take_source},
    {"if", note_condition, take_condition},  {"right", note_right, take_right},
    {"wrong", note_wrong, take_wrong},       {"answer", note_answer, take_answer},
};

struct str exchange_note_nth(struct exchange *x, const struct exchange_item *item, uint32_t i)
{
    for (size_t row = 0; row < ARRAY_LEN(note_rows); row++) {
        struct str value = note_rows[row].get(item);
        if (value.p == NULL || i-- > 0)
            continue;
        struct buf line CLEANUP(buf_fini);
        buf_init(&line, EXCHANGE_MAX_BYTES);
        buf_addf(&line, "%s: ", note_rows[row].name);
        for (size_t at = 0; at < value.len; at++) {
            if (value.p[at] == '\\' || value.p[at] == '\n')
                buf_add_char(&line, '\\');
            buf_add_char(&line, value.p[at] == '\n' ? 'n' : value.p[at]);
        }
        return arena_str(x->arena, buf_str(&line));
    }
    return STR_NONE;
}

bool exchange_note_take(struct exchange *x, struct exchange_item *item, struct str note)
{
    struct str value = note, name = str_trim(str_split(&value, ':'));
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, EXCHANGE_MAX_BYTES);
    for (size_t i = 0; i < value.len; i++) {
        bool is_escape = value.p[i] == '\\' && i + 1 < value.len;
        i += is_escape;
        buf_add_char(&text, is_escape && value.p[i] == 'n' ? '\n' : value.p[i]);
    }
    for (size_t row = 0; row < ARRAY_LEN(note_rows); row++) {
        if (!str_eq(name, str_from(note_rows[row].name)))
            continue;
        note_rows[row].take(item, exchange_text(x, buf_str(&text)));
        return true;
    }
    return false;
}

/* ---- categories ---- */

static void add_segment(const struct exchange_item *item, struct buf *out)
{
    buf_addf(out, "%.*s: ", STR_ARG(item->id));
    for (size_t i = 0; i < item->title.len; i++) {
        if (item->title.p[i] == '/')
            buf_add_char(out, '/');
        buf_add_char(out, item->title.p[i]);
    }
}

struct str exchange_category(struct exchange *x, const struct exchange_item *module,
                             const struct exchange_item *heading)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, EXCHANGE_MAX_BYTES);
    if (module != NULL)
        add_segment(module, &out);
    if (heading != NULL) {
        buf_add_char(&out, '/');
        add_segment(heading, &out);
    }
    return arena_str(x->arena, buf_str(&out));
}

/* The next part of a path, its doubled slashes single; absent: no more. */
static struct str next_segment(struct exchange *x, struct str *path)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, EXCHANGE_MAX_BYTES);
    size_t i = 0;
    if (path->p == NULL)
        return STR_NONE;
    for (; i < path->len; i++) {
        bool is_double = path->p[i] == '/' && i + 1 < path->len && path->p[i + 1] == '/';
        if (path->p[i] == '/' && !is_double)
            break;
        buf_add_char(&out, path->p[i]);
        i += is_double;
    }
    *path = i < path->len ? str_sub(*path, i + 1, path->len) : STR_NONE;
    return exchange_line(x, buf_str(&out));
}

/* What was said of a module, in notes; they may be NULL. */
static void take_module_notes(struct exchange_item *module, const struct exchange_item *notes)
{
    module->module_kind = STR("lessons");
    if (notes == NULL)
        return;
    if (notes->module_kind.p != NULL)
        module->module_kind = notes->module_kind;
    module->is_required = notes->is_required;
    module->summary = notes->summary;
    module->key_message = notes->key_message;
    module->guide = notes->guide;
    module->forms = notes->forms;
}

/* Does the segment name this item? Else it becomes a new one. */
static void take_segment(struct exchange *x, struct str segment, enum exchange_kind kind,
                         const struct exchange_item *notes, struct source_pos pos)
{
    size_t colon = str_find(segment, STR(": "));
    struct str name = colon != SIZE_MAX ? str_sub(segment, 0, colon) : segment;
    struct str title = colon != SIZE_MAX ? str_sub(segment, colon + 2, segment.len) : segment;
    for (uint32_t i = x->n; i > 0 && x->items[i - 1].kind >= kind; i--) {
        const struct exchange_item *last = &x->items[i - 1];
        if (last->kind == kind && (str_eq(last->id, name) || str_eq(last->title, segment)))
            return;
        if (last->kind == kind)
            break;
    }
    struct exchange_item *item = exchange_add(x, kind, pos);
    if (item == NULL)
        return;
    item->title = title;
    item->id = exchange_id(x, name, pos);
    if (kind == EXCHANGE_MODULE)
        take_module_notes(item, notes);
    else if (notes != NULL)
        item->source = notes->source;
}

void exchange_take_category(struct exchange *x, struct str path, const struct exchange_item *notes,
                            struct source_pos pos)
{
    struct str segment, module = STR_NONE, heading = STR_NONE;
    path = str_trim(path);
    while ((segment = next_segment(x, &path)).p != NULL) {
        if (str_is_empty(segment) || segment.p[0] == '$' ||
            (module.p == NULL && str_eq(segment, STR("top"))))
            continue;
        if (module.p == NULL)
            module = segment;
        else
            heading = segment;
    }
    if (module.p != NULL)
        take_segment(x, module, EXCHANGE_MODULE, heading.p == NULL ? notes : NULL, pos);
    if (heading.p != NULL)
        take_segment(x, heading, EXCHANGE_HEADING, notes, pos);
}

/*
 * Moodle's GIFT: one question after another in a text file, a blank line between them.
 *
 *     $CATEGORY: m1: The situation/m1quiz: Quiz
 *
 *     // waypost source: CRC 1
 *     ::m1q1::A child is a person under...{
 *     ~15
 *     =18#Right for this option
 *     ####feedback to all answers
 *     }
 *
 * Lessons are GIFT's descriptions, texts without braces: title, blank line, screens. What GIFT has
 * no place for stands in comments that begin with "waypost"; other tools skip them.
 */
#include <string.h>

#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"

/* ---- writing ---- */

static void add_escaped(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '\n') {
            buf_add_str(out, STR("\\n"));
            continue;
        }
        if (strchr("~=#{}:\\", text.p[i]) != NULL)
            buf_add_char(out, '\\');
        buf_add_char(out, text.p[i]);
    }
}

/* Says that it is no HTML where it could be taken for it, or for a weight. */
static void add_text(struct str text, struct buf *out)
{
    bool is_doubtful = text.len > 0 && strchr("[%", text.p[0]) != NULL;
    if (is_doubtful || str_find_char(text, '<') != SIZE_MAX || str_find_char(text, '&') != SIZE_MAX)
        buf_add_str(out, STR("[plain]"));
    add_escaped(text, out);
}

static void add_feedback(struct str feedback, struct buf *out)
{
    if (feedback.p == NULL)
        return;
    buf_add_char(out, '#');
    add_text(feedback, out);
}

static void write_options(const struct exchange_item *item, bool is_several, struct buf *out)
{
    uint32_t n_right = 0;
    for (uint32_t i = 0; i < item->n_options; i++)
        n_right += item->options[i].mark == LESSON_MARK_RIGHT;
    for (uint32_t i = 0; i < item->n_options; i++) {
        const struct exchange_option *option = &item->options[i];
        bool is_right = option->mark == LESSON_MARK_RIGHT;
        if (!is_several)
            buf_add_char(out, is_right ? '=' : '~');
        else if (is_right && n_right == 1)
            buf_add_str(out, STR("~%100%"));
        else if (is_right)
            buf_addf(out, "~%%%.5f%%", 100.0 / n_right);
        else
            buf_add_str(out, STR("~%-100%"));
        add_text(option->text, out);
        add_feedback(exchange_option_feedback(item, option), out);
        buf_add_char(out, '\n');
    }
}

static void write_words(const struct exchange_item *item, struct buf *out)
{
    for (struct str rest = item->answer; rest.p != NULL;) {
        buf_add_char(out, '=');
        add_text(str_trim(str_split(&rest, '|')), out);
        add_feedback(item->right, out);
        buf_add_char(out, '\n');
    }
    if (item->wrong.p != NULL) {
        buf_add_str(out, STR("=%0%*"));
        add_feedback(item->wrong, out);
        buf_add_char(out, '\n');
    }
}

static void write_notes(struct exchange *x, const struct exchange_item *item, struct buf *out)
{
    struct str note;
    for (uint32_t i = 0; (note = exchange_note_nth(x, item, i)).p != NULL; i++)
        buf_addf(out, "// waypost %.*s\n", STR_ARG(note));
}

static void write_question(struct exchange *x, const struct exchange_item *item, struct buf *out)
{
    enum exchange_answer answer = exchange_answer_of(item);
    if (answer == EXCHANGE_ANSWER_OPINION || answer == EXCHANGE_ANSWER_OPINIONS) {
        exchange_lose(x, item->pos, item->title,
                      "options without a right one: GIFT has no such question, it is left out",
                      "use xlsform, csv or xlsx for surveys");
        return;
    }
    write_notes(x, item, out);
    buf_addf(out, "::%.*s::", STR_ARG(item->id));
    add_text(item->title, out);
    buf_add_str(out, STR("{\n"));
    if (item->n_options > 0)
        write_options(item, answer == EXCHANGE_ANSWER_SEVERAL, out);
    else if (answer == EXCHANGE_ANSWER_NUMBER)
        buf_addf(out, "#%.*s\n", STR_ARG(item->answer));
    else if (answer == EXCHANGE_ANSWER_WORD)
        write_words(item, out);
    if (item->feedback.p != NULL) {
        buf_add_str(out, STR("####"));
        add_text(item->feedback, out);
        buf_add_char(out, '\n');
    }
    buf_add_str(out, STR("}\n\n"));
}

static void write_lesson(struct exchange *x, const struct exchange_item *item, struct buf *out)
{
    write_notes(x, item, out);
    buf_addf(out, "::%.*s::", STR_ARG(item->id));
    struct str all = item->title;
    for (uint32_t i = 0; i < item->n_screens; i++)
        all = arena_printf(x->arena, "%.*s\n\n%.*s", STR_ARG(all), STR_ARG(item->screens[i]));
    add_text(all, out);
    buf_add_str(out, STR("\n\n"));
}

static void write_category(struct exchange *x, const struct exchange_item *module,
                           const struct exchange_item *heading, struct buf *out)
{
    write_notes(x, heading != NULL ? heading : module, out);
    buf_addf(out, "$CATEGORY: %.*s\n\n", STR_ARG(exchange_category(x, module, heading)));
}

static void write_gift(struct exchange *x, struct buf *out)
{
    static const struct exchange_tree tree = {write_category, write_question, write_lesson};
    exchange_write_tree(x, &tree, out);
}

/* ---- reading ---- */

struct gift {
    struct exchange *x;
    struct str name;
    struct source_pos pos;      /* of the question */
    struct exchange_item notes; /* of the next item; kind MODULE */
};

/* Where the first unescaped letter of a set stands; SIZE_MAX. */
static size_t find_sign(struct str s, size_t from, const char *set)
{
    for (size_t i = from; i < s.len; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (strchr(set, s.p[i]) != NULL)
            return i;
    }
    return SIZE_MAX;
}

static void add_unescaped(struct str raw, struct buf *out)
{
    for (size_t i = 0; i < raw.len; i++) {
        char next = raw.p[i] == '\\' && i + 1 < raw.len ? raw.p[i + 1] : '\0';
        bool is_escape = next != '\0' && strchr("n~=#{}:\\", next) != NULL;
        if (!is_escape)
            next = raw.p[i];
        buf_add_char(out, is_escape && next == 'n' ? '\n' : next);
        i += is_escape;
    }
}

/* Without escapes; "[html]" in front is read, and what looks like HTML in a text without it. */
static struct str read_text(struct gift *g, struct str raw)
{
    static const char *const forms[] = {"[html]", "[plain]", "[moodle]", "[markdown]"};
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, EXCHANGE_MAX_BYTES);
    raw = str_trim(raw);
    size_t form = 0;
    while (form < ARRAY_LEN(forms) && !str_starts(raw, str_from(forms[form])))
        form++;
    if (form < ARRAY_LEN(forms))
        raw = str_sub(raw, strlen(forms[form]), raw.len);
    add_unescaped(raw, &out);
    struct str text = arena_str(g->x->arena, buf_str(&out));
    bool is_html = form == 0 || (form != 1 && form != 3 && str_find_char(text, '<') != SIZE_MAX) ||
                   (form != 1 && str_find_char(text, '&') != SIZE_MAX);
    return is_html ? exchange_from_html(g->x, text, g->pos) : text;
}

static struct str read_line(struct gift *g, struct str raw)
{
    return exchange_text(g->x, read_text(g, raw));
}

static void read_weight(struct str *raw, double *weight)
{
    size_t end =
        raw->len > 1 && raw->p[0] == '%' ? str_find_char(str_sub(*raw, 1, 12), '%') : SIZE_MAX;
    if (end == SIZE_MAX || !exchange_number(str_sub(*raw, 1, end + 1), weight))
        return;
    *raw = str_sub(*raw, end + 2, raw->len);
}

/* All answers of a list; at most EXCHANGE_MAX_GRADED, what is beyond is told. */
static uint32_t read_list(struct gift *g, struct str rest, struct exchange_graded *list)
{
    uint32_t n = 0;
    for (size_t at; (at = find_sign(rest, 0, "=~")) != SIZE_MAX;) {
        size_t end = find_sign(rest, at + 1, "=~");
        struct str raw = str_trim(str_sub(rest, at + 1, end));
        struct exchange_graded answer = {.weight = rest.p[at] == '=' ? 100 : 0};
        rest = str_sub(rest, end, rest.len);
        read_weight(&raw, &answer.weight);
        size_t hash = find_sign(raw, 0, "#");
        answer.text = read_line(g, str_sub(raw, 0, hash));
        if (hash != SIZE_MAX && hash + 1 < raw.len)
            answer.feedback = read_line(g, str_sub(raw, hash + 1, raw.len));
        if (n < EXCHANGE_MAX_GRADED)
            list[n++] = answer;
        else
            exchange_lose(g->x, g->pos, answer.text, "too many answers: this one is left out",
                          "keep the most common ones");
    }
    return n;
}

static void read_options(struct gift *g, struct exchange_item *item, struct str raw)
{
    struct exchange_graded list[EXCHANGE_MAX_GRADED];
    uint32_t n = read_list(g, raw, list);
    exchange_take_options(g->x, item, list, n, find_sign(raw, 0, "=") == SIZE_MAX);
}

static void read_words(struct gift *g, struct exchange_item *item, struct str raw)
{
    struct exchange_graded list[EXCHANGE_MAX_GRADED];
    uint32_t n = read_list(g, raw, list);
    if (n > 0 && str_find(list[0].text, STR("->")) != SIZE_MAX)
        exchange_lose(g->x, item->pos, item->title, "a matching question is left out",
                      "ask one question for each pair");
    else
        exchange_take_words(g->x, item, list, n);
}

/* "0..10", of which both ends are whole numbers. */
static bool is_range(struct str text)
{
    size_t at = str_find(text, STR(".."));
    double low, high;
    struct str from = str_trim(str_sub(text, 0, at)),
               to = at != SIZE_MAX ? str_trim(str_sub(text, at + 2, text.len)) : STR("");
    return exchange_number(from, &low) && exchange_number(to, &high) && low < high &&
           str_find_char(from, '.') == SIZE_MAX && str_find_char(to, '.') == SIZE_MAX;
}

/* "1822:5#feedback", or a list of such answers behind = or ~. */
static void read_number(struct gift *g, struct exchange_item *item, struct str raw)
{
    struct exchange_graded list[EXCHANGE_MAX_GRADED] = {{.weight = 100}};
    struct str text = exchange_text(g->x, raw);
    uint32_t n = 1;
    if (item->answer.p != NULL)
        return; /* a note has said it */
    if (is_range(text)) {
        item->answer = text;
        exchange_lose(g->x, item->pos, raw,
                      "a range that is right becomes one that may be answered",
                      "no number is right or wrong here; ask with options to have a right one");
        return;
    }
    size_t hash = find_sign(text, 0, "#");
    list[0].text = str_trim(str_sub(text, 0, hash));
    if (hash != SIZE_MAX && find_sign(text, 0, "=~") == SIZE_MAX)
        list[0].feedback = read_line(g, str_sub(text, hash + 1, text.len));
    else if (find_sign(text, 0, "=~") != SIZE_MAX)
        n = read_list(g, text, list);
    for (uint32_t i = 0; i < n; i++) {
        struct str spread = list[i].text;
        list[i].text = str_trim(str_split(&spread, ':'));
        if (!str_is_empty(str_trim(spread)) && !exchange_number(str_trim(spread), &list[i].spread))
            list[i].spread = 1; /* not read, and so told */
    }
    exchange_take_numbers(g->x, item, list, n);
}

static bool read_true_false(struct gift *g, struct exchange_item *item, struct str raw)
{
    struct str rest = raw;
    struct str word = str_trim(str_split(&rest, '#'));
    bool is_true = str_eq_nocase(word, STR("t")) || str_eq_nocase(word, STR("true"));
    if (!is_true && !str_eq_nocase(word, STR("f")) && !str_eq_nocase(word, STR("false")))
        return false;
    (void)exchange_add_option(g->x, item, STR("True"),
                              is_true ? LESSON_MARK_RIGHT : LESSON_MARK_OPEN);
    (void)exchange_add_option(g->x, item, STR("False"),
                              is_true ? LESSON_MARK_OPEN : LESSON_MARK_RIGHT);
    struct str wrong = rest.p != NULL ? read_line(g, str_split(&rest, '#')) : STR("");
    struct str right = rest.p != NULL ? read_line(g, rest) : STR("");
    item->wrong = str_is_empty(wrong) ? STR_NONE : wrong;
    item->right = str_is_empty(right) ? STR_NONE : right;
    return true;
}

static void read_answers(struct gift *g, struct exchange_item *item, struct str raw)
{
    size_t general = find_sign(raw, 0, "#");
    while (general != SIZE_MAX && !str_starts(str_sub(raw, general, raw.len), STR("####")))
        general = find_sign(raw, general + 1, "#");
    if (general != SIZE_MAX) {
        struct str feedback = read_line(g, str_sub(raw, general + 4, raw.len));
        item->feedback = str_is_empty(feedback) ? STR_NONE : feedback;
    }
    raw = str_trim(str_sub(raw, 0, general));
    if (raw.len == 0 && item->answer.p == NULL)
        item->answer = STR("open 160");
    else if (raw.len > 0 && raw.p[0] == '#')
        read_number(g, item, str_sub(raw, 1, raw.len));
    else if (find_sign(raw, 0, "~") != SIZE_MAX)
        read_options(g, item, raw);
    else if (raw.len > 0 && !read_true_false(g, item, raw))
        read_words(g, item,
                   find_sign(raw, 0, "=") == 0 ? raw
                                               : arena_printf(g->x->arena, "=%.*s", STR_ARG(raw)));
    if (item->n_options == 0 && item->answer.p == NULL)
        g->x->n--; /* it was told why */
}

/* A text without braces: title, then screens. */
static void read_lesson(struct gift *g, struct str name, struct str raw)
{
    struct exchange_item *item = exchange_add(g->x, EXCHANGE_HEADING, g->pos);
    struct str rest = read_text(g, raw);
    if (item == NULL)
        return;
    bool is_first = true;
    while (rest.p != NULL) {
        size_t end = str_find(rest, STR("\n\n"));
        struct str part = exchange_text(g->x, str_sub(rest, 0, end));
        rest = end != SIZE_MAX ? str_sub(rest, end + 2, rest.len) : STR_NONE;
        if (is_first && rest.p != NULL)
            item->title = exchange_line(g->x, part);
        else if (!str_is_empty(part))
            exchange_add_screen(g->x, item, part);
        is_first = false;
    }
    if (item->title.p == NULL)
        item->title = str_is_empty(name) ? STR("Text") : exchange_line(g->x, name);
    item->id = exchange_id(g->x, str_is_empty(name) ? item->title : name, g->pos);
    item->is_story = g->notes.is_story;
    item->source = g->notes.source;
    if (item->n_screens == 0)
        exchange_add_screen(g->x, item, item->title);
}

static void read_question(struct gift *g, struct str raw)
{
    struct str name = STR("");
    if (str_starts(raw, STR("::"))) {
        size_t end = find_sign(raw, 2, ":");
        if (end != SIZE_MAX && end + 1 < raw.len && raw.p[end + 1] == ':') {
            name = read_line(g, str_sub(raw, 2, end));
            raw = str_sub(raw, end + 2, raw.len);
        }
    }
    size_t open = find_sign(raw, 0, "{"), close = find_sign(raw, open == SIZE_MAX ? 0 : open, "}");
    if (open == SIZE_MAX && close == SIZE_MAX) {
        exchange_need_module(g->x, g->name, g->pos);
        read_lesson(g, name, raw);
        return;
    }
    if (open == SIZE_MAX || close == SIZE_MAX) {
        exchange_refuse(g->x, g->pos, raw, "a question whose braces do not close",
                        "write { before its answers and } behind them; a brace of the text is "
                        "written \\{");
        return;
    }
    if (find_sign(raw, close + 1, "{}") != SIZE_MAX) {
        struct str rest = str_trim(str_sub(raw, close + 1, raw.len));
        exchange_refuse(g->x, g->pos, str_split(&rest, '\n'),
                        "two questions, or a brace too many, in one paragraph",
                        "put a blank line between questions; a brace of the text is written \\{");
        return;
    }
    exchange_need_heading(g->x, g->name, g->pos);
    struct exchange_item *item = exchange_add(g->x, EXCHANGE_QUESTION, g->pos);
    if (item == NULL)
        return;
    struct str before = read_line(g, str_sub(raw, 0, open));
    struct str after = read_line(g, str_sub(raw, close + 1, raw.len));
    struct exchange_option *options = item->options;
    *item = g->notes;
    item->kind = EXCHANGE_QUESTION;
    item->options = options;
    item->is_required = true;
    item->pos = g->pos;
    item->title =
        exchange_line(g->x, arena_printf(g->x->arena, "%.*s%s%.*s", STR_ARG(before),
                                         str_is_empty(after) ? "" : " ... ", STR_ARG(after)));
    item->id = exchange_id(g->x, name, g->pos);
    read_answers(g, item, str_sub(raw, open + 1, close));
}

static void read_chunk(struct gift *g, struct str raw)
{
    const struct str category = STR("$CATEGORY:");
    raw = str_trim(raw);
    while (str_starts(raw, category)) {
        struct str rest = str_sub(raw, category.len, raw.len);
        exchange_take_category(g->x, str_split(&rest, '\n'), &g->notes, g->pos);
        raw = str_trim(rest);
    }
    if (!str_is_empty(raw))
        read_question(g, raw);
    g->notes = (struct exchange_item){.is_required = true};
}

static void read_comment(struct gift *g, struct str line, struct source_pos pos)
{
    const struct str ours = STR("// waypost ");
    if (!str_starts(line, ours) ||
        !exchange_note_take(g->x, &g->notes, str_sub(line, ours.len, line.len)))
        exchange_lose(g->x, pos, line, "a comment is not carried", "keep the file that has it");
}

static void read_gift(struct exchange *x, struct str name, struct str text)
{
    struct gift g = {.x = x, .name = name, .notes = {.is_required = true}};
    struct buf chunk CLEANUP(buf_fini);
    buf_init(&chunk, EXCHANGE_MAX_BYTES);
    uint32_t line = 0;
    if (!exchange_is_text(x, name, text))
        return;
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_sub(text, 3, text.len);
    for (struct str rest = text; arena_error(x->arena) == ERR_OK;) {
        bool is_end = rest.p == NULL;
        struct str raw = is_end ? STR("") : str_split(&rest, '\n');
        struct str trimmed = str_trim(raw);
        line++;
        if (chunk.len == 0)
            g.pos = (struct source_pos){name, line, 1};
        if (str_starts(trimmed, STR("//")))
            read_comment(&g, trimmed, (struct source_pos){name, line, 1});
        else if (trimmed.len > 0)
            buf_add_str(&chunk, trimmed), buf_add_char(&chunk, '\n');
        else if (chunk.len > 0) {
            read_chunk(&g, arena_str(x->arena, buf_str(&chunk)));
            buf_reset(&chunk);
        }
        if (is_end)
            return;
    }
}

const struct exchange_format exchange_gift = {
    .name = "gift", .suffix = ".gift", .write = write_gift, .read = read_gift};

/* The list between a course and the forms of other tools: it is filled here, and walked. */
#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"

struct exchange_item *exchange_add(struct exchange *x, enum exchange_kind kind,
                                   struct source_pos pos)
{
    if (x->n == EXCHANGE_MAX_ITEMS) {
        if (x->findings->n_errors == 0)
            exchange_refuse(x, pos, STR_NONE, "more lessons and questions than a course may have",
                            "split the file");
        return NULL;
    }
    struct exchange_item *item = &x->items[x->n++];
    *item = (struct exchange_item){.kind = kind, .pos = pos, .is_required = true};
    if (kind == EXCHANGE_QUESTION)
        item->options = arena_new_array(x->arena, struct exchange_option, COURSE_MAX_CHOICES);
    if (kind == EXCHANGE_HEADING)
        item->screens = arena_new_array(x->arena, struct str, COURSE_MAX_SCREENS);
    return arena_error(x->arena) == ERR_OK ? item : NULL;
}

struct exchange_option *exchange_add_option(struct exchange *x, struct exchange_item *item,
                                            struct str text, enum lesson_mark mark)
{
    if (str_is_empty(text) || item->n_options == COURSE_MAX_CHOICES) {
        exchange_lose(x, item->pos, str_is_empty(text) ? item->title : text,
                      str_is_empty(text) ? "an option without text is left out"
                                         : "more than 9 options: this one is left out",
                      "each option needs words, and a key from 1 to 9");
        return NULL;
    }
    struct exchange_option *option = &item->options[item->n_options++];
    *option = (struct exchange_option){.text = text, .mark = mark};
    return option;
}

void exchange_add_screen(struct exchange *x, struct exchange_item *item, struct str text)
{
    if (item->n_screens < COURSE_MAX_SCREENS)
        item->screens[item->n_screens++] = text;
    else
        exchange_lose(x, item->pos, text, "more than 32 screens: this one is left out",
                      "begin a new lesson");
}

/* "Quiz one.gift" -> "Quiz one" */
static struct str stem_of(struct str name)
{
    size_t end = name.len;
    for (size_t i = 0; i < name.len; i++) {
        if (name.p[i] == '/')
            name = str_sub(name, i + 1, name.len), i = 0, end = name.len;
    }
    for (size_t i = name.len; i > 1; i--) {
        if (name.p[i - 1] == '.' && end == name.len)
            end = i - 1;
    }
    return str_sub(name, 0, end);
}

void exchange_need_module(struct exchange *x, struct str name, struct source_pos pos)
{
    struct exchange_item *item = x->n == 0 ? exchange_add(x, EXCHANGE_MODULE, pos) : NULL;
    if (item == NULL)
        return;
    item->title = exchange_line(x, stem_of(name));
    item->id = exchange_id(x, item->title, pos);
    item->module_kind = STR("lessons");
}

void exchange_need_heading(struct exchange *x, struct str name, struct source_pos pos)
{
    exchange_need_module(x, name, pos);
    const struct exchange_item *last = x->n > 0 ? &x->items[x->n - 1] : NULL;
    struct exchange_item *item = last != NULL && last->kind == EXCHANGE_MODULE
                                     ? exchange_add(x, EXCHANGE_HEADING, pos)
                                     : NULL;
    if (item == NULL)
        return;
    item->title = STR("Questions");
    item->id = exchange_id(
        x, arena_printf(x->arena, "%.*s_questions", STR_ARG(str_sub(last->id, 0, 16))), pos);
}

void exchange_write_tree(struct exchange *x, const struct exchange_tree *tree, struct buf *out)
{
    const struct exchange_item *module = NULL;
    bool is_deep = false;
    for (uint32_t i = 0; i < x->n && arena_error(x->arena) == ERR_OK; i++) {
        const struct exchange_item *item = &x->items[i];
        bool is_group = item->kind == EXCHANGE_HEADING && item->n_screens == 0;
        if (item->kind == EXCHANGE_MODULE)
            module = item;
        if (item->kind == EXCHANGE_MODULE || is_group ||
            (is_deep && item->kind == EXCHANGE_HEADING))
            tree->category(x, module, is_group ? item : NULL, out);
        is_deep = is_group || (is_deep && item->kind == EXCHANGE_QUESTION);
        if (item->kind == EXCHANGE_QUESTION)
            tree->question(x, item, out);
        else if (item->kind == EXCHANGE_HEADING && !is_group)
            tree->lesson(x, item, out);
    }
}

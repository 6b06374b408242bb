/* exchange.h: the table of formats; a course as a list, and a list as Markdown. */
#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"

#include <ctype.h>
#include <string.h>

/* ---- the formats ---- */

static const struct exchange_format *const formats[] = {
    &exchange_gift,    &exchange_aiken, &exchange_moodle,
    &exchange_xlsform, &exchange_csv,   &exchange_xlsx,
};

const struct exchange_format *exchange_format_nth(size_t i)
{
    return i < ARRAY_LEN(formats) ? formats[i] : NULL;
}

const struct exchange_format *exchange_format_find(struct str name)
{
    size_t i = 0;
    while (i < ARRAY_LEN(formats) && !str_eq(str_from(formats[i]->name), name))
        i++;
    return exchange_format_nth(i);
}

/* ---- the list ---- */

enum err exchange_init(struct exchange *x, struct arena *arena, struct lesson_findings *findings)
{
    *x = (struct exchange){.arena = arena,
                           .findings = findings,
                           .items =
                               arena_new_array(arena, struct exchange_item, EXCHANGE_MAX_ITEMS)};
    return arena_error(arena);
}

/* ---- from a course ---- */

/* "id: title" of a heading. */
static void take_heading(struct exchange_item *item, struct str text)
{
    size_t colon = str_find_char(text, ':');
    item->id = str_trim(str_sub(text, 0, colon));
    item->title = str_trim(str_sub(text, colon + 1, text.len));
}

static void take_note(struct exchange_item *item, const struct lesson_block *block)
{
    struct str label = str_sub(block->text, 0, 6), rest = str_sub(block->text, 6, block->text.len);
    if (block->is_in_item && item->n_options > 0)
        item->options[item->n_options - 1].feedback = block->text;
    else if (str_eq_nocase(label, STR("right:")))
        item->right = str_trim(rest);
    else if (str_eq_nocase(label, STR("wrong:")))
        item->wrong = str_trim(rest);
    else
        item->feedback = block->text;
}

/* One way to write what may be written in several: the sign between its parts as it is written. */
static struct str tidy(struct exchange *x, struct str text, const char *sign, const char *written)
{
    struct str all = STR_NONE;
    text = exchange_text(x, text);
    for (struct str rest = text; rest.p != NULL;) {
        struct str part = str_trim(str_split(&rest, sign[0]));
        all = all.p == NULL
                  ? part
                  : arena_printf(x->arena, "%.*s%s%.*s", STR_ARG(all), written, STR_ARG(part));
    }
    return all;
}

static void take_block(struct exchange *x, struct exchange_item *item,
                       const struct lesson_block *block)
{
    const struct str source = STR("source:");
    switch (block->kind) {
    case LESSON_BLOCK_HEADING:
        item =
            exchange_add(x, block->level == 1 ? EXCHANGE_HEADING : EXCHANGE_QUESTION, block->pos);
        if (item != NULL)
            take_heading(item, block->text);
        break;
    case LESSON_BLOCK_TEXT:
        exchange_add_screen(x, item, block->text);
        break;
    case LESSON_BLOCK_ITEM:
        (void)exchange_add_option(x, item, block->text, block->mark); /* none is empty here */
        break;
    case LESSON_BLOCK_NOTE:
        take_note(item, block);
        break;
    case LESSON_BLOCK_ANSWER:
        item->answer = tidy(x, block->text, "|", " | ");
        break;
    case LESSON_BLOCK_DIRECTIVE:
        item->is_story |= str_eq(block->text, STR("story"));
        if (str_starts(block->text, STR("if ")))
            item->condition =
                tidy(x, tidy(x, str_sub(block->text, 3, block->text.len), ",", " "), "=", " = ");
        break;
    case LESSON_BLOCK_COMMENT:
        if (str_starts(block->text, source))
            item->source = exchange_line(x, str_sub(block->text, source.len, block->text.len));
        else
            exchange_lose(x, block->pos, block->text, "a comment is not carried",
                          "keep this file; comments are for its readers");
        break;
    }
}

static void collect_module(struct exchange *x, const struct lesson_source *source, uint16_t index)
{
    static const char *const kinds[] = {
        [MODULE_ROLE] = "role",     [MODULE_LESSONS] = "lessons",   [MODULE_TEST] = "test",
        [MODULE_SURVEY] = "survey", [MODULE_FOLLOWUP] = "followup",
    };
    const struct module *module = &source->course.modules[index];
    struct exchange_item *item = exchange_add(x, EXCHANGE_MODULE, source->module_pos[index]);
    if (item == NULL)
        return;
    item->id = module->id;
    item->title = module->title;
    item->module_kind = str_from(kinds[module->kind]);
    item->is_required = module->is_required;
    item->summary = module->summary;
    item->key_message = module->key_message;
    item->guide = module->guide;
    if (module->n_forms > 0)
        item->forms = arena_printf(x->arena, "%u", module->n_forms);
    for (uint32_t f = 0; f < source->n_files; f++) {
        const struct lesson_blocks *blocks = &source->files[f];
        if (!str_eq(blocks->file, source->module_pos[index].file))
            continue;
        for (uint32_t i = 0; i < blocks->n && x->n > 0; i++)
            take_block(x, &x->items[x->n - 1], &blocks->list[i]);
    }
}

enum err exchange_collect(struct exchange *x, const struct lesson_source *source, struct str module)
{
    uint32_t n = x->n;
    for (uint16_t i = 0; i < source->course.n_modules; i++) {
        if (module.p == NULL || str_eq(source->course.modules[i].id, module))
            collect_module(x, source, i);
    }
    return x->n == n ? ERR_NOT_FOUND : arena_error(x->arena);
}

/* ---- to Markdown ---- */

struct draft {
    struct exchange *x;
    struct lesson_blocks blocks;
    uint32_t max;
};

static struct lesson_block *put(struct draft *d, enum lesson_block_kind kind, struct str text)
{
    struct lesson_block *block = &d->blocks.list[d->blocks.n];
    if (d->blocks.n + 1 < d->max)
        d->blocks.n++;
    *block = (struct lesson_block){.kind = kind, .text = text};
    return block;
}

static void put_notes(struct draft *d, const struct exchange_item *item)
{
    if (item->feedback.p != NULL)
        (void)put(d, LESSON_BLOCK_NOTE, item->feedback);
    if (item->right.p != NULL)
        (void)put(d, LESSON_BLOCK_NOTE,
                  arena_printf(d->x->arena, "right: %.*s", STR_ARG(item->right)));
    if (item->wrong.p != NULL)
        (void)put(d, LESSON_BLOCK_NOTE,
                  arena_printf(d->x->arena, "wrong: %.*s", STR_ARG(item->wrong)));
}

static void put_item(struct draft *d, const struct exchange_item *item)
{
    struct arena *arena = d->x->arena;
    struct str title = exchange_line(d->x, item->title);
    put(d, LESSON_BLOCK_HEADING,
        arena_printf(arena, "%.*s: %.*s", STR_ARG(item->id),
                     STR_ARG(str_is_empty(title) ? item->id : title)))
        ->level = item->kind == EXCHANGE_HEADING ? 1 : 2;
    if (item->is_story)
        (void)put(d, LESSON_BLOCK_DIRECTIVE, STR("story"));
    if (item->condition.p != NULL)
        (void)put(d, LESSON_BLOCK_DIRECTIVE,
                  arena_printf(arena, "if %.*s", STR_ARG(exchange_line(d->x, item->condition))));
    if (item->source.p != NULL)
        (void)put(d, LESSON_BLOCK_COMMENT,
                  arena_printf(arena, "source: %.*s", STR_ARG(exchange_line(d->x, item->source))));
    for (uint32_t i = 0; i < item->n_screens; i++)
        (void)put(d, LESSON_BLOCK_TEXT, item->screens[i]);
    for (uint32_t i = 0; i < item->n_options; i++) {
        put(d, LESSON_BLOCK_ITEM, item->options[i].text)->mark = item->options[i].mark;
        if (item->options[i].feedback.p != NULL)
            put(d, LESSON_BLOCK_NOTE, item->options[i].feedback)->is_in_item = true;
    }
    if (item->answer.p != NULL)
        (void)put(d, LESSON_BLOCK_ANSWER, exchange_line(d->x, item->answer));
    put_notes(d, item);
}

/* A title as YAML, in quotes where it is not plain. */
static struct str yaml_text(struct exchange *x, struct str text)
{
    struct buf out CLEANUP(buf_fini);
    bool is_plain = text.len > 0 && isalpha((unsigned char)text.p[0]);
    buf_init(&out, EXCHANGE_MAX_BYTES);
    for (size_t i = 0; i < text.len; i++)
        is_plain &= isalnum((unsigned char)text.p[i]) || strchr(" ()./", text.p[i]) != NULL;
    is_plain &= str_word_index("true|false|yes|no|on|off|null|y|n", '|', text) < 0;
    if (is_plain)
        return text;
    buf_add_char(&out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buf_add_char(&out, '\\');
        buf_add_char(&out, text.p[i]);
    }
    buf_add_char(&out, '"');
    return arena_str(x->arena, buf_str(&out));
}

static struct str front_line(struct exchange *x, const char *key, struct str text)
{
    return text.p == NULL ? STR("")
                          : arena_printf(x->arena, "\n%s: %.*s", key,
                                         STR_ARG(yaml_text(x, exchange_line(x, text))));
}

static struct str front_of(struct exchange *x, const struct exchange_item *module)
{
    uint64_t forms = 0;
    bool has_forms = module->forms.p != NULL &&
                     str_to_u64(str_trim(module->forms), COURSE_MAX_FORMS, &forms) == ERR_OK;
    if (module->forms.p != NULL && !has_forms)
        exchange_lose(x, module->pos, module->forms, "this is no number of equal forms of a test",
                      "write a number, such as 3");
    return arena_printf(
        x->arena, "---\nmodule: %.*s%.*s\nkind: %.*s\nrequired: %s%.*s%.*s%.*s%.*s",
        STR_ARG(module->id), STR_ARG(front_line(x, "title", module->title)),
        STR_ARG(exchange_line(x, module->module_kind)), module->is_required ? "true" : "false",
        STR_ARG(has_forms ? arena_printf(x->arena, "\nforms: %u", (unsigned)forms) : STR("")),
        STR_ARG(front_line(x, "summary", module->summary)),
        STR_ARG(front_line(x, "key_message", module->key_message)),
        STR_ARG(front_line(x, "guide", module->guide)));
}

void exchange_markdown(struct exchange *x, uint32_t i, struct buf *out)
{
    const struct exchange_item *module = &x->items[i];
    uint32_t end = i + 1;
    struct draft d = {.x = x, .max = 8};
    for (; end < x->n && x->items[end].kind != EXCHANGE_MODULE; end++)
        d.max += 8 + x->items[end].n_screens + 2 * x->items[end].n_options;
    d.blocks =
        (struct lesson_blocks){.file = STR("module.md"),
                               .front = front_of(x, module),
                               .list = arena_new_array(x->arena, struct lesson_block, d.max)};
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct lesson_source source = {.is_ucs2 = true, .n_files = 1, .files = &d.blocks};
    if (arena_error(x->arena) != ERR_OK)
        return;
    for (uint32_t at = i + 1; at < end; at++)
        put_item(&d, &x->items[at]);
    if (arena_error(x->arena) == ERR_OK)
        lesson_format(&source, 0, scratch, out);
}

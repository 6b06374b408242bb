#include "port/sink/columns.h"

#include "port/store/store.h"

#define OID_BOOL 16
#define OID_BYTEA 17
#define OID_INT8 20
#define OID_INT4 23
#define OID_TEXT 25
#define OID_TIMESTAMPTZ 1184
#define OID_UUID 2950
#define PG_EPOCH_MS INT64_C(946684800000) /* 2000-01-01, from which PostgreSQL counts */

/* What a cell is made from; event is NULL in the columns of steps. */
struct item {
    const struct sink_step *step;
    const struct event *event;
    int32_t i_step, n; /* step from 1, as arrays in SQL; n of the event within it */
};

static void put_int32(struct buf *out, int32_t value)
{
    uint32_t v = (uint32_t)value;
    const uint8_t bytes[] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    buf_add(out, bytes, sizeof(bytes));
}

static void cell_null(struct buf *out)
{
    put_int32(out, -1);
}

static void cell_bytes(struct buf *out, const void *bytes, size_t n)
{
    put_int32(out, (int32_t)n);
    buf_add(out, bytes, n);
}

/* Empty = null: an empty text never says anything here. */
static void cell_text(struct buf *out, struct str text)
{
    if (str_is_empty(text))
        cell_null(out);
    else
        cell_bytes(out, text.p, text.len);
}

static void cell_int4(struct buf *out, int32_t value)
{
    if (value == EVENT_ABSENT) {
        cell_null(out);
        return;
    }
    put_int32(out, 4);
    put_int32(out, value);
}

static void cell_int8(struct buf *out, int64_t value)
{
    put_int32(out, 8);
    put_int32(out, (int32_t)(value >> 32));
    put_int32(out, (int32_t)value);
}

static void cell_time(struct buf *out, struct wall_ms time)
{
    if (time.ms <= 0)
        cell_null(out);
    else
        cell_int8(out, (time.ms - PG_EPOCH_MS) * 1000);
}

#define CELL(name, ...)                                                                            \
    static void put_##name(const struct item *item, struct buf *out)                               \
    {                                                                                              \
        const struct event_record *r = &item->step->record;                                        \
        (void)r; /* not every cell is made from it */                                              \
        __VA_ARGS__;                                                                               \
    }
CELL(number, cell_bytes(out, r->number_id, sizeof(r->number_id)))
CELL(learner, cell_bytes(out, r->learner_id, sizeof(r->learner_id)))
CELL(seq, cell_int4(out, (int32_t)r->seq))
CELL(at, cell_time(out, r->at))
CELL(due, cell_time(out, r->due_at))
CELL(channel, cell_text(out, r->channel))
CELL(via, cell_text(out, r->via))
CELL(network, cell_text(out, r->network))
CELL(course, cell_text(out, r->course))
CELL(version, cell_text(out, r->version))
CELL(lang, cell_text(out, r->lang))
CELL(country, cell_text(out, r->country))
CELL(session, if (r->session == 0) cell_null(out); else cell_int8(out, r->session))
CELL(mode, cell_text(out, r->mode))
CELL(state, cell_text(out, r->is_erased ? STR_NONE : item->step->state))
CELL(key_id, cell_int4(out, r->vault_key_id != 0 ? r->vault_key_id : EVENT_ABSENT))
CELL(nonce, cell_text(out, r->vault_nonce))
CELL(ciphertext, cell_text(out, r->vault_ciphertext))
CELL(step, cell_int4(out, item->i_step))
CELL(n, cell_int4(out, item->n))
CELL(kind, cell_text(out, str_from(event_kind_name(item->event->kind))))
CELL(unit, cell_text(out, item->event->unit))
CELL(phase, if (item->event->phase == EVENT_PHASE_NONE) cell_null(out);
     else cell_text(out, str_from(event_phase_name(item->event->phase))))
CELL(choice, cell_int4(out, item->event->choice))
CELL(correct, if (item->event->correct == EVENT_ABSENT) cell_null(out);
     else cell_bytes(out, item->event->correct != 0 ? "\1" : "\0", 1))
CELL(attempt, cell_int4(out, item->event->attempt))
CELL(value, cell_int4(out, item->event->value))
CELL(code, cell_text(out, item->event->code))
CELL(text, cell_text(out, item->event->text))

static const struct column {
    int32_t oid;
    bool is_of_event;
    void (*put)(const struct item *item, struct buf *out);
} columns_of[SINK_N_COLUMNS] = {
    {OID_BYTEA, false, put_number},    {OID_UUID, false, put_learner},
    {OID_INT4, false, put_seq},        {OID_TIMESTAMPTZ, false, put_at},
    {OID_TIMESTAMPTZ, false, put_due}, {OID_TEXT, false, put_channel},
    {OID_TEXT, false, put_via},        {OID_TEXT, false, put_network},
    {OID_TEXT, false, put_course},     {OID_TEXT, false, put_version},
    {OID_TEXT, false, put_lang},       {OID_TEXT, false, put_country},
    {OID_INT8, false, put_session},    {OID_TEXT, false, put_mode},
    {OID_BYTEA, false, put_state},     {OID_INT4, false, put_key_id},
    {OID_BYTEA, false, put_nonce},     {OID_BYTEA, false, put_ciphertext},
    {OID_INT4, true, put_step},        {OID_INT4, true, put_n},
    {OID_TEXT, true, put_kind},        {OID_TEXT, true, put_unit},
    {OID_TEXT, true, put_phase},       {OID_INT4, true, put_choice},
    {OID_BOOL, true, put_correct},     {OID_INT4, true, put_attempt},
    {OID_INT4, true, put_value},       {OID_TEXT, true, put_code},
    {OID_TEXT, true, put_text},
};

/* Dimensions, "may hold nulls", type of the elements, how many, first subscript. */
static void add_header(struct buf *out, int32_t oid, int32_t n)
{
    put_int32(out, n > 0 ? 1 : 0);
    put_int32(out, 1);
    put_int32(out, oid);
    if (n == 0)
        return;
    put_int32(out, n);
    put_int32(out, 1);
}

static void add_events(const struct column *column, const struct sink_step *step, int32_t i_step,
                       struct buf *out)
{
    for (uint32_t n = 0; n < step->record.n_events; n++)
        column->put(&(struct item){step, &step->record.events[n], i_step, (int32_t)n}, out);
}

void sink_columns(const struct sink_step *steps, uint32_t n, struct buf columns[SINK_N_COLUMNS])
{
    uint32_t n_events = 0;
    for (uint32_t i = 0; i < n; i++)
        n_events += steps[i].record.n_events;
    for (size_t c = 0; c < SINK_N_COLUMNS; c++) {
        const struct column *column = &columns_of[c];
        struct buf *out = &columns[c];
        add_header(out, column->oid, (int32_t)(column->is_of_event ? n_events : n));
        for (uint32_t i = 0; i < n; i++) {
            if (column->is_of_event)
                add_events(column, &steps[i], (int32_t)i + 1, out);
            else
                column->put(&(struct item){&steps[i], NULL, (int32_t)i + 1, 0}, out);
        }
    }
}

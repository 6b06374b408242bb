#include "app/message.h"

#include "base/record.h"

/* Stored by these letters, so that the enum may be reordered. */
static const struct {
    const char *name;
    uint8_t stored;
} class_rows[] = {
    [MESSAGE_CLASS_REPLY] = {"reply", 'r'},
    [MESSAGE_CLASS_NOTICE] = {"notice", 'n'},
    [MESSAGE_CLASS_PUSH] = {"push", 'p'},
};

static const char *const status_names[N_MESSAGE_STATUSES] = {
#define STATUS_NAME(name) [MESSAGE_STATUS_##name] = #name,
    MESSAGE_STATUSES(STATUS_NAME)
#undef STATUS_NAME
};

const char *message_status_name(enum message_status status)
{
    return status_names[status];
}

const char *message_class_name(enum message_class class)
{
    return class_rows[class].name;
}

static void put_class(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field; /* there is one */
    record_put_number(out, class_rows[*(const enum message_class *)member].stored, 1);
}

static void take_class(struct record_reader *in, const struct record_field *field, void *member)
{
    (void)field;
    uint64_t stored = record_take_number(in, 1);
    for (size_t i = 0; i < ARRAY_LEN(class_rows); i++) {
        if (class_rows[i].stored == stored) {
            *(enum message_class *)member = (enum message_class)i;
            return;
        }
    }
    if (in->error == ERR_OK)
        in->error = ERR_UNSUPPORTED;
}

static const struct record_kind class_kind = {put_class, take_class};

static const struct record_field fields[] = {
    RECORD(1, struct message, class, class_kind),
    RECORD(1, struct message, channel, record_str),
    RECORD(1, struct message, number_id, record_bytes),
    RECORD(1, struct message, learner_id, record_bytes),
    RECORD(1, struct message, seq, record_number),
    RECORD(1, struct message, vault_key_id, record_number),
    RECORD(1, struct message, vault_nonce, record_bytes),
    RECORD(1, struct message, vault_ciphertext, record_str),
    RECORD(1, struct message, text, record_str),
    RECORD(1, struct message, link, record_str),
    RECORD(1, struct message, created_at.ms, record_number),
    RECORD(1, struct message, expires_at.ms, record_number),
    RECORD(2, struct message, network, record_str),
    RECORD(2, struct message, is_answer, record_bool),
    RECORD(3, struct message, has_more, record_bool),
};
static const struct record_format format = RECORD_FORMAT(3, fields);

void message_encode(const struct message *message, struct buf *out)
{
    record_encode(&format, message, out);
}

enum err message_decode(struct str bytes, struct message *ret)
{
    struct message m = {0};
    enum err e = record_decode(&format, bytes, &m);
    if (e == ERR_OK)
        *ret = m;
    return e;
}

#include "port/spool/frame.h"

#include <string.h>

#define MIN_BODY_BYTES VAULT_BOX_EXTRA_BYTES
#define MAX_BODY_BYTES (MIN_BODY_BYTES + SPOOL_MAX_RECORD_BYTES)

static const char mark[4] = {'W', 'P', 'S', '1'};
static const struct str associated = {"waypost spool 1", 15};

/* By hand: none of our libraries has one that is cheap to call, and linking zlib for eight lines is
 * not worth it. Four bits a step, so that the table is small enough to read. */
uint32_t spool_crc32(struct str bytes)
{
    static const uint32_t nibbles[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (uint8_t)bytes.p[i];
        crc = crc >> 4 ^ nibbles[crc & 15];
        crc = crc >> 4 ^ nibbles[crc & 15];
    }
    return ~crc;
}

static void put_u32(char *dst, uint32_t value)
{
    dst[0] = (char)(value >> 24);
    dst[1] = (char)(value >> 16);
    dst[2] = (char)(value >> 8);
    dst[3] = (char)value;
}

static uint32_t get_u32(const char *src)
{
    const uint8_t *p = (const uint8_t *)src;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

enum err spool_frame_add(const struct vault *vault, struct str record, struct buf *out)
{
    size_t start = out->len;
    static const char room[SPOOL_FRAME_HEAD_BYTES];
    if (record.len > SPOOL_MAX_RECORD_BYTES || out->max - out->len < sizeof(room))
        return ERR_TOO_LONG;
    buf_add(out, room, sizeof(room)); /* filled in when the rest is known */
    enum err e = buf_error(out);
    if (e == ERR_OK)
        e = vault_box_seal(vault, associated, record, out);
    if (e != ERR_OK) {
        out->len = start;
        out->error = ERR_OK; /* the frames before it are sound */
        return e;
    }
    char *head = out->p + start;
    struct str box = str_sub(buf_str(out), start + SPOOL_FRAME_HEAD_BYTES, out->len);
    memcpy(head, mark, sizeof(mark));
    put_u32(head + 4, (uint32_t)box.len);
    put_u32(head + 8, spool_crc32(box));
    return ERR_OK;
}

bool spool_frame_read(struct str bytes, struct spool_frame *ret)
{
    if (bytes.len < SPOOL_FRAME_HEAD_BYTES || memcmp(bytes.p, mark, sizeof(mark)) != 0)
        return false;
    uint32_t n_body = get_u32(bytes.p + 4);
    if (n_body < MIN_BODY_BYTES || n_body > MAX_BODY_BYTES ||
        n_body > bytes.len - SPOOL_FRAME_HEAD_BYTES)
        return false;
    struct str body = {bytes.p + SPOOL_FRAME_HEAD_BYTES, n_body};
    if (spool_crc32(body) != get_u32(bytes.p + 8))
        return false;
    ret->bytes = SPOOL_FRAME_HEAD_BYTES + n_body;
    ret->box = body;
    return true;
}

size_t spool_frame_find(struct str bytes, size_t from)
{
    struct spool_frame frame;
    while (from < bytes.len) {
        size_t at = str_find(str_sub(bytes, from, bytes.len), (struct str){mark, sizeof(mark)});
        if (at == SIZE_MAX)
            return bytes.len;
        from += at;
        if (spool_frame_read(str_sub(bytes, from, bytes.len), &frame))
            return from;
        from++;
    }
    return bytes.len;
}

enum err spool_frame_open(const struct vault *vault, const struct spool_frame *frame,
                          struct buf *record)
{
    return vault_box_open(vault, associated, frame->box, record);
}

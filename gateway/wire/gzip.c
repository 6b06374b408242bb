#include "wire/gzip.h"

static uint32_t crc_of(const uint8_t *bytes, uint16_t n)
{
    uint32_t crc = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

void gzip_store(const uint8_t *bytes, uint16_t n, struct buf *out)
{
    static const char head[] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)0xff, 1};
    const uint16_t inverse = (uint16_t)~n;
    const uint32_t tail[2] = {crc_of(bytes, n), n};
    buf_add(out, head, sizeof(head));
    for (int i = 0; i < 2; i++)
        buf_add_char(out, (char)(n >> 8 * i));
    for (int i = 0; i < 2; i++)
        buf_add_char(out, (char)(inverse >> 8 * i));
    buf_add(out, bytes, n);
    for (int i = 0; i < 8; i++)
        buf_add_char(out, (char)(tail[i / 4] >> 8 * (i % 4)));
}

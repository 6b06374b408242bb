/* qr.h, with libqrencode. */
#include <errno.h>
#include <qrencode.h>

#include "port/qr.h"

enum err qr_make(struct str text, struct qr *ret)
{
    QRcode *code = QRcode_encodeData((int)text.len, (const unsigned char *)text.p, 0, QR_ECLEVEL_M);
    if (code == NULL)
        return errno == ENOMEM ? ERR_FULL : ERR_TOO_LONG;
    uint32_t side = (uint32_t)code->width;
    bool fits = side <= QR_MAX_SIDE;
    if (fits) {
        ret->side = side;
        for (uint32_t i = 0; i < side * side; i++)
            ret->is_dark[i] = (code->data[i] & 1) != 0;
    }
    QRcode_free(code);
    return fits ? ERR_OK : ERR_TOO_LONG;
}

/* core/gsm/table.h: what the other gsm files of core need to know about one character. */
#pragma once

#include <stdint.h>

/* 1, 2 with an escape, 0 when the code point is not in GSM-7. */
uint32_t gsm_char_septets(int32_t code);

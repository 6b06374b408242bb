/*
 * lesson_preview.h: a whole course as one HTML page, for authors and reviewers who have no phone at
 * hand: every screen as a phone card, as the engine sends it, with its encoding, length and number
 * of SMS parts, its pages on USSD, the key and feedback of questions, and the source of each text.
 *
 * The page needs nothing else: no script, no font, no picture, no network.
 */
#pragma once

#include "core/lesson/parse.h"

#define LESSON_PREVIEW_MAX_BYTES (64u << 20)

/* Appends the page for a course that lesson_parse took without an error. scratch is reset again and
 * again. Check buf_error(out). */
void lesson_preview(const struct lesson_source *source, struct arena *scratch, struct buf *out);

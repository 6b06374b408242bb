/*
 * lesson_decode.h: the raw lines of a Markdown text to what a phone shows, and back to the place of
 * each character. The rules stand in core/lesson/blocks.h.
 */
#pragma once

#include "core/lesson/blocks.h"

/* One line of a text, still as it was written, without what marks its container. */
struct lesson_segment {
    struct str raw;
    uint32_t line;
    uint32_t column;
};

/* Sets text and pieces of the block from n > 0 segments. False when the arena is full. */
bool lesson_decode(const struct lesson_segment *segments, uint32_t n, struct arena *arena,
                   struct lesson_block *block) MUST_CHECK;
/* The first "&name;" that Markdown would replace; absent when there is none. */
struct str lesson_find_entity(struct str raw);

/* Where the character at p was written, when p points into (or right behind) the block's text;
 * false otherwise. */
bool lesson_block_find_pos(const struct lesson_block *block, const char *p, struct source_pos *ret);

/* One text of several blocks with separator between them, traceable like a block; n > 0. The text
 * is absent when the arena is full. */
struct lesson_block lesson_blocks_join(const struct lesson_block *blocks, uint32_t n,
                                       char separator, struct arena *arena);

/*
 * blocks.h: one lesson file as a flat list of blocks: headings, texts, list items, notes,
 * answers, directives, comments. The layer between Markdown and the course; it knows nothing of
 * lessons and questions.
 *
 * cmark decides what is a block, so that a file means here what it shows on any forge. The text of
 * a block is decoded from the raw lines by this file, because a phone shows plain text (emphasis,
 * links and code are findings) and because every character must be traced back to its line and
 * column, which cmark does not do for inlines.
 *
 * Decoding a text: a line end is a blank, a backslash at the end of a line is a line end on the
 * phone, a backslash before punctuation stands for that character, runs of blanks are one blank.
 */
#pragma once

#include "core/lesson/findings.h"

#define LESSON_MAX_LINES 20000u /* of one file */

enum lesson_block_kind {
    LESSON_BLOCK_HEADING,   /* # or ##; text is all behind it */
    LESSON_BLOCK_TEXT,      /* a paragraph */
    LESSON_BLOCK_ITEM,      /* one list item; text without its bullet and box */
    LESSON_BLOCK_NOTE,      /* a quoted paragraph, or a part of it that begins with right: wrong: */
    LESSON_BLOCK_ANSWER,    /* a line that begins with =; text is what stands behind it */
    LESSON_BLOCK_DIRECTIVE, /* a line that begins with @; the same */
    LESSON_BLOCK_COMMENT,   /* <!-- ... -->; text is what is inside, trimmed */
};

enum lesson_mark { LESSON_MARK_NONE, LESSON_MARK_OPEN, LESSON_MARK_RIGHT }; /* - , - [ ] , - [x] */

/* text from offset on was decoded from raw, which begins at line:column of the file. */
struct lesson_piece {
    uint32_t offset;
    uint32_t line;
    uint32_t column;
    struct str raw;
};

struct lesson_block {
    enum lesson_block_kind kind;
    enum lesson_mark mark; /* items */
    uint8_t level;         /* headings: 1 or 2 */
    bool is_in_item;       /* notes and comments that belong to one option */
    struct str text;       /* in the arena; empty, never absent */
    struct source_pos pos; /* of its first character, bullet and # included */
    uint32_t n_pieces;
    const struct lesson_piece *pieces; /* none for comments */
};

struct lesson_blocks {
    struct str file;
    bool is_broken;   /* no text, or front matter without end: list is empty */
    struct str front; /* lines from the first --- to the one before the second; absent: none */
    uint32_t n;
    struct lesson_block *list;
};

/* Reads one file. text and file must live as long as the arena. Everything that is wrong goes to
 * findings, with as much of the file as could be read in *ret. ERR_INVALID for a file that is no
 * text (reported, *ret empty); the arena's error when that is full. */
enum err lesson_blocks_read(struct str file, struct str text, struct arena *arena,
                            struct lesson_findings *findings, struct lesson_blocks *ret) MUST_CHECK;

/* ---- lines.c: the file before it is Markdown ---- */

struct lesson_lines {
    uint32_t n;
    struct str *list; /* without their ends */
    struct str front; /* as in struct lesson_blocks */
    uint32_t body;    /* its first line, from 1; past n: there is none */
    const char *end;  /* of the file */
    bool is_broken;   /* as in struct lesson_blocks */
};

/* As lesson_blocks_read. */
enum err lesson_lines_read(struct str file, struct str text, struct arena *arena,
                           struct lesson_findings *findings, struct lesson_lines *ret) MUST_CHECK;

/* ---- decode.c: from raw lines to what a phone shows, and back to the place of each character ----
 */

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

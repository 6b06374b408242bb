/*
 * frame.h: one record as it lies in a spool segment, private to this folder and its tests.
 *
 *   4  "WPS1"
 *   4  length of what follows the CRC, big-endian
 *   4  CRC-32 (that of zlib, Ethernet) over what follows
 *   n  the record in a sealed box (port/vault/vault.h), associated data "waypost spool 1"
 *
 * The CRC tells a damaged frame from a missing key and needs no key to check; the mark in front
 * lets a reader find its place again behind damage.
 */
#pragma once

#include "port/spool/spool.h"
#include "port/vault/vault.h"

#define SPOOL_FRAME_HEAD_BYTES 12u
#define SPOOL_FRAME_EXTRA_BYTES (SPOOL_FRAME_HEAD_BYTES + VAULT_BOX_EXTRA_BYTES) /* beside it */
#define SPOOL_FRAME_MAX_BYTES (SPOOL_FRAME_EXTRA_BYTES + SPOOL_MAX_RECORD_BYTES)

struct spool_frame {
    size_t bytes;   /* the whole frame */
    struct str box; /* borrowed */
};

uint32_t spool_crc32(struct str bytes);
/* Appends a frame. ERR_TOO_LONG: over SPOOL_MAX_RECORD_BYTES or out's ceiling; out as before. */
enum err spool_frame_add(const struct vault *vault, struct str record, struct buf *out) MUST_CHECK;
/* The frame at the start of bytes; false when there is no whole and sound one. */
bool spool_frame_read(struct str bytes, struct spool_frame *ret);
/* Offset, at or behind from, of the next sound frame; bytes.len when there is none. */
size_t spool_frame_find(struct str bytes, size_t from);
/* Appends the record. As vault_open. */
enum err spool_frame_open(const struct vault *vault, const struct spool_frame *frame,
                          struct buf *record) MUST_CHECK;

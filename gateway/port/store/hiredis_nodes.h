/*
 * hiredis_nodes.h: one server, or the masters of a Cluster: which of them a command goes to, and
 * whether they may be answered from. A single Redis is a Cluster of one: its link is the only one,
 * and no slot is ever counted. Inside of the family only.
 *
 * On a Cluster each master has a link (hiredis_link.h) with batches of its own, so that one that is
 * slow or dead holds up its own learners only. Where the slots lie is asked of any server there
 * (CLUSTER SHARDS), again while a master is away, and when one says MOVED. A command that is
 * refused with MOVED, ASK, TRYAGAIN or CLUSTERDOWN had no effect: it goes where it belongs, or
 * waits until its deadline for the slot to have arrived.
 *
 * The fence: wp:epoch names the epoch, and the life (run_id) of each server that was compared with
 * PostgreSQL. A server whose life is not there was started anew, or has taken the place of another:
 * it counts as away until the writer has looked. Slots may move between servers that are listed.
 */
#pragma once

#include "port/store/hiredis_link.h"

struct nodes;

struct nodes *nodes_new(struct loop *loop, const struct store_settings *settings, const char *name);
/* As link_open, of all of them; on_state tells nodes_is_up. */
void nodes_open(struct nodes *nodes, link_on_state *on_state, void *ctx);
/* Some can be asked. */
bool nodes_is_up(const struct nodes *nodes);
/* Until the first of them is up, or has failed. */
bool nodes_is_connecting(const struct nodes *nodes);
/* Why not, as link_why: of one that is not up. */
const char *nodes_why(const struct nodes *nodes);
bool nodes_is_cluster(const struct nodes *nodes);
/* Masters with slots that cannot be asked; 1 while nothing is known. */
uint32_t nodes_n_away(const struct nodes *nodes);
/* Of their data, as a number in words; empty where settings->must_be_fenced is not set. */
struct str nodes_epoch(const struct nodes *nodes);
/* May a call with several commands begin? As link_admit, of any of them. */
enum err nodes_admit(const struct nodes *nodes);
/* As link_send, to whoever has the key: the first word behind the command's, or behind a function's
 * name and number of keys. ERR_UNAVAILABLE through `to` where that one is away. */
void nodes_send(struct nodes *nodes, struct argv *argv, const struct link_to *to, int64_t extra_ms);
/* As link_ask. */
void nodes_ask(struct nodes *nodes, struct argv *argv, const struct link_to *to);
void nodes_respond_later(struct nodes *nodes, const struct link_to *to, enum err e);
/* As link_free. */
void nodes_free(struct nodes *nodes);

/* ---- each of them ---- */

/* Masters with slots are numbered below this; a number that nobody has is passed over. */
uint32_t nodes_end(const struct nodes *nodes);
bool nodes_has(const struct nodes *nodes, uint32_t i);
/* A command without a key, or whose keys all lie there; ERR_UNAVAILABLE through `to` as in
 * nodes_send. */
void nodes_send_at(struct nodes *nodes, uint32_t i, const struct argv *argv,
                   const struct link_to *to, int64_t extra_ms);
/* Who has the bucket; nodes_end() where nobody has. */
uint32_t nodes_of_bucket(const struct nodes *nodes, uint8_t bucket);
/* "address:port" in dst. */
struct str nodes_name(const struct nodes *nodes, uint32_t i, char dst[HOST_BYTES + 8]);
/* Another number whenever a slot has another owner. */
uint32_t nodes_version(const struct nodes *nodes);
/* The map seems old: it is asked for soon. */
void nodes_look(struct nodes *nodes);

/* ---- the fence ---- */

#define EPOCH_KEY "wp:epoch"
#define LIVES_BYTES (NODES_MAX * 48u)

/* Appends the lives of all masters that are reached, blanks between; false: one with slots is not.
 */
bool nodes_lives(const struct nodes *nodes, char dst[LIVES_BYTES]);
/* "EPOCH LIFE..." as it stands in EPOCH_KEY: the epoch, "" for none; whether all of `lives` are
 * there. */
struct str epoch_read(struct str value, struct str lives, bool *ret_is_open);

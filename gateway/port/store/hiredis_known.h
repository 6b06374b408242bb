/*
 * hiredis_known.h: the servers as they are known, between what changes them (hiredis_nodes.c) and
 * what only reads (hiredis_known.c). Inside of these two only.
 */
#pragma once

#include "port/store/hiredis_nodes.h"

struct node {
    struct nodes *nodes;
    struct node_address address;
    struct link *link; /* NULL: this place is free */
    bool has_slots;
    bool is_listed; /* in the map, with slots or without */
    bool is_open;   /* its life stands beside the epoch */
    bool is_new;    /* found a moment ago: it was neither up nor away yet */
};

struct nodes {
    struct loop *loop;
    struct store_settings settings; /* strings are copies */
    const char *name;
    link_on_state *on_state;
    void *on_state_ctx;
    struct node list[NODES_MAX];
    uint32_t n;         /* places in use, or free again */
    struct link *scout; /* asks for the map; NULL: a single server */
    struct node_address scout_at;
    uint8_t *owner; /* of each slot, in list, or NODE_NONE */
    struct link_queue waiting;
    uint32_t n_waiting;
    struct timer *tick;
    struct mono_ms looked, asked_epoch, tick_at;
    char epoch[24];
    uint32_t version, n_seed, n_vain;
    bool is_opened, is_known, was_up, has_failed, is_looking, must_look, is_asking_epoch, is_told;
    bool is_ticking;
};

/* Its link is up, and it is let in. */
bool node_may_ask(const struct node *node);
/* NULL: nobody has the slot. */
struct node *node_of_slot(struct nodes *nodes, uint16_t slot);
/* A server is reached that is not let in yet. */
bool nodes_is_any_closed(const struct nodes *nodes);

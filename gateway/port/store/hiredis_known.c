/* hiredis_nodes.h: what is known of the servers at this moment; nothing is asked or changed here.
 */
#include "port/store/hiredis_known.h"

#include <stdio.h>

/* ---- what can be asked ---- */

bool node_may_ask(const struct node *node)
{
    return node->link != NULL && link_is_up(node->link) &&
           (node->is_open || !node->nodes->settings.must_be_fenced);
}

bool nodes_is_cluster(const struct nodes *nodes)
{
    return nodes->scout != NULL;
}

uint32_t nodes_end(const struct nodes *nodes)
{
    return nodes->n;
}

bool nodes_has(const struct nodes *nodes, uint32_t i)
{
    return nodes->list[i].link != NULL && nodes->list[i].has_slots;
}

bool nodes_is_up(const struct nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->n; i++) {
        if (nodes_has(nodes, i) && node_may_ask(&nodes->list[i]))
            return true;
    }
    return false;
}

uint32_t nodes_n_away(const struct nodes *nodes)
{
    uint32_t n = nodes->is_known ? 0 : 1;
    for (uint32_t i = 0; i < nodes->n; i++)
        n += nodes_has(nodes, i) && !node_may_ask(&nodes->list[i]);
    return n;
}

bool nodes_is_connecting(const struct nodes *nodes)
{
    return nodes->is_opened && !nodes->has_failed && !nodes_is_up(nodes);
}

const char *nodes_why(const struct nodes *nodes)
{
    const char *why = nodes->scout != NULL ? link_why(nodes->scout) : "";
    for (uint32_t i = 0; i < nodes->n && why[0] == '\0'; i++) {
        if (nodes_has(nodes, i) && !node_may_ask(&nodes->list[i]))
            why = link_why(nodes->list[i].link);
    }
    return why;
}

struct str nodes_epoch(const struct nodes *nodes)
{
    return str_from(nodes->epoch);
}

uint32_t nodes_version(const struct nodes *nodes)
{
    return nodes->version;
}

struct str nodes_name(const struct nodes *nodes, uint32_t i, char dst[HOST_BYTES + 8])
{
    const struct node_address *at = &nodes->list[i].address;
    int n = snprintf(dst, HOST_BYTES + 8, "%s:%d", at->host, at->port);
    return (struct str){dst, (size_t)n};
}

struct node *node_of_slot(struct nodes *nodes, uint16_t slot)
{
    uint32_t i = nodes->scout == NULL ? 0 : nodes->owner[slot];
    return i < nodes->n && nodes->list[i].link != NULL ? &nodes->list[i] : NULL;
}

uint32_t nodes_of_bucket(const struct nodes *nodes, uint8_t bucket)
{
    char key[KEY_BYTES];
    if (nodes->scout == NULL)
        return 0;
    uint32_t i = nodes->owner[slot_of(bucket_key(key, bucket, STR("")))];
    return i < nodes->n && nodes->list[i].link != NULL ? i : nodes->n;
}

/* ---- the fence ---- */

static bool has_word(struct str list, struct str word)
{
    while (list.p != NULL) {
        if (str_eq(str_split(&list, ' '), word))
            return true;
    }
    return false;
}

struct str epoch_read(struct str value, struct str lives, bool *ret_is_open)
{
    struct str listed = value, epoch = str_split(&listed, ' ');
    *ret_is_open = epoch.len > 0 && lives.len > 0;
    while (lives.p != NULL && *ret_is_open)
        *ret_is_open = has_word(listed, str_split(&lives, ' '));
    return epoch;
}

bool nodes_lives(const struct nodes *nodes, char dst[LIVES_BYTES])
{
    size_t n = 0;
    for (uint32_t i = 0; i < nodes->n; i++) {
        const struct node *node = &nodes->list[i];
        if (node->link == NULL || !node->is_listed)
            continue;
        if (!link_is_up(node->link) && node->has_slots)
            return false;
        if (link_is_up(node->link) && n + link_life(node->link).len + 2 < LIVES_BYTES)
            n += (size_t)snprintf(dst + n, LIVES_BYTES - n, "%s%.*s", n > 0 ? " " : "",
                                  STR_ARG(link_life(node->link)));
    }
    return n > 0;
}

bool nodes_is_any_closed(const struct nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->n && nodes->settings.must_be_fenced; i++) {
        const struct node *node = &nodes->list[i];
        if (node->link != NULL && link_is_up(node->link) && !node->is_open)
            return true;
    }
    return false;
}

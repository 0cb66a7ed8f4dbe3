/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* This node's Endpoint rows: one for each pod of a bridged network, so that
 * other nodes find it; and whether a pod may have an address that this node
 * cannot give by itself.
 *
 * A node gives addresses out of its own blocks without asking.  A pod that
 * wishes another one waits (WORLD_CLAIM_PENDING) while its row, with the
 * sequence number 0, asks for it.  The servers put all rows into one order, so
 * once our own row has come back, any row before it has too: if none has that
 * address, it is ours, and the number becomes 1.  Whoever wishes both the MAC
 * and the addresses that a member elsewhere has, is that member, moved: its
 * row gets a higher number and counts at once. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(cluster_members);

/* Room for a MAC as text. */
#define MAC_SIZE (ETH_ADDR_STRLEN + 1)

/* What a pod's row says of its addresses. */
struct addresses {
    char text[ADDR_N_FAMILIES][ADDR_STRLEN]; /* The texts. */
    const char *array[ADDR_N_FAMILIES];      /* The same, as a column. */
    size_t n;                                /* How many there are. */
};

static void
get_addresses(const struct world_pod *pod, struct addresses *addresses)
{
    addresses->n = 0;
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (addr_is_set(&pod->ip[family])) {
            char *text = addresses->text[addresses->n];
            addresses->array[addresses->n++] = addr_format(&pod->ip[family],
                                                           text);
        }
    }
}

static const char *
get_mac(const struct world_pod *pod, char mac[MAC_SIZE])
{
    snprintf(mac, MAC_SIZE, ETH_ADDR_FMT, ETH_ADDR_ARGS(pod->mac));
    return mac;
}

static bool
has_text(char *const *texts, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(texts[i], text)) {
            return true;
        }
    }
    return false;
}

static bool
has_address(const struct lodenrec_endpoint *row, const char *address)
{
    return has_text(row->addresses, row->n_addresses, address);
}

/* Is 'pod' one that other nodes are told of? */
static bool
is_member(const struct world *world, const struct world_pod *pod)
{
    const struct world_network *network
        = world_find_network(world, pod->network);
    return (network && network->mode == WORLD_BRIDGED
            && !world_pod_seeks_ip(pod));
}

/* What others, and we, have said about a pod. */
struct said {
    const struct lodenrec_endpoint *own;   /* Our row, or NULL. */
    const struct lodenrec_endpoint *other; /* Another node's that has its MAC
                                            * or an address, and the highest
                                            * sequence; or NULL. */
    char what[ADDR_STRLEN];                /* What that one has. */
    bool same;                             /* Are all such rows the pod's own,
                                            * before it moved? */
};

static void
look(const struct cluster *cluster, const struct world *world,
     const struct world_pod *pod, struct said *said)
{
    const struct lodenrec_endpoint *row;
    struct addresses addresses;
    char mac[MAC_SIZE];

    get_addresses(pod, &addresses);
    get_mac(pod, mac);
    *said = (struct said) { .same = true };
    LODENREC_ENDPOINT_FOR_EACH (row, cluster->idl) {
        bool same_mac = !strcmp(row->mac, mac);
        const char *what = same_mac ? row->mac : NULL;

        if (strcmp(row->network, pod->network)) {
            continue;
        } else if (!strcmp(row->node, world->node)) {
            said->own = same_mac ? row : said->own;
            continue;
        }
        size_t n_same = 0;
        for (size_t i = 0; i < addresses.n; i++) {
            if (has_address(row, addresses.array[i])) {
                what = addresses.array[i];
                n_same++;
            }
        }
        if (what) {
            said->same &= same_mac && n_same == row->n_addresses;
            if (!said->other || row->sequence > said->other->sequence) {
                said->other = row;
                ovs_strlcpy(said->what, what, sizeof said->what);
            }
        }
    }
}

/* Decides on the claim of 'pod'. */
static void
judge(const struct cluster *cluster, const struct world *world,
      struct world_pod *pod)
{
    struct world_claim *claim = &pod->claim;
    struct said said;

    look(cluster, world, pod, &said);
    int64_t own = said.own ? said.own->sequence : -1;
    if (!ovsdb_idl_is_connected(cluster->idl)
        || !ovsdb_idl_is_connected(cluster->own)) {
        claim->state = WORLD_CLAIM_REFUSED;
        claim->why = xstrdup("the cluster database is not connected, where "
                             "an address that is not this node's to give has "
                             "to be claimed");
    } else if (!said.other) {
        claim->state = own > 0 ? WORLD_CLAIM_GRANTED : WORLD_CLAIM_PENDING;
        claim->sequence = own < 0 ? 0 : MAX(own, 1);
    } else if (own > said.other->sequence) {
        claim->state = WORLD_CLAIM_GRANTED;
        claim->sequence = own;
    } else if (claim->moves && said.same) {
        claim->sequence = said.other->sequence + 1;
    } else {
        claim->state = WORLD_CLAIM_REFUSED;
        claim->why = xasprintf("%s is that of member %s on node %s",
                               said.what, said.other->mac, said.other->node);
    }
}

/* Decides on the claims of pods in 'world', which has everything else and is
 * sorted.  A pod that waits, or that cannot have its address, has no port. */
void
cluster_judge(const struct cluster *cluster, struct world *world)
{
    for (size_t i = 0; i < world->n_pods; i++) {
        struct world_pod *pod = &world->pods[i];

        if (pod->claim.state == WORLD_CLAIM_PENDING) {
            judge(cluster, world, pod);
            if (pod->claim.state != WORLD_CLAIM_GRANTED) {
                pod->port = OFPP_NONE;
            }
        }
    }
}

/* ---- Writing ----------------------------------------------------------- */

/* Returns the pod in 'world' that 'row', one of ours, is about, or NULL. */
static const struct world_pod *
find_pod(const struct world *world, const struct lodenrec_endpoint *row)
{
    char mac[MAC_SIZE];

    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        if (!strcmp(pod->network, row->network) && is_member(world, pod)
            && pod->claim.state != WORLD_CLAIM_REFUSED
            && !strcmp(get_mac(pod, mac), row->mac)) {
            return pod;
        }
    }
    return NULL;
}

/* Composes the groups that 'pod' listens to, if 'row' has others.  A database
 * of an older schema cannot have any. */
static void
put_groups(struct cluster *cluster, const struct lodenrec_endpoint *row,
           const struct world_pod *pod)
{
    struct writer *writer = &cluster->writer;
    const char **texts = xcalloc(pod->n_groups + 1, sizeof *texts);
    char (*bufs)[ADDR_STRLEN] = xcalloc(pod->n_groups + 1, sizeof *bufs);
    bool same = row->n_groups == pod->n_groups;

    for (size_t i = 0; i < pod->n_groups; i++) {
        texts[i] = addr_format(&pod->groups[i], bufs[i]);
        same = same && has_text(row->groups, row->n_groups, texts[i]);
    }
    if (!same
        && lodenrec_server_has_endpoint_table_col_groups(cluster->own)) {
        writer_note(writer, VLL_DBG, "pod %s: it listens to %"PRIuSIZE" "
                    "multicast groups now", pod->id, pod->n_groups);
        lodenrec_endpoint_set_groups(row, texts, pod->n_groups);
    }
    free(bufs);
    free(texts);
}

/* Composes what 'row' must say of 'pod', if it says something else. */
static void
put_row(struct writer *writer, const struct lodenrec_endpoint *row,
        const struct world_pod *pod)
{
    int64_t sequence = (pod->claim.state == WORLD_CLAIM_NONE
                        ? 1 : pod->claim.sequence);
    struct addresses addresses;
    bool same;

    get_addresses(pod, &addresses);
    same = row->n_addresses == addresses.n;
    for (size_t i = 0; i < addresses.n && same; i++) {
        same = has_address(row, addresses.array[i]);
    }
    if (!same) {
        writer_note(writer, VLL_INFO, "pod %s: its addresses in network %s "
                    "have changed", pod->id, pod->network);
        lodenrec_endpoint_set_addresses(row, addresses.array, addresses.n);
    }
    if (row->sequence < sequence) {
        writer_note(writer, VLL_INFO, "pod %s: sequence of %s in network %s "
                    "is now %"PRId64" (was %"PRId64")", pod->id, row->mac,
                    pod->network, sequence, row->sequence);
        lodenrec_endpoint_set_sequence(row, sequence);
    }
}

/* Composes a new row for 'pod'. */
static void
insert_row(struct writer *writer, const struct world *world,
           const struct world_pod *pod)
{
    const struct world_claim *claim = &pod->claim;
    struct addresses addresses;
    char mac[MAC_SIZE];

    get_addresses(pod, &addresses);
    writer_note(writer, VLL_INFO, "pod %s: entering %s into network %s%s",
                pod->id, get_mac(pod, mac), pod->network,
                claim->state == WORLD_CLAIM_NONE ? ""
                : claim->sequence ? ", to where it has moved"
                : ", asking for its address");
    const struct lodenrec_endpoint *row
        = lodenrec_endpoint_insert(writer->txn);
    lodenrec_endpoint_set_network(row, pod->network);
    lodenrec_endpoint_set_mac(row, mac);
    lodenrec_endpoint_set_node(row, world->node);
    lodenrec_endpoint_set_addresses(row, addresses.array, addresses.n);
    lodenrec_endpoint_set_sequence(
        row, claim->state == WORLD_CLAIM_NONE ? 1 : claim->sequence);
}

/* Composes what makes this node's rows agree with the pods of 'world'. */
void
members_put(struct cluster *cluster, const struct world *world)
{
    const struct lodenrec_endpoint *row;
    struct writer *writer = &cluster->writer;
    struct sset there = SSET_INITIALIZER(&there);
    char mac[MAC_SIZE];

    LODENREC_ENDPOINT_FOR_EACH_SAFE (row, cluster->own) {
        if (strcmp(row->node, world->node)) {
            continue;
        }
        const struct world_pod *pod = find_pod(world, row);
        if (pod) {
            put_row(writer, row, pod);
            put_groups(cluster, row, pod);
            sset_add_and_free(&there, xasprintf("%s %s", row->network,
                                                row->mac));
        } else {
            char buf[TEXT_SHOWN];
            writer_note(writer, VLL_INFO, "network %s: withdrawing %s, which "
                        "is not here any more", text_show(row->network, buf),
                        row->mac);
            lodenrec_endpoint_delete(row);
        }
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];

        if (is_member(world, pod)
            && pod->claim.state != WORLD_CLAIM_REFUSED) {
            char *key = xasprintf("%s %s", pod->network, get_mac(pod, mac));
            if (sset_add(&there, key)) {
                insert_row(writer, world, pod);
            }
            free(key);
        }
    }
    sset_destroy(&there);
}

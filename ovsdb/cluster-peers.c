/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Node rows of others -> peers of the world.
 *
 * Rows are read in the order of their names, so that nodes that know neither
 * of two that contradict each other agree which of them counts.  A peer's
 * subnets are added afterwards, by cluster-leases.c. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "flows/sizes.h"
#include "openvswitch/shash.h"
#include "ovsdb/keys.h"
#include "packets.h"
#include "util.h"

static int
compare_rows(const void *a_, const void *b_)
{
    const struct lodenrec_node *const *a = a_;
    const struct lodenrec_node *const *b = b_;
    int cmp = strcmp((*a)->name, (*b)->name);

    return cmp ? cmp : uuid_compare_3way(&(*a)->header_.uuid,
                                         &(*b)->header_.uuid);
}

static char *
row_what(const struct lodenrec_node *row)
{
    char buf[TEXT_SHOWN];
    return xasprintf("Node %s", text_show(row->name, buf));
}

/* Returns NULL and the parsed address, or why 'text' cannot be where a tunnel
 * ends. */
static char *
parse_tunnel_ip(const char *text, struct in6_addr *ret_ip)
{
    char shown[TEXT_SHOWN];
    struct in6_addr ip;
    char *error = addr_parse(text_show(text, shown), &ip);

    if (error) {
        return error;
    } else if (!addr_is_set(&ip) || ipv6_addr_is_multicast(&ip)
               || IN6_IS_ADDR_LOOPBACK(&ip)) {
        return xstrdup("it is no address of one host");
    } else if (addr_family(&ip) == ADDR_V4) {
        ovs_be32 ip4 = in6_addr_get_mapped_ipv4(&ip);
        if (!ip4 || ip_is_multicast(ip4) || ip4 == OVS_BE32_MAX
            || (ntohl(ip4) >> 24) == 127) {
            return xstrdup("it is no address of one host");
        }
    }
    *ret_ip = ip;
    return NULL;
}

/* Stores the addresses of 'row' into 'ret_ips', the lowest of each family, or
 * "::" where there is none.  Refuses what is not an address, if 'world' is not
 * NULL. */
static void
read_tunnel_ips(const struct lodenrec_node *row, struct world *world,
                struct in6_addr ret_ips[ADDR_N_FAMILIES])
{
    ret_ips[ADDR_V4] = ret_ips[ADDR_V6] = in6addr_any;
    for (size_t i = 0; i < row->n_tunnel_ips; i++) {
        struct in6_addr ip;
        char *error = parse_tunnel_ip(row->tunnel_ips[i], &ip);
        if (error) {
            char buf[TEXT_SHOWN];
            if (world) {
                world_refuse(world,
                             xasprintf("Node %s, tunnel address %s",
                                       row->name,
                                       text_show(row->tunnel_ips[i], buf)),
                             "%s", error);
            }
            free(error);
            continue;
        }
        struct in6_addr *lowest = &ret_ips[addr_family(&ip)];
        if (!addr_is_set(lowest) || memcmp(&ip, lowest, sizeof ip) < 0) {
            *lowest = ip;
        }
    }
}

/* Returns what the node of 'row' says that it speaks besides VXLAN.  Refuses
 * what we do not know, if 'world' is not NULL. */
enum tunnels_encap
node_speaks(const struct lodenrec_node *row, struct world *world)
{
    const char *text = smap_get(&row->options, OPTION_ENCAP);
    enum tunnels_encap speaks = TUNNELS_VXLAN;
    char buf[TEXT_SHOWN];

    if (text && !tunnels_parse_encap(text, &speaks) && world) {
        world_refuse(world, xasprintf("Node %s, option "OPTION_ENCAP,
                                      row->name),
                     "'%s' is neither vxlan nor geneve: it is vxlan",
                     text_show(text, buf));
    }
    return speaks;
}

/* Returns what the node of 'row' says that its ways leave for pods, in bytes;
 * 0 if it says nothing.  Refuses what is not to be believed. */
static unsigned int
read_pod_mtu(const struct lodenrec_node *row, struct world *world)
{
    const char *text = smap_get(&row->options, OPTION_POD_MTU);
    unsigned int mtu;
    char buf[TEXT_SHOWN];

    if (!text || (str_to_uint(text, 10, &mtu) && mtu >= SIZES_SAID_MIN
                  && mtu <= UINT16_MAX)) {
        return text ? mtu : 0;
    }
    world_refuse(world, xasprintf("Node %s, option "OPTION_POD_MTU,
                                  row->name),
                 "'%s' is no MTU from %d to %d bytes: other nodes' pods do "
                 "not follow it", text_show(text, buf), SIZES_SAID_MIN,
                 UINT16_MAX);
    return 0;
}

/* Do we know where any of our own tunnels end? */
static bool
knows_itself(const struct cluster_self *self)
{
    return (addr_is_set(&self->tunnel_ip[ADDR_V4])
            || addr_is_set(&self->tunnel_ip[ADDR_V6]));
}

/* Returns the one of a peer's addresses 'ips' that this node's tunnel should
 * lead to, "::" if there is none: of a family that both nodes have.  IPv4 goes
 * before IPv6, as it leaves more room in a packet, and so that nothing changes
 * when a node gets IPv6 as well; the other end chooses alike. */
static struct in6_addr
choose_tunnel_ip(const struct in6_addr ips[ADDR_N_FAMILIES],
                 const struct cluster_self *self)
{
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (addr_is_set(&ips[family])
            && (addr_is_set(&self->tunnel_ip[family])
                || !knows_itself(self))) {
            return ips[family];
        }
    }
    return in6addr_any;
}

/* Returns what tunnels may add to a packet, in bytes, anywhere in the cluster:
 * all nodes must agree on the pods' MTU.  A node without IPv4 makes those that
 * have IPv6 use that. */
unsigned int
peers_overhead(const struct cluster *cluster, const struct cluster_self *self)
{
    size_t n_v6 = addr_is_set(&self->tunnel_ip[ADDR_V6]);
    size_t n_v6_only = n_v6 && !addr_is_set(&self->tunnel_ip[ADDR_V4]);
    const struct lodenrec_node *row;

    if (n_v6_only) {
        return WORLD_TUNNEL_OVERHEAD_V6;
    }
    LODENREC_NODE_FOR_EACH (row, cluster->idl) {
        struct in6_addr ips[ADDR_N_FAMILIES];

        if (strcmp(row->name, self->node)) {
            read_tunnel_ips(row, NULL, ips);
            n_v6 += addr_is_set(&ips[ADDR_V6]);
            n_v6_only += (addr_is_set(&ips[ADDR_V6])
                          && !addr_is_set(&ips[ADDR_V4]));
        }
    }
    return (n_v6_only && n_v6 > 1
            ? WORLD_TUNNEL_OVERHEAD_V6 : WORLD_TUNNEL_OVERHEAD_V4);
}

/* Returns the network of 'world' whose host port 'ip' would be reached by, or
 * NULL: a tunnel that ends there would lead into itself. */
static const struct world_network *
find_inner_network(const struct world *world, const struct in6_addr *ip)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];
        for (size_t j = 0; j < network->n_ranges && !network->internal; j++) {
            if (prefix_has_addr(&network->ranges[j], ip)) {
                return network;
            }
        }
    }
    return NULL;
}

/* Returns NULL if a peer at 'ip', whose port's name has 'hash' in it, can
 * join 'world', else why not.  'taken' has the tunnel addresses and hashes of
 * peers. */
static char *
check_peer(const struct world *world, const struct cluster_self *self,
           const char *hash, const struct in6_addr *ip,
           const struct shash *taken)
{
    const struct world_network *inner = find_inner_network(world, ip);
    char buf[ADDR_STRLEN];

    if (!addr_is_set(ip)) {
        bool v4 = addr_is_set(&self->tunnel_ip[ADDR_V4]);
        bool v6 = addr_is_set(&self->tunnel_ip[ADDR_V6]);
        return xasprintf("it has no %s tunnel address",
                         v4 == v6 ? "usable" : v4 ? "IPv4" : "IPv6");
    }
    addr_format(ip, buf);
    if (ipv6_addr_equals(ip, &self->tunnel_ip[addr_family(ip)])) {
        return xasprintf("its tunnel address %s is this node's own", buf);
    } else if (inner) {
        return xasprintf("its tunnel address %s is inside network %s", buf,
                         inner->name);
    }
    const char *holder = shash_find_data(taken, buf);
    if (holder) {
        return xasprintf("its tunnel address %s is that of node %s; if that "
                         "one is gone, say 'lodenctl node delete %s'", buf,
                         holder, holder);
    }
    holder = shash_find_data(taken, hash);
    if (holder) {
        return xasprintf("its tunnel port would have the same name as that "
                         "of node %s: give it another name", holder);
    }
    return NULL;
}

/* Adds the peer of 'row', which wants tunnels to end at 'ip', or refuses it.
 */
static void
add_peer(const struct lodenrec_node *row, const struct in6_addr *ip,
         const struct cluster_self *self, struct shash *taken,
         struct world *world)
{
    char *hash = xasprintf("%08"PRIx32, world_name_hash("peer", row->name));
    char *error = check_peer(world, self, hash, ip, taken);

    if (error) {
        world_refuse(world, row_what(row), "%s", error);
        free(error);
        free(hash);
        return;
    }
    char buf[ADDR_STRLEN];
    shash_add(taken, addr_format(ip, buf), row->name);
    shash_add_nocopy(taken, hash, row->name);
    struct world_peer *peer = world_add_peer(world, row->name, ip);
    peer->speaks = node_speaks(row, world);
    peer->pod_mtu = read_pod_mtu(row, world);
}

/* A Node row that can be a peer. */
struct candidate {
    const struct lodenrec_node *row; /* The row. */
    struct in6_addr ip;              /* Where its tunnel is to end. */
    enum {
        FOLLOWED,                    /* We have followed it there. */
        USED,                        /* It has a subnet. */
        NEW,                         /* Neither. */
        N_RANKS
    } rank;                          /* Its right to a tunnel address. */
};

/* Stores the rows of others, in the order of their names, into
 * '*ret_candidates', which the caller frees, and returns their number. */
static size_t
find_candidates(const struct cluster *cluster,
                const struct cluster_self *self, struct world *world,
                struct candidate **ret_candidates)
{
    const struct lodenrec_node **rows = NULL;
    const struct lodenrec_node *row;
    size_t n = 0;
    size_t allocated = 0;
    size_t n_candidates = 0;
    struct sset used = SSET_INITIALIZER(&used);

    leases_list_used(cluster, NULL, &used);
    LODENREC_NODE_FOR_EACH (row, cluster->idl) {
        if (n >= allocated) {
            rows = x2nrealloc(rows, &allocated, sizeof *rows);
        }
        rows[n++] = row;
    }
    if (n) {
        qsort(rows, n, sizeof *rows, compare_rows);
    }
    *ret_candidates = xcalloc(MAX(n, 1), sizeof **ret_candidates);
    for (size_t i = 0; i < n; i++) {
        char *error = text_check_name(rows[i]->name);
        if (error) {
            world_refuse(world, row_what(rows[i]), "%s", error);
            free(error);
        } else if (i && !strcmp(rows[i]->name, rows[i - 1]->name)) {
            world_refuse(world, row_what(rows[i]),
                         "another Node row has the same name");
        } else if (strcmp(rows[i]->name, self->node)) {
            struct candidate *c = &(*ret_candidates)[n_candidates++];
            struct in6_addr ips[ADDR_N_FAMILIES];
            char buf[ADDR_STRLEN];

            c->row = rows[i];
            read_tunnel_ips(c->row, world, ips);
            c->ip = choose_tunnel_ip(ips, self);
            bool followed = nullable_string_is_equal(
                smap_get(&cluster->tunnels_had, addr_format(&c->ip, buf)),
                c->row->name);
            c->rank = (followed ? FOLLOWED
                       : sset_contains(&used, c->row->name) ? USED : NEW);
        }
    }
    sset_destroy(&used);
    free(rows);
    return n_candidates;
}

/* Adds every other node of the cluster to 'world', ordered by name.  Of two
 * with one tunnel address the one counts that we have followed there, so that
 * no node can push another one aside; where that is not known, the one that
 * has a subnet. */
void
peers_read(const struct cluster *cluster, const struct cluster_self *self,
           struct world *world)
{
    struct shash taken = SHASH_INITIALIZER(&taken);
    struct candidate *candidates;
    size_t n = find_candidates(cluster, self, world, &candidates);

    for (int rank = 0; rank < N_RANKS; rank++) {
        for (size_t i = 0; i < n; i++) {
            const struct candidate *c = &candidates[i];
            if (c->rank == rank) {
                add_peer(c->row, &c->ip, self, &taken, world);
            }
        }
    }
    world_sort(world);
    shash_destroy(&taken);
    free(candidates);
}

/* Returns the one of 'nodes' whose tunnels end in 'range', or NULL. */
const char *
peers_find_tunnel(const struct cluster *cluster, const struct sset *nodes,
                  const struct prefix *range)
{
    const struct lodenrec_node *node;

    LODENREC_NODE_FOR_EACH (node, cluster->idl) {
        for (size_t i = 0; i < node->n_tunnel_ips; i++) {
            struct in6_addr ip;
            char *error = addr_parse(node->tunnel_ips[i], &ip);
            if (!error && prefix_has_addr(range, &ip)
                && sset_contains(nodes, node->name)) {
                return node->name;
            }
            free(error);
        }
    }
    return NULL;
}

/* Remembers where the tunnels to the peers of 'world' end. */
void
peers_remember(struct cluster *cluster, const struct world *world)
{
    smap_clear(&cluster->tunnels_had);
    for (size_t i = 0; i < world->n_peers; i++) {
        char buf[ADDR_STRLEN];
        addr_format(&world->peers[i].tunnel_ip, buf);
        smap_add(&cluster->tunnels_had, buf, world->peers[i].name);
    }
}

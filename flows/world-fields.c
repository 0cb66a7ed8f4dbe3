/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The tables of the cluster's part of a world, and copying by them.
 *
 * What is not here, or is derived, is not copied and does not outlive a
 * restart without the cluster; test/unit/test-last-good.c tells who forgets
 * a member.  How the parts look in a file is controller/last-good-json.c's. */

#include <config.h>
#include "flows/world-fields.h"

#include <stdlib.h>
#include <string.h>

#include "flows/world.h"
#include "util.h"

#define FIELD(STRUCT, NAME, MEMBER, TYPE, ...)                          \
    { .name = NAME, .type = TYPE, .offset = offsetof(struct STRUCT, MEMBER), \
      __VA_ARGS__ }
#define ARRAY(STRUCT, NAME, MEMBER, N_MEMBER, TYPE, ...)                \
    FIELD(STRUCT, NAME, MEMBER, TYPE,                                   \
          .n_offset = offsetof(struct STRUCT, N_MEMBER), __VA_ARGS__)
#define RECORD(STRUCT, WHAT, FIELDS, ...)                               \
    { .what = WHAT, .size = sizeof(struct STRUCT), .fields = FIELDS,    \
      .n_fields = ARRAY_SIZE(FIELDS), __VA_ARGS__ }

static const char *const modes[] = {
    [WORLD_ROUTED] = "routed",
    [WORLD_BRIDGED] = "bridged",
    NULL
};

static const struct world_field network_fields[] = {
    FIELD(world_network, "name", name, WORLD_NAME, .required = true),
    FIELD(world_network, "vni", vni, WORLD_UINT, .required = true,
          .min = 1, .max = 0xffffff),
    FIELD(world_network, "also_vni", also_vni, WORLD_UINT, .max = 0xffffff),
    FIELD(world_network, "mode", mode, WORLD_WORD, .words = modes),
    ARRAY(world_network, "ranges", ranges, n_ranges, WORLD_PREFIXES),
    FIELD(world_network, "node_plen_v4", node_plen[ADDR_V4], WORLD_UINT,
          .max = 32),
    FIELD(world_network, "node_plen_v6", node_plen[ADDR_V6], WORLD_UINT,
          .max = 128),
    FIELD(world_network, "subnet_v4", subnet[ADDR_V4], WORLD_PREFIX),
    FIELD(world_network, "subnet_v6", subnet[ADDR_V6], WORLD_PREFIX),
    FIELD(world_network, "mtu", mtu, WORLD_UINT, .required = true,
          .min = 68, .max = 65535),
    FIELD(world_network, "mtu_follows", mtu_follows, WORLD_BOOL),
    FIELD(world_network, "masquerade", masquerade, WORLD_BOOL),
    FIELD(world_network, "internal", internal, WORLD_BOOL),
    FIELD(world_network, "first_v4", first[ADDR_V4], WORLD_ADDR),
    FIELD(world_network, "first_v6", first[ADDR_V6], WORLD_ADDR),
    FIELD(world_network, "last_v4", last[ADDR_V4], WORLD_ADDR),
    FIELD(world_network, "last_v6", last[ADDR_V6], WORLD_ADDR),
    FIELD(world_network, "closed", closed, WORLD_BOOL),
    FIELD(world_network, "closing", closing, WORLD_BOOL),
    FIELD(world_network, "lost_to", lost_to, WORLD_NAME),
    ARRAY(world_network, "blocks", bridged.blocks, bridged.n_blocks,
          WORLD_PREFIXES),
    FIELD(world_network, "flood_unknown", bridged.flood_unknown, WORLD_BOOL),
    FIELD(world_network, "drop_multicast", bridged.drop_multicast,
          WORLD_BOOL),
    FIELD(world_network, "snoop", bridged.snoop, WORLD_BOOL),
    FIELD(world_network, "storm_rate", bridged.storm_rate, WORLD_INT64),
    FIELD(world_network, "block_rest", bridged.block_rest, WORLD_UINT,
          .max = WORLD_BLOCK_REST_MAX),
};

static void
derive_network(void *network)
{
    world_network_derive(network);
}

const struct world_record world_network_record
    = RECORD(world_network, "network", network_fields,
             .derive = derive_network);

static const struct world_field lease_fields[] = {
    FIELD(world_lease, "network", network, WORLD_NAME, .required = true),
    FIELD(world_lease, "subnet", subnet, WORLD_PREFIX, .required = true),
};

static const struct world_record lease_record
    = RECORD(world_lease, "subnet", lease_fields);

static const char *const encaps[] = {
    [TUNNELS_VXLAN] = "vxlan",
    [TUNNELS_GENEVE] = "geneve",
    NULL
};

static const struct world_field peer_fields[] = {
    FIELD(world_peer, "name", name, WORLD_NAME, .required = true),
    FIELD(world_peer, "tunnel_ip", tunnel_ip, WORLD_ADDR, .required = true),
    FIELD(world_peer, "speaks", speaks, WORLD_WORD, .words = encaps),
    FIELD(world_peer, "pod_mtu", pod_mtu, WORLD_UINT, .max = 65535),
    ARRAY(world_peer, "leases", leases, n_leases, WORLD_RECORDS,
          .record = &lease_record),
};

static void
derive_peer(void *peer)
{
    world_peer_derive(peer);
}

const struct world_record world_peer_record
    = RECORD(world_peer, "peer", peer_fields, .derive = derive_peer);

static const struct world_field endpoint_fields[] = {
    FIELD(world_endpoint, "network", network, WORLD_NAME, .required = true),
    FIELD(world_endpoint, "mac", mac, WORLD_MAC, .required = true),
    FIELD(world_endpoint, "node", node, WORLD_NAME, .required = true),
    ARRAY(world_endpoint, "ips", ips, n_ips, WORLD_ADDRS),
    ARRAY(world_endpoint, "groups", groups, n_groups, WORLD_ADDRS),
    FIELD(world_endpoint, "sequence", sequence, WORLD_INT64),
};

static const struct world_record endpoint_record
    = RECORD(world_endpoint, "endpoint", endpoint_fields);

static const char *const tunnels[] = {
    [TUNNELS_PER_PEER] = "per-peer",
    [TUNNELS_SHARED] = "shared",
    [TUNNELS_AUTO] = "auto",
    NULL
};

static const struct world_field world_fields[] = {
    FIELD(world, "config_seq", config_seq, WORLD_INT64),
    FIELD(world, "draining", draining, WORLD_BOOL),
    FIELD(world, "tunnel_ports", tunnels.asked, WORLD_WORD,
          .words = tunnels),
    FIELD(world, "encap", tunnels.wish, WORLD_WORD, .words = encaps),
    FIELD(world, "speaks", tunnels.speaks, WORLD_WORD, .words = encaps),
    FIELD(world, "dst_port", tunnels.dst_port, WORLD_UINT16, .min = 1),
    FIELD(world, "also_dst_port", tunnels.also_dst_port, WORLD_UINT16),
    FIELD(world, "outer_fragments", tunnels.outer.fragments, WORLD_BOOL),
    FIELD(world, "outer_csum", tunnels.outer.csum, WORLD_BOOL),
    FIELD(world, "outer_ttl", tunnels.outer.ttl, WORLD_UINT16,
          .max = OUTER_INHERIT),
    FIELD(world, "outer_tos", tunnels.outer.tos, WORLD_UINT16,
          .max = OUTER_INHERIT),
    FIELD(world, "overhead", overhead, WORLD_UINT, .max = 1000),
    ARRAY(world, "networks", networks, n_networks, WORLD_RECORDS,
          .record = &world_network_record),
    ARRAY(world, "peers", peers, n_peers, WORLD_RECORDS,
          .record = &world_peer_record),
    ARRAY(world, "endpoints", endpoints, n_endpoints, WORLD_RECORDS,
          .record = &endpoint_record),
};

const struct world_record world_record
    = RECORD(world, "world", world_fields);

size_t
world_field_element_size(const struct world_field *field)
{
    return (field->type == WORLD_PREFIXES ? sizeof(struct prefix)
            : field->type == WORLD_ADDRS ? sizeof(struct in6_addr)
            : field->type == WORLD_RECORDS ? field->record->size : 0);
}

static void copy_record(const struct world_record *, void *dst,
                        const void *src);

/* Makes 'dst' point to a copy of the 'n' structs at 'src'. */
static void
copy_array(const struct world_field *field, void **dst, const void *src,
           size_t n)
{
    size_t size = world_field_element_size(field);

    if (!n) {
        return;
    }
    *dst = xcalloc(n, size);
    if (field->type != WORLD_RECORDS) {
        memcpy(*dst, src, n * size);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        copy_record(field->record, (char *) *dst + i * size,
                    (const char *) src + i * size);
    }
}

/* Copies the member that 'field' describes. */
static void
copy_field(const struct world_field *field, char *dst, const char *src)
{
    const char *from = src + field->offset;
    char *to = dst + field->offset;

    switch (field->type) {
    case WORLD_NAME:
        *(char **) to = nullable_xstrdup(*(char *const *) from);
        break;

    case WORLD_BOOL:
        *(bool *) to = *(const bool *) from;
        break;

    case WORLD_UINT:
    case WORLD_WORD:
        memcpy(to, from, sizeof(unsigned int));
        break;

    case WORLD_UINT16:
        *(uint16_t *) to = *(const uint16_t *) from;
        break;

    case WORLD_INT64:
        memcpy(to, from, sizeof(int64_t));
        break;

    case WORLD_MAC:
        *(struct eth_addr *) to = *(const struct eth_addr *) from;
        break;

    case WORLD_ADDR:
        *(struct in6_addr *) to = *(const struct in6_addr *) from;
        break;

    case WORLD_PREFIX:
        *(struct prefix *) to = *(const struct prefix *) from;
        break;

    case WORLD_ADDRS:
    case WORLD_PREFIXES:
    case WORLD_RECORDS: {
        size_t n = *(const size_t *) (src + field->n_offset);
        copy_array(field, (void **) to, *(void *const *) from, n);
        *(size_t *) (dst + field->n_offset) = n;
        break;
    }
    }
}

static void
copy_record(const struct world_record *record, void *dst, const void *src)
{
    for (size_t i = 0; i < record->n_fields; i++) {
        copy_field(&record->fields[i], dst, src);
    }
    if (record->derive) {
        record->derive(dst);
    }
}

void
world_copy_cluster(struct world *dst, const struct world *src)
{
    ovs_assert(!dst->n_networks && !dst->n_peers && !dst->n_endpoints);
    copy_record(&world_record, dst, src);
    for (size_t i = 0; i < src->n_refusals; i++) {
        world_refuse(dst, xstrdup(src->refusals[i].what), "%s",
                     src->refusals[i].why);
    }
}

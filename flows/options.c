/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A pod's limits, host ports and checks as values and as text.  From whose
 * words they come is ovsdb/local-options.c's. */

#include <config.h>
#include "flows/options.h"

#include <stdlib.h>
#include <string.h>

#include "flows/addr.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Frees what 'options' holds, not 'options' itself. */
void
world_options_destroy(struct world_options *options)
{
    free(options->host_ports);
}

/* Adds a host port, all zero.  The pointer is good until the next one is
 * added. */
struct world_host_port *
world_options_add_host_port(struct world_options *options)
{
    options->host_ports = xrealloc(options->host_ports,
                                   (options->n_host_ports + 1)
                                   * sizeof *options->host_ports);
    struct world_host_port *port
        = &options->host_ports[options->n_host_ports++];
    memset(port, 0, sizeof *port);
    return port;
}

/* Returns the name of 'proto', as nftables and CNI say it. */
const char *
world_proto_name(enum world_proto proto)
{
    switch (proto) {
    case WORLD_TCP:
        return "tcp";
    case WORLD_UDP:
        return "udp";
    case WORLD_SCTP:
        return "sctp";
    case WORLD_N_PROTOS:
    default:
        OVS_NOT_REACHED();
    }
}

static void
put_limit(struct ds *s, const char *direction, const struct world_limit *limit)
{
    if (limit->rate) {
        ds_put_format(s, " %s=%"PRIu64"bps(%"PRIu64"b)", direction,
                      limit->rate, limit->burst);
    }
}

/* Appends 'options' as text, a space before each. */
void
world_options_format(const struct world_options *options, struct ds *s)
{
    char buf[ADDR_STRLEN];

    put_limit(s, "to-pod", &options->to_pod);
    put_limit(s, "from-pod", &options->from_pod);
    for (size_t i = 0; i < options->n_host_ports; i++) {
        const struct world_host_port *port = &options->host_ports[i];
        ds_put_format(s, " %s/%"PRIu16"->%"PRIu16,
                      world_proto_name(port->proto), port->host_port,
                      port->pod_port);
        if (addr_is_set(&port->host_ip)) {
            ds_put_format(s, "(on %s)", addr_format(&port->host_ip, buf));
        }
    }
    if (options->mtu) {
        ds_put_format(s, " mtu=%u", options->mtu);
    }
    ds_put_format(s, "%s%s%s", options->any_mac ? " any-mac" : "",
                  options->isolated ? " isolated" : "",
                  options->dhcp ? " dhcp" : "");
}

/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Host ports as text for nft: one look into a map for each new connection,
 * however many there are.
 *
 * What comes from outside passes prerouting, and so does what a pod sends to
 * its gateway or to any node; what the host itself sends passes output.  The
 * translations of sources that make the answers come back are in
 * host-rules.c.
 *
 * 127.0.0.0/8 and ::1 stay the host's own: the kernel sends nothing from
 * there to a pod unless route_localnet is set, which opens these addresses to
 * the neighbours, and a program of the host that listens there alone would
 * lose its clients. */

#include <config.h>
#include "controller/host-ports.h"

#include <inttypes.h>
#include <stdlib.h>

#include "flows/world.h"
#include "openvswitch/dynamic-string.h"

/* Appends what a pod's 'ip' and 'port' are in a map. */
static void
put_target(struct ds *s, const struct in6_addr *ip, uint16_t port)
{
    char buf[ADDR_STRLEN];
    ds_put_format(s, "%s . %"PRIu16, addr_format(ip, buf), port);
}

/* Appends the elements of the map of 'family' whose keys have, or have not,
 * an address of the host, as 'on_one' says. */
static void
put_elements(struct ds *s, const struct world *world, enum addr_family family,
             bool on_one)
{
    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        const struct world_options *options = &pod->options;

        for (size_t j = 0; j < options->n_host_ports; j++) {
            const struct world_host_port *port = &options->host_ports[j];
            char buf[ADDR_STRLEN];

            if (addr_is_set(&port->host_ip) != on_one
                || !addr_is_set(&pod->ip[family])
                || (on_one && addr_family(&port->host_ip) != family)) {
                continue;
            }
            ds_put_cstr(s, s->length ? ",\n\t\t\t" : "\n\t\t\t");
            if (on_one) {
                ds_put_format(s, "%s . ", addr_format(&port->host_ip, buf));
            }
            ds_put_format(s, "%s . %"PRIu16" : ",
                          world_proto_name(port->proto), port->host_port);
            put_target(s, &pod->ip[family], port->pod_port);
        }
    }
}

/* Appends the rule of 'family', if it has any host port. */
static void
put_rule(struct ds *s, const struct world *world, enum addr_family family,
         bool on_one)
{
    struct ds elements = DS_EMPTY_INITIALIZER;
    const char *ip = family == ADDR_V4 ? "ip" : "ip6";

    put_elements(&elements, world, family, on_one);
    if (elements.length) {
        if (on_one) {
            ds_put_format(s, "\t\tdnat %s to %s daddr . meta l4proto . "
                          "th dport map {", ip, ip);
        } else {
            ds_put_format(s, "\t\tmeta nfproto %s dnat %s to meta l4proto . "
                          "th dport map {",
                          family == ADDR_V4 ? "ipv4" : "ipv6", ip);
        }
        ds_put_format(s, "%s }\n", ds_cstr(&elements));
    }
    ds_destroy(&elements);
}

void
host_ports_put(struct ds *s, const struct world *world)
{
    struct ds rules = DS_EMPTY_INITIALIZER;

    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        put_rule(&rules, world, family, true);
        put_rule(&rules, world, family, false);
    }
    if (rules.length) {
        ds_put_format(s,
                      "\n\tchain prerouting {\n"
                      "\t\ttype nat hook prerouting priority dstnat; "
                      "policy accept;\n"
                      "\t\tfib daddr type local jump host-ports "
                      "comment \"from outside and from pods\"\n"
                      "\t}\n"
                      "\n\tchain output {\n"
                      "\t\ttype nat hook output priority -100; "
                      "policy accept;\n"
                      "\t\tip daddr 127.0.0.0/8 return "
                      "comment \"the host's own\"\n"
                      "\t\tip6 daddr ::1 return "
                      "comment \"the host's own\"\n"
                      "\t\tfib daddr type local jump host-ports "
                      "comment \"from the host itself\"\n"
                      "\t}\n"
                      "\n\tchain host-ports {\n%s\t}\n", ds_cstr(&rules));
    }
    ds_destroy(&rules);
}

/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Limits, host ports and checks of a pod, from the words of its row.
 *
 * A limit that cannot be read must not become no limit, nor a host port that
 * cannot be had become another pod's: any fault here refuses the pod.  The
 * words are foreign text; what they mean in the switch is compile-pod.c's and
 * local-limits.c's, in the host's kernel controller/host-ports.c's. */

#include <config.h>
#include "ovsdb/local-options.h"

#include <stdlib.h>
#include <string.h>

#include "ovsdb/keys.h"
#include "ovsdb/text.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

/* Of a limit, in bits/s: what a meter can count in, and what a queue of Open
 * vSwitch 3.1 can hold (32 bits of bytes/s). */
#define MIN_RATE UINT64_C(1000)
#define MAX_RATE (UINT64_C(8) * UINT32_MAX)

/* Runtimes that were told no burst write one of 2^31 - 1 (kubelet), 2^32 - 1
 * (containerd) or more bits. */
#define NO_BURST UINT64_C(0x7fffffff)

/* A burst is at least this part of what passes in a second.  A meter drops
 * what is too fast, and TCP then pauses for 0.2 s or more (RFC 6298 as Linux
 * has it): what a meter does not save up meanwhile is lost; with a tenth of a
 * second's burst half of the rate. */
#define LEAST_BURST_PART 3

/* The largest packet, with its headers, in bits: segments that the kernel has
 * put together count as one. */
#define MIN_BURST (UINT64_C(8) * (64 * 1024 + 128))

/* In seconds.  The kernel counts a burst as time, in 32 bits of 64 ns. */
#define MAX_BURST_TIME 200

/* As a port range of podman may become. */
#define MAX_HOST_PORTS 4096

/* Takes a decimal number of at most 18 digits off '*text'.  Returns false if
 * there is none. */
static bool
pull_number(const char **text, uint64_t *number)
{
    size_t n = strspn(*text, "0123456789");

    if (!n || n > 18) {
        return false;
    }
    *number = strtoull(*text, NULL, 10);
    *text += n;
    return true;
}

static bool
pull_char(const char **text, char c)
{
    if (**text != c) {
        return false;
    }
    ++*text;
    return true;
}

/* ---- Limits ------------------------------------------------------------- */

/* Returns a burst that works with 'rate', as close to 'asked' as can be. */
static uint64_t
size_burst(uint64_t rate, uint64_t asked)
{
    uint64_t least = MAX(rate / LEAST_BURST_PART, MIN_BURST);
    uint64_t burst = asked >= NO_BURST ? least : MAX(asked, least);
    return MIN(burst, rate * MAX_BURST_TIME);
}

static char *
read_limit(struct world_limit *limit, const struct smap *ids, const char *key)
{
    const char *text = smap_get(ids, key);
    const char *p = text;
    char buf[TEXT_SHOWN];
    uint64_t burst;

    if (!text) {
        return NULL;
    }
    if (!pull_number(&p, &limit->rate) || !pull_char(&p, ' ')
        || !pull_number(&p, &burst) || *p) {
        return xasprintf("%s '%s' is not of the form RATE BURST, two numbers "
                         "in bits/s and bits", key, text_show(text, buf));
    } else if (limit->rate < MIN_RATE || limit->rate > MAX_RATE) {
        return xasprintf("%s: %"PRIu64" bits/s cannot be kept: %"PRIu64" to "
                         "%"PRIu64" can", key, limit->rate, MIN_RATE,
                         MAX_RATE);
    }
    limit->burst = size_burst(limit->rate, burst);
    return NULL;
}

/* ---- Switches ----------------------------------------------------------- */

static char *
read_switch(bool *on, const struct smap *ids, const char *key)
{
    const char *text = smap_get(ids, key);
    char buf[TEXT_SHOWN];

    if (text && strcmp(text, "true") && strcmp(text, "false")) {
        return xasprintf("%s '%s' is neither true nor false", key,
                         text_show(text, buf));
    } else if (text) {
        *on = !strcmp(text, "true");
    }
    return NULL;
}

/* ---- Host ports --------------------------------------------------------- */

static bool
pull_proto(const char **text, enum world_proto *proto)
{
    for (int i = 0; i < WORLD_N_PROTOS; i++) {
        const char *name = world_proto_name(i);
        size_t len = strlen(name);
        if (!strncmp(*text, name, len)) {
            *text += len;
            *proto = i;
            return true;
        }
    }
    return false;
}

static bool
pull_port(const char **text, uint16_t *port)
{
    uint64_t number;

    if (!pull_number(text, &number) || !number || number > UINT16_MAX) {
        return false;
    }
    *port = number;
    return true;
}

/* Is 'ip' 127.0.0.0/8 or ::1? */
static bool
is_loopback(const struct in6_addr *ip)
{
    return (addr_family(ip) == ADDR_V4
            ? ntohl(in6_addr_get_mapped_ipv4(ip)) >> 24 == 127
            : IN6_IS_ADDR_LOOPBACK(ip));
}

/* Reads the host's address of a host port, 'text'. */
static char *
read_host_ip(struct in6_addr *ip, const char *text)
{
    char buf[TEXT_SHOWN];
    char *error = addr_parse(text_show(text, buf), ip);

    if (error) {
        return error;
    } else if (is_loopback(ip)) {
        return xasprintf("%s is the host's own: a pod cannot be reached there "
                         "without route_localnet, which Loden leaves alone",
                         buf);
    } else if (addr_family(ip) == ADDR_V4 && !in6_addr_get_mapped_ipv4(ip)) {
        *ip = in6addr_any;
    }
    return NULL;
}

/* Reads 'word', PROTO/HOSTPORT/PODPORT[/HOSTADDRESS]. */
static char *
read_host_port(struct world_host_port *port, const char *word)
{
    const char *p = word;

    if (!pull_proto(&p, &port->proto) || !pull_char(&p, '/')
        || !pull_port(&p, &port->host_port) || !pull_char(&p, '/')
        || !pull_port(&p, &port->pod_port) || (*p && *p != '/')) {
        return xstrdup("is not of the form PROTO/HOSTPORT/PODPORT or "
                       "PROTO/HOSTPORT/PODPORT/HOSTADDRESS, where PROTO is "
                       "tcp, udp or sctp");
    }
    return *p ? read_host_ip(&port->host_ip, p + 1) : NULL;
}

static char *
read_host_ports(struct world_options *options, const struct smap *ids)
{
    char *words = nullable_xstrdup(smap_get(ids, KEY_PORTS));
    char *error = NULL;
    char *rest = words;
    char *word;

    while (!error && (word = strsep(&rest, " "))) {
        char buf[TEXT_SHOWN];

        if (options->n_host_ports >= MAX_HOST_PORTS) {
            error = xasprintf(KEY_PORTS" has more than %d host ports",
                              MAX_HOST_PORTS);
            break;
        }
        char *why = read_host_port(world_options_add_host_port(options), word);
        if (why) {
            error = xasprintf(KEY_PORTS": '%s': %s", text_show(word, buf),
                              why);
            free(why);
        }
    }
    free(words);
    return error;
}

/* Would one packet be for both? */
static bool
ports_collide(const struct world_host_port *a, const struct world_host_port *b)
{
    return (a->host_port == b->host_port && a->proto == b->proto
            && (!addr_is_set(&a->host_ip) || !addr_is_set(&b->host_ip)
                || ipv6_addr_equals(&a->host_ip, &b->host_ip)));
}

/* Returns the first of the 'n' 'ports' that collides with 'port', or NULL. */
static const struct world_host_port *
find_collision(const struct world_host_port *ports, size_t n,
               const struct world_host_port *port)
{
    for (size_t i = 0; i < n; i++) {
        if (ports_collide(&ports[i], port)) {
            return &ports[i];
        }
    }
    return NULL;
}

static char *
read_mtu(struct world_options *options, const struct smap *ids)
{
    const char *text = smap_get(ids, KEY_MTU);
    char buf[TEXT_SHOWN];

    return (!text || (str_to_uint(text, 10, &options->mtu)
                      && options->mtu >= 68 && options->mtu <= UINT16_MAX)
            ? NULL : xasprintf(KEY_MTU": '%s' is no number of bytes, 68 to "
                               "65535", text_show(text, buf)));
}

/* ---- All of them -------------------------------------------------------- */

char *
options_read(struct world_options *options, const struct smap *ids)
{
    bool mac_check = true;
    char *error;

    memset(options, 0, sizeof *options);
    error = read_limit(&options->to_pod, ids, KEY_RATE_IN);
    error = error ? error : read_limit(&options->from_pod, ids, KEY_RATE_OUT);
    error = error ? error : read_switch(&mac_check, ids, KEY_MAC_CHECK);
    error = error ? error : read_switch(&options->isolated, ids, KEY_ISOLATED);
    error = error ? error : read_switch(&options->dhcp, ids, KEY_DHCP);
    error = error ? error : read_mtu(options, ids);
    error = error ? error : read_host_ports(options, ids);
    options->any_mac = !mac_check;
    return error;
}

/* Returns NULL if 'port', the one after the first 'n' of 'options', can be
 * had, else why not. */
static char *
check_host_port(const struct world_options *options, size_t n,
                const struct world *world,
                const struct in6_addr ip[ADDR_N_FAMILIES])
{
    const struct world_host_port *port = &options->host_ports[n];
    const char *proto = world_proto_name(port->proto);

    if (addr_is_set(&port->host_ip)
        && !addr_is_set(&ip[addr_family(&port->host_ip)])) {
        char buf[ADDR_STRLEN];
        return xasprintf(KEY_PORTS": %s is of a family that the pod has no "
                         "address of", addr_format(&port->host_ip, buf));
    }
    if (port->proto == WORLD_UDP
        && (port->host_port == world->tunnels.dst_port
            || port->host_port == world->tunnels.also_dst_port
            || (port->host_port == TUNNELS_GENEVE_PORT
                && tunnels_want_shared(world, TUNNELS_GENEVE)))) {
        return xasprintf(KEY_PORTS": the host port udp/%"PRIu16" is the "
                         "tunnels'", port->host_port);
    }
    if (find_collision(options->host_ports, n, port)) {
        return xasprintf(KEY_PORTS": the host port %s/%"PRIu16" is there "
                         "twice", proto, port->host_port);
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        if (find_collision(pod->options.host_ports, pod->options.n_host_ports,
                           port)) {
            return xasprintf(KEY_PORTS": the host port %s/%"PRIu16" is pod "
                             "%s's already", proto, port->host_port, pod->id);
        }
    }
    return NULL;
}

char *
options_check(const struct world_options *options, const struct world *world,
              const struct world_network *network,
              const struct in6_addr ip[ADDR_N_FAMILIES])
{
    char *error = NULL;

    if (options->n_host_ports && network->internal) {
        return xasprintf(KEY_PORTS": network %s is internal: its pods cannot "
                         "be reached through the host", network->name);
    }
    for (size_t i = 0; i < options->n_host_ports && !error; i++) {
        error = check_host_port(options, i, world, ip);
    }
    return error;
}

/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Whatever stands in the rows of pods, what becomes a pod of the world can be
 * written into rules, commands and logs, and no two pods share an address;
 * the rest is refused, row by row.
 *
 * Values are good ones with a few bytes changed, put in or left out.  Every
 * round depends on its number alone. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "random.h"
#include "sset.h"
#include "test/unit/dbtests.h"
#include "test/unit/node.h"
#include "util.h"

#include "test/unit/unit.h"

#define ROUNDS 40
#define ROWS 12
#define PLAIN \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"


/* Adds the pair 'key' and 'good', spoiled in one of four cases, to 'row'. */
static void
put_pair(struct ds *row, const char *key, const char *good)
{
    static const char bytes[] = "09af:./-_ ,;=%$(\t\001\177";
    struct ds value = DS_EMPTY_INITIALIZER;

    if (!random_range(16)) {
        return;
    }
    ds_put_cstr(&value, good);
    for (int n = random_range(4) ? 0 : 1 + random_range(3); n > 0; n--) {
        char byte = bytes[random_range(sizeof bytes - 1)];
        size_t at = value.length ? random_range(value.length) : 0;
        if (!value.length || !random_range(3)) {
            ds_put_char(&value, byte);
        } else if (random_range(2)) {
            value.string[at] = byte;
        } else {
            ds_truncate(&value, at);
        }
    }
    ds_put_format(row, "%s['%s','", row->length ? "," : "", key);
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = value.string[i];
        ds_put_format(row, c < ' ' || c == 127 ? "\\u%04x" : "%c", c);
    }
    ds_put_cstr(row, "']");
    ds_destroy(&value);
}

static void
add_row(int i)
{
    struct ds row = DS_EMPTY_INITIALIZER;
    char *id = xasprintf("net/c%d/eth0", random_range(2 * ROWS));
    char *ip = xasprintf("default/172.18.6.%d", random_range(2 * ROWS));
    char *mac = xasprintf("02:00:00:00:06:%02x", i);
    char *name = xasprintf("ldn%d%s", i, random_range(8) ? "" : " ;x");

    put_pair(&row, "loden-id", id);
    put_pair(&row, "loden-network", "default");
    put_pair(&row, "loden-ip", ip);
    put_pair(&row, "loden-mac", mac);
    put_pair(&row, "loden-req", "r1");
    if (!random_range(8)) {
        put_pair(&row, "loden-ip6", "default/fd00::2");
    }
    if (!random_range(3)) {
        char *ports = xasprintf("tcp/%d/80 udp/53/53/192.0.2.%d",
                                1 + random_range(ROWS), i);
        put_pair(&row, "loden-ports", ports);
        put_pair(&row, "loden-rate-in", "1000000 34359738359");
        put_pair(&row, "loden-rate-out", "2000000 10");
        put_pair(&row, "loden-isolated", "true");
        free(ports);
    }
    node_add_port(&node, name, ds_cstr(&row));
    free(name);
    free(mac);
    free(ip);
    free(id);
    ds_destroy(&row);
}

static void
assert_plain(const char *text, size_t max)
{
    assert_true(strlen(text) <= max);
    assert_int_equal(text[strspn(text, PLAIN)], '\0');
}

static void
assert_limit(const struct world_limit *limit)
{
    assert_true(limit->rate ? limit->rate >= 1000 && limit->burst
                : !limit->burst);
}

/* Asserts that no two pods share a host port, and adds those of 'pod' to
 * 'seen'. */
static void
assert_options(const struct world_pod *pod, struct sset *seen)
{
    const struct world_options *options = &pod->options;

    assert_limit(&options->to_pod);
    assert_limit(&options->from_pod);
    for (size_t i = 0; i < options->n_host_ports; i++) {
        const struct world_host_port *port = &options->host_ports[i];
        char buf[ADDR_STRLEN];
        char *text = xasprintf("%d/%u/%s", port->proto, port->host_port,
                               addr_format(&port->host_ip, buf));
        assert_true(port->host_port && port->pod_port);
        assert_non_null(sset_add(seen, text));
        free(text);
    }
}

static void
assert_pods_agree(const struct world *world)
{
    const struct world_network *network = &world->networks[0];
    struct sset seen = SSET_INITIALIZER(&seen);

    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        char buf[ADDR_STRLEN];
        assert_string_equal(pod->network, network->name);
        assert_plain(pod->port_name, 15);
        assert_plain(pod->req, 64);
        for (const char *p = pod->id; *p; p++) {
            assert_true(*p > ' ' && *p <= '~');
        }
        assert_false(eth_addr_is_multicast(pod->mac));
        assert_true(prefix_has_addr(&network->subnet[ADDR_V4],
                                    &pod->ip[ADDR_V4]));
        assert_false(ipv6_addr_equals(&pod->ip[ADDR_V4],
                                      &network->gateway[ADDR_V4]));
        assert_false(addr_is_set(&pod->ip[ADDR_V6]));
        assert_options(pod, &seen);
        assert_non_null(sset_add(&seen, pod->id));
        assert_non_null(sset_add(&seen, addr_format(&pod->ip[ADDR_V4], buf)));
    }
    for (size_t i = 0; i < world->n_refusals; i++) {
        assert_true(world->refusals[i].why[0]);
        for (const char *p = world->refusals[i].what; *p; p++) {
            assert_true(*p >= ' ' && *p <= '~');
        }
        for (const char *p = world->refusals[i].why; *p; p++) {
            assert_true(*p >= ' ' && *p <= '~');
        }
    }
    sset_destroy(&seen);
}

static void
random_rows_make_only_pods_that_can_be_trusted(void **state OVS_UNUSED)
{
    size_t n_pods = 0;
    size_t n_refusals = 0;

    for (int round = 1; round <= ROUNDS; round++) {
        random_set_seed(round);
        node_open(&node, server);
        node.fill = node_fill_alone;
        node_settle(&node);
        for (int i = 0; i < ROWS; i++) {
            add_row(i);
        }
        node_settle(&node);
        assert_pods_agree(&node.world);
        n_pods += node.world.n_pods;
        n_refusals += node.world.n_refusals;
        node_close(&node);
    }
    /* Were there enough of both? */
    assert_true(n_pods > ROUNDS);
    assert_true(n_refusals > ROUNDS);
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rows_make_only_pods_that_can_be_trusted),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_NODE, DBSERVER_STRICT, tests);
}

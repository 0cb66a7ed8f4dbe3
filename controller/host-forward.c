/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Firewalls of others in the way of pods.
 *
 * That 'inet loden' accepts a packet ends only its own chain: Docker's
 * FORWARD chain, whose policy drops, or firewalld's, whose last rule rejects,
 * decide on their own.  Other people's rules are not ours to change, so we
 * only say which chain it is and what would open it; unless a person has said
 * external_ids:loden-forward=manage, which puts two rules of ours there.
 * What iptables-legacy keeps outside nftables is not seen.
 *
 * We look again whenever the kernel tells of a change to nftables, but at
 * most once in a second: firewalls are loaded in many steps. */

#include <config.h>
#include "controller/host-forward.h"

#include <netinet/in.h> /* Before linux/netfilter.h, which clashes. */
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "controller/host-filters.h"
#include "flows/world.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/keys.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_forward);

/* Between two looks, in ms. */
#define PAUSE_MS 1000

struct host_forward {
    bool dirty;             /* Has something changed since the last look? */
    long long int next;     /* Not before, in time_msec(). */
    bool managed;           /* What the world said at the last look. */
    bool families[ADDR_N_FAMILIES]; /* Does it have to forward these? */
    struct sset problems;   /* What is in the way and how to open it. */
    size_t n_rules;         /* Rules of ours in others' chains. */
};

struct host_forward *
host_forward_open(void)
{
    struct host_forward *forward = xzalloc(sizeof *forward);

    forward->dirty = true;
    sset_init(&forward->problems);
    return forward;
}

/* Leaves rules of ours where they are: pods talk on. */
void
host_forward_close(struct host_forward *forward)
{
    if (forward) {
        sset_destroy(&forward->problems);
        free(forward);
    }
}

void
host_forward_changed(struct host_forward *forward)
{
    forward->dirty = true;
}

/* Stores into 'families' which the host has to forward. */
static void
find_families(const struct world *world, bool families[ADDR_N_FAMILIES])
{
    memset(families, 0, ADDR_N_FAMILIES * sizeof *families);
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];
        for (size_t f = 0; !network->internal && f < ADDR_N_FAMILIES; f++) {
            families[f] |= prefix_is_set(&network->subnet[f]);
        }
    }
}

/* Does 'filter' see packets of pods? */
static bool
concerns(const struct host_forward *forward, const struct filter *filter)
{
    return (filter->family == NFPROTO_INET
            ? forward->families[ADDR_V4] || forward->families[ADDR_V6]
            : forward->families[filter->family == NFPROTO_IPV4
                                ? ADDR_V4 : ADDR_V6]);
}

/* Returns what is wrong with 'filter' and what would cure it. */
static char *
describe(const struct filter *filter)
{
    char *place = xasprintf("%s %s %s", filters_family(filter->family),
                            filter->table, filter->place);
    char *problem = xasprintf(
        "chain %s of table %s %s drops what the host forwards for pods (%s): "
        "run \"nft 'insert rule %s iifname loden* accept; insert rule %s "
        "oifname loden* accept'\", or let the daemon do so with "
        "'ovs-vsctl set open . external_ids:"KEY_FORWARD"=manage'",
        filter->chain, filters_family(filter->family), filter->table,
        filter->policy ? "its policy" : "its last rule", place, place);
    free(place);
    return problem;
}

/* Opens 'filter' if that is ours to do, else adds it to 'problems'. */
static void
run_filter(const struct host_forward *forward, const struct filter *filter,
           struct sset *problems)
{
    int error = forward->managed ? filters_accept(filter) : 0;

    if (!forward->managed || error) {
        sset_add_and_free(problems, describe(filter));
    }
    if (error) {
        VLOG_WARN("chain %s of table %s %s: rules for pods are refused: %s",
                  filter->place, filters_family(filter->family),
                  filter->table, ovs_strerror(error));
    } else if (forward->managed) {
        VLOG_INFO("chain %s of table %s %s: accepting what the host forwards "
                  "for pods, as "KEY_FORWARD" says", filter->place,
                  filters_family(filter->family), filter->table);
    }
}

/* Takes rules of ours away from others' chains. */
static void
withdraw(const struct filters *filters)
{
    for (size_t i = 0; i < filters->n_rules; i++) {
        const struct filter_rule *rule = &filters->rules[i];
        int error = filters_delete(rule);

        VLOG(error ? VLL_WARN : VLL_INFO, "chain %s of table %s %s: taking "
             "a rule for pods away%s%s", rule->chain,
             filters_family(rule->family), rule->table,
             error ? ": " : "", error ? ovs_strerror(error) : "");
    }
}

/* Says what is new in 'problems', and what is no longer, and keeps them. */
static void
report(struct host_forward *forward, struct sset *problems)
{
    const char *problem;

    SSET_FOR_EACH (problem, problems) {
        if (!sset_contains(&forward->problems, problem)) {
            VLOG_WARN("%s", problem);
        }
    }
    SSET_FOR_EACH (problem, &forward->problems) {
        if (!sset_contains(problems, problem)) {
            VLOG_INFO("no longer: %s", problem);
        }
    }
    sset_swap(&forward->problems, problems);
}

static void
look(struct host_forward *forward)
{
    struct sset problems = SSET_INITIALIZER(&problems);
    struct filters filters;
    int error = filters_read(&filters);

    if (error) {
        VLOG_WARN("others' chains of nftables cannot be read: %s",
                  ovs_strerror(error));
    } else {
        if (!forward->managed && filters.n_rules) {
            withdraw(&filters);
            forward->dirty = true;
        }
        for (size_t i = 0; i < filters.n && !forward->dirty; i++) {
            const struct filter *filter = &filters.filters[i];
            if (!filter->accepts && concerns(forward, filter)) {
                run_filter(forward, filter, &problems);
            }
        }
        forward->n_rules = filters.n_rules;
        if (!forward->dirty) {
            report(forward, &problems);
        }
    }
    filters_destroy(&filters);
    sset_destroy(&problems);
}

void
host_forward_run(struct host_forward *forward, const struct world *world)
{
    bool families[ADDR_N_FAMILIES];

    find_families(world, families);
    if (memcmp(families, forward->families, sizeof families)
        || world->manages_forward != forward->managed) {
        memcpy(forward->families, families, sizeof families);
        forward->managed = world->manages_forward;
        forward->dirty = true;
        forward->next = 0;
    }
    if (forward->dirty && time_msec() >= forward->next) {
        forward->dirty = false;
        forward->next = time_msec() + PAUSE_MS;
        look(forward);
    }
}

void
host_forward_wait(const struct host_forward *forward)
{
    if (forward->dirty) {
        poll_timer_wait_until(forward->next);
    }
}

struct json *
host_forward_status(const struct host_forward *forward)
{
    struct json *status = json_object_create();
    struct json *problems = json_array_create_empty();
    const char **sorted = sset_sort(&forward->problems);

    for (size_t i = 0; sorted[i]; i++) {
        json_array_add(problems, json_string_create(sorted[i]));
    }
    free(sorted);
    json_object_put(status, "managed", json_boolean_create(forward->managed));
    json_object_put(status, "rules", json_integer_create(forward->n_rules));
    json_object_put(status, "problems", problems);
    return status;
}

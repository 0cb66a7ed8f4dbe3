/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The dataflow of a node: databases in, one world, then rules to the switch,
 * ports and acknowledgements to the node's database, our own rows to the
 * cluster's, addresses and nftables to the host.
 *
 *     ovsdb/local.c    ->+                     +-> flows/compile.c -> ofctl.c
 *     ovsdb/cluster.c  ->+-> struct world  ->--+-> ovsdb/local.c
 *     ofctl.c (ports)  ->+                     +-> ovsdb/cluster.c
 *     host-paths.c     ->+                     +-> host.c
 *     host-errors.c    ->+
 *
 * The world is made anew whenever one of its sources has changed.  Before all
 * of them have spoken there is no world, and nothing is touched: a controller
 * that starts leaves the switch as it is until it knows everything that
 * should be there. */

#include <config.h>
#include "controller/controller-private.h"

#include <stdlib.h>

#include "controller/host-errors.h"
#include "controller/host-paths.h"
#include "controller/host.h"
#include "controller/known.h"
#include "controller/mcast.h"
#include "controller/ofctl.h"
#include "controller/report.h"
#include "flows/compile.h"
#include "flows/flowset.h"
#include "flows/sizes.h"
#include "flows/world.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/cluster.h"
#include "ovsdb/keys.h"
#include "ovsdb/local.h"
#include "simap.h"
#include "smap.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(controller);

/* The cluster database of a single machine. */
#define DEFAULT_REMOTE "unix:"LODEN_RUNDIR"/cluster.sock"

/* In which the datapath follows the flows, in ms.  Open vSwitch looks at what
 * it keeps there each max-revalidator, 500 ms, and at once after a change. */
#define DATAPATH_MS 1000

/* Returns a new controller.  It does nothing before controller_run(). */
struct controller *
controller_open(const struct controller_options *options)
{
    struct controller *c = xzalloc(sizeof *c);

    c->datapath = options->datapath;
    c->local = local_open(options->database);
    c->cluster = cluster_open();
    c->mcast = mcast_open();
    c->ofctl = ofctl_open(c->mcast);
    c->errors = host_errors_open();
    c->paths = host_paths_open(c->errors);
    c->host = host_open(options->subnet_file);
    c->report = report_open();
    c->known = known_open(c->cluster, c->report, options->last_good);
    smap_init(&c->acked);
    commands_register(c);
    return c;
}

static void
forget_world(struct controller *c)
{
    world_destroy(c->world);
    free(c->world);
    c->world = NULL;
}

/* Frees 'c'.  The node keeps working as it is. */
void
controller_close(struct controller *c)
{
    if (c) {
        smap_destroy(&c->acked);
        forget_world(c);
        known_close(c->known);
        report_close(c->report);
        host_close(c->host);
        host_paths_close(c->paths);
        host_errors_close(c->errors);
        ofctl_close(c->ofctl);
        mcast_close(c->mcast);
        cluster_close(c->cluster);
        local_close(c->local);
        free(c);
    }
}

/* Finds out where our tunnels end: as a person says, or where the default
 * route leaves. */
static void
find_tunnel_ips(struct controller *c, const struct local_settings *settings,
                struct in6_addr ips[ADDR_N_FAMILIES])
{
    struct in6_addr ip;
    char *error;

    if (settings->encap_ip) {
        error = addr_parse_families(settings->encap_ip, ips);
        if (error) {
            char *cause = error;
            error = xasprintf("external_ids:"KEY_ENCAP_IP": %s", cause);
            free(cause);
        }
    } else {
        error = host_default_tunnel_ip(&ip);
        if (!error) {
            ips[addr_family(&ip)] = ip;
        }
    }
    report_problem(c->report, PROBLEM_TUNNEL_IP, error);
}

/* Finds out how large a packet may be on its way to the peers, and what
 * follows from that. */
static void
put_sizes(struct controller *c, struct world *world)
{
    report_problem(c->report, PROBLEM_UNDERLAY,
                   host_paths_put(c->paths, world));
    host_errors_put(c->errors, world);
    sizes_put_mtu(world);
}

/* Makes a new world from the sources.  Returns false, with the old world as it
 * was, if nothing is known of the cluster. */
static bool
make_world(struct controller *c, const struct local_settings *settings,
           const struct cluster_self *self)
{
    struct world *world = xmalloc(sizeof *world);

    world_init(world, settings->node);
    memcpy(world->tunnel_ip, self->tunnel_ip, sizeof world->tunnel_ip);
    if (!known_read(c->known, self, world)) {
        world_destroy(world);
        free(world);
        return false;
    }
    put_sizes(c, world);
    local_read(c->local, ofctl_ports(c->ofctl), world);
    world_sort(world);
    cluster_judge(c->cluster, world);
    mcast_read(c->mcast, world);
    report_problem(c->report, PROBLEM_FLOOD, world_check_floods(world));

    forget_world(c);
    c->world = world;
    c->version++;
    c->made_at = time_msec();
    report_world(c->report, world);
    return true;
}

/* Hands the rules of the world to the switch. */
static void
put_flows(struct controller *c)
{
    struct flowset wanted;

    flowset_init_after(&wanted, ofctl_wanted(c->ofctl));
    compile_world(c->world, &wanted);
    if (wanted.n_duplicates) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
        VLOG_ERR_RL(&rl, "%"PRIuSIZE" rules contradict others: please report "
                    "this with the output of world/show",
                    wanted.n_duplicates);
    }
    ofctl_put(c->ofctl, &wanted, c->version);
    flowset_destroy(&wanted);
}

/* Brings 'acked' up to date: a pod is acknowledged while the switch has
 * confirmed its flows and the kernel does not answer beside the switch.
 * While newer flows are under way the last answer stands. */
static void
run_acks(struct controller *c)
{
    uint64_t confirmed = ofctl_confirmed(c->ofctl);

    if (!confirmed) {
        smap_clear(&c->acked);
    } else if (confirmed == c->version) {
        c->acks_known = true;
        smap_clear(&c->acked);
        for (size_t i = 0; i < c->world->n_pods; i++) {
            const struct world_pod *pod = &c->world->pods[i];
            if (pod->port != OFPP_NONE && host_is_ready_for(c->host, pod)) {
                smap_add(&c->acked, pod->id, pod->req);
            }
        }
    }
    if (confirmed == c->version && c->logged != confirmed) {
        VLOG_INFO("flows of world %"PRIu64" confirmed after %lld ms",
                  confirmed, time_msec() - c->made_at);
        c->logged = confirmed;
    }
}

/* Tells the node's database what we know now.  What an earlier controller
 * acknowledged stands until we know better. */
static void
put_local(struct controller *c)
{
    struct sset acked = SSET_INITIALIZER(&acked);
    for (size_t i = 0; i < c->world->n_pods; i++) {
        const struct world_pod *pod = &c->world->pods[i];
        const char *req = smap_get(&c->acked, pod->id);
        if (req && !strcmp(req, pod->req)) {
            sset_add(&acked, pod->id);
        }
    }
    local_put(c->local, c->world, &(struct local_confirmed) {
                  .acked = c->acks_known ? &acked : NULL,
                  .flows = ofctl_confirmed(c->ofctl) == c->version });
    sset_destroy(&acked);
}

/* Is our part done of the world: has the switch confirmed its flows, and lack
 * neither databases nor host anything? */
static bool
is_done(const struct controller *c)
{
    return (ofctl_confirmed(c->ofctl) == c->version
            && local_is_settled(c->local) && host_is_settled(c->host)
            && tunnels_take_both(c->world));
}

/* Notices when the world is carried out.  Open vSwitch confirms flows before
 * it has put right what its datapath keeps of the old ones, which matters to
 * those who wait for us with the next step of a change. */
static void
run_applied(struct controller *c)
{
    bool done = is_done(c);

    if (done && c->done_seq != c->world->config_seq) {
        c->done_seq = c->world->config_seq;
        c->done_at = time_msec();
    }
    c->waits = (done && world_is_changing(c->world)
                && time_msec() < c->done_at + DATAPATH_MS);
    if (done && !c->waits) {
        c->applied_seq = c->done_seq;
    }
}

/* Makes the bridge and connects to it.  Returns true if it can be used. */
static bool
run_bridge(struct controller *c, const struct local_settings *settings)
{
    char *error = local_put_bridge(c->local, c->datapath);
    bool usable = !error && local_has_bridge(c->local);

    report_problem(c->report, PROBLEM_BRIDGE, error);
    ofctl_set_bridge(c->ofctl, usable ? settings->bridge : NULL);
    return usable;
}

/* Makes a new world if a source has changed, and carries out the one there
 * is, also when its sources have fallen silent.  Returns false if there is
 * none. */
static bool
run_world(struct controller *c, const struct local_settings *settings)
{
    struct cluster_self self = {
        .node = settings->node,
        .system_id = settings->system_id,
    };

    find_tunnel_ips(c, settings, self.tunnel_ip);
    known_run(c->known, &self);
    host_paths_run(c->paths);
    host_errors_run(c->errors, c->world);
    const struct sources now = {
        .local = local_seqno(c->local),
        .known = known_seqno(c->known),
        .ports = ofctl_ports_seqno(c->ofctl),
        .paths = host_paths_seqno(c->paths),
        .errors = host_errors_seqno(c->errors),
        .mcast = mcast_seqno(c->mcast),
    };

    if (now.ports && memcmp(&now, &c->sources, sizeof now)) {
        c->sources = now;
        if (make_world(c, settings, &self)) {
            put_flows(c);
        }
    }
    if (!c->world) {
        return false;
    }
    host_run(c->host, c->world);
    run_acks(c);
    put_local(c);
    run_applied(c);
    self.applied_seq = c->applied_seq;
    self.speaks = (ofctl_confirmed(c->ofctl) == c->version
                   ? tunnels_can_speak(c->world) : c->world->tunnels.speaks);
    self.pod_mtu = own_mtu_run(&c->own_mtu, sizes_own(c->world),
                               time_msec());
    cluster_put(c->cluster, &self, c->world);
    return true;
}

/* Tells the cluster's side, once, which subnets this node had. */
static void
remember(struct controller *c, const struct local_settings *settings)
{
    if (!c->remembered && settings->node) {
        struct local_leases leases;

        c->remembered = true;
        local_get_leases(c->local, settings->node, &leases);
        cluster_remember(c->cluster, &leases.used, &leases.unused);
        local_leases_destroy(&leases);
    }
}

/* Whatever controller_wait() waits for is run here, whether it is of use now
 * or not: what is waited for and never taken wakes for ever. */
void
controller_run(struct controller *c)
{
    struct local_settings settings;
    bool usable = false;

    local_run(c->local);
    if (local_is_ready(c->local)) {
        local_get_settings(c->local, &settings);
        remember(c, &settings);
        cluster_set_remote(c->cluster, (settings.remote ? settings.remote
                                        : DEFAULT_REMOTE));
        cluster_set_write_remote(c->cluster, settings.write_remote);
        usable = run_bridge(c, &settings);
    } else {
        ofctl_set_bridge(c->ofctl, NULL);
    }
    cluster_run(c->cluster);
    ofctl_run(c->ofctl);
    mcast_run(c->mcast, ofctl_send, c->ofctl);
    c->usable = usable;
    c->acts = usable && run_world(c, &settings);
}

void
controller_wait(struct controller *c)
{
    local_wait(c->local);
    cluster_wait(c->cluster);
    ofctl_wait(c->ofctl);
    mcast_wait(c->mcast);
    if (c->usable) {
        known_wait(c->known);
        host_paths_wait(c->paths);
        host_errors_wait(c->errors);
    }
    if (c->acts) {
        host_wait(c->host);
        own_mtu_wait(&c->own_mtu);
        if (c->waits) {
            poll_timer_wait_until(c->done_at + DATAPATH_MS);
        }
    }
}

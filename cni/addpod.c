/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Steps of an ADD in the pod's namespace, and what they wait for. */

#include "cni/add-private.h"

#include "cni/announce.h"
#include "cni/linkwait.h"
#include "cni/v6.h"

static struct link_setup
make_setup(const struct add *add)
{
    return (struct link_setup){
        .name = add->env->ifname,
        .mac = add->mac,
        .addresses = add->addresses,
        .routes = &add->routes,
        .dad = add->options.dad,
    };
}

/* Meanwhile ovs-vswitchd takes the port and the controller writes flows. */
int
add_set_up_pod(struct add *add, struct cni_error *err)
{
    const struct link_setup setup = make_setup(add);

    return (add_has(add, IP_V6)
            && v6_prepare(&add->netns, add->env->ifname,
                          add->options.dad ? V6_DAD : V6_NO_DAD, err))
           || link_set_up(&add->in_pod, &setup, err);
}

/* The flows took longer, as a rule, so that this costs no time. */
int
add_await_carrier(struct add *add, struct cni_error *err)
{
    return linkwait_carrier(&add->host, add->id.host_name, add->ipam.stop_fd,
                            err);
}

/* With IPv6 a pod's kernel speaks by itself.  What the switch drops before it
 * knows the pod, it goes on to drop for a moment after it has the flows: until
 * ovs-vswitchd has looked at all that it has told the datapath. */
int
add_start_v6(struct add *add, struct cni_error *err)
{
    const struct link_setup setup = make_setup(add);

    return add_has(add, IP_V6)
           && (v6_start(&add->netns, setup.name, err)
               || link_add_v6(&add->in_pod, &setup, err));
}

int
add_settle(struct add *add, struct cni_error *err)
{
    const struct v6_wait wait = {
        .netns = &add->netns,
        .in_pod = &add->in_pod,
        .name = add->env->ifname,
        .address = add->addresses[IP_V6],
        .stop_fd = add->ipam.stop_fd,
    };

    return add_has(add, IP_V6) ? v6_wait(&wait, err) : 0;
}

/* In a routed network everybody knows already. */
int
add_announce(struct add *add, struct cni_error *err)
{
    const struct announcement announcement = {
        .netns = &add->netns,
        .name = add->env->ifname,
        .mac = add->mac,
        .addresses = add->addresses,
    };

    return add->network.bridged ? announce_send(&announcement, err) : 0;
}

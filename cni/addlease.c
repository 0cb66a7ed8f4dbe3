/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* An ADD with a DHCP client (the reference's "dhcp") is one that waits for the
 * network before it has an address there.  So the pod's port comes first, as
 * one that may ask for a lease and nothing else; when the lease is there, it
 * becomes the port of a pod with that address (add.c). */

#include "cni/add-private.h"
#include "cni/attach.h"

static int
insert_first(struct add *add, struct cni_error *err)
{
    static const struct ip none[IP_N_FAMILIES];
    const struct attach_port port = add_get_port(add, add->first_nonce, none);
    int retval =
        attach_insert(&add->db, &add->view, &add->network, &port, err);

    add->made_first = !retval || !ovsdb_is_connected(&add->db);
    return retval == ATTACH_TAKEN
               ? error_set(err, ERROR_TRY_AGAIN,
                           "network \"%s\" changed on this node meanwhile, "
                           "or its Ethernet address is another pod's",
                           add->network.name)
               : retval;
}

int
add_open_way(struct add *add, struct cni_error *err)
{
    static const struct ip_prefix no_addresses[IP_N_FAMILIES];
    const struct routes no_routes = { .n = 0 };
    const struct link_setup setup = {
        .name = add->env->ifname,
        .mac = add->mac,
        .addresses = no_addresses,
        .routes = &no_routes,
    };

    if (!ipam_needs_port(&add->ipam)) {
        return 0;
    }
    return insert_first(add, err) || link_set_up(&add->in_pod, &setup, err)
           || attach_confirm(&add->db, add->id.host_name, add->first_nonce,
                             err)
           || add_await_carrier(add, err);
}

/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_ID_H
#define CNI_ID_H 1

/* Everything that follows from which attachment this is: DEL finds with it
 * what ADD made, without a file of its own. */

#include <net/if.h>
#include <stdint.h>

#include "cni/error.h"
#include "cni/ip.h"

struct id {
    char *text;               /* NETWORK/CONTAINER/INTERFACE; owned. */
    uint64_t hash;            /* Of 'text', all bits well mixed. */
    char host_name[IFNAMSIZ]; /* The veth's end on the host. */
    struct ip_mac host_mac;   /* Its Ethernet address. */
};

/* 'network' is CNI's name.  The caller must destroy '*ret_id'. */
int id_init(struct id *ret_id, const char *network, const char *container_id,
            const char *ifname, struct cni_error *);

/* Fails if the controller would refuse the id. */
int id_check(const struct id *, struct cni_error *);
void id_destroy(struct id *);

#endif /* cni/id.h */

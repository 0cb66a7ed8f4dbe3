/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_VIEW_H
#define CNI_VIEW_H 1

/* What the node's database says, as far as an attachment asks: the bridge,
 * the networks published on it, and who has which address.  A snapshot. */

#include <jansson.h>
#include <stdbool.h>

#include "cni/address.h"
#include "cni/error.h"
#include "cni/network.h"
#include "cni/ovsdb.h"
#include "cni/subnetfile.h"

struct view {
    json_t *results;    /* Owned; everything below is inside. */
    json_t *bridge;     /* The integration bridge's row. */
    json_t *interfaces; /* Rows that are no tunnels, no internal ports. */
    const char *name;   /* The bridge's name. */
    const char *uuid;   /* Its row. */
    bool userspace;     /* Is its datapath the userspace one? */
};

/* The caller must destroy '*ret_view'. */
int view_read(struct ovsdb *, struct view *ret_view, struct cni_error *);
int view_parse(json_t *results, struct view *ret_view, struct cni_error *);
void view_destroy(struct view *);

/* Finds the published network 'name' or, if that is NULL, the one that has the
 * subnets of 'file' on this node; with both it must be that and have those.
 * 'file' may be NULL.  The caller must destroy '*ret_network'. */
int view_get_network(const struct view *, const char *name,
                     const struct subnetfile *file,
                     struct network *ret_network, struct cni_error *);

/* The interface row whose external_ids have 'key' = 'value', or NULL. */
const json_t *view_find_interface(const struct view *, const char *key,
                                  const char *value);

/* The row of the pod that has the address in the network, or NULL. */
const json_t *view_find_address(const struct view *, const struct network *,
                                struct ip);
const json_t *view_find_mac(const struct view *, const struct network *,
                            struct ip_mac);

/* The caller must destroy '*ret_pool'. */
int view_get_pool(const struct view *, const struct network *, enum ip_family,
                  struct address_pool *ret_pool, struct cni_error *);

/* The address of the family given last in the network, or unset. */
struct ip view_get_last(const struct view *, const struct network *,
                        enum ip_family);

bool view_is_draining(const struct view *);

#endif /* cni/view.h */

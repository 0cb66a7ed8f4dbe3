/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_NETNS_H
#define CNI_NETNS_H 1

/* The pod's network namespace. */

#include <stdbool.h>

#include "cni/error.h"
#include "cni/link.h"

struct netns {
    int pod; /* File descriptor of the pod's; -1 while closed. */
    int own; /* File descriptor of the plugin's own; -1 while closed. */
};

/* Opens the namespace at 'path', CNI_NETNS. */
int netns_open(struct netns *, const char *path, struct cni_error *);
void netns_close(struct netns *);

/* Is the pod's namespace the plugin's own? */
bool netns_is_own(const struct netns *);

/* Calls 'f' with 'aux' in the pod's namespace, and comes back. */
int netns_run(const struct netns *, int (*f)(void *aux, struct cni_error *),
              void *aux, struct cni_error *);

/* Opens 'link' in the pod's namespace, and comes back. */
int netns_open_link(const struct netns *, struct link *, struct cni_error *);

#endif /* cni/netns.h */

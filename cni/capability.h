/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_CAPABILITY_H
#define CNI_CAPABILITY_H 1

/* What the runtime wants of this pod's port ("runtimeConfig"), in the words of
 * ovsdb/keys.h.  Whether it makes sense is decided here; the controller does
 * it. */

#include "cni/config.h"
#include "cni/error.h"

#define CAPABILITY_RATE_MAX 48 /* Bytes. */

struct capability {
    char rate_in[CAPABILITY_RATE_MAX];  /* KEY_RATE_IN, or "". */
    char rate_out[CAPABILITY_RATE_MAX]; /* KEY_RATE_OUT, or "". */
    char *ports;                        /* KEY_PORTS, or "".  Owned. */
};

/* The caller must destroy '*ret_capability'. */
int capability_parse(const struct config *, struct capability *ret_capability,
                     struct cni_error *);
void capability_destroy(struct capability *);

#endif /* cni/capability.h */

/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include "cni/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ovsdb/keys.h"

/* FNV-1a, then the finalizer of MurmurHash3, since FNV leaves the high bits
 * of short strings that differ at the end only nearly alike.  A change here
 * changes the names of new ports only: DEL finds old ones by their id. */
static uint64_t
hash_string(const char *s)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (; *s; s++) {
        hash = (hash ^ (unsigned char) *s) * 0x100000001b3;
    }
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
    return hash ^ (hash >> 33);
}

int
id_init(struct id *ret_id, const char *network, const char *container_id,
        const char *ifname, struct cni_error *err)
{
    struct id id;

    if (asprintf(&id.text, "%s/%s/%s", network, container_id, ifname) < 0) {
        return error_no_memory(err);
    }
    id.hash = hash_string(id.text);
    snprintf(id.host_name, sizeof id.host_name, POD_PORT_PREFIX "%08x",
             (uint32_t) id.hash);

    /* Locally administered.  An address that was asked for is one that udev's
     * MACAddressPolicy does not change later. */
    id.host_mac.bytes[0] = 0x0e;
    for (int i = 1; i < 6; i++) {
        id.host_mac.bytes[i] = id.hash >> (8 * i + 16);
    }
    *ret_id = id;
    return 0;
}

/* The controller refuses an id that is not in order, and would be waited for
 * in vain.  Only the interface's name can have such characters. */
int
id_check(const struct id *id, struct cni_error *err)
{
    size_t n = strlen(id->text);

    if (n > ID_MAX) {
        return error_set(err, ERROR_ENVIRONMENT,
                         "network name, containerID and interface name have "
                         "%zu bytes together: at most %d are allowed",
                         n - 2, ID_MAX - 2);
    }
    for (size_t i = 0; i < n; i++) {
        if (id->text[i] <= ' ' || id->text[i] > '~') {
            return error_set(err, ERROR_ENVIRONMENT,
                             "interface name has characters that are not "
                             "printable ASCII");
        } else if (id->text[i] == '%') {
            return error_set(err, ERROR_ENVIRONMENT,
                             "interface name has a %%, which the kernel would "
                             "put a number in place of");
        }
    }
    return 0;
}

void
id_destroy(struct id *id)
{
    free(id->text);
    id->text = NULL;
}

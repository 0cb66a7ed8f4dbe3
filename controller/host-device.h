/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_DEVICE_H
#define LODEN_CONTROLLER_HOST_DEVICE_H 1

/* What a network's host port should have, brought to its device once. */

#include "openvswitch/compiler.h"

struct world_network;

/* Number that the kernel keeps with each of our routes ("proto 76"). */
#define HOST_ROUTE_PROTO 76

/* Compares the host port of 'network' with what the network wants, and
 * changes it.  Stores its number into 'ret_ifindex', 0 if there is no such
 * device, which is no error.  Returns NULL or a malloc'd error. */
char *host_device_put(const struct world_network *network, int *ret_ifindex)
    OVS_WARN_UNUSED_RESULT;

#endif /* controller/host-device.h */

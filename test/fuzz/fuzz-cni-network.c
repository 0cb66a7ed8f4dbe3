/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Words that the controller, or whoever can write to the node's database,
 * published; the same bytes as a subnet file and as CNI_ARGS. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cni/address.h"
#include "cni/bridged.h"
#include "cni/env.h"
#include "cni/network.h"
#include "cni/subnetfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever blocks there are said to be, what is given is in one of them. */
static void
check_blocks(const struct network *network)
{
    const struct ip_prefix subnet = network->subnet[IP_V4];
    struct address_pool pool;
    struct cni_error err;
    struct ip ip;

    if (!network->bridged || subnet.length < 16
        || address_pool_init(&pool, subnet, network->gateway[IP_V4], &err)) {
        return;
    }
    if (!bridged_limit(network, &pool, &err)
        && !address_choose_other(&pool, 7, 0, &ip, &err)
        && (!bridged_gives(network, ip, ip) || !ip_contains(subnet, ip))) {
        abort();
    }
    address_pool_destroy(&pool);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *) data, size);
    struct subnetfile file;
    struct network network;
    struct cni_error err;
    struct env_args args;

    if (!network_parse("default", text, &network, &err)) {
        for (int family = 0; family < IP_N_FAMILIES; family++) {
            if (network_has(&network, family)
                && !ip_contains(network.subnet[family],
                                network.gateway[family])) {
                abort();
            }
        }
        check_blocks(&network);
        network_destroy(&network);
    }
    env_parse_args(text, &args, &err);
    subnetfile_parse(text, &file, &err);
    free(text);
    return 0;
}

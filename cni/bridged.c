/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A node gives addresses of a bridged network out of blocks that it has
 * claimed in the cluster, so that ADD needs nobody's answer.  Only where there
 * is no free one it waits, for the controller to claim another block; what it
 * says and hears is on the bridge's row. */

#include "cni/bridged.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cni/op.h"
#include "cni/reply.h"
#include "cni/view.h"
#include "ovsdb/keys.h"

/* Calls 'f' for each word of 'list', which has commas between and may be NULL,
 * until it returns true.  Returns whether it did. */
static bool
any_word(const char *list, bool (*f)(const char *word, void *aux), void *aux)
{
    char word[IP_PREFIX_STRLEN];

    while (list && *list) {
        size_t n = strcspn(list, ",");

        if (n < sizeof word) {
            memcpy(word, list, n);
            word[n] = '\0';
            if (f(word, aux)) {
                return true;
            }
        }
        list += n + (list[n] == ',');
    }
    return false;
}

static bool
take(const char *word, void *pool)
{
    struct ip ip;

    if (ip_parse(word, &ip)) {
        address_pool_take(pool, ip);
    }
    return false;
}

int
bridged_limit(const struct network *network, struct address_pool *pool,
              struct cni_error *err)
{
    if (address_pool_limit(pool, network->blocks, err)) {
        return -1;
    }
    any_word(network->taken, take, pool);
    return 0;
}

static bool
is_block_of(const char *word, void *ip)
{
    struct ip_prefix block;

    return ip_parse_prefix(word, &block)
           && ip_contains(block, *(struct ip *) ip);
}

static bool
is_address(const char *word, void *ip)
{
    struct ip other;

    return ip_parse(word, &other) && ip_equal(other, *(struct ip *) ip);
}

enum ip_family
bridged_family(const struct network *network)
{
    return network_has(network, IP_V4) ? IP_V4 : IP_V6;
}

bool
bridged_gives(const struct network *network, struct ip ip, struct ip v4)
{
    if (ip_family(ip) != bridged_family(network)) {
        return ip_is_set(v4)
               && ip_equal(ip, bridged_v6(network->subnet[IP_V6], v4));
    }
    return any_word(network->blocks, is_block_of, &ip)
           && !any_word(network->taken, is_address, &ip);
}

bool
bridged_has_no_gateway(const struct network *network)
{
    return network->bridged && network->internal;
}

struct ip
bridged_v6(struct ip_prefix subnet, struct ip v4)
{
    struct ip ip = ip_first(subnet);

    if (ip_is_set(v4)) {
        for (size_t i = 12; i < sizeof ip.bytes; i++) {
            ip.bytes[i] |= v4.bytes[i];
        }
    }
    return ip;
}

struct ip_mac
bridged_silent_mac(uint64_t hash)
{
    struct ip_mac mac = { .bytes = { 0x06 } };

    for (size_t i = 1; i < sizeof mac.bytes; i++) {
        mac.bytes[i] = hash >> (8 * i);
    }
    return mac;
}

static json_t *
make_want(const struct view *view, const char *key, const char *nonce)
{
    return op_list(
        1,
        op_mutate(
            "Bridge", op_list(1, op_term("_uuid", "==", op_uuid(view->uuid))),
            op_list(2, op_term("external_ids", "delete", op_set(key)),
                    op_term("external_ids", "insert", op_map(key, nonce)))));
}

/* Holds once nobody has 'key' = 'nonce': what another plugin has written over
 * it, or the controller has answered, both bring a new look. */
static json_t *
make_wait(const char *key, const char *nonce, long long timeout)
{
    return op_list(1, op_wait(&(struct op_wait){
                          .table = "Bridge",
                          .where = op_where_key(key, nonce),
                          .columns = "name",
                          .until = "==",
                          .rows = json_array(),
                          .timeout = timeout,
                      }));
}

int
bridged_want(struct ovsdb *db, const struct view *view,
             const struct network *network, const char *nonce,
             struct cni_error *err)
{
    const long long deadline = db->deadline;
    long long left = (deadline - ovsdb_now()) / 2;
    json_t *results;
    char key[320];
    int failed;

    snprintf(key, sizeof key, "%s%s", KEY_WANT_PREFIX, network->name);
    if (ovsdb_transact(db, make_want(view, key, nonce), &results, err)) {
        return -1;
    }
    failed = reply_failed_operation(results, 1, err);
    json_decref(results);
    if (failed >= 0
        || ovsdb_transact(db, make_wait(key, nonce, left > 0 ? left : 0),
                          &results, err)) {
        return -1;
    }
    failed = reply_failed_operation(results, 1, err);
    if (reply_timed_out(results, failed)) {
        error_set(err, ERROR_TRY_AGAIN,
                  "no free address of network \"%s\" on this node, and the "
                  "cluster gave no further block in time",
                  network->name);
        error_details(err, "see \"ovs-appctl -t loden-controller status\"");
    }
    json_decref(results);
    return failed < 0 ? 0 : -1;
}

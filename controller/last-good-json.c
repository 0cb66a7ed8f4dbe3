/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The last good world as text: a seal in the first line, then JSON, for
 * people too.
 *
 *     loden-last-good VERSION BYTES SHA1
 *     {"cluster_id": ..., "node": ..., "world": {...}, ...}
 *
 * BYTES and SHA1 (FIPS 180-4) are of everything after the first line, so that
 * a file that is cut off or was changed is noticed.  VERSION is raised when
 * older programs would misread a file; a new member of the world does not do
 * that, since they refuse members that they do not know (world-json.c). */

#include <config.h>
#include "controller/last-good.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/world-json.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "ovsdb/text.h"
#include "sha1.h"
#include "util.h"

#define MAGIC "loden-last-good"
#define VERSION_NOW 1

/* Returns the first line for 'text'; the caller frees it. */
static char *
make_seal(const char *text)
{
    uint8_t digest[SHA1_DIGEST_SIZE];
    char hex[SHA1_HEX_DIGEST_LEN + 1];
    size_t n = strlen(text);

    sha1_bytes(text, n, digest);
    sha1_to_hex(digest, hex);
    return xasprintf(MAGIC " %d %" PRIuSIZE " %s\n", VERSION_NOW, n, hex);
}

char *
last_good_seal(const char *text)
{
    char *seal = make_seal(text);
    char *sealed = xasprintf("%s%s", seal, text);

    free(seal);
    return sealed;
}

const char *
last_good_unseal(const char *sealed, size_t n, char **ret_error,
                 bool *ret_newer)
{
    const char *newline = strchr(sealed, '\n');
    int version;

    *ret_newer = false;
    *ret_error = NULL;
    if (!newline || strlen(sealed) != n
        || !ovs_scan(sealed, MAGIC " %d ", &version)) {
        *ret_error = xstrdup("it does not begin as such a file does");
        return NULL;
    } else if (version > VERSION_NOW) {
        *ret_newer = true;
        *ret_error = xasprintf("its version is %d: this program knows %d",
                               version, VERSION_NOW);
        return NULL;
    }
    char *seal = make_seal(newline + 1);
    if (strncmp(seal, sealed, newline + 1 - sealed)
        || strlen(seal) != newline + 1 - sealed) {
        *ret_error = xstrdup("its checksum is wrong: it was cut off or "
                             "changed");
    }
    free(seal);
    return *ret_error ? NULL : newline + 1;
}

/* Is 'addr' unset, or of 'family'? */
static bool
fits_family(const struct in6_addr *addr, enum addr_family family)
{
    return !addr_is_set(addr) || addr_family(addr) == family;
}

/* Are the members of 'network' that there are of each family of that one? */
static bool
families_are_right(const struct world_network *network)
{
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        const struct prefix *subnet = &network->subnet[family];
        if ((prefix_is_set(subnet) && prefix_family(subnet) != family)
            || !fits_family(&network->first[family], family)
            || !fits_family(&network->last[family], family)) {
            return false;
        }
    }
    return true;
}

/* Refuses what no reading of a database gives: two things of one name, and
 * subnets of networks that are not there. */
static char *OVS_WARN_UNUSED_RESULT
check_world(const struct world *world)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        if (i
            && strcmp(world->networks[i - 1].name, world->networks[i].name)
                   >= 0) {
            return xstrdup("networks are not in order");
        }
        if (!families_are_right(&world->networks[i])) {
            return xasprintf("network %s has an IPv4 address where an IPv6 "
                             "one belongs, or the reverse",
                             world->networks[i].name);
        }
    }
    for (size_t i = 0; i < world->n_peers; i++) {
        const struct world_peer *peer = &world->peers[i];
        if ((i && strcmp(world->peers[i - 1].name, peer->name) >= 0)
            || !strcmp(peer->name, world->node)) {
            return xstrdup("peers are not in order");
        }
        for (size_t j = 0; j < peer->n_leases; j++) {
            if (!world_find_network(world, peer->leases[j].network)) {
                return xasprintf("peer %s has a subnet of a network that is "
                                 "not there",
                                 peer->name);
            }
        }
    }
    for (size_t i = 0; i < world->n_endpoints; i++) {
        if (!world_find_network(world, world->endpoints[i].network)) {
            return xstrdup("an endpoint is of a network that is not there");
        }
    }
    return NULL;
}

/* Stores the content of 'root' into 'content', whose world has no node. */
static char *OVS_WARN_UNUSED_RESULT
content_from_json(struct json *root, struct last_good_content *content)
{
    if (root->type != JSON_OBJECT) {
        return xstrdup("it is no JSON object");
    }
    const struct shash *members = json_object(root);
    const struct json *id = shash_find_data(members, "cluster_id");
    const struct json *generation = shash_find_data(members, "generation");
    const struct json *seq = shash_find_data(members, "config_seq");
    const struct json *node = shash_find_data(members, "node");
    struct json *world = shash_find_data(members, "world");

    if (!generation || !seq || !node || !world
        || (id && id->type != JSON_STRING) || node->type != JSON_STRING
        || generation->type != JSON_INTEGER || seq->type != JSON_INTEGER
        || shash_count(members) != (id ? 5 : 4)) {
        return xstrdup("it does not have just cluster_id, generation, "
                       "config_seq, node and world");
    }
    char *error = text_check_name(json_string(node));
    if (error) {
        char *longer = xasprintf("node: %s", error);
        free(error);
        return longer;
    }
    identity_set(&content->identity, id ? json_string(id) : NULL,
                 json_integer(generation), json_integer(seq));
    world_init(&content->world, json_string(node));
    error = world_from_json(world, &content->world);
    return error ? error : check_world(&content->world);
}

char *
last_good_parse(const char *text, struct last_good_content *ret_content)
{
    struct last_good_content content;
    struct json *root = json_from_string(text);

    memset(&content, 0, sizeof content);
    char *error =
        (root->type == JSON_STRING ? xstrdup(json_string(root))
                                   : content_from_json(root, &content));
    json_destroy(root);
    if (error) {
        last_good_content_destroy(&content);
    } else {
        *ret_content = content;
    }
    return error;
}

char *
last_good_format(const struct cluster_identity *identity,
                 const struct world *world)
{
    struct json *root = json_object_create();

    if (identity->cluster_id) {
        json_object_put_string(root, "cluster_id", identity->cluster_id);
    }
    json_object_put(root, "generation",
                    json_integer_create(identity->generation));
    json_object_put(root, "config_seq",
                    json_integer_create(identity->config_seq));
    json_object_put_string(root, "node", world->node);
    json_object_put(root, "world", world_to_json(world));
    char *text = json_to_string(root, JSSF_PRETTY | JSSF_SORT);
    json_destroy(root);
    return text;
}

/* Frees what 'content' holds, not 'content' itself. */
void
last_good_content_destroy(struct last_good_content *content)
{
    identity_destroy(&content->identity);
    world_destroy(&content->world);
}

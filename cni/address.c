/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Address management without a file and without a lock: the database refuses
 * an address that another port has, so that what is chosen here needs only be
 * a good guess.  "The lowest free one" would be the worst guess: all parallel
 * callers make it.
 *
 * The first guess lies a little after the address given last, by a distance
 * that depends on the attachment: parallel callers guess differently, and an
 * address that was given back rests for a while.  Whoever lost a race takes
 * one of all that are free.
 *
 * Nothing here talks to anything. */

#include "cni/address.h"

#include <stdlib.h>
#include <string.h>

static bool
is_taken(const struct address_pool *pool, uint32_t offset)
{
    return pool->taken[offset / 8] & (1u << (offset % 8));
}

/* Returns how many addresses of 'subnet' are allotted. */
static uint32_t
size_of(struct ip_prefix subnet)
{
    unsigned int bits = ip_max(subnet.address) - subnet.length;

    /* An IPv4 subnet, of which there are 2^24 addresses at most, whole. */
    return bits <= (ip_family(subnet.address) == IP_V4 ? 24 : 16)
               ? UINT32_C(1) << bits
               : ADDRESS_POOL_MAX;
}

/* Returns the place of 'ip' in the pool, or 'pool->size' if it has none. */
static uint32_t
offset_of(const struct address_pool *pool, struct ip ip)
{
    const struct ip first = ip_first(pool->subnet);
    uint32_t offset = 0;

    if (!ip_contains(pool->subnet, ip)) {
        return pool->size;
    }
    for (size_t i = 0; i < sizeof ip.bytes; i++) {
        if (offset >> 24) {
            return pool->size;
        }
        offset = offset << 8 | (ip.bytes[i] ^ first.bytes[i]);
    }
    return offset < pool->size ? offset : pool->size;
}

int
address_pool_init(struct address_pool *pool, struct ip_prefix subnet,
                  struct ip gateway, struct cni_error *err)
{
    *pool = (struct address_pool){ .subnet = subnet,
                                   .size = size_of(subnet) };
    pool->taken = calloc(pool->size / 8 + 1, 1);
    if (!pool->taken) {
        return error_no_memory(err);
    }
    pool->n_free = pool->size;
    address_pool_take(pool, ip_first(subnet));
    if (ip_family(subnet.address) == IP_V4) {
        address_pool_take(pool, ip_last(subnet));
    }
    address_pool_take(pool, gateway);
    pool->n_usable = pool->n_free;
    return 0;
}

int
address_pool_limit(struct address_pool *pool, const char *text,
                   struct cni_error *err)
{
    struct address_pool limited = *pool;
    char *copy = strdup(text ? text : ""), *rest = NULL;

    limited.taken = malloc(pool->size / 8 + 1);
    if (!copy || !limited.taken) {
        free(copy);
        free(limited.taken);
        return error_no_memory(err);
    }
    memset(limited.taken, 0xff, pool->size / 8 + 1);
    limited.n_free = 0;
    for (char *s = strtok_r(copy, ",", &rest); s;
         s = strtok_r(NULL, ",", &rest)) {
        struct ip_prefix block;

        if (!ip_parse_prefix(s, &block)) {
            continue;
        }
        for (uint32_t i = offset_of(pool, ip_first(block));
             i < pool->size && i <= offset_of(pool, ip_last(block)); i++) {
            if (!is_taken(pool, i) && is_taken(&limited, i)) {
                limited.taken[i / 8] &= ~(1u << (i % 8));
                limited.n_free++;
            }
        }
    }
    limited.n_usable = limited.n_free;
    free(copy);
    address_pool_destroy(pool);
    *pool = limited;
    return 0;
}

void
address_pool_destroy(struct address_pool *pool)
{
    free(pool->taken);
    pool->taken = NULL;
}

void
address_pool_take(struct address_pool *pool, struct ip ip)
{
    uint32_t offset = offset_of(pool, ip);

    if (offset < pool->size && !is_taken(pool, offset)) {
        pool->taken[offset / 8] |= 1u << (offset % 8);
        pool->n_free--;
    }
}

int
address_check_free(const struct address_pool *pool, struct cni_error *err)
{
    char subnet[IP_PREFIX_STRLEN];

    if (pool->n_free) {
        return 0;
    }
    ip_format_prefix(pool->subnet, subnet);
    return error_set(err, ERROR_TRY_AGAIN,
                     "no free address in %s (%u of %u in use)", subnet,
                     pool->n_usable, pool->n_usable);
}

/* Chooses the first free address at or after a place that 'hash' determines,
 * not far after 'last', the address given last (unset if there is none). */
int
address_choose_first(const struct address_pool *pool, uint64_t hash,
                     struct ip last, struct ip *ret_ip, struct cni_error *err)
{
    const uint32_t size = pool->size;
    uint32_t spread = size / 8 > 16 ? size / 8 : 16;
    uint32_t offset = offset_of(pool, last);

    if (address_check_free(pool, err)) {
        return -1;
    }
    if (offset >= size) {
        /* Nothing was given from this subnet yet: begin anywhere. */
        offset = 0;
        spread = size;
    }
    offset = (offset + 1 + hash % spread) % size;
    while (is_taken(pool, offset)) {
        offset = (offset + 1) % size;
    }
    *ret_ip = ip_plus(ip_first(pool->subnet), offset);
    return 0;
}

/* Chooses one of the free addresses, each equally likely over 'hash' and
 * 'attempt', the number of guesses that others were faster with. */
int
address_choose_other(const struct address_pool *pool, uint64_t hash,
                     unsigned int attempt, struct ip *ret_ip,
                     struct cni_error *err)
{
    uint32_t offset = 0;
    uint32_t skip;

    if (address_check_free(pool, err)) {
        return -1;
    }
    /* Knuth's multiplicative hash: each attempt is another place. */
    hash = (hash + attempt) * 0x9e3779b97f4a7c15;
    skip = (hash >> 32) % pool->n_free;
    for (;; offset++) {
        if (!is_taken(pool, offset) && !skip--) {
            *ret_ip = ip_plus(ip_first(pool->subnet), offset);
            return 0;
        }
    }
}

/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The choice of an address: never one that a pod cannot have, each free one
 * in the end, and parallel callers apart. */

#include <string.h>

#include "cni/address.h"
#include "cni/id.h"
#include "test/unit/cnitest.h"

/* The pool of 'text', whose second address is the gateway. */
static struct address_pool
pool_of(const char *text)
{
    const struct ip_prefix subnet = prefix_of(text);
    struct address_pool pool;
    struct cni_error err;

    assert_int_equal(address_pool_init(&pool, subnet,
                                       ip_plus(ip_first(subnet), 1), &err),
                     0);
    return pool;
}

/* Address number 'n' of the pool's subnet. */
static struct ip
at(const struct address_pool *pool, uint32_t n)
{
    return ip_plus(ip_first(pool->subnet), n);
}

/* Which number has the address? */
static uint32_t
number(const struct address_pool *pool, struct ip ip)
{
    for (uint32_t i = 0; i < pool->size; i++) {
        if (ip_equal(ip, at(pool, i))) {
            return i;
        }
    }
    fail_msg("outside the pool");
    return 0;
}

/* The first guess after address number 'last'; 0: nothing was given yet. */
static uint32_t
first(const struct address_pool *pool, uint64_t hash, uint32_t last)
{
    struct ip before = last ? at(pool, last) : (struct ip){ { 0 } };
    struct cni_error err;
    struct ip ip;

    assert_int_equal(address_choose_first(pool, hash, before, &ip, &err), 0);
    return number(pool, ip);
}

static uint32_t
other(const struct address_pool *pool, uint64_t hash, unsigned int attempt)
{
    struct cni_error err;
    struct ip ip;

    assert_int_equal(address_choose_other(pool, hash, attempt, &ip, &err), 0);
    return number(pool, ip);
}

static void
a_subnet_has_all_but_three(void **state)
{
    static const struct {
        const char *subnet;
        uint32_t usable;
    } subnets[] = {
        { "10.0.0.0/30", 1 },    { "10.0.0.0/29", 5 },
        { "10.0.0.0/24", 253 },  { "10.0.0.0/16", 65533 },
        { "fd00::/126", 2 },     { "fd00::/112", 65534 },
        { "fd00:1::/64", 65534 },
    };

    for (size_t i = 0; i < sizeof subnets / sizeof subnets[0]; i++) {
        struct address_pool pool = pool_of(subnets[i].subnet);

        assert_int_equal(pool.n_usable, subnets[i].usable);
        assert_int_equal(pool.n_free, subnets[i].usable);
        address_pool_destroy(&pool);
    }
}

/* Takes addresses of 'subnet', of which there are 'n', by 'by_first' or the
 * other function until there is none, each a different one that a pod can
 * have. */
static void
assert_exhaustible(const char *subnet, uint32_t n, bool by_first)
{
    struct address_pool pool = pool_of(subnet);
    bool seen[256] = { false };
    struct cni_error err;
    uint32_t last = 0;
    char msg[100];
    struct ip ip;

    for (unsigned int i = 0; i < n; i++) {
        uint64_t hash = i * 0x9e3779b97f4a7c15;

        last = by_first ? first(&pool, hash, last) : other(&pool, hash, i);
        assert_in_range(last, 2, n + 1);
        assert_false(seen[last]);
        seen[last] = true;
        address_pool_take(&pool, at(&pool, last));
    }
    assert_int_equal(pool.n_free, 0);
    assert_int_equal(
        by_first ? address_choose_first(&pool, 1, at(&pool, last), &ip, &err)
                 : address_choose_other(&pool, 1, 1, &ip, &err),
        -1);
    snprintf(msg, sizeof msg, "no free address in %s (%u of %u in use)",
             subnet, n, n);
    assert_error(&err, ERROR_TRY_AGAIN, msg, "");
    address_pool_destroy(&pool);
}

static void
every_address_is_given_once_and_then_none(void **state)
{
    assert_exhaustible("172.18.6.0/24", 253, true);
    assert_exhaustible("172.18.6.0/24", 253, false);
    assert_exhaustible("fd00:18::600/120", 254, true);
    assert_exhaustible("fd00:18::600/120", 254, false);
}

static void
an_address_given_back_is_given_again(void **state)
{
    struct address_pool pool = pool_of("172.18.6.0/29");

    for (uint32_t i = 2; i < 7; i++) {
        if (i != 4) {
            address_pool_take(&pool, at(&pool, i));
        }
    }
    assert_int_equal(first(&pool, 12345, 0), 4);
    assert_int_equal(other(&pool, 12345, 9), 4);
    address_pool_destroy(&pool);
}

static void
taking_twice_or_from_elsewhere_changes_nothing(void **state)
{
    static const char *const elsewhere[] = {
        "172.18.7.0", "172.18.5.255", "0.0.0.0", "172.18.6.1", "fd00::7",
    };
    struct address_pool pool = pool_of("172.18.6.0/24");

    address_pool_take(&pool, at(&pool, 7));
    address_pool_take(&pool, at(&pool, 7));
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        address_pool_take(&pool, ip_of(elsewhere[i]));
    }
    assert_int_equal(pool.n_free, 252);
    address_pool_destroy(&pool);
}

/* Of a large subnet only the first addresses are allotted, but a wished one
 * may be anywhere. */
static void
a_wished_address_may_be_outside_the_pool(void **state)
{
    static const char *const elsewhere[] = {
        "fd00:18::1:0", "fd00:18::1:0:0:5", "fd00:18::ff00:0:0:5",
        "fd00:18:0:1::5",
    };
    struct address_pool pool = pool_of("fd00:18::/64");

    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        address_pool_take(&pool, ip_of(elsewhere[i]));
    }
    assert_int_equal(pool.n_free, 65534);
    address_pool_take(&pool, ip_of("fd00:18::ffff"));
    assert_int_equal(pool.n_free, 65533);
    address_pool_destroy(&pool);
}

static void
the_first_guess_lies_a_little_after_the_last_address(void **state)
{
    struct address_pool pool = pool_of("172.18.6.0/24");

    for (uint64_t hash = 0; hash < 1000; hash++) {
        assert_in_range(first(&pool, hash, 100), 101, 132);
    }
    /* Round the end, over broadcast, network and gateway. */
    assert_int_equal(first(&pool, 0, 254), 2);
    assert_int_equal(first(&pool, 3, 254), 2);
    assert_int_equal(first(&pool, 4, 254), 3);
    address_pool_destroy(&pool);
}

static void
the_first_guess_may_be_anywhere_when_nothing_was_given_yet(void **state)
{
    struct address_pool pool = pool_of("172.18.6.0/24");
    bool seen[256] = { false };
    int n = 0;

    for (uint64_t hash = 0; hash < 256; hash++) {
        struct cni_error err;
        struct ip ip;

        assert_int_equal(
            address_choose_first(&pool, hash,
                                 hash % 2 ? (struct ip){ { 0 } }
                                          : ip_of("10.0.0.1"),
                                 &ip, &err),
            0);
        seen[number(&pool, ip)] = true;
    }
    for (int i = 0; i < 256; i++) {
        n += seen[i];
    }
    assert_int_equal(n, 253);
    address_pool_destroy(&pool);
}

static void
parallel_callers_guess_differently(void **state)
{
    struct address_pool pool = pool_of("172.18.6.0/24");
    bool seen[256] = { false };
    int n = 0;

    for (int i = 0; i < 32; i++) {
        char container[16];
        struct cni_error err;
        struct id id;

        snprintf(container, sizeof container, "c%d", i);
        assert_int_equal(id_init(&id, "cbr0", container, "eth0", &err), 0);
        uint32_t guess = first(&pool, id.hash, 20);
        n += !seen[guess];
        seen[guess] = true;
        id_destroy(&id);
    }
    /* 32 guesses at random hit about 20 of 31 places; the lowest free address
     * would be one place. */
    assert_in_range(n, 15, 31);
    address_pool_destroy(&pool);
}

static void
each_attempt_after_a_conflict_is_another(void **state)
{
    struct address_pool pool = pool_of("172.18.6.0/24");
    bool seen[256] = { false };
    int n = 0;

    for (unsigned int attempt = 1; attempt <= 20; attempt++) {
        uint32_t guess = other(&pool, 4711, attempt);

        n += !seen[guess];
        seen[guess] = true;
    }
    assert_in_range(n, 17, 20);
    address_pool_destroy(&pool);
}

/* ---- Names that follow from the attachment ------------------------------ */

static void
names_on_the_host_follow_from_the_attachment(void **state)
{
    struct cni_error err;
    struct id id, same, other;
    char mac[IP_MAC_STRLEN];

    assert_int_equal(id_init(&id, "cbr0", "c1", "eth0", &err), 0);
    assert_int_equal(id_init(&same, "cbr0", "c1", "eth0", &err), 0);
    assert_int_equal(id_init(&other, "cbr0", "c1", "eth1", &err), 0);
    assert_string_equal(id.text, "cbr0/c1/eth0");
    assert_string_equal(id.host_name, "ldnb6599487");
    ip_format_mac(id.host_mac, mac);
    assert_string_equal(mac, "0e:b6:c2:41:6f:50");
    assert_memory_equal(&id.host_mac, &same.host_mac, sizeof id.host_mac);
    assert_string_equal(same.host_name, id.host_name);
    assert_string_not_equal(other.host_name, id.host_name);
    id_destroy(&id);
    id_destroy(&same);
    id_destroy(&other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subnet_has_all_but_three),
        cmocka_unit_test(every_address_is_given_once_and_then_none),
        cmocka_unit_test(an_address_given_back_is_given_again),
        cmocka_unit_test(taking_twice_or_from_elsewhere_changes_nothing),
        cmocka_unit_test(a_wished_address_may_be_outside_the_pool),
        cmocka_unit_test(the_first_guess_lies_a_little_after_the_last_address),
        cmocka_unit_test(
            the_first_guess_may_be_anywhere_when_nothing_was_given_yet),
        cmocka_unit_test(parallel_callers_guess_differently),
        cmocka_unit_test(each_attempt_after_a_conflict_is_another),
        cmocka_unit_test(names_on_the_host_follow_from_the_attachment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

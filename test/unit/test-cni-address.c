/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The choice of an address: never one that a pod cannot have, each free one
 * in the end, and parallel callers apart. */

#include <string.h>

#include "cni/address.h"
#include "cni/id.h"
#include "test/unit/cnitest.h"

#define SUBNET 0xac120600u /* 172.18.6.0 */
#define GATEWAY (SUBNET + 1)

static struct address_pool
pool_of(unsigned int length)
{
    struct address_pool pool;
    struct cni_error err;

    assert_int_equal(address_pool_init(&pool,
                                       (struct ip_prefix){ SUBNET, length },
                                       GATEWAY, &err),
                     0);
    return pool;
}

static uint32_t
first(const struct address_pool *pool, uint64_t hash, uint32_t last)
{
    struct cni_error err;
    uint32_t ip;

    assert_int_equal(address_choose_first(pool, hash, last, &ip, &err), 0);
    return ip;
}

static void
a_subnet_has_all_but_three(void **state)
{
    static const struct {
        unsigned int length;
        uint32_t usable;
    } subnets[] = { { 30, 1 }, { 29, 5 }, { 24, 253 }, { 16, 65533 } };

    for (size_t i = 0; i < sizeof subnets / sizeof subnets[0]; i++) {
        struct address_pool pool;
        struct cni_error err;

        assert_int_equal(
            address_pool_init(
                &pool, (struct ip_prefix){ 0x0a000000, subnets[i].length },
                0x0a000001, &err),
            0);
        assert_int_equal(pool.n_usable, subnets[i].usable);
        assert_int_equal(pool.n_free, subnets[i].usable);
        address_pool_destroy(&pool);
    }
}

/* Takes addresses by 'choose' until there is none, each a different one that a
 * pod can have. */
static void
assert_exhaustible(bool by_first)
{
    struct address_pool pool = pool_of(24);
    bool seen[256] = { false };
    struct cni_error err;
    uint32_t ip, last = 0;

    for (unsigned int i = 0; i < 253; i++) {
        uint64_t hash = i * 0x9e3779b97f4a7c15;

        assert_int_equal(
            by_first ? address_choose_first(&pool, hash, last, &ip, &err)
                     : address_choose_other(&pool, hash, i, &ip, &err),
            0);
        assert_in_range(ip, SUBNET + 2, SUBNET + 254);
        assert_false(seen[ip - SUBNET]);
        seen[ip - SUBNET] = true;
        address_pool_take(&pool, ip);
        last = ip;
    }
    assert_int_equal(pool.n_free, 0);
    assert_int_equal(by_first ? address_choose_first(&pool, 1, last, &ip, &err)
                              : address_choose_other(&pool, 1, 1, &ip, &err),
                     -1);
    assert_error(&err, ERROR_TRY_AGAIN,
                 "no free address in 172.18.6.0/24 (253 of 253 in use)", "");
    address_pool_destroy(&pool);
}

static void
every_address_is_given_once_and_then_none(void **state)
{
    assert_exhaustible(true);
    assert_exhaustible(false);
}

static void
an_address_given_back_is_given_again(void **state)
{
    struct address_pool pool = pool_of(29);
    struct cni_error err;
    uint32_t ip;

    for (uint32_t other = SUBNET + 2; other < SUBNET + 7; other++) {
        if (other != SUBNET + 4) {
            address_pool_take(&pool, other);
        }
    }
    assert_int_equal(first(&pool, 12345, 0), SUBNET + 4);
    assert_int_equal(address_choose_other(&pool, 12345, 9, &ip, &err), 0);
    assert_int_equal(ip, SUBNET + 4);
    address_pool_destroy(&pool);
}

static void
taking_twice_or_from_elsewhere_changes_nothing(void **state)
{
    struct address_pool pool = pool_of(24);

    address_pool_take(&pool, SUBNET + 7);
    address_pool_take(&pool, SUBNET + 7);
    address_pool_take(&pool, SUBNET + 256);
    address_pool_take(&pool, SUBNET - 1);
    address_pool_take(&pool, 0);
    address_pool_take(&pool, GATEWAY);
    assert_int_equal(pool.n_free, 252);
    address_pool_destroy(&pool);
}

static void
the_first_guess_lies_a_little_after_the_last_address(void **state)
{
    struct address_pool pool = pool_of(24);

    for (uint64_t hash = 0; hash < 1000; hash++) {
        assert_in_range(first(&pool, hash, SUBNET + 100), SUBNET + 101,
                        SUBNET + 132);
    }
    /* Round the end, over broadcast, network and gateway. */
    assert_int_equal(first(&pool, 0, SUBNET + 254), SUBNET + 2);
    assert_int_equal(first(&pool, 3, SUBNET + 254), SUBNET + 2);
    assert_int_equal(first(&pool, 4, SUBNET + 254), SUBNET + 3);
    address_pool_destroy(&pool);
}

static void
the_first_guess_may_be_anywhere_when_nothing_was_given_yet(void **state)
{
    struct address_pool pool = pool_of(24);
    bool seen[256] = { false };
    int n = 0;

    for (uint64_t hash = 0; hash < 256; hash++) {
        seen[first(&pool, hash, hash % 2 ? 0 : 0x0a000001) - SUBNET] = true;
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
    struct address_pool pool = pool_of(24);
    bool seen[256] = { false };
    int n = 0;

    for (int i = 0; i < 32; i++) {
        char container[16];
        struct cni_error err;
        struct id id;

        snprintf(container, sizeof container, "c%d", i);
        assert_int_equal(id_init(&id, "cbr0", container, "eth0", &err), 0);
        uint32_t ip = first(&pool, id.hash, SUBNET + 20);
        n += !seen[ip - SUBNET];
        seen[ip - SUBNET] = true;
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
    struct address_pool pool = pool_of(24);
    bool seen[256] = { false };
    int n = 0;

    for (unsigned int attempt = 1; attempt <= 20; attempt++) {
        struct cni_error err;
        uint32_t ip;

        assert_int_equal(address_choose_other(&pool, 4711, attempt, &ip, &err),
                         0);
        n += !seen[ip - SUBNET];
        seen[ip - SUBNET] = true;
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
        cmocka_unit_test(the_first_guess_lies_a_little_after_the_last_address),
        cmocka_unit_test(
            the_first_guess_may_be_anywhere_when_nothing_was_given_yet),
        cmocka_unit_test(parallel_callers_guess_differently),
        cmocka_unit_test(each_attempt_after_a_conflict_is_another),
        cmocka_unit_test(names_on_the_host_follow_from_the_attachment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

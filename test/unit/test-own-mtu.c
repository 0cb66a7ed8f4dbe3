/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What a node tells others of its underlay, and when. */

#include <config.h>

#include "controller/own-mtu.h"

#include "test/unit/unit.h"
#include "util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void
what_is_not_known_is_not_said(void **state OVS_UNUSED)
{
    struct own_mtu own = { .said = 0 };

    assert_int_equal(own_mtu_run(&own, 0, 5), 0);
    assert_int_equal(own_mtu_run(&own, 1450, 6), 1450);
    assert_int_equal(own_mtu_run(&own, 0, 7), 1450);
}

static void
less_is_said_at_once(void **state OVS_UNUSED)
{
    struct own_mtu own = { .said = 0 };

    own_mtu_run(&own, 1450, 5);
    assert_int_equal(own_mtu_run(&own, 1350, 5), 1350);
}

static void
more_is_said_once_it_has_lasted(void **state OVS_UNUSED)
{
    struct own_mtu own = { .said = 0 };

    own_mtu_run(&own, 1350, 5);
    assert_int_equal(own_mtu_run(&own, 1450, 1000), 1350);
    assert_int_equal(own_mtu_run(&own, 1450, 1000 + OWN_MTU_STEADY_MS - 1),
                     1350);
    assert_int_equal(own_mtu_run(&own, 1450, 1000 + OWN_MTU_STEADY_MS), 1450);
}

static void
what_comes_and_goes_changes_nothing(void **state OVS_UNUSED)
{
    struct own_mtu own = { .said = 0 };

    own_mtu_run(&own, 1350, 0);
    for (long long int now = 1; now < 10 * OWN_MTU_STEADY_MS; now += 500) {
        unsigned int mtu = now / 500 % 10 ? 1450 : 1350;
        assert_int_equal(own_mtu_run(&own, mtu, now), 1350);
    }
    /* Nor does what still grows. */
    assert_int_equal(own_mtu_run(&own, 1440, 200000), 1350);
    assert_int_equal(own_mtu_run(&own, 1450, 209000), 1350);
    assert_int_equal(own_mtu_run(&own, 1450, 211000), 1350);
    assert_int_equal(own_mtu_run(&own, 1450, 219000), 1450);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_known_is_not_said),
        cmocka_unit_test(less_is_said_at_once),
        cmocka_unit_test(more_is_said_once_it_has_lasted),
        cmocka_unit_test(what_comes_and_goes_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

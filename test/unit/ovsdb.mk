# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- Units of 'ovsdb/', on a real ovsdb-server ------------------------------

noinst_LTLIBRARIES += test/unit/libdbtest.la
test_unit_libdbtest_la_SOURCES = \
	test/unit/awaited.c \
	test/unit/awaited.h \
	test/unit/dbserver.c \
	test/unit/dbserver.h \
	test/unit/dbtests.c \
	test/unit/dbtests.h \
	test/unit/logged.c \
	test/unit/logged.h \
	test/unit/member.c \
	test/unit/member.h \
	test/unit/node.c \
	test/unit/node.h \
	test/unit/rows.c \
	test/unit/rows.h
test_unit_libdbtest_la_CPPFLAGS = $(OVS_CPPFLAGS) \
	-DVSWITCH_SCHEMA='"$(OVS_SRC)/vswitchd/vswitch.ovsschema"'
test_unit_libdbtest_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

# The tests turn the clock.
dbtest_ldflags = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime
dbtest_ldadd = test/unit/libdbtest.la test/unit/libunit.la \
	ovsdb/liblodenovsdb.la $(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-cluster-bounds
check_PROGRAMS += test/unit/test-cluster-bounds
test_unit_test_cluster_bounds_SOURCES = test/unit/test-cluster-bounds.c
test_unit_test_cluster_bounds_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_bounds_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_bounds_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-members
check_PROGRAMS += test/unit/test-cluster-members
test_unit_test_cluster_members_SOURCES = test/unit/test-cluster-members.c
test_unit_test_cluster_members_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_members_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_members_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-rest
check_PROGRAMS += test/unit/test-cluster-rest
test_unit_test_cluster_rest_SOURCES = test/unit/test-cluster-rest.c
test_unit_test_cluster_rest_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_rest_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_rest_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-claim
check_PROGRAMS += test/unit/test-cluster-claim
test_unit_test_cluster_claim_SOURCES = test/unit/test-cluster-claim.c
test_unit_test_cluster_claim_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_claim_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_claim_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-keep
check_PROGRAMS += test/unit/test-cluster-keep
test_unit_test_cluster_keep_SOURCES = test/unit/test-cluster-keep.c
test_unit_test_cluster_keep_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_keep_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_keep_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-identity
check_PROGRAMS += test/unit/test-cluster-identity
test_unit_test_cluster_identity_SOURCES = test/unit/test-cluster-identity.c
test_unit_test_cluster_identity_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_identity_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_identity_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-prefer
check_PROGRAMS += test/unit/test-cluster-prefer
test_unit_test_cluster_prefer_SOURCES = test/unit/test-cluster-prefer.c
test_unit_test_cluster_prefer_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_prefer_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_prefer_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-own
check_PROGRAMS += test/unit/test-cluster-own
test_unit_test_cluster_own_SOURCES = test/unit/test-cluster-own.c
test_unit_test_cluster_own_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_own_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_own_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-random
check_PROGRAMS += test/unit/test-cluster-random
test_unit_test_cluster_random_SOURCES = test/unit/test-cluster-random.c
test_unit_test_cluster_random_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_random_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_random_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-read
check_PROGRAMS += test/unit/test-cluster-read
test_unit_test_cluster_read_SOURCES = test/unit/test-cluster-read.c
test_unit_test_cluster_read_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_read_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_read_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-refuse
check_PROGRAMS += test/unit/test-cluster-refuse
test_unit_test_cluster_refuse_SOURCES = test/unit/test-cluster-refuse.c
test_unit_test_cluster_refuse_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_refuse_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_refuse_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-report
check_PROGRAMS += test/unit/test-cluster-report
test_unit_test_cluster_report_SOURCES = test/unit/test-cluster-report.c
test_unit_test_cluster_report_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_report_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_report_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-self
check_PROGRAMS += test/unit/test-cluster-self
test_unit_test_cluster_self_SOURCES = test/unit/test-cluster-self.c
test_unit_test_cluster_self_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_self_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_self_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-local-bridge
check_PROGRAMS += test/unit/test-local-bridge
test_unit_test_local_bridge_SOURCES = test/unit/test-local-bridge.c
test_unit_test_local_bridge_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_local_bridge_LDFLAGS = $(dbtest_ldflags)
test_unit_test_local_bridge_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-local-limits
check_PROGRAMS += test/unit/test-local-limits
test_unit_test_local_limits_SOURCES = test/unit/test-local-limits.c
test_unit_test_local_limits_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_local_limits_LDFLAGS = $(dbtest_ldflags)
test_unit_test_local_limits_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-local-options
check_PROGRAMS += test/unit/test-local-options
test_unit_test_local_options_SOURCES = test/unit/test-local-options.c
test_unit_test_local_options_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_local_options_LDFLAGS = $(dbtest_ldflags)
test_unit_test_local_options_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-local-move
check_PROGRAMS += test/unit/test-local-move
test_unit_test_local_move_SOURCES = test/unit/test-local-move.c
test_unit_test_local_move_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_local_move_LDFLAGS = $(dbtest_ldflags)
test_unit_test_local_move_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-local-pods
check_PROGRAMS += test/unit/test-local-pods
test_unit_test_local_pods_SOURCES = test/unit/test-local-pods.c
test_unit_test_local_pods_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_local_pods_LDFLAGS = $(dbtest_ldflags)
test_unit_test_local_pods_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-local-ports
check_PROGRAMS += test/unit/test-local-ports
test_unit_test_local_ports_SOURCES = test/unit/test-local-ports.c
test_unit_test_local_ports_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_local_ports_LDFLAGS = $(dbtest_ldflags)
test_unit_test_local_ports_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-local-tunnels
check_PROGRAMS += test/unit/test-local-tunnels
test_unit_test_local_tunnels_SOURCES = test/unit/test-local-tunnels.c
test_unit_test_local_tunnels_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_local_tunnels_LDFLAGS = $(dbtest_ldflags)
test_unit_test_local_tunnels_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-local-read
check_PROGRAMS += test/unit/test-local-read
test_unit_test_local_read_SOURCES = test/unit/test-local-read.c
test_unit_test_local_read_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_local_read_LDFLAGS = $(dbtest_ldflags)
test_unit_test_local_read_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-local-v6
check_PROGRAMS += test/unit/test-local-v6
test_unit_test_local_v6_SOURCES = test/unit/test-local-v6.c
test_unit_test_local_v6_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_local_v6_LDFLAGS = $(dbtest_ldflags)
test_unit_test_local_v6_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-local-random
check_PROGRAMS += test/unit/test-local-random
test_unit_test_local_random_SOURCES = test/unit/test-local-random.c
test_unit_test_local_random_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_local_random_LDFLAGS = $(dbtest_ldflags)
test_unit_test_local_random_LDADD = $(dbtest_ldadd)

TESTS += test/unit/test-cluster-v6
check_PROGRAMS += test/unit/test-cluster-v6
test_unit_test_cluster_v6_SOURCES = test/unit/test-cluster-v6.c
test_unit_test_cluster_v6_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_cluster_v6_LDFLAGS = $(dbtest_ldflags)
test_unit_test_cluster_v6_LDADD = $(dbtest_ldadd)

# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

TESTS += test/unit/test-host
check_PROGRAMS += test/unit/test-host
test_unit_test_host_SOURCES = test/unit/test-host.c $(unit_values)
test_unit_test_host_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_host_LDADD = test/unit/libunit.la controller/libhost.la \
	flows/libflows.la $(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-own-mtu
check_PROGRAMS += test/unit/test-own-mtu
test_unit_test_own_mtu_SOURCES = test/unit/test-own-mtu.c
test_unit_test_own_mtu_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_own_mtu_LDADD = test/unit/libunit.la controller/libhost.la \
	flows/libflows.la $(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-subnet-file
check_PROGRAMS += test/unit/test-subnet-file
test_unit_test_subnet_file_SOURCES = test/unit/test-subnet-file.c $(unit_values)
test_unit_test_subnet_file_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_subnet_file_LDADD = test/unit/libunit.la \
	controller/libhost.la flows/libflows.la $(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-mcast
check_PROGRAMS += test/unit/test-mcast
test_unit_test_mcast_SOURCES = test/unit/test-mcast.c $(unit_values)
test_unit_test_mcast_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_mcast_LDFLAGS = $(dbtest_ldflags)
test_unit_test_mcast_LDADD = controller/libhost.la $(dbtest_ldadd)

TESTS += test/unit/test-toobig
check_PROGRAMS += test/unit/test-toobig
test_unit_test_toobig_SOURCES = test/unit/test-toobig.c controller/toobig.h
test_unit_test_toobig_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_toobig_LDADD = test/unit/libunit.la controller/libhost.la \
	flows/libflows.la $(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-icmp-error
check_PROGRAMS += test/unit/test-icmp-error
test_unit_test_icmp_error_SOURCES = test/unit/test-icmp-error.c \
	controller/icmp-error.h $(unit_values)
test_unit_test_icmp_error_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_icmp_error_LDADD = test/unit/libunit.la \
	controller/libhost.la flows/libflows.la $(OVS_LDADD) $(CMOCKA_LIBS)

EXTRA_DIST += \
	test/unit/golden/rules-dual-stack.nft \
	test/unit/golden/rules-host-ports-dual.nft \
	test/unit/golden/rules-host-ports.nft \
	test/unit/golden/rules-none.nft \
	test/unit/golden/rules-one-network.nft \
	test/unit/golden/rules-three-networks.nft

TESTS += test/unit/test-last-good
check_PROGRAMS += test/unit/test-last-good
test_unit_test_last_good_SOURCES = test/unit/test-last-good.c $(unit_values)
test_unit_test_last_good_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_last_good_LDADD = test/unit/libunit.la \
	controller/liblastgood.la ovsdb/liblodenovsdb.la flows/libflows.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-last-good-file
check_PROGRAMS += test/unit/test-last-good-file
test_unit_test_last_good_file_SOURCES = test/unit/test-last-good-file.c \
	$(unit_values)
test_unit_test_last_good_file_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_last_good_file_LDADD = $(test_unit_test_last_good_LDADD)

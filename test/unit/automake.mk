# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

TESTS += test/check-shape
EXTRA_DIST += test/check-shape

# ---- Unit tests: no root, no network --------------------------------------

AM_TESTS_ENVIRONMENT = srcdir='$(srcdir)'; export srcdir;

if HAVE_CMOCKA
noinst_LTLIBRARIES += test/unit/libunit.la
test_unit_libunit_la_SOURCES = test/unit/unit.c test/unit/unit.h
test_unit_libunit_la_CPPFLAGS = -I$(top_srcdir) -D_GNU_SOURCE
test_unit_libunit_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

# What tests share that write worlds by hand.
unit_values = test/unit/values.c test/unit/values.h

TESTS += test/unit/test-addr
check_PROGRAMS += test/unit/test-addr
test_unit_test_addr_SOURCES = test/unit/test-addr.c $(unit_values)
test_unit_test_addr_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_addr_LDADD = test/unit/libunit.la flows/libflows.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)

unit_flowtest = test/unit/flowtest.c test/unit/flowtest.h $(unit_values)
unit_tunneltest = test/unit/tunneltest.c test/unit/tunneltest.h \
	$(unit_flowtest)

TESTS += test/unit/test-flows
check_PROGRAMS += test/unit/test-flows
test_unit_test_flows_SOURCES = test/unit/test-flows.c $(unit_flowtest)
test_unit_test_flows_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_flows_LDADD = test/unit/libunit.la flows/libflows.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-flows-bridged
check_PROGRAMS += test/unit/test-flows-bridged
test_unit_test_flows_bridged_SOURCES = \
	test/unit/test-flows-bridged.c $(unit_flowtest)
test_unit_test_flows_bridged_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_flows_bridged_LDADD = \
	test/unit/libunit.la flows/libflows.la $(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-flows-mtu
check_PROGRAMS += test/unit/test-flows-mtu
test_unit_test_flows_mtu_SOURCES = test/unit/test-flows-mtu.c $(unit_flowtest)
test_unit_test_flows_mtu_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_flows_mtu_LDADD = test/unit/libunit.la flows/libflows.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-flows-v6
check_PROGRAMS += test/unit/test-flows-v6
test_unit_test_flows_v6_SOURCES = test/unit/test-flows-v6.c $(unit_flowtest)
test_unit_test_flows_v6_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_flows_v6_LDADD = test/unit/libunit.la flows/libflows.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-geneve
check_PROGRAMS += test/unit/test-geneve
test_unit_test_geneve_SOURCES = test/unit/test-geneve.c $(unit_flowtest)
test_unit_test_geneve_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_geneve_LDADD = test/unit/libunit.la flows/libflows.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-steps
check_PROGRAMS += test/unit/test-steps
test_unit_test_steps_SOURCES = test/unit/test-steps.c $(unit_tunneltest)
test_unit_test_steps_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_steps_LDADD = test/unit/libunit.la flows/libflows.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-tunnels
check_PROGRAMS += test/unit/test-tunnels
test_unit_test_tunnels_SOURCES = test/unit/test-tunnels.c $(unit_tunneltest)
test_unit_test_tunnels_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_tunnels_LDADD = test/unit/libunit.la flows/libflows.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-outer
check_PROGRAMS += test/unit/test-outer
test_unit_test_outer_SOURCES = test/unit/test-outer.c
test_unit_test_outer_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_outer_LDADD = test/unit/libunit.la flows/libflows.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)
include test/unit/host.mk
include test/unit/cni.mk
include test/unit/ovsdb.mk
include test/unit/ctl.mk
endif
EXTRA_DIST += \
	test/unit/golden/result-0.3.0.json \
	test/unit/golden/result-0.3.1.json \
	test/unit/golden/result-0.4.0.json \
	test/unit/golden/result-1.0.0.json \
	test/unit/golden/result-1.1.0.json \
	test/unit/golden/result-dual-0.2.0.json \
	test/unit/golden/result-dual-0.4.0.json \
	test/unit/golden/result-dual-1.1.0.json \
	test/unit/golden/result-internal.json \
	test/unit/golden/result-v6-0.2.0.json \
	test/unit/golden/result-v6-1.0.0.json \
	test/unit/golden/any-mac.diff \
	test/unit/golden/any-mac-v6.diff \
	test/unit/golden/bridged-choices.diff \
	test/unit/golden/bridged-dhcp-asks.diff \
	test/unit/golden/bridged-dhcp.diff \
	test/unit/golden/bridged-internal.diff \
	test/unit/golden/bridged-isolated.diff \
	test/unit/golden/bridged-no-pod.diff \
	test/unit/golden/bridged-share.diff \
	test/unit/golden/bridged-v6.diff \
	test/unit/golden/bridged-v6.flows \
	test/unit/golden/bridged.flows \
	test/unit/golden/dual-stack.diff \
	test/unit/golden/group-appears.diff \
	test/unit/golden/group-isolated.diff \
	test/unit/golden/snoop.diff \
	test/unit/golden/kernel-nd.diff \
	test/unit/golden/empty.flows \
	test/unit/golden/geneve-alone.diff \
	test/unit/golden/geneve-own.diff \
	test/unit/golden/geneve-sends.diff \
	test/unit/golden/geneve-spoken.diff \
	test/unit/golden/geneve-takes.diff \
	test/unit/golden/geneve-unwanted.diff \
	test/unit/golden/endpoint-appears.diff \
	test/unit/golden/endpoint-moves.diff \
	test/unit/golden/internal.diff \
	test/unit/golden/internal-v6.diff \
	test/unit/golden/ipv6.flows \
	test/unit/golden/isolated-internal.diff \
	test/unit/golden/isolated.diff \
	test/unit/golden/member-appears.diff \
	test/unit/golden/network-appears.diff \
	test/unit/golden/no-rate.diff \
	test/unit/golden/nothing.diff \
	test/unit/golden/other-rate.diff \
	test/unit/golden/peer-appears.diff \
	test/unit/golden/pipeline.txt \
	test/unit/golden/pod-appears.diff \
	test/unit/golden/rate.diff \
	test/unit/golden/receiving-rate.diff \
	test/unit/golden/silent-endpoint.diff \
	test/unit/golden/silent-pod.diff \
	test/unit/golden/dhcp.diff \
	test/unit/golden/dst-port.diff \
	test/unit/golden/shared-alone.diff \
	test/unit/golden/udp-port-sends-new.diff \
	test/unit/golden/udp-port-takes-new.diff \
	test/unit/golden/vni-bridged.diff \
	test/unit/golden/vni-forgets-old.diff \
	test/unit/golden/vni-sends-new.diff \
	test/unit/golden/vni-takes-new.diff \
	test/unit/golden/shared-bridged.diff \
	test/unit/golden/shared-going-back.diff \
	test/unit/golden/shared-gone-back.diff \
	test/unit/golden/shared-both.diff \
	test/unit/golden/shared-ipv6.diff \
	test/unit/golden/shared-sends.diff \
	test/unit/golden/shared-takes.diff \
	test/unit/golden/mtu-bridged.diff \
	test/unit/golden/mtu-internal.diff \
	test/unit/golden/mtu-peer.diff \
	test/unit/golden/mtu-pod.diff \
	test/unit/golden/three-nodes.flows

# The unit tests again, under valgrind.
.PHONY: check-valgrind
check-valgrind: all $(check_PROGRAMS)
	$(MAKE) check-TESTS TESTS='$(check_PROGRAMS)' \
	LOG_COMPILER='$(LIBTOOL) --mode=execute valgrind -q \
	--leak-check=full --errors-for-leak-kinds=definite \
	--suppressions=$(abs_top_srcdir)/test/unit/valgrind.supp \
	--error-exitcode=9'

EXTRA_DIST += test/unit/valgrind.supp

# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- Units of 'ctl/' --------------------------------------------------------

TESTS += test/unit/test-status
check_PROGRAMS += test/unit/test-status
test_unit_test_status_SOURCES = test/unit/test-status.c
test_unit_test_status_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_status_LDADD = ctl/libctl.la flows/libflows.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-drops
check_PROGRAMS += test/unit/test-drops
test_unit_test_drops_SOURCES = test/unit/test-drops.c $(unit_flowtest)
test_unit_test_drops_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_drops_LDADD = ctl/libctl.la test/unit/libunit.la \
	flows/libflows.la $(OVS_LDADD) $(CMOCKA_LIBS)

TESTS += test/unit/test-flannel
check_PROGRAMS += test/unit/test-flannel
test_unit_test_flannel_SOURCES = test/unit/test-flannel.c
test_unit_test_flannel_CPPFLAGS = $(OVS_CPPFLAGS)
test_unit_test_flannel_LDADD = ctl/libctl.la ovsdb/liblodenovsdb.la \
	$(OVS_LDADD) $(CMOCKA_LIBS)

# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- Units of 'cni/', which has nothing of Open vSwitch's -------------------

noinst_LTLIBRARIES += test/unit/libcnitest.la
test_unit_libcnitest_la_SOURCES = test/unit/cnitest.c test/unit/cnitest.h
test_unit_libcnitest_la_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_libcnitest_la_CFLAGS = $(CNI_CFLAGS) $(CMOCKA_CFLAGS)

cnitest_cflags = $(CNI_CFLAGS) $(CMOCKA_CFLAGS)
cnitest_ldadd = test/unit/libcnitest.la test/unit/libunit.la $(CNI_LDADD) \
	$(CMOCKA_LIBS)

TESTS += test/unit/test-cni-address
check_PROGRAMS += test/unit/test-cni-address
test_unit_test_cni_address_SOURCES = test/unit/test-cni-address.c
test_unit_test_cni_address_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_address_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_address_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-config
check_PROGRAMS += test/unit/test-cni-config
test_unit_test_cni_config_SOURCES = test/unit/test-cni-config.c
test_unit_test_cni_config_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_config_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_config_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-env
check_PROGRAMS += test/unit/test-cni-env
test_unit_test_cni_env_SOURCES = test/unit/test-cni-env.c
test_unit_test_cni_env_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_env_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_env_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-error
check_PROGRAMS += test/unit/test-cni-error
test_unit_test_cni_error_SOURCES = test/unit/test-cni-error.c
test_unit_test_cni_error_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_error_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_error_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-ip
check_PROGRAMS += test/unit/test-cni-ip
test_unit_test_cni_ip_SOURCES = test/unit/test-cni-ip.c
test_unit_test_cni_ip_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_ip_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_ip_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-network
check_PROGRAMS += test/unit/test-cni-network
test_unit_test_cni_network_SOURCES = test/unit/test-cni-network.c
test_unit_test_cni_network_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_network_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_network_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-op
check_PROGRAMS += test/unit/test-cni-op
test_unit_test_cni_op_SOURCES = test/unit/test-cni-op.c
test_unit_test_cni_op_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_op_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_op_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-reply
check_PROGRAMS += test/unit/test-cni-reply
test_unit_test_cni_reply_SOURCES = test/unit/test-cni-reply.c
test_unit_test_cni_reply_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_reply_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_reply_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-result
check_PROGRAMS += test/unit/test-cni-result
test_unit_test_cni_result_SOURCES = test/unit/test-cni-result.c
test_unit_test_cni_result_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_result_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_result_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-view
check_PROGRAMS += test/unit/test-cni-view
test_unit_test_cni_view_SOURCES = test/unit/test-cni-view.c
test_unit_test_cni_view_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_view_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_view_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-capability
check_PROGRAMS += test/unit/test-cni-capability
test_unit_test_cni_capability_SOURCES = test/unit/test-cni-capability.c
test_unit_test_cni_capability_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_capability_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_capability_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-ipam
check_PROGRAMS += test/unit/test-cni-ipam
test_unit_test_cni_ipam_SOURCES = test/unit/test-cni-ipam.c
test_unit_test_cni_ipam_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_ipam_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_ipam_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-options
check_PROGRAMS += test/unit/test-cni-options
test_unit_test_cni_options_SOURCES = test/unit/test-cni-options.c
test_unit_test_cni_options_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_options_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_options_LDADD = $(cnitest_ldadd)

TESTS += test/unit/test-cni-wish
check_PROGRAMS += test/unit/test-cni-wish
test_unit_test_cni_wish_SOURCES = test/unit/test-cni-wish.c
test_unit_test_cni_wish_CPPFLAGS = $(CNI_CPPFLAGS)
test_unit_test_cni_wish_CFLAGS = $(cnitest_cflags)
test_unit_test_cni_wish_LDADD = $(cnitest_ldadd)

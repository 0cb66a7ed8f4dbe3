# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- Every kind of packet, on a real switch without packets; no root ------

TESTS += test/trace/trace
check_PROGRAMS += test/trace/world
test_trace_world_SOURCES = test/trace/world.c
test_trace_world_CPPFLAGS = $(OVS_CPPFLAGS)
test_trace_world_LDADD = flows/libflows.la $(OVS_LDADD)

EXTRA_DIST += \
	test/trace/cases \
	test/trace/outcome.py \
	test/trace/packets.py \
	test/trace/switch.py \
	test/trace/trace

# Writes test/trace/cases and the tables in doc/datapath.md anew.
.PHONY: update-traces
update-traces: all test/trace/world
	$(top_srcdir)/test/trace/trace --update

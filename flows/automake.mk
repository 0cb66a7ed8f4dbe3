# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

noinst_LTLIBRARIES += flows/libflows.la
flows_libflows_la_SOURCES = \
	flows/addr.c \
	flows/addr.h \
	flows/compile-ask.c \
	flows/compile-bridged.c \
	flows/compile-endpoint.c \
	flows/compile-flood.c \
	flows/compile-mtu.c \
	flows/compile-nd.c \
	flows/compile-peer.c \
	flows/compile-pod.c \
	flows/compile-private.h \
	flows/compile-snoop.c \
	flows/compile-storm.c \
	flows/compile-v6.c \
	flows/compile.c \
	flows/compile.h \
	flows/drops.c \
	flows/drops.h \
	flows/endpoints.c \
	flows/endpoints.h \
	flows/flowset-text.c \
	flows/flowset.c \
	flows/flowset.h \
	flows/groups.c \
	flows/groups.h \
	flows/meters.c \
	flows/meters.h \
	flows/options.c \
	flows/options.h \
	flows/outer.c \
	flows/outer.h \
	flows/peers.h \
	flows/pipeline.c \
	flows/pipeline.h \
	flows/sizes.c \
	flows/sizes.h \
	flows/tunnels.c \
	flows/tunnels.h \
	flows/world-fields.c \
	flows/world-fields.h \
	flows/world-text.c \
	flows/world.c \
	flows/world.h
flows_libflows_la_CPPFLAGS = $(OVS_CPPFLAGS)

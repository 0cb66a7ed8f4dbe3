# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# The host's side of the daemon, apart from the rest so that a test can have
# it alone.
noinst_LTLIBRARIES += controller/libhost.la
controller_libhost_la_SOURCES = \
	controller/host-deaf.c \
	controller/host-deaf.h \
	controller/host-device.c \
	controller/host-device.h \
	controller/host-errors.c \
	controller/host-errors.h \
	controller/host-filters-write.c \
	controller/host-filters.c \
	controller/host-filters.h \
	controller/host-forward.c \
	controller/host-forward.h \
	controller/host-link.c \
	controller/host-link.h \
	controller/host-ends.c \
	controller/host-ends.h \
	controller/host-nfnl.c \
	controller/host-nfnl.h \
	controller/host-nft.c \
	controller/host-nft.h \
	controller/host-paths.c \
	controller/host-paths.h \
	controller/host-ports.c \
	controller/host-ports.h \
	controller/host-retry.c \
	controller/host-retry.h \
	controller/host-router.c \
	controller/host-router.h \
	controller/host-rtnl-path.c \
	controller/host-rtnl.c \
	controller/host-rtnl.h \
	controller/host-rules.c \
	controller/host-rules.h \
	controller/host-underlay.c \
	controller/host-veth.c \
	controller/host-veth.h \
	controller/host-watch.c \
	controller/host-watch.h \
	controller/host.c \
	controller/host.h \
	controller/icmp-error.c \
	controller/icmp-error.h \
	controller/own-mtu.c \
	controller/own-mtu.h \
	controller/subnet-file.c \
	controller/subnet-file.h \
	controller/mcast-parse.c \
	controller/mcast-parse.h \
	controller/mcast.c \
	controller/mcast.h \
	controller/toobig.c \
	controller/toobig.h
controller_libhost_la_CPPFLAGS = $(OVS_CPPFLAGS)

# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# The plugin stands alone: jansson and libopenvswitch export the same names,
# and it has to start within a millisecond.
CNI_CPPFLAGS = -D_GNU_SOURCE -I$(top_srcdir)
CNI_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(MNL_CFLAGS)
CNI_LDADD = cni/libcni.la $(JANSSON_LDADD) $(MNL_LIBS)

noinst_LTLIBRARIES += cni/libcni.la
cni_libcni_la_CPPFLAGS = $(CNI_CPPFLAGS)
cni_libcni_la_CFLAGS = $(CNI_CFLAGS)
cni_libcni_la_SOURCES = \
	cni/add.c cni/add.h cni/add-private.h \
	cni/addlease.c \
	cni/addplan.c \
	cni/addpod.c \
	cni/address.c cni/address.h \
	cni/announce.c cni/announce.h \
	cni/attach.c cni/attach.h \
	cni/attachclaim.c \
	cni/bridged.c cni/bridged.h \
	cni/capability.c cni/capability.h \
	cni/check.c cni/check.h \
	cni/checkprev.c cni/checkprev.h \
	cni/child.c cni/child.h \
	cni/config.c cni/config.h \
	cni/del.c cni/del.h \
	cni/detach.c cni/detach.h \
	cni/env.c cni/env.h \
	cni/error.c cni/error.h \
	cni/frame.c cni/frame.h \
	cni/gc.c cni/gc.h \
	cni/id.c cni/id.h \
	cni/io.c cni/io.h \
	cni/ip.c cni/ip.h \
	cni/ipam.c cni/ipam.h \
	cni/ipamresult.c \
	cni/link.c cni/link.h \
	cni/linkread.c cni/linkread.h \
	cni/linksetup.c \
	cni/linkwait.c cni/linkwait.h \
	cni/netns.c cni/netns.h \
	cni/network.c cni/network.h \
	cni/op.c cni/op.h \
	cni/options.c cni/options.h \
	cni/ovsdb.c cni/ovsdb.h \
	cni/reply.c cni/reply.h \
	cni/result.c cni/result.h \
	cni/route.c cni/route.h \
	cni/rtnl.c cni/rtnl.h \
	cni/status.c cni/status.h \
	cni/subnetfile.c cni/subnetfile.h \
	cni/v6.c cni/v6.h \
	cni/value.c cni/value.h \
	cni/version.c cni/version.h \
	cni/view.c cni/view.h \
	cni/wish.c cni/wish.h

cnibin_PROGRAMS = cni/loden
cni_loden_CPPFLAGS = $(CNI_CPPFLAGS)
cni_loden_CFLAGS = $(CNI_CFLAGS)
cni_loden_SOURCES = cni/main.c
cni_loden_LDADD = $(CNI_LDADD)

dist_man_MANS += cni/loden.8

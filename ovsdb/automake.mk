# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- Code generated from the cluster's schema ------------------------------

dist_pkgdata_DATA += ovsdb/loden.ovsschema
EXTRA_DIST += ovsdb/loden-idl.ann ovsdb/cksum-schema

OVSDB_IDLC = PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$(OVS_SRC)/python \
	$(PYTHON3) $(OVS_SRC)/ovsdb/ovsdb-idlc.in

loden_idl = \
	ovsdb/loden-idl.c \
	ovsdb/loden-idl.h \
	ovsdb/loden-idl.ovsidl
BUILT_SOURCES += $(loden_idl)
CLEANFILES += $(loden_idl)

ovsdb/loden-idl.ovsidl: $(srcdir)/ovsdb/loden.ovsschema \
		$(srcdir)/ovsdb/loden-idl.ann $(srcdir)/ovsdb/cksum-schema
	$(AM_V_GEN)$(MKDIR_P) ovsdb && \
	$(SHELL) $(srcdir)/ovsdb/cksum-schema \
		$(srcdir)/ovsdb/loden.ovsschema && \
	$(OVSDB_IDLC) annotate $(srcdir)/ovsdb/loden.ovsschema \
		$(srcdir)/ovsdb/loden-idl.ann > $@.tmp && mv $@.tmp $@
ovsdb/loden-idl.c: ovsdb/loden-idl.ovsidl
	$(AM_V_GEN)$(OVSDB_IDLC) c-idl-source $< > $@.tmp && mv $@.tmp $@
ovsdb/loden-idl.h: ovsdb/loden-idl.ovsidl
	$(AM_V_GEN)$(OVSDB_IDLC) c-idl-header $< > $@.tmp && mv $@.tmp $@

# The generated code alone: 'ctl/' needs no more.
noinst_LTLIBRARIES += ovsdb/liblodenidl.la
nodist_ovsdb_liblodenidl_la_SOURCES = \
	ovsdb/loden-idl.c \
	ovsdb/loden-idl.h
ovsdb_liblodenidl_la_CPPFLAGS = $(OVS_CPPFLAGS)

# Both databases.
noinst_LTLIBRARIES += ovsdb/liblodenovsdb.la
ovsdb_liblodenovsdb_la_SOURCES = \
	ovsdb/cluster-blocks.c \
	ovsdb/cluster-bounds.c \
	ovsdb/cluster-bridged.c \
	ovsdb/cluster-bridged.h \
	ovsdb/cluster-check.c \
	ovsdb/cluster-check.h \
	ovsdb/cluster-choose.c \
	ovsdb/cluster-claim.c \
	ovsdb/cluster-endpoints.c \
	ovsdb/cluster-global.c \
	ovsdb/cluster-identity.c \
	ovsdb/cluster-identity.h \
	ovsdb/cluster-keep.c \
	ovsdb/cluster-leases.c \
	ovsdb/cluster-members.c \
	ovsdb/cluster-networks.c \
	ovsdb/cluster-steps.c \
	ovsdb/cluster-own.c \
	ovsdb/cluster-own.h \
	ovsdb/cluster-peers.c \
	ovsdb/cluster-private.h \
	ovsdb/cluster-rest.c \
	ovsdb/cluster-report.c \
	ovsdb/cluster-self.c \
	ovsdb/cluster.c \
	ovsdb/cluster.h \
	ovsdb/keys.h \
	ovsdb/local-address.c \
	ovsdb/local-bridge.c \
	ovsdb/local-bridged.c \
	ovsdb/local-limits.c \
	ovsdb/local-options.c \
	ovsdb/local-options.h \
	ovsdb/local-move.c \
	ovsdb/local-own.c \
	ovsdb/local-pods.c \
	ovsdb/local-ports.c \
	ovsdb/local-private.h \
	ovsdb/local-publish.c \
	ovsdb/local-read.c \
	ovsdb/local-tunnels.c \
	ovsdb/local.c \
	ovsdb/local.h \
	ovsdb/text.c \
	ovsdb/text.h \
	ovsdb/writer.c \
	ovsdb/writer.h
ovsdb_liblodenovsdb_la_CPPFLAGS = $(OVS_CPPFLAGS)
ovsdb_liblodenovsdb_la_LIBADD = \
	flows/libflows.la \
	ovsdb/liblodenidl.la

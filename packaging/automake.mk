# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += packaging/ovs-tree

EXTRA_DIST += \
	packaging/loden-cluster.service.in \
	packaging/loden-controller.service.in \
	packaging/loden-relay.service.in
if HAVE_SYSTEMD
nodist_systemdsystemunit_DATA = \
	packaging/loden-cluster.service \
	packaging/loden-controller.service \
	packaging/loden-relay.service
CLEANFILES += $(nodist_systemdsystemunit_DATA)
endif
# systemd complains about /var/run.
packaging/%.service: $(srcdir)/packaging/%.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging && \
	$(LODEN_SUBST) -e 's,=/var/run/,=/run/,' $< > $@.tmp && mv $@.tmp $@

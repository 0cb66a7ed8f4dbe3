# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# What unit tests can have: all that needs no database and no command line.
noinst_LTLIBRARIES += ctl/libctl.la
ctl_libctl_la_SOURCES = \
	ctl/ask.c \
	ctl/ask.h \
	ctl/command.h \
	ctl/drops-text.c \
	ctl/drops-text.h \
	ctl/field.c \
	ctl/field.h \
	ctl/flannel.c \
	ctl/flannel.h \
	ctl/output.c \
	ctl/output.h \
	ctl/status.c \
	ctl/status.h
ctl_libctl_la_CPPFLAGS = $(OVS_CPPFLAGS)

bin_PROGRAMS += ctl/lodenctl
ctl_lodenctl_SOURCES = \
	ctl/commands.c \
	ctl/connection.c \
	ctl/connection.h \
	ctl/doctor-host.c \
	ctl/doctor.c \
	ctl/doctor.h \
	ctl/drops.c \
	ctl/generation.c \
	ctl/init.c \
	ctl/invocation.c \
	ctl/judge.c \
	ctl/judge.h \
	ctl/listener.c \
	ctl/lodenctl.c \
	ctl/network-options.c \
	ctl/network-row.c \
	ctl/network-show.c \
	ctl/network-tell.c \
	ctl/network.c \
	ctl/network.h \
	ctl/node.c \
	ctl/node.h \
	ctl/option.c \
	ctl/progress.c \
	ctl/progress.h \
	ctl/steps.c \
	ctl/steps.h \
	ctl/pki.c \
	ctl/reservation.c \
	ctl/session.c \
	ctl/session.h \
	ctl/endpoint.c \
	ctl/sockets.c \
	ctl/sockets.h \
	ctl/subnet.c
ctl_lodenctl_CPPFLAGS = $(OVS_CPPFLAGS)
ctl_lodenctl_LDADD = ctl/libctl.la ovsdb/liblodenovsdb.la $(OVS_LDADD)

# What configure knows, for scripts and units; 'make' knows it later.
LODEN_SUBST = sed \
	-e 's,[@]VERSION[@],$(VERSION),' \
	-e 's,[@]bindir[@],$(bindir),' \
	-e 's,[@]sbindir[@],$(sbindir),' \
	-e 's,[@]pkgdatadir[@],$(pkgdatadir),' \
	-e 's,[@]OVS_RUNDIR[@],$(localstatedir)/run/openvswitch,' \
	-e 's,[@]LODEN_RUNDIR[@],$(localstatedir)/run/loden,' \
	-e 's,[@]LODEN_DBDIR[@],$(localstatedir)/lib/loden,' \
	-e 's,[@]LODEN_LOGDIR[@],$(localstatedir)/log/loden,' \
	-e 's,[@]LODEN_SYSCONFDIR[@],$(sysconfdir)/loden,'

# One script out of several files.
sbin_SCRIPTS = ctl/loden-ctl
loden_ctl_parts = \
	ctl/loden-ctl-lib.sh \
	ctl/loden-ctl-db.sh \
	ctl/loden-ctl-health.sh
EXTRA_DIST += ctl/loden-ctl.in $(loden_ctl_parts)
CLEANFILES += ctl/loden-ctl
ctl/loden-ctl: $(srcdir)/ctl/loden-ctl.in $(loden_ctl_parts) \
		$(srcdir)/flows/pipeline.h Makefile
	$(AM_V_GEN)$(MKDIR_P) ctl && \
	magic=`sed -n 's/^#define PIPELINE_COOKIE_MAGIC //p' \
		$(srcdir)/flows/pipeline.h` && \
	test -n "$$magic" && \
	sed -e '/^[@]LIB[@]$$/{r $(srcdir)/ctl/loden-ctl-lib.sh' -e 'd' -e '}' \
		-e '/^[@]DB[@]$$/{r $(srcdir)/ctl/loden-ctl-db.sh' -e 'd' -e '}' \
		-e '/^[@]HEALTH[@]$$/{r $(srcdir)/ctl/loden-ctl-health.sh' \
		-e 'd' -e '}' \
		$(srcdir)/ctl/loden-ctl.in | \
	$(LODEN_SUBST) -e "s,[@]COOKIE_MAGIC[@],$$magic," > $@.tmp && \
	chmod +x $@.tmp && mv $@.tmp $@

# What 'lodenctl pki' becomes.
nodist_pkgdata_SCRIPTS = ctl/lodenctl-pki
EXTRA_DIST += ctl/lodenctl-pki.in
CLEANFILES += ctl/lodenctl-pki
ctl/lodenctl-pki: $(srcdir)/ctl/lodenctl-pki.in Makefile
	$(AM_V_GEN)$(MKDIR_P) ctl && \
	$(LODEN_SUBST) $(srcdir)/ctl/lodenctl-pki.in > $@.tmp && \
	chmod +x $@.tmp && mv $@.tmp $@

dist_man_MANS += ctl/loden-ctl.8 ctl/lodenctl.8

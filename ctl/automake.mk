# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# Everything but main(), so that unit tests can have it.
noinst_LTLIBRARIES += ctl/libctl.la
ctl_libctl_la_SOURCES = \
	ctl/check.c \
	ctl/check.h \
	ctl/command.h \
	ctl/output.c \
	ctl/output.h
ctl_libctl_la_CPPFLAGS = $(OVS_CPPFLAGS)

bin_PROGRAMS += ctl/lodenctl
ctl_lodenctl_SOURCES = \
	ctl/init.c \
	ctl/lodenctl.c \
	ctl/network-row.c \
	ctl/network.c \
	ctl/network.h \
	ctl/node.c \
	ctl/reservation.c \
	ctl/session.c \
	ctl/session.h \
	ctl/status.c \
	ctl/subnet.c
ctl_lodenctl_CPPFLAGS = $(OVS_CPPFLAGS)
ctl_lodenctl_LDADD = \
	ctl/libctl.la \
	ovsdb/liblodenidl.la \
	flows/libflows.la \
	$(OVS_LDADD)

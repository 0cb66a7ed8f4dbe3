# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

include controller/host.mk

# The last good world, apart from the rest for tests and fuzzers.
noinst_LTLIBRARIES += controller/liblastgood.la
controller_liblastgood_la_SOURCES = \
	controller/file-saver.c \
	controller/file-saver.h \
	controller/last-good-json.c \
	controller/last-good.c \
	controller/last-good.h \
	controller/world-json.c \
	controller/world-json.h
controller_liblastgood_la_CPPFLAGS = $(OVS_CPPFLAGS)

sbin_PROGRAMS += controller/loden-controller
controller_loden_controller_SOURCES = \
	controller/commands.c \
	controller/controller-private.h \
	controller/controller.c \
	controller/controller.h \
	controller/drops.c \
	controller/drops.h \
	controller/known.c \
	controller/known.h \
	controller/loden-controller.c \
	controller/ofanswer.c \
	controller/ofanswer.h \
	controller/ofbundle.c \
	controller/ofbundle.h \
	controller/ofctl.c \
	controller/ofctl.h \
	controller/ofdrops.c \
	controller/ofdrops.h \
	controller/ofgroup.c \
	controller/ofgroup.h \
	controller/ofmsg-meters.c \
	controller/ofmsg.c \
	controller/ofmsg.h \
	controller/ofports.c \
	controller/ofports.h \
	controller/ofsync.c \
	controller/ofsync.h \
	controller/report.c \
	controller/report.h \
	controller/world-diff.c \
	controller/world-diff.h
controller_loden_controller_CPPFLAGS = $(OVS_CPPFLAGS)
controller_loden_controller_LDADD = \
	controller/liblastgood.la \
	controller/libhost.la \
	ovsdb/liblodenovsdb.la \
	flows/libflows.la \
	$(OVS_LDADD)

dist_man_MANS += controller/loden-controller.8

# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

include controller/host.mk

sbin_PROGRAMS += controller/loden-controller
controller_loden_controller_SOURCES = \
	controller/commands.c \
	controller/controller-private.h \
	controller/controller.c \
	controller/controller.h \
	controller/loden-controller.c \
	controller/ofbundle.c \
	controller/ofbundle.h \
	controller/ofctl.c \
	controller/ofctl.h \
	controller/ofgroup.c \
	controller/ofgroup.h \
	controller/ofmsg.c \
	controller/ofmsg.h \
	controller/ofports.c \
	controller/ofports.h \
	controller/ofsync.c \
	controller/ofsync.h \
	controller/report.c \
	controller/report.h
controller_loden_controller_CPPFLAGS = $(OVS_CPPFLAGS)
controller_loden_controller_LDADD = \
	controller/libhost.la \
	ovsdb/liblodenovsdb.la \
	flows/libflows.la \
	$(OVS_LDADD)

dist_man_MANS += controller/loden-controller.8

/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_TEXT_H
#define LODEN_OVSDB_TEXT_H 1

/* Text out of a database, which anybody may have written: whether it is a
 * name, and how to print it if it is not. */

#include "openvswitch/compiler.h"

/* Longest name of a node or a network, in bytes: what fits into a
 * certificate's CN (RFC 5280, ub-common-name). */
#define TEXT_NAME_MAX 64

/* Longest name of a network device, in bytes (IFNAMSIZ without the NUL). */
#define TEXT_DEVICE_MAX 15

/* Room for text_show()'s result. */
#define TEXT_SHOWN 80

char *text_check_name(const char *) OVS_WARN_UNUSED_RESULT;
char *text_check_device(const char *) OVS_WARN_UNUSED_RESULT;
const char *text_show(const char *, char buf[TEXT_SHOWN]);

#endif /* ovsdb/text.h */

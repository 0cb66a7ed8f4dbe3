/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_UNIT_DBSERVER_H
#define LODEN_TEST_UNIT_DBSERVER_H 1

/* A real ovsdb-server with one empty database in a temporary folder, for the
 * unit tests of 'ovsdb/'.  It needs no root and ends with the test. */

#include <stddef.h>

struct dbserver;

/* What a database may refuse. */
enum dbserver_rules {
    DBSERVER_STRICT, /* What the schema says. */
    DBSERVER_LAX     /* Nothing: no index, range or enumeration. */
};

struct dbserver *dbserver_start(const char *schema_file, enum dbserver_rules);
void dbserver_stop(struct dbserver *);
const char *dbserver_remote(const struct dbserver *);

/* Bytes of the database's log: it grows with every transaction. */
long long int dbserver_log_size(const struct dbserver *);

/* Transacts 'format', operations as JSON with ' for ", without the brackets
 * and the database's name.  The first fails the test if the server refuses
 * them; the second returns whether it did not. */
void dbserver_do(struct dbserver *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int dbserver_try(struct dbserver *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns 'columns' ("a,b") of the rows of 'table', a sorted line for each;
 * the caller frees it.  Maps and sets stand as OVSDB's JSON. */
char *dbserver_dump(struct dbserver *, const char *table,
                    const char *columns);

/* Whether the programs are there; if not, the test is to end with 77. */
int dbserver_exists(void);

#endif /* test/unit/dbserver.h */

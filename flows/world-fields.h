/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_WORLD_FIELDS_H
#define LODEN_FLOWS_WORLD_FIELDS_H 1

/* The cluster's part of a world as a table: what the cluster database says,
 * without what the node adds (its pods, its own addresses, port numbers).
 * What copies a world, or keeps one on a disk, walks these tables, so that a
 * member which is new in 'flows/world.h' takes one line in world-fields.c.
 *
 * A member that is not in a file, because an older version wrote it, is zero,
 * or in the world itself what world_init() makes it: that must mean what was
 * so before there was the member. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

enum world_type {
    WORLD_NAME,     /* char *: a node's or network's name; may be NULL. */
    WORLD_BOOL,     /* bool. */
    WORLD_UINT,     /* unsigned int or uint32_t, from 'min' to 'max'. */
    WORLD_UINT16,   /* uint16_t, likewise. */
    WORLD_INT64,    /* int64_t or uint64_t, from 0 to INT64_MAX. */
    WORLD_WORD,     /* An enum, as one of 'words'. */
    WORLD_MAC,      /* struct eth_addr. */
    WORLD_ADDR,     /* struct in6_addr; "::": none. */
    WORLD_ADDRS,    /* struct in6_addr *, with a count. */
    WORLD_PREFIX,   /* struct prefix; may be unset. */
    WORLD_PREFIXES, /* struct prefix *, with a count. */
    WORLD_RECORDS   /* An array of structs, with a count. */
};

/* A member of a struct. */
struct world_field {
    const char *name;        /* In a file. */
    enum world_type type;    /* What it is. */
    size_t offset;           /* Where it is. */
    size_t n_offset;         /* Of an array: where its size_t count is. */
    const struct world_record *record; /* WORLD_RECORDS: the elements. */
    const char *const *words;          /* WORLD_WORD: by value, then NULL. */
    uint32_t min, max;       /* WORLD_UINT and WORLD_UINT16; 'max' 0: what
                              * the type can hold. */
    bool required;           /* Must it be there, and be set? */
};

/* A struct. */
struct world_record {
    const char *what;                 /* For people. */
    size_t size;                      /* sizeof. */
    const struct world_field *fields; /* Its members. */
    size_t n_fields;                  /* Number of 'fields'. */
    void (*derive)(void *);           /* Sets what follows from them; may be
                                       * NULL. */
};

extern const struct world_record world_record;
extern const struct world_record world_network_record;
extern const struct world_record world_peer_record;

/* Returns sizeof an element of the array that 'field' is, 0 if it is none. */
size_t world_field_element_size(const struct world_field *);

/* Copies the cluster's part of 'src', and its refusals, into 'dst', which has
 * no such part. */
void world_copy_cluster(struct world *dst, const struct world *src);

#endif /* flows/world-fields.h */

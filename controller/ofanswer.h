/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_OFANSWER_H
#define LODEN_CONTROLLER_OFANSWER_H 1

/* Packets that the switch does not know what to do with. */

#include <stdbool.h>
#include <stdint.h>

struct json;
struct ofp_header;
struct rconn;

/* What became of them, in packets. */
struct ofanswer {
    uint64_t n_told;       /* Too large: the sender was told. */
    uint64_t n_cut;        /* Too large: cut into fragments. */
    uint64_t n_advertised; /* Solicitations of neighbours: answered. */
    uint64_t n_dropped;    /* None of these. */
};

/* Does what is to be done about the packet in 'oh', with messages to 'rconn'.
 * Returns false if the message cannot be read. */
bool ofanswer_run(struct ofanswer *, struct rconn *,
                  const struct ofp_header *);

struct json *ofanswer_status(const struct ofanswer *);

#endif /* controller/ofanswer.h */

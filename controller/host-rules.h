/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_RULES_H
#define LODEN_CONTROLLER_HOST_RULES_H 1

/* The nftables table 'inet loden' as text: what the host's kernel does with
 * packets that enter or leave through the networks' host ports. */

struct world;

/* Returns the commands that make nft replace the table by the one that
 * 'world' wants, in one transaction.  The caller frees it. */
char *host_rules(const struct world *);

#endif /* controller/host-rules.h */

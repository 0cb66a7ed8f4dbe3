/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_NFT_H
#define LODEN_CONTROLLER_HOST_NFT_H 1

/* Has the program 'nft' apply a text, as one transaction, while the daemon
 * goes on. */

#include <stdbool.h>

struct json;

struct host_nft *host_nft_open(void);
void host_nft_close(struct host_nft *);

/* Makes nft apply 'text' unless it was the last one applied. */
void host_nft_run(struct host_nft *, const char *text);
void host_nft_wait(const struct host_nft *);

/* Has nft applied the text that host_nft_run() was last given? */
bool host_nft_is_applied(const struct host_nft *);

/* Says that 'n' transactions, nft's own on our behalf among them, took
 * something away of what was applied. */
void host_nft_lost(struct host_nft *, unsigned int n);

struct json *host_nft_status(const struct host_nft *);

#endif /* controller/host-nft.h */

/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_OFCTL_H
#define LODEN_CONTROLLER_OFCTL_H 1

/* The OpenFlow 1.5 connection to the bridge's service socket: learns the
 * numbers of ports and makes the switch's flows equal a wanted set.
 *
 * Nothing in the switch is touched before the first ofctl_put(). */

#include <stdbool.h>
#include <stdint.h>

#include "controller/ofdrops.h"

struct flowset;
struct json;
struct mcast;
struct simap;

struct ofctl *ofctl_open(struct mcast *);
void ofctl_close(struct ofctl *);

void ofctl_set_bridge(struct ofctl *, const char *bridge);
void ofctl_run(struct ofctl *);
void ofctl_wait(struct ofctl *);

const struct simap *ofctl_ports(const struct ofctl *);
unsigned int ofctl_ports_seqno(const struct ofctl *);

void ofctl_put(struct ofctl *, struct flowset *wanted, uint64_t version);
const struct flowset *ofctl_wanted(const struct ofctl *);
uint64_t ofctl_confirmed(const struct ofctl *);

void ofctl_send(void *ofctl, ofp_port_t to, uint8_t *frame, size_t size);
void ofctl_read_drops(struct ofctl *, ofdrops_done *, void *aux);

char *ofctl_flows_to_string(const struct ofctl *);
char *ofctl_diff_to_string(const struct ofctl *);
struct json *ofctl_status(const struct ofctl *);

#endif /* controller/ofctl.h */

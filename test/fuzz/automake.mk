# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- Fuzzers: a few seconds each, not part of 'make check' ------------------

EXTRA_DIST += \
	test/check-fuzz \
	test/fuzz/fuzz-cni-config.c \
	test/fuzz/fuzz-cni-ipam.c \
	test/fuzz/fuzz-cni-network.c \
	test/fuzz/fuzz-cni-reply.c \
	test/fuzz/fuzz-ctl-flannel.c \
	test/fuzz/fuzz-icmp-error.c \
	test/fuzz/fuzz-last-good.c \
	test/fuzz/fuzz-mcast.c \
	test/fuzz/fuzz-toobig.c \
	test/fuzz/seeds/cni-config/full.json \
	test/fuzz/seeds/cni-config/plain.json \
	test/fuzz/seeds/cni-config/subnetfile.json \
	test/fuzz/seeds/cni-ipam/error.json \
	test/fuzz/seeds/cni-ipam/new.json \
	test/fuzz/seeds/cni-ipam/old.json \
	test/fuzz/seeds/cni-network/args \
	test/fuzz/seeds/cni-network/bridged \
	test/fuzz/seeds/cni-network/subnet.env \
	test/fuzz/seeds/cni-network/words \
	test/fuzz/seeds/cni-reply/node.json \
	test/fuzz/seeds/cni-reply/refused.json \
	test/fuzz/seeds/ctl-flannel/full.json \
	test/fuzz/seeds/ctl-flannel/plain.json \
	test/fuzz/seeds/icmp-error/v4 \
	test/fuzz/seeds/icmp-error/v6 \
	test/fuzz/seeds/last-good/bridged.json \
	test/fuzz/seeds/last-good/full.json \
	test/fuzz/seeds/last-good/sealed \
	test/fuzz/seeds/mcast/igmp2 \
	test/fuzz/seeds/mcast/igmp3 \
	test/fuzz/seeds/mcast/mld1 \
	test/fuzz/seeds/mcast/mld2 \
	test/fuzz/seeds/toobig/df \
	test/fuzz/seeds/toobig/options \
	test/fuzz/seeds/toobig/v6

.PHONY: check-fuzz
check-fuzz:
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/check-fuzz

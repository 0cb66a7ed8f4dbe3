# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- lodenctl, loden-ctl and real ovsdb-servers: no root----------------------------

TESTS += \
	test/ctl/test-loden-ctl-db \
	test/ctl/test-lodenctl \
	test/ctl/test-lodenctl-networks \
	test/ctl/test-lodenctl-nodes \
	test/ctl/test-serving
EXTRA_DIST += \
	test/ctl/ctltest.py \
	test/ctl/schemas/loden-0.1.0.ovsschema \
	test/ctl/servers.py \
	test/ctl/test-loden-ctl-db \
	test/ctl/test-lodenctl \
	test/ctl/test-lodenctl-networks \
	test/ctl/test-lodenctl-nodes \
	test/ctl/test-serving

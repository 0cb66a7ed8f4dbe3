# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- lodenctl on a real ovsdb-server: no root -------------------------------

TESTS += \
	test/ctl/test-lodenctl \
	test/ctl/test-lodenctl-nodes \
	test/ctl/test-serving
EXTRA_DIST += \
	test/ctl/ctltest.py \
	test/ctl/test-lodenctl \
	test/ctl/test-lodenctl-nodes \
	test/ctl/test-serving

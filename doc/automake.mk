# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += doc/cluster.md doc/configuration.md doc/datapath.md doc/failures.md

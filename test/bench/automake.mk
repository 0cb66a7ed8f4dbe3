# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- Benchmarks, each beside its alternative in the same run ---------------

EXTRA_DIST += test/bench/attach test/bench/scale

.PHONY: bench
bench: all
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/bench/attach
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/bench/scale

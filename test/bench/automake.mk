# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- Benchmarks, each beside its alternative in the same run ---------------

EXTRA_DIST += test/bench/attach test/bench/datapath test/bench/masks test/bench/members \
	test/bench/scale \
	test/bench/tunnel-ports

.PHONY: bench
bench: all
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/bench/attach
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/bench/scale
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/bench/members
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/bench/tunnel-ports

# The kernel's datapath is measured in the machine of test/vm.
.PHONY: bench-datapath
bench-datapath: all
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/bench/masks
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/bench/datapath
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/vm run -- \
		$(abs_top_srcdir)/test/bench/datapath --datapath system

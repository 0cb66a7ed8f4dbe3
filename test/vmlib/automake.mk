# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- The machine with the kernel's datapath --------------------------------

EXTRA_DIST += \
	test/check-kernel \
	test/vm \
	test/vmlib/__init__.py \
	test/vmlib/cli.py \
	test/vmlib/cluster \
	test/vmlib/errors.py \
	test/vmlib/guest \
	test/vmlib/hot.py \
	test/vmlib/init \
	test/vmlib/initramfs.py \
	test/vmlib/kernel.py \
	test/vmlib/machine.py \
	test/vmlib/packages.py \
	test/vmlib/qemu.py \
	test/vmlib/share \
	test/vmlib/shim.c \
	test/vmlib/uml.config \
	test/vmlib/uml.py

# A cluster to play with, in a machine that ends with the shell in it.
.PHONY: sandbox-kernel
sandbox-kernel: all
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/vm shell --cluster

# The system tests once more; ends with 77 and the reason where that cannot
# be.
.PHONY: check-kernel
check-kernel: all
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/check-kernel

# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- The sandbox, and the system tests on it -------------------------------

EXTRA_DIST += \
	test/sandbox \
	test/sandboxlib/__init__.py \
	test/sandboxlib/cli.py \
	test/sandboxlib/errors.py \
	test/sandboxlib/machine.py \
	test/sandboxlib/namespaces.py \
	test/sandboxlib/node.py \
	test/sandboxlib/pod.py \
	test/sandboxlib/programs.py \
	test/sandboxlib/sandbox.py \
	test/sandboxlib/state.py \
	test/sandboxlib/underlay.py

SANDBOX = LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/sandbox

# A cluster to play with; 'test/sandbox down' ends it.
.PHONY: sandbox
sandbox: all
	$(SANDBOX) up
	@echo "The cluster is up: see $(top_srcdir)/test/sandbox --help."

include test/unit/automake.mk

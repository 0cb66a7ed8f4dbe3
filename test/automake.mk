# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0

# ---- The sandbox, and the system tests on it -------------------------------

EXTRA_DIST += \
	test/sandbox \
	test/sandboxlib/__init__.py \
	test/sandboxlib/births.py \
	test/sandboxlib/cli.py \
	test/sandboxlib/entering.py \
	test/sandboxlib/errors.py \
	test/sandboxlib/machine.py \
	test/sandboxlib/namespaces.py \
	test/sandboxlib/node.py \
	test/sandboxlib/pod.py \
	test/sandboxlib/programs.py \
	test/sandboxlib/rpc.py \
	test/sandboxlib/sandbox.py \
	test/sandboxlib/state.py \
	test/sandboxlib/underlay.py \
	test/check-system \
	test/system/conftest.py \
	test/system/harness/__init__.py \
	test/system/harness/bridged.py \
	test/system/harness/bundles.py \
	test/system/harness/capture.py \
	test/system/harness/cgroups.py \
	test/system/harness/cluster.py \
	test/system/harness/cni.py \
	test/system/harness/containerd.py \
	test/system/harness/cri.py \
	test/system/harness/deeds.py \
	test/system/harness/drops.py \
	test/system/harness/flows.py \
	test/system/harness/frames.py \
	test/system/harness/image.py \
	test/system/harness/leaks.py \
	test/system/harness/live.py \
	test/system/harness/logs.py \
	test/system/harness/nd.py \
	test/system/harness/nft.py \
	test/system/harness/once.py \
	test/system/harness/podman.py \
	test/system/harness/protobuf.py \
	test/system/harness/proxy.py \
	test/system/harness/rows.py \
	test/system/harness/runtime.py \
	test/system/harness/servers.py \
	test/system/harness/traces.py \
	test/system/harness/traffic.py \
	test/system/harness/tunnels.py \
	test/system/harness/waiting.py \
	test/system/test_announce.py \
	test/system/test_bad_rows.py \
	test/system/test_bridge_moves.py \
	test/system/test_bridged.py \
	test/system/test_bridged_claims.py \
	test/system/test_bridged_v6.py \
	test/system/test_chains.py \
	test/system/test_containerd.py \
	test/system/test_cri.py \
	test/system/test_doctor.py \
	test/system/test_drops.py \
	test/system/test_first_packets.py \
	test/system/test_forward.py \
	test/system/test_forwarding6.py \
	test/system/test_geneve.py \
	test/system/test_guards.py \
	test/system/test_host.py \
	test/system/test_host_ports.py \
	test/system/test_hostside.py \
	test/system/test_ipv6.py \
	test/system/test_isolation.py \
	test/system/test_leases.py \
	test/system/test_limits.py \
	test/system/test_loden_ctl.py \
	test/system/test_live_networks.py \
	test/system/test_membership.py \
	test/system/test_multicast.py \
	test/system/test_nd.py \
	test/system/test_outer.py \
	test/system/test_plugin.py \
	test/system/test_plugin_check.py \
	test/system/test_plugin_dhcp.py \
	test/system/test_plugin_gc.py \
	test/system/test_plugin_hostile.py \
	test/system/test_plugin_ipam.py \
	test/system/test_plugin_many.py \
	test/system/test_plugin_options.py \
	test/system/test_plugin_status.py \
	test/system/test_plugin_trips.py \
	test/system/test_podman.py \
	test/system/test_pods.py \
	test/system/test_progress.py \
	test/system/test_reach.py \
	test/system/test_relay_failures.py \
	test/system/test_relays.py \
	test/system/test_restart.py \
	test/system/test_roles.py \
	test/system/test_sandbox.py \
	test/system/test_servers.py \
	test/system/test_sizes.py \
	test/system/test_steps.py \
	test/system/test_switch.py \
	test/system/test_underlay6.py \
	test/system/test_underlay_mtu.py \
	test/system/test_underlay_router.py \
	test/system/test_without_cluster.py \
	test/system/test_wrong_database.py \
	test/system/test_tunnels.py

SANDBOX = LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/sandbox

# A cluster to play with; 'test/sandbox down' ends it.
.PHONY: sandbox
sandbox: all
	$(SANDBOX) up
	@echo "The cluster is up: see $(top_srcdir)/test/sandbox --help."

# Needs root; ends with 77 and the reason where it cannot run.
.PHONY: check-system
check-system: all
	LODEN_BUILD=$(abs_top_builddir) $(top_srcdir)/test/check-system

include test/unit/automake.mk
include test/ctl/automake.mk
include test/bench/automake.mk
include test/fuzz/automake.mk
include test/trace/automake.mk
include test/vmlib/automake.mk

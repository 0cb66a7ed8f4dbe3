# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What a person who knows Open vSwitch, and not Loden, finds on a node."""

import re

from harness.waiting import wait_until

OWNER = 0x10de  # The first 16 bits of every cookie of Loden's.


def interfaces(node, *conditions):
    """Interface rows as {name: {column: value}}."""
    rows = node.rows("Interface", "name", "type", "options", "external_ids",
                     "error", *conditions)
    return {row["name"]: row for row in rows}


def test_each_node_has_one_vxlan_port_for_each_peer(cluster, pods):
    for node in cluster.nodes:
        tunnels = interfaces(node, "type=vxlan")
        peers = [peer for peer in cluster.nodes if peer.name != node.name]
        assert {(row["external_ids"]["loden-peer"],
                 row["options"]["remote_ip"]) for row in tunnels.values()} \
            == {(peer.name, peer.address) for peer in peers}
        assert len(tunnels) == len(peers)
        assert all(name.startswith("lt-") for name in tunnels)


def test_the_bridge_is_closed_while_nobody_tells_it_anything(cluster):
    for node in cluster.nodes:
        assert node.get("Bridge", "br-int", "fail_mode") == "secure"
        settings = node.rows("Bridge", "other_config", "name=br-int")[0]
        assert settings["other_config"]["disable-in-band"] == "true"
        assert "hwaddr" in settings["other_config"]


def test_a_pods_port_tells_whose_it_is(cluster, pods):
    boot = open("/proc/sys/kernel/random/boot_id").read().strip()
    for pod in pods:
        container = pod.attachment.record["container"]
        attachment = f"default/{container}/eth0"
        told = interfaces(pod.node, f"name={pod.host_port}")[pod.host_port][
            "external_ids"]
        nonce = told.pop("loden-req")
        assert nonce and told == {
            "attached-mac": pod.mac,
            "iface-id": attachment,
            "loden-ack": nonce,
            "loden-boot": boot,
            "loden-id": attachment,
            "loden-ip": f"default/{pod.address}",
            "loden-mac": pod.mac,
            "loden-netns": f"/run/netns/{pod.name}",
            "loden-network": "default",
            "loden-pod": f"default/{pod.name}",
        }


def test_ovs_vsctl_show_shows_no_error(cluster, pods):
    for node in cluster.nodes:
        assert "error" not in node.ovs_vsctl("show")
        assert [name for name, row in interfaces(node).items()
                if row["error"]] == []


def test_flows_name_their_table_and_their_owner(cluster, pods):
    for node in cluster.nodes:
        flows = node.flows()
        assert flows
        assert [str(flow) for flow in flows
                if not re.fullmatch("[a-z]+", flow.table)
                or flow.cookie >> 48 != OWNER] == []


def test_flows_go_from_table_to_table_by_name(cluster, pods):
    for node in cluster.nodes:
        jumps = [jump for flow in node.flows()
                 for jump in re.findall(r"goto_table:(\w+)", flow.actions)]
        assert jumps
        assert [jump for jump in jumps if jump.isdigit()] == []


def test_what_is_on_the_switch_is_what_the_controller_wants(cluster, pods):
    for node in cluster.nodes:
        wait_until(lambda: node.appctl("flows/diff") == "")

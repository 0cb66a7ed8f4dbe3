# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Words for the tests of bridged networks."""

from .waiting import wait_until

TYPE = {"cniVersion": "1.1.0", "type": "loden"}


NETWORKS = {"blue": "--range=10.5.0.0/16 --vni=500",
            "red": "--range=10.6.0.0/24 --vni=600 --internal",
            "pink": "--range=10.6.0.0/24 --vni=601 --internal"}


def new_networks(cluster):
    """Makes NETWORKS and returns 'cluster'."""
    for name, options in NETWORKS.items():
        cluster.node("n1").lodenctl("network", "add", "--mode=bridged", name,
                                    *options.split())
    for node in cluster.nodes:
        for name in NETWORKS:
            wait_until(lambda: node.network(name))
    return cluster


def join(cluster, node, name, network, **configuration):
    """Attaches a new pod to 'network' on the node called 'node'."""
    return cluster.node(node).add_pod(
        name, network=network,
        configuration={**TYPE, "name": network, "network": network,
                       **configuration})


def wishing(ip=None, mac=None):
    """What makes a pod wish an address or a MAC."""
    wish = {}
    if ip:
        wish["ips"] = [ip]
    if mac:
        wish["mac"] = mac
    return {"capabilities": {"ips": True, "mac": True},
            "runtimeConfig": wish}


def endpoints(node, network):
    """What 'node' knows of members in 'network': (MAC, node, addresses,
    sequence), in order."""
    found = []
    for line in node.appctl("world/show").splitlines():
        kind, mac, *words = line.split()
        if kind == "endpoint" and f"network={network}" in words:
            pairs = [word.split("=", 1) for word in words]
            values = dict(pairs)
            found.append((mac, values["node"],
                          [v for k, v in pairs if k == "ip"],
                          int(values["sequence"])))
    return sorted(found)


def settle_in(cluster, network, n):
    """Waits until all nodes know of the 'n' members of 'network', and their
    switches too."""
    for node in cluster.nodes:
        wait_until(lambda: len(endpoints(node, network)) == n)
    for node in cluster.nodes:
        wait_until(lambda: node.appctl("flows/diff") == "")


def settle(cluster):
    """Waits until all nodes know of all members, and their switches too."""
    def known():
        return [endpoints(node, name) for node in cluster.nodes
                for name in NETWORKS]

    n = len(cluster.pods)
    wait_until(lambda: sum(map(len, known())) == n * len(cluster.nodes))
    for node in cluster.nodes:
        wait_until(lambda: node.appctl("flows/diff") == "")

# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What one node could do to another and to the cluster, were it allowed."""


def evil(n1, n2):
    """What n2 would do to n1 and to all, if it could."""
    of_n1 = [["node", "==", n1.name]]
    lease = {"network": "default", "cidr": "172.18.99.0/24"}
    return {
        "lead n1's packets elsewhere": {
            "op": "update", "table": "Node",
            "where": [["name", "==", n1.name]],
            "row": {"tunnel_ips": n2.address}},
        "delete n1": {
            "op": "delete", "table": "Node",
            "where": [["name", "==", n1.name]]},
        "make a node": {
            "op": "insert", "table": "Node", "row": {"name": "n99"}},
        "call itself n1": {
            "op": "update", "table": "Node",
            "where": [["name", "==", n2.name]], "row": {"name": "n99"}},
        "take n1's subnet": {
            "op": "update", "table": "Subnet", "where": of_n1,
            "row": {"node": n2.name}},
        "delete n1's subnet": {
            "op": "delete", "table": "Subnet", "where": of_n1},
        "give n1 a subnet": {
            "op": "insert", "table": "Subnet",
            "row": {**lease, "node": n1.name}},
        "give its own subnet away": {
            "op": "update", "table": "Subnet",
            "where": [["node", "==", n2.name]], "row": {"node": n1.name}},
        "declare n1 drained": {
            "op": "update", "table": "Node_Status", "where": of_n1,
            "row": {"draining": True}},
        "claim n1's pods": {
            "op": "insert", "table": "Endpoint", "row": {
                "network": "default", "mac": "02:00:00:00:00:01",
                "node": n1.name}},
        "reserve": {
            "op": "insert", "table": "Reservation",
            "row": {**lease, "node": n2.name}},
        "delete reservations": {
            "op": "delete", "table": "Reservation", "where": []},
        "add a network": {
            "op": "insert", "table": "Network", "row": {
                "name": "mine", "vni": 99, "mode": "routed",
                "unknown_unicast": "drop", "multicast": "flood"}},
        "delete all networks": {
            "op": "delete", "table": "Network", "where": []},
        "raise the generation": {
            "op": "update", "table": "Loden_Global", "where": [],
            "row": {"generation": 99}},
        "open a door": {
            "op": "update", "table": "Connection", "where": [],
            "row": {"role": ""}},
        "get rights": {
            "op": "update", "table": "RBAC_Permission", "where": [],
            "row": {"authorization": ["set", []]}},
    }

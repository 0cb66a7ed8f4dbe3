# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What attachments can leave on a node, and that nothing of it stays."""

import json
import os
import pathlib
import re

from .waiting import wait_equal

# Mounts that a runtime makes once.
_KEPT_MOUNTS = {"/run/netns", "/var/lib/containers/storage/overlay"}


def traces(node):
    """All that attachments can leave on 'node', as sets by kind."""
    return {
        "rows": {row["name"] for row in node.rows("Interface", "name")},
        "ports": node.ports(),
        "interfaces": {link["ifname"] for link in json.loads(
            node.output("ip", "-json", "link", "show"))},
        "rules": _pod_rules(node.output("nft", "list", "ruleset")),
        "namespaces": _list(node, "/run/netns"),
        # What libcni, and what plugins with a memory write down.
        "files": _list(node, "/var/lib/cni/results")
        | _list(node, "/run/cni/tuning"),
        "mounts": {line.split()[4] for line in pathlib.Path(
            f"/proc/{node.machine.process.pid}/mountinfo").read_text()
                   .splitlines()} - _KEPT_MOUNTS,
    }


def _list(node, folder):
    try:
        return set(os.listdir(node.machine.path(folder)))
    except FileNotFoundError:
        return set()


def _pod_rules(ruleset):
    """The lines that are about one pod: portmap's and firewall's, and those
    that make the host deaf.  Their chains stay once they are there."""
    return {re.sub(r"counter packets \d+ bytes \d+", "counter", line.strip())
            for line in ruleset.splitlines()
            if re.search(r"CNI-DN|ldn\w|172\.\d+\.\d+\.\d+(?![\d/])", line)}


def wait_until_as(before, look):
    """Waits until 'look' returns the traces 'before'; fails with what is
    left or lost."""
    def changes():
        return {f"{kind} {word}": each for kind, now in look().items()
                for word, each in (("left", now - before[kind]),
                                   ("lost", before[kind] - now)) if each}
    wait_equal(changes, {}, deadline=15)

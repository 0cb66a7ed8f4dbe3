# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""nftables as a node's controller reaches them."""

import contextlib

REFUSES = "/run/loden/nft-refuses"


@contextlib.contextmanager
def refusing(node):
    """Replaces nft by a program that refuses, in the eyes of 'node' only."""
    nft = node.output("sh", "-c", "command -v nft").strip()
    node.run("sh", "-c", "printf '#!/bin/sh\\necho No room today; exit 1\\n'"
             f" > {REFUSES}; chmod +x {REFUSES}")
    node.run("mount", "--bind", REFUSES, nft)
    try:
        yield
    finally:
        node.run("umount", nft)
        node.run("rm", REFUSES)

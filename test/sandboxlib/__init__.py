# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Nodes, pods and the wire between them, on one machine.

births      a small process that forks in the place of a large one
entering    programs started in other namespaces
namespaces  system calls: an init process in namespaces of its own
state       what is known of a sandbox from outside, in files
machine     one machine: private files, a command run in it
underlay    the wire between machines, and the outside host
node        a machine with Open vSwitch and Loden on it
pod         a network namespace on a node, attached by the plugin
rpc         what daemons answer on their sockets
programs    which programs are under test, and what is missing here
sandbox     all of these together
cli         the command line
"""

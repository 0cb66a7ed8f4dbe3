# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What the system tests are written with.

waiting   wait for a condition, never for time
traffic   pings and streams as values that can be compared
flows     OpenFlow rules as values that can be compared
cluster   a sandbox with nodes and pods, in the words of the tests
logs      the daemons' logs: quiet, unless a test named the line
leaks     nothing of a run is left on the host
traces    what attachments can leave on a node

Real callers of the plugin:

cgroups   control groups of a node's own
image     a container image without a registry
runtime   what every container runtime needs, and a container of it
podman, containerd, cri    each of them, on a node
protobuf  the messages of the CRI
"""

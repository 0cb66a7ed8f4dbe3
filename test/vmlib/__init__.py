# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A virtual machine with Debian's kernel and this machine's files.

The kernel that builds Loden may have no openvswitch module; Debian's has.
Nothing is installed or copied for it: the guest's root is the host's, read
only over 9p, with a tmpfs on top that takes what is written.

kernel     Debian's kernel package, unpacked in the cache
initramfs  the few files that the guest starts with
init       the guest's first program: finds the host's root
guest      the guest's second one: runs the job in it
qemu       starts the machine, and ends it whatever happens
cli        the command line
"""

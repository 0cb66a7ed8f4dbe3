# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A virtual machine with Debian's kernel and this machine's files.

The kernel that builds Loden may have no openvswitch module; Debian's has.
Nothing is installed or copied for it: the guest's root is the host's, read
only, with a tmpfs on top that takes what is written.

kernel     Debian's kernels, ready in the cache
machine    starts a machine, and ends it whatever happens
uml        one that is a program here: user-mode Linux, with uml.config and
           shim.c
qemu       one that is emulated
initramfs  the few files that a guest starts with, and hot, those that are
           slow to open
init       the guest's first program: finds the host's root
guest      the guest's second one: runs the job in it
cli        the command line
"""

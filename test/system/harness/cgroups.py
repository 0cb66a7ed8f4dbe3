# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Control groups of a node's own.

A container runtime takes /sys/fs/cgroup for its machine's.  Nodes share the
host's, so each gets a group there, which it sees as the whole.  Both
layouts are known: version 2 alone, and the hierarchies of version 1.
"""

from sandboxlib.errors import SandboxError

from .waiting import wait_until

# A machine's sysfs hides its host's groups, still mounted below: programs
# that search the list of mounts would find those first.
_SCRIPT = r"""
set -eu
command=$1 name=$2
top=/sys/fs/cgroup
v1=$(sed -n 's/^[1-9][0-9]*:\([^:]*\):.*/\1/p' /proc/self/cgroup)

show() {
    if [ -z "$v1" ]; then
        mount -t cgroup2 cgroup2 $top
        return
    fi
    mount -t tmpfs -o mode=755 cgroup $top
    for hierarchy in $v1; do
        folder=$top/${hierarchy#name=}
        case $hierarchy in name=*) hierarchy=none,$hierarchy ;; esac
        mkdir "$folder"
        mount -t cgroup -o "$hierarchy" cgroup "$folder"
    done
}

# The hierarchies' roots.
roots() { [ -z "$v1" ] && echo $top || ls -d $top/*; }

# In version 2 a group has processes or hands controllers on.
hand_on() {
    for controller in $(cat "$1/cgroup.controllers"); do
        echo "+$controller" >"$1/cgroup.subtree_control" || true
    done 2>/dev/null
}

case $command in
try)
    # As 'remove' below.
    show
    ;;
make)
    while umount -R -l /sys 2>/dev/null; do :; done
    mount -t sysfs sysfs /sys
    show
    for root in $(roots); do
        [ -n "$v1" ] || hand_on "$root"
        mkdir "$root/$name"
        for file in cpuset.cpus cpuset.mems; do
            [ -z "$v1" ] || [ ! -e "$root/$file" ] ||
                cat "$root/$file" >"$root/$name/$file"
        done
        echo $$ >"$root/$name/cgroup.procs"
    done
    umount -R $top
    exec unshare --cgroup sh "$0" enter "$name"
    ;;
enter)
    touch /run/cgroup
    mount --bind /proc/self/ns/cgroup /run/cgroup
    show
    procs="$top/*/cgroup.procs"
    if [ -z "$v1" ]; then
        procs=$top/commands/cgroup.procs
        mkdir $top/commands
        echo $$ >$procs
        hand_on $top
    fi
    printf '#!/bin/sh\nfor procs in %s; do echo $$ >$procs; done\n%s\n' \
        "$procs" 'exec nsenter --cgroup=/run/cgroup -- "$@"' >/run/in-cgroup
    chmod 755 /run/in-cgroup
    ;;
remove)
    # In a mount namespace of its own, which ends with this process.
    umount -R $top
    show
    for root in $(roots); do
        find "$root/$name" -depth -type d -exec rmdir {} \;
    done
    ;;
esac
"""


def why_not(node):
    """Why no runtime can have groups on 'node'; None if it can."""
    if node.run("test", "-e", "/proc/self/cgroup", check=False).returncode:
        return "the kernel has no control groups"
    tried = node.run("unshare", "--mount", "sh", "-s", "try", "-",
                     input=_SCRIPT, check=False)
    if tried.returncode:
        return f"control groups cannot be mounted: {tried.stderr.strip()}"
    return None


class Cgroups:
    """The groups of 'node'.  'prefix' begins a command that shall run in
    them, and see nothing else."""

    prefix = ("/run/in-cgroup",)

    def __init__(self, node):
        self.node = node
        self.name = f"loden-{node.cluster.sandbox.name}-{node.name}"
        node.run("tee", "/run/cgroups.sh", input=_SCRIPT)
        self._run("make")

    def _run(self, command, *prefix):
        self.node.run(*prefix, "sh", "/run/cgroups.sh", command, self.name)

    def _pids(self):
        return self.node.output("sh", "-c", "find /sys/fs/cgroup -name"
                                " cgroup.procs -exec cat {} + |"
                                " sort -nu").split()

    def processes(self):
        """The command lines of the processes in all groups."""
        return self.node.output("ps", "-o", "args=", "-p",
                                ",".join(self._pids()) or "0",
                                check=False).splitlines()

    def kill(self):
        """All of them die at once."""
        self.node.run("kill", "-KILL", *self._pids())

    def groups(self):
        """The groups within, by their paths."""
        return set(self.node.output("find", "/sys/fs/cgroup", "-mindepth",
                                    "2", "-type", "d").splitlines())

    def remove(self):
        """Fails when a process is left, which then dies all the same."""
        try:
            self._remove()
        except SandboxError:
            self.kill()
            wait_until(lambda: not self._pids())
            self._remove()
            raise

    def _remove(self):
        self._run("remove", "unshare", "--mount")

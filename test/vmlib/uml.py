# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A user-mode Linux: Debian's kernel as a program of this machine.

What computes in it runs at full speed, and what calls its kernel is a few
times slower than here: far faster than an emulated processor.  It has one.
Debian's own package of it lacks the families of nftables, so it is built from
Debian's source, which takes some minutes, once.

From 6.16 on it catches its programs' calls by seccomp in place of ptrace:
half as dear, and starting a program costs a quarter of what 6.1 takes.  So a
newer source is preferred to that of Debian 12.
"""

import os
import shutil

from .errors import Unavailable
from .machine import HERE, Machine, path_of
from .packages import run

# What builds it: program and package.
TOOLS = {"bc": "bc", "bison": "bison", "flex": "flex", "gcc": "gcc",
         "make": "make", "strip": "binutils", "xz": "xz-utils"}

# A process namespace ends everything that the kernel has started; what it
# keeps in files is in memory that ends with it.  The guest has its own /run.
START = """\
mount -t tmpfs -o size=100% uml /run
export TMPDIR=/run LD_PRELOAD=$1
shift
exec "$@" uml_dir=/run
"""


class Uml(Machine):
    name = "uml"

    package = ("linux-source", r"linux-source-\S+")
    suites = ("trixie-backports", None)

    @staticmethod
    def unpack(package, target):
        missing = sorted(package for program, package in TOOLS.items()
                         if not shutil.which(program))
        if missing:
            raise Unavailable("a user-mode kernel cannot be built: apt-get "
                              f"install {' '.join(missing)}")
        run(package, "tar", "-xf", *package.glob("usr/src/linux-source-*.xz"))
        source = next(package.glob("linux-source-*"))
        make = ("make", "-s", "ARCH=um", f"-j{os.cpu_count() + 1}")
        run(source, *make, "defconfig")
        run(source, "env", "ARCH=um", "scripts/kconfig/merge_config.sh", "-m",
            ".config", HERE / "uml.config")
        run(source, *make, "olddefconfig")
        run(source, *make, "linux")
        run(source, "strip", "-o", target / "vmlinux", "linux")
        run(target, "gcc", "-O2", "-shared", "-fPIC", "-o", "shim.so",
            HERE / "shim.c")

    def command(self, tty):
        options = [
            f"mem={self.memory}M", f"initrd={path_of(self.initramfs)}",
            "con=null", f"con0=null,fd:{self.console.fileno()}",
            "con1=fd:0,fd:1", "seccomp=auto", "vm_files=hostfs",
            *self.words(tty)]
        if self.results:
            options.append(f"vm_results_folder={self.results}")
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child",
                "sh", "-ec", START, "uml", str(self.kernel.path / "shim.so"),
                str(self.kernel.image), *options]

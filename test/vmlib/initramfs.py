# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The few files that the guest starts with, as the kernel wants them.

It is made anew for each start, which takes no time, and so carries the job.
"""

import os
import pathlib
import stat
import struct

from .errors import Unavailable
from .hot import hot_files

BUSYBOX = pathlib.Path("/bin/busybox")

# What 'init' calls.
APPLETS = ("cat", "chroot", "cp", "insmod", "ln", "mkdir", "mount", "poweroff",
           "sh")

class Archive:
    """A cpio archive in the format 'newc'.

    Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
    """

    def __init__(self):
        self.parts = []
        self.count = 0

    def _add(self, name, mode, data=b"", mtime=0):
        self.count += 1
        name = name.encode() + b"\0"
        numbers = (self.count, mode, 0, 0, 1, mtime, len(data), 0, 0, 0, 0,
                   len(name), 0)
        head = b"070701" + b"".join(b"%08X" % number for number in numbers)
        for part in (head + name, data):
            self.parts += [part, b"\0" * (-len(part) % 4)]

    def folder(self, name):
        self._add(name, 0o040755)

    def file(self, name, data):
        self._add(name, 0o100755, data)

    def copy(self, name, path):
        """Adds the file or link at 'path' with its time, by which Python
        knows that its byte code fits."""
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            data = os.readlink(path).encode()
        else:
            with open(path, "rb") as file:
                data = file.read()
        self._add(name, status.st_mode, data, int(status.st_mtime))

    def link(self, name, target):
        self._add(name, 0o120777, target.encode())

    def bytes(self):
        self._add("TRAILER!!!", 0)
        return b"".join(self.parts)


def make_initramfs(machine, job):
    """The archive's bytes; 'job' is the script that the guest shall run."""
    try:
        busybox = BUSYBOX.read_bytes()
    except FileNotFoundError:
        busybox = b""
    if not busybox or _needs_libraries(busybox):
        raise Unavailable(f"{BUSYBOX} is missing, or not static: apt-get "
                          "install busybox-static")
    archive = Archive()
    for name in ("bin", "dev", "modules", "proc", "lower", "upper", "root"):
        archive.folder(name)
    archive.file("bin/busybox", busybox)
    for name in APPLETS:
        archive.link(f"bin/{name}", "busybox")
    files = machine.kernel.needed_files(*machine.modules)
    for file in files:
        archive.file(f"modules/{file.name}", file.read_bytes())
    archive.file("modules/order",
                 "".join(f"{file.name}\n" for file in files).encode())
    archive.file("init", (pathlib.Path(__file__).parent / "init").read_bytes())
    archive.file("job", job.encode())
    archive.folder("hot")
    if machine.opens_slowly:
        _add_hot_files(archive)
    return archive.bytes()


def _add_hot_files(archive):
    """Puts them below the folder 'hot', as they are below the root here."""
    folders = {"hot"}
    for path in hot_files():
        name = f"hot{path}"
        for parent in reversed(pathlib.PurePath(name).parents[:-1]):
            if parent not in folders:
                folders.add(parent)
                archive.folder(str(parent))
        archive.copy(name, path)


def _needs_libraries(program):
    """Whether an ELF file for 64 bits has a program header PT_INTERP (3)."""
    offset, = struct.unpack_from("<Q", program, 0x20)
    size, count = struct.unpack_from("<HH", program, 0x36)
    return any(struct.unpack_from("<I", program, offset + i * size)[0] == 3
               for i in range(count))

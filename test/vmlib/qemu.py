# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A machine of qemu's: everything in it is emulated, the processors too."""

import lzma
import shutil
import struct

from .errors import Unavailable
from .kernel import keep_modules
from .machine import Machine, path_of

QEMU = "qemu-system-x86_64"

# What an emulated processor is slow at: telling the time by asking a chip
# (it is one clock for all processors here, so that the time stamp counter is
# as good), copying by "rep" instructions, and code that stands at another
# address in each process, for that is translated again each time.
CPU = "max,erms=off,fsrm=off"
FAST = ("tsc=reliable", "clearcpuid=rep_good", "norandmaps", "nokaslr")
# Guards against programs that nobody runs here.
CARELESS = ("mitigations=off", "init_on_alloc=0", "hardened_usercopy=off",
            "randomize_kstack_offset=off")
KERNEL_OPTIONS = ("console=ttyS0", "panic=-1", *FAST, *CARELESS)


class Qemu(Machine):
    name = "qemu"
    cpus = 2
    package = ("linux-image-amd64", r"linux-image-\S+")

    # What leads to the host's files and to the host's ear, and the first of
    # which is not built into the kernel.
    modules = ("virtio_pci", "9pnet_virtio", "9p", "overlay",
               "virtio_console")
    opens_slowly = True

    @staticmethod
    def unpack(package, target):
        image = next(package.glob("boot/vmlinuz-*"))
        (target / "vmlinux").write_bytes(_unpacked(image.read_bytes()))
        keep_modules(next(package.glob("lib/modules/*")), target)

    def __init__(self, *arguments):
        if not shutil.which(QEMU):
            raise Unavailable(f"{QEMU} is missing: apt-get install "
                              "qemu-system-x86")
        super().__init__(*arguments)

    def command(self, tty):
        people = "virtconsole" if tty else "virtserialport"
        command = [
            QEMU, "-nodefaults", "-no-user-config", "-no-reboot",
            "-accel", "tcg,thread=multi", "-cpu", CPU,
            "-smp", str(self.cpus), "-m", str(self.memory),
            "-display", "none", "-nic", "none",
            "-kernel", str(self.kernel.image),
            "-initrd", path_of(self.initramfs),
            "-append", " ".join([*KERNEL_OPTIONS, "vm_files=9p",
                                 *self.words(tty)]),
            "-chardev", f"file,id=console,path={path_of(self.console)}",
            "-serial", "chardev:console",
            "-chardev", "stdio,id=people,signal=off",
            "-device", "virtio-serial-pci",
            "-device", f"{people},chardev=people",
            "-device", "virtio-rng-pci",
            *_share("host", "/", "readonly=on")]
        if self.results:
            command += _share("results", self.results, "readonly=off")
        return command


def _share(tag, folder, access):
    return ["-fsdev", f"local,id={tag},path={folder},security_model=none,"
                      f"multidevs=remap,{access}",
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def _unpacked(image):
    """The ELF file within a bzImage: qemu starts that as well, and the
    emulated processor would take seconds to unpack it.

    Linux, Documentation/x86/boot.rst: the protected mode part comes after
    setup_sects + 1 sectors; payload_offset in it, and payload_length, at
    0x248 and 0x24c.  The payload's last four bytes are its unpacked size.
    """
    if image[0x202:0x206] != b"HdrS":
        raise Unavailable("the kernel package's image is of no known kind")
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (image[0x1f1] + 1) * 512 + offset
    try:
        unpacked = lzma.decompress(image[start:start + length - 4])
    except lzma.LZMAError as error:
        raise Unavailable(f"the kernel's image: {error}") from None
    return unpacked

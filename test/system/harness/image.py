# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A container image without a registry: one static busybox.

It is written as an archive in docker's format, which every runtime reads.
A container of it serves HTTP on port 80 and tells each caller the
container's name and the address that the caller came from.
"""

import hashlib
import io
import json
import pathlib
import subprocess
import tarfile

NAME = "localhost/loden:test"
# Does nothing, for ever: what the CRI keeps a pod's namespaces with.
PAUSE = "localhost/pause:test"

# What a container of each image runs.
COMMANDS = {
    NAME: ["httpd", "-f", "-p", "0.0.0.0:80", "-h", "/www"],
    PAUSE: ["sleep", "2147483647"],
}

BUSYBOX = pathlib.Path("/bin/busybox")

_WHO = """#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n%s %s\\n' "$NAME" "$REMOTE_ADDR"
"""

# ask ADDRESS PORT SECONDS: what such a container says.
_ASK = """#!/bin/sh
printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' |
    timeout "$3" nc "$1" "$2" | tail -n 1
"""


def _add(archive, name, data=b"", **fields):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o755
    for field, value in fields.items():
        setattr(entry, field, value)
    archive.addfile(entry, io.BytesIO(data))


def _tar(fill):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        fill(archive)
    return file.getvalue()


def _fill_layer(archive):
    for folder in ("bin", "dev", "etc", "proc", "sys", "tmp", "www",
                   "www/cgi-bin"):
        _add(archive, folder, type=tarfile.DIRTYPE)
    _add(archive, "bin/busybox", BUSYBOX.read_bytes())
    applets = subprocess.run([BUSYBOX, "--list"], capture_output=True,
                             text=True, check=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            _add(archive, f"bin/{applet}", type=tarfile.SYMTYPE,
                 linkname="busybox")
    _add(archive, "bin/ask", _ASK.encode())
    _add(archive, "www/cgi-bin/who", _WHO.encode())


def make_image(name=NAME):
    """The archive's bytes."""
    layer = _tar(_fill_layer)
    config = json.dumps({
        "architecture": "amd64", "os": "linux",
        "config": {"Cmd": COMMANDS[name], "Env": ["PATH=/bin"],
                   "StopSignal": "SIGKILL"},
        "rootfs": {"type": "layers", "diff_ids": [
            f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name],
                            "Layers": ["layer.tar"]}]).encode()

    def fill(archive):
        _add(archive, "config.json", config)
        _add(archive, "layer.tar", layer)
        _add(archive, "manifest.json", manifest)

    return _tar(fill)

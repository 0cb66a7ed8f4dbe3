# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What is known of a sandbox from outside it, in files.

One folder per sandbox, one small file per thing in it, so that pods may come
and go in parallel.  A process is remembered with the time at which it
started: a pid alone may be another's tomorrow.
"""

import fcntl
import json
import os
import pathlib
import re
import select
import shutil
import signal
from contextlib import contextmanager

from . import entering
from .errors import SandboxError

BASE = pathlib.Path("/run/loden-sandbox")


def process_start(pid):
    """The time at which 'pid' started, in ticks; None if it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


class Process:
    """A process that may be gone, and never another one of its number."""

    def __init__(self, pid, start=None):
        self.pid = pid
        self.start = process_start(pid) if start is None else start

    def alive(self):
        return self.start is not None and process_start(self.pid) == self.start

    def kill(self):
        """Kills the process and returns when it is gone, and with it, when
        it is the init of a process namespace, everything in there."""
        try:
            fd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            if self.alive():
                signal.pidfd_send_signal(fd, signal.SIGKILL)
                _wait_readable(fd)
        except ProcessLookupError:
            pass
        finally:
            os.close(fd)


def _wait_readable(fd):
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    for _ in range(3000):
        if poll.poll(10):
            return
        entering.reap()
    raise SandboxError("a process does not die")


class Folder:
    """The files of one sandbox."""

    def __init__(self, name):
        if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}", name):
            raise SandboxError(f"'{name}' cannot be a sandbox's name: letters,"
                               " digits, '_', '.' and '-' only")
        self.name = name
        self.path = BASE / name

    @staticmethod
    def names():
        if not BASE.is_dir():
            return []
        return sorted(p.name for p in BASE.iterdir() if p.is_dir())

    @contextmanager
    def lock(self):
        """One caller at a time makes or removes this sandbox."""
        BASE.mkdir(parents=True, exist_ok=True)
        with open(BASE / f".{self.name}.lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def logs(self, machine):
        path = self.path / "log" / machine
        path.mkdir(parents=True, exist_ok=True)
        return path

    def read(self, kind, name):
        """The value stored as 'name', or None."""
        try:
            return json.loads((self.path / kind / f"{name}.json").read_text())
        except FileNotFoundError:
            return None

    def write(self, kind, name, value, new=False):
        """Stores 'value'; with 'new', fails with FileExistsError when the
        name is taken."""
        path = self.path / kind / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        if new:
            with open(path, "x") as file:
                file.write(json.dumps(value) + "\n")
            return
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(value) + "\n")
        draft.rename(path)

    def forget(self, kind, name):
        (self.path / kind / f"{name}.json").unlink(missing_ok=True)

    def list(self, kind):
        def natural(name):
            return [int(part) if part.isdigit() else part
                    for part in re.split(r"(\d+)", name)]
        found = [p.stem for p in (self.path / kind).glob("*.json")]
        return sorted(found, key=natural)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)
        try:
            (BASE / f".{self.name}.lock").unlink(missing_ok=True)
            BASE.rmdir()
        except OSError:
            pass

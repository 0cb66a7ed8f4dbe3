# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Machines that serve the cluster database: folders, in which loden-ctl runs
as it does on a machine of its own."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from ctltest import LODENCTL, SCHEMA, free_ports, make_keys

LODEN_CTL = pathlib.Path("ctl/loden-ctl").resolve()
FIRST_SCHEMA = (pathlib.Path(__file__).parent
                / "schemas/loden-0.1.0.ovsschema").resolve()
START = ("start", "--cluster-db", "--no-controller", "--no-monitor",
         "--network-range=172.18.0.0/16")


class Machine:
    """One machine, without Open vSwitch, where only root could be."""

    def __init__(self, hall, number, port):
        self.folder = hall / f"s{number}"
        self.address = f"127.0.0.1:{port}"
        self.schema = SCHEMA
        self.socket = f"unix:{self.folder}/run/cluster.sock"
        self.database = self.folder / "db/cluster.db"
        for name in "ovs", "run", "etc", "share":
            (self.folder / name).mkdir(parents=True)
        for file, name in (("ca.crt", "ca.crt"), ("server.key", "loden.key"),
                           ("server.crt", "loden.crt")):
            shutil.copy(hall / file, self.folder / "etc" / name)

    def loden_ctl(self, *arguments):
        """Exit status, standard output, standard error."""
        shutil.copy(self.schema, self.folder / "share/loden.ovsschema")
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("LODEN_", "OVS_"))}
        done = subprocess.run(
            [LODEN_CTL, *map(str, arguments)], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=90, env={
                **kept, "OVS_RUNDIR": f"{self.folder}/ovs",
                "LODEN_RUNDIR": f"{self.folder}/run",
                "LODEN_DBDIR": f"{self.folder}/db",
                "LODEN_LOGDIR": f"{self.folder}/log",
                "LODEN_SYSCONFDIR": f"{self.folder}/etc",
                "LODEN_PKGDATADIR": f"{self.folder}/share"})
        return done.returncode, done.stdout, done.stderr

    def ok(self, *arguments):
        """Runs loden-ctl, which must succeed without a complaint; returns
        what it said, without the name of the program."""
        status, out, err = self.loden_ctl(*arguments)
        if status or err:
            raise AssertionError(f"loden-ctl {arguments}: {status}\n{out}{err}"
                                 + self.log())
        return out.replace("loden-ctl: ", "")

    def fails(self, *arguments):
        """Runs loden-ctl, which must fail; returns what it complained."""
        status, _, err = self.loden_ctl(*arguments)
        if not status:
            raise AssertionError(f"loden-ctl {arguments} did not fail")
        return err.replace("loden-ctl: ", "")

    def serve(self, *options):
        return self.ok(*START, *options)

    def be_member(self, of=None, method=""):
        """Starts a member of the cluster of the machine 'of', or of a new
        one."""
        return self.serve(
            f"--cluster-local-addr={method}{self.address}",
            *([f"--cluster-remote-addr={method}{of.address}"] if of
              else ["--election-timer=400"]))

    def status(self):
        return self.loden_ctl("status", "--no-controller")

    def stop(self):
        return self.ok("stop", "--no-controller")

    def kill(self, name="cluster"):
        """The machine's server dies in the hard way."""
        pidfile = self.folder / f"run/{name}.pid"
        try:
            pid = int(pidfile.read_text())
            if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith(
                    "ovsdb-server"):
                os.kill(pid, 9)
                while pathlib.Path(f"/proc/{pid}/cmdline").exists() and \
                        pathlib.Path(f"/proc/{pid}/cmdline").read_text():
                    time.sleep(0.01)
        except (FileNotFoundError, ProcessLookupError):
            pass

    def lodenctl(self, *arguments):
        return subprocess.run(
            [LODENCTL, f"--db={self.socket}", *arguments], check=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout

    def networks(self):
        """The networks' names."""
        return self.networks_at(f"{self.folder}/run/cluster.sock")

    def networks_at(self, path):
        answer = subprocess.run(
            [LODENCTL, f"--db=unix:{path}", "--format=json", "network",
             "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        rows = json.loads(answer.stdout or '{"data": []}')
        return sorted(row[0] for row in rows["data"])

    def identity(self):
        """What says which cluster it is, and how new."""
        answer = subprocess.run(
            ["ovsdb-client", "query", self.socket, json.dumps(
                ["Loden", {"op": "select", "table": "Loden_Global",
                           "where": [], "columns": [
                               "cluster_id", "generation"]}])],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        row, = json.loads(answer)[0]["rows"]
        return row["cluster_id"], row["generation"]

    def schema_version(self):
        return subprocess.run(
            ["ovsdb-client", "get-schema-version", self.socket, "Loden"],
            check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def log(self):
        return "".join(path.read_text()
                       for path in self.folder.glob("log/*.log"))


class Hall:
    """Three machines; use it in a 'with' statement."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="loden-hall-"))
        make_keys(self.folder)
        self.machines = [Machine(self.folder, number + 1, port)
                         for number, port in enumerate(free_ports(3))]
        return self

    def __exit__(self, *_):
        for machine in self.machines:
            machine.kill()
            machine.kill("relay")
        shutil.rmtree(self.folder)

    def log(self):
        return "".join(machine.log() for machine in self.machines)

    def newer_schema(self):
        """The schema of this version, or of one to come if this is still the
        first."""
        schema = json.loads(SCHEMA.read_text())
        first = json.loads(FIRST_SCHEMA.read_text())
        if schema["version"] == first["version"]:
            schema["version"] = "0.1.999"
            schema["tables"]["Node"]["columns"]["to_come"] = {
                "type": "string"}
            schema.pop("cksum", None)
        path = self.folder / "newer.ovsschema"
        path.write_text(json.dumps(schema))
        return path, schema["version"]

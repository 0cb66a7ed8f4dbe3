# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A cluster database in a folder of its own, and lodenctl to talk to it."""

import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

LODENCTL = pathlib.Path("ctl/lodenctl").resolve()
SCHEMA = (pathlib.Path(os.environ.get("srcdir", ".."))
          / "ovsdb/loden.ovsschema").resolve()
OVS_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


def expect(found, wanted):
    """Fails unless 'found' equals 'wanted'."""
    if found != wanted:
        raise AssertionError(f"\n--- wanted ---\n{wanted}\n--- found ---\n"
                             f"{found}\n")


class Session:
    """A run of lodenctl that may go on while others do."""

    def __init__(self, arguments, environment):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("LODEN_", "OVS_"))}
        self.process = subprocess.Popen(
            [LODENCTL, *arguments], env={**kept, **environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def wait(self):
        """Exit status, standard output, standard error."""
        stdout, stderr = self.process.communicate(timeout=60)
        return self.process.returncode, stdout, stderr


class Cluster:
    """An empty cluster database; use it in a 'with' statement."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="loden-ctl-"))
        self.remote = f"unix:{self.folder}/cluster.sock"
        self.servers = []

    def __enter__(self):
        self._keys()
        self._serve("cluster", SCHEMA,
                    "--remote=db:Loden,Loden_Global,connections",
                    f"--private-key={self.folder}/server.key",
                    f"--certificate={self.folder}/server.crt",
                    f"--ca-cert={self.folder}/ca.crt")
        return self

    def __exit__(self, *_):
        for server in self.servers:
            pid = int((self.folder / f"{server}.pid").read_text())
            # It could remove its sockets while we remove the folder.
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder)

    def _serve(self, name, schema, *options):
        database = self.folder / f"{name}.db"
        subprocess.run(["ovsdb-tool", "create", database, schema], check=True)
        self._start(name, *options)

    def _start(self, name, *options):
        subprocess.run(
            ["ovsdb-server", "--detach", "--no-chdir", "-vconsole:off",
             f"--pidfile={self.folder}/{name}.pid",
             f"--unixctl={self.folder}/{name}.ctl",
             f"--log-file={self.folder}/{name}.log",
             f"--remote=punix:{self.folder}/{name}.sock", *options,
             self.folder / f"{name}.db"], check=True)
        self.servers.append(name)

    def log(self):
        """What the servers logged, for a failed test."""
        return "".join((self.folder / f"{server}.log").read_text()
                       for server in self.servers)

    def open_vswitch(self, external_ids):
        """Makes this folder that of a machine with Open vSwitch."""
        self._serve("db", OVS_SCHEMA)
        _transact(f"unix:{self.folder}/db.sock", [
            "Open_vSwitch", {"op": "insert", "table": "Open_vSwitch", "row": {
                "external_ids": ["map", list(external_ids.items())]}}])

    # ---- lodenctl ----------------------------------------------------------

    def start(self, arguments, db=None):
        return Session([f"--db={db or self.remote}",
                        *shlex.split(arguments)], {})

    def run(self, arguments, db=None):
        return self.start(arguments, db).wait()

    def ok(self, arguments, stdout, stderr=""):
        """Runs lodenctl, which must succeed and print just that; None stands
        for anything."""
        found = self.run(arguments)
        expect(found, (0, found[1] if stdout is None else stdout,
                       found[2] if stderr is None else stderr))

    def fails(self, arguments, stderr, db=None):
        """Runs lodenctl, which must fail and say just that; None stands for
        anything but nothing."""
        found = self.run(arguments, db)
        expect(found, (1, "", found[2] or None if stderr is None else stderr))

    # ---- Rows --------------------------------------------------------------

    def transact(self, *operations):
        return _transact(self.remote, ["Loden", *operations])

    def rows(self, table, *columns, where=()):
        """The table's rows as dictionaries; sets are sorted lists."""
        (result,) = self.transact({"op": "select", "table": table,
                                   "where": list(where),
                                   "columns": list(columns)})
        return [{name: _plain(value) for name, value in row.items()}
                for row in result["rows"]]

    def wait_for(self, table, **columns):
        """Waits until the table's rows, of which there is one, have these
        values."""
        self.transact({"op": "wait", "table": table, "where": [],
                       "columns": list(columns), "until": "==",
                       "timeout": 20000, "rows": [columns]})

    def dump(self):
        """All that is in the database, but for the rows' UUIDs."""
        schema = json.loads(SCHEMA.read_text())
        return json.dumps({
            table: sorted(self.rows(table, *(
                name for name, column in description["columns"].items()
                if '"uuid"' not in json.dumps(column))), key=json.dumps)
            for table, description in schema["tables"].items()},
            sort_keys=True, indent=1)

    def subnet(self, network, cidr, node):
        self.transact({"op": "insert", "table": "Subnet", "row": {
            "network": network, "cidr": cidr, "node": node}})

    def endpoint(self, network, mac, node):
        self.transact({"op": "insert", "table": "Endpoint", "row": {
            "network": network, "mac": mac, "node": node}})

    def node(self, name, tunnel_ip, last_seen):
        """A node that was last heard of at that Unix time, or never."""
        operations = [{"op": "insert", "table": "Node", "row": {
            "name": name, "tunnel_ips": tunnel_ip,
            "system_id": f"sys-{name}"}}]
        if last_seen is not None:
            operations.append({"op": "insert", "table": "Node_Status", "row": {
                "node": name, "version": "0.1.0",
                "last_seen": int(last_seen)}})
        self.transact(*operations)

    # ---- TLS ---------------------------------------------------------------

    def _keys(self):
        """The keys of an authority, made once for all tests."""
        made = _authority()
        for path in made.iterdir():
            shutil.copy(path, self.folder)

    def identity(self, node):
        return " ".join(f"--{option}={self.folder}/{name}" for option, name in
                        [("private-key", f"{node}.key"),
                         ("certificate", f"{node}.crt"),
                         ("ca-cert", "ca.crt")])

    def listen_with_role(self, role):
        """Lets the server listen for TLS; returns where."""
        self.transact(
            {"op": "insert", "table": "Connection", "uuid-name": "c",
             "row": {"target": "pssl:0:127.0.0.1", "role": role}},
            {"op": "mutate", "table": "Loden_Global", "where": [],
             "mutations": [["connections", "insert",
                            ["set", [["named-uuid", "c"]]]]]})
        return self.listens()

    def listens(self):
        """Where the server listens, once it does at its one listener."""
        (result,) = self.transact(
            {"op": "wait", "table": "Connection", "where": [],
             "columns": ["status"], "until": "!=", "timeout": 5000,
             "rows": [{"status": ["map", []]}]},
            {"op": "select", "table": "Connection", "where": [],
             "columns": ["status"]})[1:]
        port = dict(result["rows"][0]["status"][1])["bound_port"]
        self.tls = f"ssl:127.0.0.1:{port}"
        return self.tls

    # ---- Several servers ---------------------------------------------------

    def replicate(self, count=3):
        """Makes 'count' servers of one cluster; returns where they are."""
        ports = free_ports(count)
        for number, port in enumerate(ports):
            database = self.folder / f"m{number}.db"
            address = f"tcp:127.0.0.1:{port}"
            subprocess.run(
                ["ovsdb-tool", "-vconsole:off", *(
                    ["join-cluster", database, "Loden", address,
                     f"tcp:127.0.0.1:{ports[0]}"] if number
                    else ["create-cluster", database, SCHEMA, address])],
                check=True)
            self.start_member(number)
        return ",".join(f"unix:{self.folder}/m{number}.sock"
                        for number in range(count))

    def start_member(self, number):
        self._start(f"m{number}")
        subprocess.run(["ovsdb-client", "--timeout=20", "wait",
                        f"unix:{self.folder}/m{number}.sock", "Loden",
                        "connected"], check=True)

    def kill_member(self, number):
        name = f"m{number}"
        os.kill(int((self.folder / f"{name}.pid").read_text()),
                signal.SIGKILL)
        self.servers.remove(name)

    def leader(self, count=3):
        """The number of the member that leads."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for number in range(count):
                if f"m{number}" in self.servers and "Role: leader" in (
                        subprocess.run(
                            ["ovs-appctl", "-t",
                             f"{self.folder}/m{number}.ctl",
                             "cluster/status", "Loden"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout):
                    return number
            time.sleep(0.05)
        raise AssertionError("there is no leader")

    def transact_as(self, node, operation):
        """The error of a transaction under the node's certificate, or
        None."""
        results = _transact(self.tls, ["Loden", operation],
                            shlex.split(self.identity(node)), check=False)
        return next((result["error"] for result in results
                     if result and result.get("error")), None)


def _plain(value):
    if isinstance(value, list) and value[0] == "set":
        return sorted(value[1])
    return value


def _transact(remote, transaction, options=(), check=True):
    output = subprocess.run(
        ["ovsdb-client", *options, "transact", remote,
         json.dumps(transaction)], check=True, stdout=subprocess.PIPE,
        text=True).stdout
    results = json.loads(output)
    if check and any(result and result.get("error") for result in results):
        raise AssertionError(f"{transaction}: {results}")
    return results


def free_ports(count):
    """Ports of TCP that nobody has."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


_made = []


def _authority():
    """A folder with the keys of a server and two nodes; it is removed at the
    end of the program."""
    if not _made:
        holder = tempfile.TemporaryDirectory(prefix="loden-keys-")
        _made.append(holder)
        make_keys(pathlib.Path(holder.name))
    return pathlib.Path(_made[0].name)


def make_keys(folder):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.crt",
            "-subj", "/CN=authority", "-days", "2")
    for name in "server", "n1", "n2":
        openssl("req", *new_key, "-keyout", f"{name}.key", "-out",
                f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt",
                "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.crt",
                "-days", "2")


def run_tests(found, chosen, place=Cluster):
    """Runs the functions of a program with the globals 'found' whose one
    parameter is 'c', each on an empty cluster, or in another 'place': all, or
    those whose names are 'chosen'.  Returns an exit status."""
    for program in "ovsdb-server", "ovsdb-tool", "ovsdb-client", "openssl":
        if not shutil.which(program):
            print(f"{program} is not installed")
            return 77
    # Whoever ends us early finds no servers left.
    for number in signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, lambda *_: sys.exit(1))
    passed = failed = 0
    tests = [value for value in found.values()
             if getattr(value, "__module__", None) == "__main__"
             and value.__code__.co_varnames[:value.__code__.co_argcount]
             == ("c",)]
    for test in [test for test in tests
                 if not chosen or test.__name__ in chosen]:
        with place() as cluster:
            try:
                test(cluster)
                passed += 1
                print(f"ok: {test.__name__}")
            except Exception:
                failed += 1
                print(f"FAILED: {test.__name__}")
                traceback.print_exc(file=sys.stdout)
                print(cluster.log())
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0

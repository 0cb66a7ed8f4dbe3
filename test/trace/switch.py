# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A real ovs-vswitchd on a datapath that moves no packets: for whoever asks
where a packet would go.  It needs no root and nothing of this machine's."""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

BRIDGE = "br-int"
PROGRAMS = ["ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ovs-vsctl",
            "ovs-ofctl"]
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def missing():
    """What such a switch needs and this machine has not."""
    lacks = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    return lacks or ([] if os.path.exists(SCHEMA) else [SCHEMA])


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Switch:
    """In a with statement."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="loden-trace-")
        self.environment = {
            **os.environ, "PATH": PATH, "OVS_RUNDIR": self.folder,
            "OVS_LOGDIR": self.folder, "OVS_DBDIR": self.folder}
        self.daemons = []
        self.socket = None
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.socket:
            self.socket.close()
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGKILL)
            daemon.wait()
        shutil.rmtree(self.folder)

    def run(self, *command, text=None):
        return subprocess.run(
            [str(word) for word in command], input=text, text=True,
            check=True, stdout=subprocess.PIPE, env=self.environment).stdout

    def _daemon(self, name, *arguments):
        ctl = f"{self.folder}/{name}.ctl"
        self.daemons.append(subprocess.Popen(
            [name, *arguments, f"--unixctl={ctl}", "-vconsole:off",
             f"--log-file={self.folder}/{name}.log"], env=self.environment,
            preexec_fn=_die_with_parent))
        return ctl

    def _start(self):
        database = f"unix:{self.folder}/db.sock"
        self.run("ovsdb-tool", "create", f"{self.folder}/conf.db", SCHEMA)
        self._daemon("ovsdb-server", f"{self.folder}/conf.db",
                     f"--remote=p{database}")
        self.run("ovs-vsctl", "--retry", "--timeout=60", "--no-wait", "init")
        ctl = self._daemon("ovs-vswitchd", database, "--enable-dummy",
                           "--disable-system", "--disable-system-route")
        self.run("ovs-vsctl", "--timeout=60", "add-br", BRIDGE, "--", "set",
                 "bridge", BRIDGE, "datapath_type=dummy", "fail_mode=secure")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(ctl)
        # As the kernel's datapath does it: a tunnel is a port, and what is
        # dropped has no actions.
        for feature in ("tnl_push_pop", "explicit_drop_action"):
            self.ask("dpif/set-dp-features", BRIDGE, feature, "false")

    def ask(self, method, *arguments):
        """Has ovs-vswitchd carry out a command, as ovs-appctl does."""
        self.socket.sendall(json.dumps({
            "id": 0, "method": method, "params": arguments}).encode())
        decoder, text = json.JSONDecoder(), ""
        while True:
            data = self.socket.recv(1 << 16)
            if not data:
                raise ConnectionError("ovs-vswitchd has ended")
            text += data.decode()
            try:
                reply = decoder.raw_decode(text)[0]
            except ValueError:
                continue
            if reply["error"]:
                raise ValueError(f"{method} {arguments}: {reply['error']}")
            return reply["result"]

    def add_ports(self, ports):
        """'ports' have a name, a number, a type and options."""
        words = []
        for port in ports:
            words += ["--", "add-port", BRIDGE, port.name, "--", "set",
                      "Interface", port.name, f"type={port.type}",
                      f"ofport_request={port.number}", *port.options]
        self.run("ovs-vsctl", "--timeout=60", *words[1:])

    def load(self, rules, tables):
        """Makes 'rules', as the controller prints them, the switch's;
        'tables' are their tables' names and numbers."""
        lines = {"meter=": [], "group_id": [], "cookie=": []}
        for line in rules.splitlines():
            lines[next(key for key in lines if line.startswith(key))] += [line]
        ofctl = ["ovs-ofctl", "-O", "OpenFlow15"]
        for line in lines["meter="]:
            self.run(*ofctl, "add-meter", BRIDGE, re.sub(
                " ", ",", line.replace("bands=", "band=")))
        self.run(*ofctl, "add-groups", BRIDGE, "-",
                 text="\n".join(lines["group_id"]))
        flows = re.sub(r"(table[=:]|resubmit\(,)(\w+)",
                       lambda found: found[1] + str(tables[found[2]]),
                       "\n".join(lines["cookie="]))
        self.run(*ofctl, "--bundle", "add-flows", BRIDGE, "-", text=flows)
        self.run(*ofctl, "set-frags", BRIDGE, "nx-match")

    def datapath_ports(self):
        """What the datapath calls the ports: {its number: name}; tunnels
        share one."""
        return {number: name for name, number in re.findall(
            r"^ +(\S+) \d+/(\d+): ", self.ask("dpif/show"), re.MULTILINE)}

    def trace(self, flow):
        return self.ask("ofproto/trace", BRIDGE, flow)

# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A pod: a network namespace on a node, attached as a container runtime does
it: the plugin is run with the environment and the configuration on standard
input that CNI's specification names, and answers with JSON.

Whether the answer is a good one is for tests to say.
"""

import json
import secrets

from .errors import SandboxError

CNI_VERSION = "1.0.0"
INTERFACE = "eth0"
PLUGIN_FOLDER = "/opt/cni/bin"


class PluginError(SandboxError):
    """The plugin refused; 'answer' is its error object, or None."""

    def __init__(self, command, done):
        try:
            self.answer = json.loads(done.stdout)
        except ValueError:
            self.answer = None
        words = (done.stdout + done.stderr).strip() or "no answer"
        super().__init__(f"plugin: {command} failed with status "
                         f"{done.returncode}: {words}")


def default_configuration(network):
    return {"cniVersion": CNI_VERSION, "name": network, "type": "loden",
            "network": network}


def new_record(node, configuration):
    """What is to be remembered of a pod on 'node', as plain JSON."""
    return {"node": node, "container": secrets.token_hex(32),
            "configuration": configuration, "result": None}


class Pod:
    """The pod 'name' on 'machine', as 'record' tells it."""

    def __init__(self, name, machine, record):
        self.name = name
        self.machine = machine
        self.record = record

    @property
    def netns(self):
        return f"/run/netns/{self.name}"

    def addresses(self):
        """The pod's addresses, without their prefix lengths."""
        result = self.record["result"] or {}
        return [ip["address"].partition("/")[0]
                for ip in result.get("ips", [])]

    def create(self):
        self.machine.run("ip", "netns", "add", self.name)
        self.machine.run("ip", "-n", self.name, "link", "set", "lo", "up")

    def attach(self):
        """Runs ADD; returns and remembers the result object.  When it
        fails, undoes what it did, as a runtime does."""
        try:
            for plugin in self.plugins():
                done = self.plugin("ADD", plugin)
                self.record["result"] = json.loads(done.stdout)
        except SandboxError:
            self.detach(check=False)
            raise
        except ValueError as error:
            raise SandboxError(f"plugin: its result is no JSON: {error}")
        return self.record["result"]

    def detach(self, check=True):
        """Runs DEL; any number of times is fine."""
        for plugin in reversed(list(self.plugins())):
            self.plugin("DEL", plugin, check=check)

    def destroy(self):
        """Ends the pod's processes and its namespace, without DEL."""
        pids = self.machine.output("ip", "netns", "pids", self.name).split()
        if pids:
            self.machine.run("kill", "-9", *pids, check=False)
        self.machine.run("ip", "netns", "delete", self.name)

    def plugins(self):
        """The configurations to run one after the other: one, or those of a
        list.  Each has the latest result so far."""
        whole = self.record["configuration"]
        for plugin in whole.get("plugins", [whole]):
            ready = {**plugin, "name": whole["name"],
                     "cniVersion": whole.get("cniVersion", CNI_VERSION)}
            latest = self.record["result"]
            if latest:
                ready["prevResult"] = latest
            yield ready

    def plugin(self, command, configuration=None, check=True, **environment):
        """Runs the plugin as a runtime does; returns its CompletedProcess.
        'environment' overrides CNI's variables, by their names."""
        if configuration is None:
            configuration = self.record["configuration"]
        done = self.machine.run(
            f"{PLUGIN_FOLDER}/{configuration['type']}", check=False,
            input=json.dumps(configuration),
            env={"CNI_COMMAND": command,
                 "CNI_CONTAINERID": self.record["container"],
                 "CNI_NETNS": self.netns,
                 "CNI_IFNAME": INTERFACE,
                 "CNI_PATH": PLUGIN_FOLDER,
                 "CNI_ARGS": "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;"
                             f"K8S_POD_NAME={self.name}",
                 **environment})
        if check and done.returncode:
            raise PluginError(command, done)
        return done

    def argv(self, command):
        return self.machine.argv(command, self.name)

    def run(self, *command, **options):
        return self.machine.run(*command, netns=self.name, **options)

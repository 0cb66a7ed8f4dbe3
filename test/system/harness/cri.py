# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Pods by way of containerd's CRI, as a kubelet makes them.

No client of it is packaged: its calls are gRPC, an HTTP/2 request each, made
by curl.  The messages are those of k8s.io/cri-api, runtime/v1/api.proto.
"""

import base64
import re
import urllib.parse
from contextlib import contextmanager

from . import image
from .containerd import Containerd
from .protobuf import decode, encode
from .runtime import Container
from .waiting import seconds, wait_until

_CALL = ("base64 -d | curl --silent --show-error --http2-prior-knowledge"
         " --unix-socket /run/containerd/containerd.sock --max-time {limit:g}"
         " --header 'content-type: application/grpc' --header 'te: trailers'"
         " --data-binary @- --dump-header /dev/stderr"
         " http://localhost/runtime.v1.{method} | base64 -w 0")


class CriError(Exception):
    """The runtime refused, in the words of its message."""


class Cri(Containerd):
    def __init__(self, node, plugins, version="1.0.0"):
        super().__init__(node, plugins, version)
        # Images that ctr has brought are noticed a little later.
        for name in image.COMMANDS:
            wait_until(lambda: self.request("ImageService/ImageStatus",
                                            {1: {1: name}}))

    def start(self):
        super().start()
        wait_until(self.is_ready)

    def is_ready(self):
        """Whether it has found its pods again: it refuses calls before."""
        try:
            self.known()
        except CriError:
            return False
        return True

    def request(self, method, message):
        """Makes one call; returns the answer's fields."""
        body = encode(message)
        # gRPC over HTTP/2: not compressed, and so many bytes.
        framed = b"\0" + len(body).to_bytes(4, "big") + body
        done = self.node.run(
            "sh", "-c", _CALL.format(method=method, limit=seconds(60)),
            input=base64.b64encode(framed).decode(), check=False)
        status = re.search(r"(?im)^grpc-status: (\d+)", done.stderr)
        words = re.search(r"(?im)^grpc-message: (.*?)\r?$", done.stderr)
        if not status or status[1] != "0":
            raise CriError(urllib.parse.unquote(words[1]) if words
                           else done.stderr)
        return decode(base64.b64decode(done.stdout)[5:])

    def call_runtime(self, method, message):
        return self.request(f"RuntimeService/{method}", message)

    def run_pod(self, name, host_port=None):
        """Makes the pod 'name', whose port 80 is the node's 'host_port'."""
        # Metadata with name, uid, namespace; hostname; port mappings with
        # container and host port; Linux.
        config = {1: {1: name, 2: f"uid-{name}", 3: "default"}, 2: name,
                  5: [{2: 80, 3: host_port}] if host_port else [], 8: {}}
        answer = self.call_runtime("RunPodSandbox", {1: config})
        return Pod(self, name, answer[1][0].decode(), config)

    def known(self):
        """The pods that containerd knows of: their ids by name."""
        # Items with id and metadata, which has the name.
        items = self.call_runtime("ListPodSandbox", {}).get(1, [])
        pods = [decode(item) for item in items]
        return {decode(pod[2][0])[1][0].decode(): pod[1][0].decode()
                for pod in pods}

    def remove_pod(self, pod_id):
        self.call_runtime("StopPodSandbox", {1: pod_id})
        self.call_runtime("RemovePodSandbox", {1: pod_id})

    @contextmanager
    def running(self, name, host_port=None):
        """A pod with one container, in a with statement."""
        pod = self.run_pod(name, host_port)
        try:
            pod.start_container()
            yield pod
        finally:
            self.remove_pod(pod.id)


class Pod(Container):
    """A pod; commands are executed in its latest container."""

    def __init__(self, cri, name, pod_id, config):
        self.cri = cri
        self.id = pod_id
        self.config = config
        self.container = None
        # Status, network, address.
        status = decode(self.status()[1][0])
        address = decode(status[5][0])[1][0].decode()
        super().__init__(name, address, self._execute)

    def status(self):
        return self.cri.call_runtime("PodSandboxStatus", {1: self.id})

    def start_container(self, name=None):
        """Starts a container that calls itself 'name', or as the pod."""
        # Metadata with name and attempt; image; environment; Linux.
        attempt = 1 if self.container else 0
        config = {1: {1: "main", 2: attempt}, 2: {1: image.NAME},
                  6: [{1: "NAME", 2: name or self.name}], 15: {}}
        answer = self.cri.call_runtime("CreateContainer", {
            1: self.id, 2: config, 3: self.config})
        self.container = answer[1][0].decode()
        self.cri.call_runtime("StartContainer", {1: self.container})

    def replace_container(self, name):
        """What a kubelet does when a container has died."""
        self.cri.call_runtime("StopContainer", {1: self.container})
        old = self.container
        self.start_container(name)
        self.cri.call_runtime("RemoveContainer", {1: old})

    def _execute(self, *command):
        # Standard output and error, exit status.
        answer = self.cri.call_runtime("ExecSync", {
            1: self.container, 2: list(command)})
        return b"".join(answer.get(1, [])).decode().rstrip("\n")

    def remove(self):
        self.cri.call_runtime("RemovePodSandbox", {1: self.id})

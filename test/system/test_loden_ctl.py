# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""loden-ctl on one machine: what it says, what it starts, what it leaves."""

import json

import pytest

from harness.cluster import DATAPATH
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until

SAYS_DATAPATH = {
    "netdev": ("", "loden-ctl: WARNING: datapath: USERSPACE (ovs-vswitchd "
               "has no datapath type 'system'): every packet of a pod passes "
               "through ovs-vswitchd, many times slower than the kernel\n"),
    "system": ("loden-ctl: datapath: kernel (module 'openvswitch')\n", ""),
}
ENDED = ("loden-ctl: loden-controller has ended\n"
         "loden-ctl: cluster database has ended\n")
# A sandbox keeps all logs of a machine in one folder.
LOGS_STAY = ("loden-ctl: WARNING: /var/log/loden stays: Loden did not make "
             "all that is in it\n")
UNINSTALLED = ("loden-ctl: nothing of Loden is left in the switch or the "
               "kernel\n")


@pytest.fixture
def machine(new_cluster):
    """A machine with Open vSwitch, and nothing of Loden yet."""
    node = new_cluster(nodes=1, loden=False).node("n1")
    for key in ("loden-node", "loden-remote", "loden-encap-ip"):
        node.ovs_vsctl("remove", "Open_vSwitch", ".", "external_ids", key)
    return node


def loden_ctl(machine, *arguments):
    done = machine.run("loden-ctl", *arguments, check=False)
    return done.returncode, done.stdout, done.stderr


def starts(machine, *arguments):
    """Starts Loden, and waits until the switch does as it should."""
    out, err = SAYS_DATAPATH[DATAPATH]
    assert loden_ctl(machine, "start", *arguments) == (
        0, "loden-ctl: cluster database has started "
        f"(/var/lib/loden/cluster.db)\n{out}"
        "loden-ctl: loden-controller has started\n", err)
    # Asking the controller disturbs nobody: a client of the database that
    # leaves while a row changes makes ovsdb-server log a broken pipe.
    wait_until(lambda: machine.status()["host"]["ports"]["loden0"]["exists"])
    wait_equal(lambda: machine.appctl("flows/diff"), "")


def external_ids(machine):
    row, = machine.rows("Open_vSwitch", "external_ids")
    return row["external_ids"]


def traces(machine):
    """Everything that could be left behind, as text."""
    return "\n".join(machine.output(*command) for command in [
        ("ovs-vsctl", "show"),
        ("ovs-vsctl", "--columns=external_ids", "list", "Open_vSwitch"),
        ("nft", "--stateless", "list", "ruleset"),
        ("ip", "-brief", "address"),
        ("ip", "route"),
        ("sh", "-c", "cd / && find run/loden run/openvswitch/*loden* "
         "var/lib/loden etc/loden var/log/loden 2>/dev/null | sort"),
        ("ps", "-e", "-o", "comm="),
    ])


def test_start_makes_a_cluster_of_this_machine(machine):
    starts(machine, "--cluster-db", "--node=first")
    ids = external_ids(machine)
    assert ids["loden-node"] == "first"
    assert ids["loden-remote"] == "unix:/var/run/loden/cluster.sock"
    assert [(row["name"], row["ranges"])
            for row in machine.table("network", "list")] == [
        ("default", "10.210.0.0/16")]
    status = machine.status()
    assert (status["node"], status["datapath"]) == ("first", DATAPATH)
    assert status["cluster"]["connected"]
    pod = machine.add_pod("p1")
    assert pod.ping(machine.network("default")["gateway"]) == Ping.all(
        3, ttl=64)


def test_start_again_changes_nothing(machine):
    starts(machine, "--cluster-db")
    before = (machine.pid(), external_ids(machine), machine.rules())
    again = (0, "loden-ctl: cluster database is running already\n"
             "loden-ctl: loden-controller is running already\n", "")
    assert loden_ctl(machine, "start") == again
    assert loden_ctl(machine, "start", "--cluster-db") == again
    assert (machine.pid(), external_ids(machine), machine.rules()) == before


def test_start_without_a_cluster_asks_which(machine):
    assert loden_ctl(machine, "start") == (
        1, "", "loden-ctl: which cluster? Say --remote=REMOTE to join one, "
        "or --cluster-db for one of this machine alone\n")
    assert loden_ctl(machine, "status") == (
        1, "loden-ctl: loden-controller is not running\n", "")


def test_a_remote_with_tls_needs_keys_and_plain_tcp_is_warned_of(machine):
    assert loden_ctl(machine, "start", "--remote=ssl:192.0.2.9:6642") == (
        1, "", "loden-ctl: ssl: in the node's remote needs keys, and there "
        "is no /etc/loden/loden.key: 'lodenctl pki node NAME' makes them, "
        "for /etc/loden\n")
    assert "loden-remote" not in external_ids(machine)
    status, out, err = loden_ctl(machine, "start",
                                 "--remote=tcp:192.0.2.9:6642")
    assert (status, "loden-controller has started" in out) == (0, True)
    assert err.startswith(
        "loden-ctl: WARNING: tcp: in the node's remote: what the cluster "
        "says is neither encrypted nor known to be the cluster's\n")


@pytest.mark.logs("Connection reset by peer|Broken pipe")
def test_start_needs_open_vswitch_and_says_how_to_start_it(machine):
    how = "start it with '/usr/share/openvswitch/scripts/ovs-ctl start'\n"
    machine.output("ovs-appctl", "-t", "ovs-vswitchd", "exit")
    wait_until(lambda: machine.run("ovs-appctl", "-t", "ovs-vswitchd",
                                   "version", check=False).returncode)
    assert loden_ctl(machine, "start", "--cluster-db") == (
        1, "", "loden-ctl: ovs-vswitchd does not answer in "
        f"/var/run/openvswitch: {how}")
    machine.output("ovs-appctl", "-t", "ovsdb-server", "exit")
    assert loden_ctl(machine, "start", "--cluster-db") == (
        1, "", "loden-ctl: Open vSwitch's database does not answer on "
        f"/var/run/openvswitch/db.sock: {how}")


def test_a_range_that_the_host_routes_is_refused_by_name(machine):
    machine.run("ip", "link", "add", "other", "type", "bridge")
    machine.run("ip", "link", "set", "other", "up")
    machine.run("ip", "address", "add", "10.210.7.1/24", "dev", "other")
    status, out, err = loden_ctl(machine, "start", "--cluster-db")
    assert (status, out) == (1, "")
    assert err.startswith(
        "loden-ctl: this host routes addresses of 10.210.0.0/16 already "
        "(10.210.7.0/24 dev other ")
    assert err.endswith(
        "): choose another range with --network-range=CIDR\n")
    assert machine.run("test", "-e", "/var/lib/loden/cluster.db",
                       check=False).returncode == 1
    starts(machine, "--cluster-db", "--network-range=10.9.0.0/16")
    assert [row["ranges"] for row in machine.table("network", "list")] == [
        "10.9.0.0/16"]


def test_stop_ends_the_daemons_and_nothing_else(machine):
    starts(machine, "--cluster-db")
    machine.add_pod("p1")
    wait_equal(lambda: machine.appctl("flows/diff"), "")

    def dataplane():
        return (machine.rules(), machine.ovs_vsctl("show"),
                machine.output("nft", "--stateless", "list", "ruleset"),
                machine.output("ip", "-brief", "address"),
                machine.output("ip", "route"))

    before = dataplane()
    assert loden_ctl(machine, "status")[0] == 0
    assert loden_ctl(machine, "stop") == (0, ENDED, "")
    assert dataplane() == before
    assert loden_ctl(machine, "stop") == (
        0, "loden-ctl: loden-controller is not running\n", "")
    assert loden_ctl(machine, "status") == (
        1, "loden-ctl: loden-controller is not running\n"
        "loden-ctl: cluster database is not running\n", "")
    daemons = machine.output("ps", "-e", "-o", "comm=").split()
    assert "loden-controlle" not in daemons
    assert daemons.count("ovsdb-server") == 1


def test_restart_starts_what_ran(machine):
    starts(machine, "--cluster-db")
    pids = machine.pid()
    status, out, _ = loden_ctl(machine, "restart")
    assert (status, out.startswith(ENDED)) == (0, True)
    assert machine.pid() != pids
    assert loden_ctl(machine, "status")[0] == 0
    wait_equal(lambda: machine.status()["cluster"]["connected"], True)


def test_uninstall_leaves_nothing(machine):
    before = traces(machine)
    starts(machine, "--cluster-db", "--node=first", "--encap-ip=192.0.2.11")
    assert traces(machine) != before
    assert loden_ctl(machine, "uninstall", "--purge") == (
        0, ENDED + UNINSTALLED, LOGS_STAY)
    assert traces(machine) == before
    assert loden_ctl(machine, "uninstall") == (
        0, "loden-ctl: loden-controller is not running\n" + UNINSTALLED, "")
    assert traces(machine) == before


def test_uninstall_refuses_while_pods_are_attached(machine):
    before = traces(machine)
    starts(machine, "--cluster-db")
    port = machine.add_pod("p1").host_port
    assert loden_ctl(machine, "uninstall") == (
        1, "", f"loden-ctl: pods are attached ({port}): delete them first, "
        "or say --force\n")
    assert loden_ctl(machine, "status")[0] == 0
    assert loden_ctl(machine, "uninstall", "--purge", "--force") == (
        0, ENDED + UNINSTALLED, LOGS_STAY)
    assert traces(machine) == before


@pytest.mark.logs("fsync failed")
def test_uninstall_leaves_no_cluster_of_servers_without_a_word(machine):
    out, err = loden_ctl(machine, "start", "--cluster-db",
                         "--cluster-local-addr=tcp:127.0.0.1")[1:]
    assert "loden-controller has started" in out, err
    assert loden_ctl(machine, "uninstall", "--purge") == (
        1, "", "loden-ctl: this machine keeps the cluster database with "
        "others: say 'loden-ctl leave' first, or --force if it is the last\n")
    assert loden_ctl(machine, "leave") == (
        1, "", "loden-ctl: this is the last server of its cluster: there is "
        "nobody to leave\n")
    status, out, _ = loden_ctl(machine, "uninstall", "--purge", "--force")
    assert (status, UNINSTALLED in out) == (0, True)
    assert machine.output("ls", "-A", "/var/lib/loden") == ""


def test_uninstall_leaves_the_bridge_to_others_who_use_it(machine):
    starts(machine, "--cluster-db")
    machine.ovs_vsctl("add-port", "br-int", "theirs", "--", "set",
                      "Interface", "theirs", "type=internal")
    assert loden_ctl(machine, "uninstall") == (
        0, ENDED + UNINSTALLED, "loden-ctl: WARNING: bridge 'br-int' stays: "
        "it has other ports than Loden's, theirs\n")
    assert machine.ports() == {"theirs"}
    assert machine.flows() == []
    row, = machine.rows("Bridge", "external_ids", "name=br-int")
    assert row["external_ids"] == {}


def test_an_older_database_is_converted_with_a_copy_beside_it(machine):
    schema = json.loads(machine.output(
        "cat", "/usr/share/loden/loden.ovsschema"))
    wanted = schema["version"]
    schema["version"] = "0.0.9"
    del schema["cksum"], schema["tables"]["Node"]["columns"]["mac"]
    machine.run("mkdir", "-p", "/var/lib/loden")
    machine.run("tee", "/tmp/old.ovsschema", input=json.dumps(schema))
    machine.run("ovsdb-tool", "create", "/var/lib/loden/cluster.db",
                "/tmp/old.ovsschema")
    machine.run("ovsdb-tool", "transact", "/var/lib/loden/cluster.db",
                json.dumps(["Loden", {
                    "op": "insert", "table": "Loden_Global",
                    "row": {"cluster_id": "old"}}]))
    status, out, _ = loden_ctl(machine, "start", "--cluster-db",
                               "--network-range=10.9.0.0/16")
    copy = "/var/lib/loden/cluster.db.backup-0.0.9"
    assert (status, out.split("\n")[1]) == (
        0, f"loden-ctl: cluster database is now of schema {wanted} "
        f"(was 0.0.9: {copy})")
    assert '"old"' in machine.output("cat", copy)
    wait_equal(lambda: machine.status()["cluster"].get("cluster_id"), "old")


def test_a_wrong_command_line_is_told_what_is_right(machine):
    for arguments, error in [
            ((), "no command: see 'loden-ctl --help'"),
            (("begin",), "unknown command 'begin': see 'loden-ctl --help'"),
            (("start", "stop"),
             "one command at a time: 'start', 'stop'"),
            (("start", "--frob"),
             "unknown option '--frob': see 'loden-ctl --help'"),
            (("start", "--datapath=fast"),
             "--datapath=fast: it is 'system' (kernel) or 'netdev' "
             "(userspace)")]:
        assert loden_ctl(machine, *arguments) == (
            1, "", f"loden-ctl: {error}\n")

# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Fixtures and rules for every system test.

Each test file has a cluster of its own, so that files may run in parallel
('-n 2 --dist loadfile').  A test fails, too, when a daemon's log holds a WARN
or worse that the test did not name by @pytest.mark.logs("pattern", ...).
"""

import pathlib
import re
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

# So that what fails in there shows its values, too.
pytest.register_assert_rewrite("harness")

from harness.cluster import (  # noqa: E402
    DATAPATH, Cluster, check_programs)
from harness.leaks import LeakCheck, run_mark  # noqa: E402
from harness.waiting import seconds  # noqa: E402


@pytest.fixture(scope="module")
def new_cluster(request):
    """Makes clusters, and ends them with the module."""
    made = []

    def new(**options):
        stem = re.sub(r"\W", "-", pathlib.Path(request.fspath).stem)
        name = f"test-{run_mark()}-{stem}-{len(made)}"
        made.append(Cluster(name, **options))
        request.module.loden_clusters = made
        return made[-1]

    yield new
    for cluster in made:
        cluster.down()


@pytest.fixture(scope="module")
def cluster(new_cluster):
    """Three nodes, n1 to n3, without pods."""
    return new_cluster(nodes=3)


@pytest.fixture(scope="module")
def pods(cluster):
    """Two pods on each of three nodes: p1 and p2 on n1, and so on."""
    for i, node in enumerate(cluster.nodes):
        node.add_pod(f"p{2 * i + 1}")
        node.add_pod(f"p{2 * i + 2}")
    return cluster.pods


@pytest.fixture(autouse=True)
def quiet_logs(request):
    """Fails a test during which a daemon complained."""
    for cluster in _clusters(request.node):
        cluster.logs.mark()
    yield
    complaints = []
    for cluster in _clusters(request.node):
        for mark in request.node.iter_markers("logs"):
            cluster.logs.allow(*mark.args)
        complaints += cluster.logs.complaints()
    assert not complaints, "daemons complained:\n" + "\n".join(complaints)


def _clusters(item):
    return getattr(item.module, "loden_clusters", [])


# ---- An end to every test ---------------------------------------------------

# Seconds that a test may take at most, with the making of its cluster.
LIMIT = 90


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol():
    def too_long(*_):
        raise AssertionError(f"not done within {seconds(LIMIT):g} s")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(int(seconds(LIMIT)))
    yield
    signal.alarm(0)


# ---- What a failure is shown with -------------------------------------------

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for cluster in _clusters(item):
            report.sections += cluster.logs.tails()


class Failures:
    """Tells at once what failed, as a run may be ended before its end."""

    def pytest_runtest_logreport(self, report):
        if report.failed or report.outcome == "rerun":
            crash = getattr(report.longrepr, "reprcrash", None)
            why = crash.message if crash else str(report.longrepr)
            print(f"\n{report.nodeid} ({report.when}): {why[:500]}",
                  flush=True)


# ---- The run as a whole -----------------------------------------------------

def pytest_configure(config):
    config.addinivalue_line(
        "markers", "logs(*patterns): lines that daemons may log with WARN or "
        "ERR during this test")
    config.addinivalue_line(
        "markers", "datapath(name, why): the test makes sense on this one "
        "only")
    if _is_worker(config):
        return
    config.pluginmanager.register(Failures())
    check_programs()
    run_mark()
    config.loden_leaks = LeakCheck()


def pytest_collection_modifyitems(items):
    for item in items:
        for mark in item.iter_markers("datapath"):
            if mark.args[0] != DATAPATH:
                item.add_marker(pytest.mark.skip(reason=mark.args[1]))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    config = session.config
    if _is_worker(config) or config.option.collectonly:
        return
    config.loden_left = config.loden_leaks.leaks()
    if config.loden_left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config):
    """Ends the run with one line that any reader of logs understands."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if _is_worker(config) or not hasattr(config, "loden_left"):
        return
    for leak in config.loden_left:
        print(f"left on the host: {leak}")
    seen = {kind: {report.nodeid for report in reporter.stats.get(kind, [])
                   if hasattr(report, "nodeid")}
            for kind in ("passed", "failed", "error", "skipped")}
    # Real switches and clocks on a shared machine: what worked the second
    # time only is told, so that it can be looked at.
    for name in sorted({report.nodeid
                        for report in reporter.stats.get("rerun", [])}):
        print(f"tried again: {name}")
    failed = seen["failed"] | seen["error"]
    count = len(failed) + (1 if config.loden_left else 0)
    line = f"{len(seen['passed'] - failed)} passed, {count} failed"
    if seen["skipped"]:
        line += f", {len(seen['skipped'])} skipped"
    print(line)


def _is_worker(config):
    return hasattr(config, "workerinput")

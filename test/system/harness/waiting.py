# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Waiting for conditions, with a deadline that scales with the machine."""

import os
import time

TIME_SCALE = float(os.environ.get("LODEN_TEST_TIME_SCALE", "1"))


def seconds(nominal):
    """'nominal' seconds of an ordinary machine, on this one."""
    return nominal * TIME_SCALE


def wait_until(condition, deadline=5, until=bool):
    """Calls 'condition' until its value satisfies 'until'; returns that
    value.  After 'deadline' nominal seconds, fails with the last value, or
    with the exception that stood in its place.

    Between the calls is at least the time that one takes, and a little of
    what was waited for so far: what takes a minute may take some seconds
    more, and the processor is for others.
    """
    begin = time.monotonic()
    end = begin + seconds(deadline)
    pause = 0.01
    while True:
        error = None
        asked = time.monotonic()
        try:
            value = condition()
            if until(value):
                return value
        except Exception as caught:
            error = caught
        if time.monotonic() > end:
            name = getattr(condition, "__name__", repr(condition))
            last = f"raised {error!r}" if error else f"was {value!r}"
            raise AssertionError(f"not within {seconds(deadline):g} s: "
                                 f"{name} at last {last[:2000]}") from error
        now = time.monotonic()
        time.sleep(min(max(pause, now - asked, (now - begin) / 20),
                       max(end - now, 0.01)))
        pause = min(pause * 1.5, 0.2)


def wait_equal(condition, wanted, deadline=5):
    """Waits until 'condition' returns 'wanted'; fails with the difference,
    as an assertion does."""
    last = None

    def is_equal():
        nonlocal last
        last = condition()
        return last == wanted

    try:
        wait_until(is_equal, deadline)
    except AssertionError as error:
        if error.__cause__:
            raise
        assert last == wanted

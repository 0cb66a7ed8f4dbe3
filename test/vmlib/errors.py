# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What a person is meant to read."""


class VmError(Exception):
    """The machine did not do its work; 'status' is what to exit with."""

    def __init__(self, text, status=125):
        super().__init__(text)
        self.status = status


class Unavailable(VmError):
    """No machine can be had here: a reason to skip, not to fail."""

    def __init__(self, text):
        super().__init__(text, status=77)

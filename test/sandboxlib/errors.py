# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The one exception that a person is meant to read."""


class SandboxError(Exception):
    """Something that the caller can do something about, in one line or
    with the failed command's own words below it."""

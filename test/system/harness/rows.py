# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Rows of a database as Python values (RFC 7047, section 5.1)."""

import json


def value(atom):
    """A column's value: sets become lists, but for a set of one, which
    reads as what is in it; an empty set is []."""
    if isinstance(atom, list) and len(atom) == 2:
        kind, content = atom
        if kind == "map":
            return {key: value(each) for key, each in content}
        if kind == "set":
            return [value(each) for each in content]
        if kind in ("uuid", "named-uuid"):
            return content
    return atom


def condition(text):
    """A condition on rows as JSON has it (RFC 7047, section 5.1), from one
    that is written COLUMN=TEXT or COLUMN:KEY=TEXT."""
    name, _, wanted = text.partition("=")
    column, _, key = name.partition(":")
    if key:
        return [column, "includes", ["map", [[key, wanted]]]]
    return [column, "==", wanted]


def parse_table(text):
    """The rows of a table that an OVSDB program printed as JSON, each a
    dictionary by column."""
    table = json.loads(text)
    return [{column: value(cell)
             for column, cell in zip(table["headings"], row)}
            for row in table["data"]]

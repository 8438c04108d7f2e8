"""Gzip, for documents. Exports are not compressed: at half a million rows a second it would cost the most."""

from __future__ import annotations

import gzip
import re

LEAST_BYTES = 1_000
"""Less is not worth it: an answer goes in one packet either way."""

LEVEL = 5

_REFUSED = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)")


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a client reads gzip, by its header."""
    return "gzip" in accept_encoding and not _REFUSED.search(accept_encoding)


def compressed(body: bytes) -> bytes:
    """The same in gzip; equal bodies give equal bytes."""
    return gzip.compress(body, LEVEL, mtime=0)

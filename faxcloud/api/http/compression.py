"""Gzip compression of documents.

Exports are not compressed: at half a million rows a second, compression would cost more than all the rest.
"""

from __future__ import annotations

import gzip
import re

LEAST_BYTES = 1_000
"""Minimum size for compression: a smaller response is one packet either way."""

LEVEL = 5

_REFUSED = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)")


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a client accepts gzip, by its Accept-Encoding header."""
    return "gzip" in accept_encoding and not _REFUSED.search(accept_encoding)


def compressed(body: bytes) -> bytes:
    """Gzip of a body; equal bodies give equal bytes."""
    return gzip.compress(body, LEVEL, mtime=0)

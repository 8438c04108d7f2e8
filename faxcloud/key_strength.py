"""Password strength: an estimate of the entropy of a secret that a person chose."""

from __future__ import annotations

import math
import re
from itertools import pairwise

LEAST_BITS = 50
"""Ten million years of guessing, at the hundred tries a minute that one address has."""

_COMMON = re.compile(
    r"passw(or|0r)[dt]|motdepasse|secret|admin(istrat(o|eu)r)?|faxcloud|change-?me|default|welcome|bienvenue|"
    r"letmein|iloveyou|qwert[yz](uiop)?|azerty(uiop)?",
    re.IGNORECASE,
)
_CLASSES = ((re.compile(r"[a-z]"), 26), (re.compile(r"[A-Z]"), 26), (re.compile(r"[0-9]"), 10))
_OTHERS = re.compile(r"[^a-zA-Z0-9]")


def entropy_bits(secret: str) -> int:
    """Estimated entropy of a secret in bits, for a guesser who knows common words, runs and repetitions.

    A common word or a run (`1234`, `aaaa`) counts as two characters, a text that repeats as one of its parts.

    >>> [entropy_bits(each) for each in ("password", "12345678", "Password2026!", "fax-fax-fax-fax-")]
    [9, 7, 46, 24]
    >>> entropy_bits("4f1c9b72e06d8a35") >= LEAST_BITS
    True
    """
    secret = re.sub(r"^(.+?)\1+$", r"\1", secret)
    sizes = [size for pattern, size in _CLASSES if pattern.search(secret)]
    alphabet = sum(sizes) + (33 if _OTHERS.search(secret) else 0)
    text = _COMMON.sub("\0\uffff", secret)
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    run = sum(abs(step) <= 1 and step == last for last, step in pairwise(steps))
    return round((len(text) - run) * math.log2(alphabet)) if alphabet > 1 else 0

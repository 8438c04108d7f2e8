"""Ids of reports and runs."""

import base64
import datetime as dt
import secrets


def sortable_id(now: dt.datetime) -> str:
    """Sortable id such as `20261121-231333-k3v7qa`: sorts by time, safe in addresses and file names."""
    # 4 random bytes are 7 base32 characters; 6 of them are 30 bits, against two in one second.
    tail = base64.b32encode(secrets.token_bytes(4)).decode("ascii")[:6].lower()
    return f"{now.astimezone(dt.UTC):%Y%m%d-%H%M%S}-{tail}"

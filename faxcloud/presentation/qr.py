"""QR codes of addresses, for a screen or a printed page."""

from __future__ import annotations

import io

SCALE = 8
"""Pixels of a module: some 300 for a link, sharp on paper."""

QUIET_ZONE = 4
"""Modules left blank around it, which ISO/IEC 18004 asks for."""


def qr_png(text: str) -> bytes:
    """QR code as PNG, black on white. Level M: still readable when a seventh of it is dirty."""
    import segno

    image = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        image, kind="png", scale=SCALE, border=QUIET_ZONE, dark="#000", light="#fff"
    )
    return image.getvalue()

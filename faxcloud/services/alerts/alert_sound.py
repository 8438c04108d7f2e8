"""Alert sound: two short notes, computed here, so that no file has to be shipped or licensed."""

from __future__ import annotations

import array
import functools
import io
import math
import sys
import wave

RATE_HZ = 22_050
NOTES_HZ = (880.0, 1_174.7)  # A5 and D6: heard in an office, and not mistaken for a telephone
NOTE_S = 0.16
LOUDNESS = 0.35
FADE_S = 0.02  # without it a note begins and ends with a click

VARIANTS = 1_000


@functools.lru_cache(maxsize=8)
def alert_tone(serial: int = 0) -> bytes:
    """Alert sound as a WAV file.

    Args:
        serial: Another value gives a different file with the same sound: browsers play a known sound
            only once. Wraps around after `VARIANTS`.
    """
    samples = array.array("h")
    for note_hz in NOTES_HZ:
        samples.extend(_note(note_hz))
    samples.extend([0] * (serial % VARIANTS + 1))
    if sys.byteorder == "big":
        samples.byteswap()  # WAV is little-endian
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(samples.tobytes())
    return file.getvalue()


def _note(frequency_hz: float) -> list[int]:
    count = int(RATE_HZ * NOTE_S)
    fade = int(RATE_HZ * FADE_S)
    return [
        round(
            32_767
            * LOUDNESS
            * min(1.0, at / fade, (count - at) / fade)
            * math.sin(2 * math.pi * frequency_hz * at / RATE_HZ)
        )
        for at in range(count)
    ]

"""Colour palette: one meaning per colour on pages, papers and shared reports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colours:
    """Colours by Okabe and Ito (2008), deepened on white, lightened on dark, as in .streamlit/config.toml."""

    valid: str
    invalid: str
    sent: str
    received: str
    warning: str
    neutral: str
    text: str
    quiet: str
    grid: str
    band: str
    alarm: str
    surface: str
    volume: tuple[str, ...]
    trouble: tuple[str, ...]


LIGHT = Colours(
    valid="#0072b2",
    invalid="#c94f00",
    sent="#00875f",
    received="#b4578c",
    warning="#c98500",
    neutral="#5b6770",
    text="#1c2733",
    quiet="#55636f",
    grid="#e4eaee",
    band="rgba(0, 135, 95, 0.08)",
    alarm="rgba(201, 79, 0, 0.07)",
    surface="#ffffff",
    volume=("#e6f1f6", "#b5d8e4", "#6eafc5", "#2f819d", "#0b546d"),
    trouble=("#fdf0e6", "#f8cfae", "#ec9a5c", "#d2661d", "#8a3200"),
)
DARK = Colours(
    valid="#56b4e9",
    invalid="#f07a3a",
    sent="#2fbf93",
    received="#db93bb",
    warning="#e69f00",
    neutral="#a3b1bc",
    text="#e6edf2",
    quiet="#a3b1bc",
    grid="#27333c",
    band="rgba(47, 191, 147, 0.10)",
    alarm="rgba(240, 122, 58, 0.10)",
    surface="#10171d",
    volume=("#15323f", "#1a5268", "#2b7a96", "#5eaac4", "#b8e0ec"),
    trouble=("#33241b", "#6b3a1c", "#a9531e", "#e07c3a", "#fbd3b3"),
)

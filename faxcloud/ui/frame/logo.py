"""Wordmark (logo), in a colour that works in both themes."""

_TEMPLATE = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="32" viewBox="0 0 {width} 32">
<g fill="none" stroke="#2a8cab" stroke-width="2.2" stroke-linejoin="round" stroke-linecap="round">
<path d="M8 12 V4.5 h9.5 l4.5 4.5 v3"/><path d="M17 4.8 V9.4 h4.6"/>
<path d="M5 12.2 h20 a2.4 2.4 0 0 1 2.4 2.4 v10 a2.4 2.4 0 0 1 -2.4 2.4
H5 a2.4 2.4 0 0 1 -2.4 -2.4 v-10 A2.4 2.4 0 0 1 5 12.2 z"/>
<path d="M9.2 20 l4 4 7.6 -7.6"/></g>{word}</svg>"""
_WORD = (
    '<text x="37" y="23" font-family="system-ui, -apple-system, Segoe UI, Roboto, Arial, sans-serif" '
    'font-size="20" font-weight="650" letter-spacing="-0.3" fill="#2a8cab">FaxCloud</text>'
)

WORDMARK = _TEMPLATE.format(width=150, word=_WORD)
SIGN = _TEMPLATE.format(width=30, word="")

"""How things look and read on every face: palette, SVG elements, safe texts, QR codes."""

"""Presentation shared by every face: wording, rule labels, axes, palette, SVG, safe texts, QR codes.

Reports, mails and pages draw the same way because they call the same functions.
"""

"""Presentation shared by every face: palette, SVG elements, safe texts, QR codes.

Reports, mails and pages draw the same way because they call the same functions.
"""

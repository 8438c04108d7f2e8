"""Reports to share: contents, wording, PDF, workbook, charts and shared links.

Screen, PDF, workbook and shared link show the contents that `contents.py` computes once.
"""

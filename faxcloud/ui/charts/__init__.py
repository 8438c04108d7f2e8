"""Charts: rows in, Plotly figures out, one chart per file.

`template.py` holds what they share; `show.py` draws one with its sentence and its table.
"""

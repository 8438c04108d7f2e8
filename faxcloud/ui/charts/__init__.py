"""One chart a file, all on the template of `look.py`: rows in, a Plotly figure as plain dictionaries out."""

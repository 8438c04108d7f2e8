"""Frame of every page: menu, style, refresh, tour, sample banner.

`frame.py` is the script that Streamlit runs for every page.
"""

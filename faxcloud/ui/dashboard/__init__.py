"""Parts of the dashboard: its panels, its tiles and how a user arranges them.

`registry.py` lists the tiles that can be chosen.
"""

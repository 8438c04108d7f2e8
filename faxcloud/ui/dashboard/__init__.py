"""Parts of the dashboard: its panels, its tiles and how a user arranges them."""

"""What surrounds each page: menu, style, refresh, tour, sample banner."""

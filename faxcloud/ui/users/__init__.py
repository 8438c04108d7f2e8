"""The parts of the page about users: their ranking, and one of them."""

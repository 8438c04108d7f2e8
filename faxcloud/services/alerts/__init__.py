"""Alert rules, their evaluation, and the channels that notify about them."""

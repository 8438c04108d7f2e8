"""The parts of the page Corrections.

They show wrong numbers by effect, by cause and by address book.
"""

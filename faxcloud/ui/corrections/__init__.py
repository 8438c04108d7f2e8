"""Parts of the Corrections page.

They show wrong numbers by effect, by cause and by address book.
"""

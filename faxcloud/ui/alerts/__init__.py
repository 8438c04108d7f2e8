"""Parts of the page Alerts, and the bell that every page has.

Open alerts come first, then history, rules and channels.
"""

"""Parts of the Alerts page, and the notification bell of every page.

Open alerts come first, then history, rules and channels.
"""

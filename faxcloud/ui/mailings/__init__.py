"""Parts of the page Scheduled e-mails.

They create, preview and send a scheduled e-mail and show what was sent.
"""

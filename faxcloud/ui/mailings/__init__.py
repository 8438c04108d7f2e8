"""Parts of the Scheduled e-mails page.

They create, preview and send a scheduled e-mail and show what was sent.
"""

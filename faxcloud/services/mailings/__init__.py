"""Scheduled e-mails: schedule, recipients, message and the worker that sends them.

Each recipient gets an e-mail in their own language, at their own local time.
"""

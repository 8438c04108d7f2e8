"""Scheduled e-mails: schedule, recipients, message and the worker that sends them."""

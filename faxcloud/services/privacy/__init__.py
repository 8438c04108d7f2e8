"""Data protection: erasure with certificates, and retention.

Erasing a person anonymises their faxes everywhere and keeps every count.
"""

"""Health checks, server metrics, audit log and status of the server.

The admin page, `/api/v3/health`, `/api/metrics` and `faxcloud status` read from here.
"""

"""Health checks, server metrics, audit log and status of the server."""

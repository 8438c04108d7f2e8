"""Dependency wiring: builds the services from the settings. Nothing is shared between two calls.

Each service is built, and its modules are imported, on first use: a command loads only what it needs.
"""

from faxcloud.wiring.services import Services, build

__all__ = ["Services", "build"]

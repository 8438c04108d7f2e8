"""Webhook delivery process that tests kill: `python -m tests.crash.delivering HOME`."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path

from faxcloud.services.journal import Journal
from faxcloud.services.webhooks.deliveries import Deliverer
from faxcloud.services.webhooks.destinations import Destinations
from faxcloud.services.webhooks.endpoints import Webhooks
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.encryption import Encryption
from tests.webhook_receiver import LOOPBACK


def opened(home: Path) -> tuple[Catalogue, Deliverer, Webhooks]:
    """The catalogue of a folder, and what delivers from it."""
    catalogue = open_catalogue(
        f"sqlite:///{(home / 'catalogue.sqlite').as_posix()}", Encryption(home / "keys")
    )
    journal = Journal(catalogue, AuditTrail(home / "keys", home / "logs"))
    destinations = Destinations((ipaddress.ip_network(LOOPBACK),))
    deliverer = Deliverer(catalogue, journal, destinations, delays_s=(0.0,) * 100, timeout_s=30)
    return catalogue, deliverer, Webhooks(catalogue, journal, destinations, deliverer)


if __name__ == "__main__":
    worker = opened(Path(sys.argv[1]))[1].worker
    worker.start()
    worker.join()

"""Personal references in what users configured, for erasures.

Views, mails, shared links, alerts, rules, channels, webhooks, contracts of imports and idempotency keys may
identify a subject.
"""

from __future__ import annotations

import secrets
from urllib.parse import unquote

from faxcloud.domain.alerts import AlertRule
from faxcloud.domain.erasing import ERASED, Subject
from faxcloud.services.mailings.recipients import erase_readers, mailings_naming
from faxcloud.services.views.saved import erase_views, views_naming
from faxcloud.store.catalogue.connection import Connection
from faxcloud.store.records.alerts import alerts_naming, forget_alerts
from faxcloud.store.records.channels import delete_channel, list_channels
from faxcloud.store.records.idempotency import forget_requests_naming
from faxcloud.store.records.reports import list_reports, rename_contract
from faxcloud.store.records.shares import delete_share, list_shares
from faxcloud.store.records.webhooks import delete_webhook, list_webhooks


def count_choices(conn: Connection, subject: Subject) -> int:
    """Number of references that an erasure would change or remove."""
    rules, alerts = alerts_naming(conn, lambda rule: _names(subject, rule))
    settings = (views_naming, mailings_naming, _shares, _channels, _webhooks, _contracts)
    named = [find(conn, subject) for find in settings]
    return len(rules) + len(alerts) + sum(map(len, named))


def erase_choices(conn: Connection, subject: Subject) -> int:
    """Change or remove the references, in the erasure's transaction; returns how many."""
    links = _shares(conn, subject)
    for share_id in links:
        delete_share(conn, share_id)
    channels = _channels(conn, subject)
    for channel_id in channels:
        delete_channel(conn, channel_id)
    webhooks, contracts = _webhooks(conn, subject), _contracts(conn, subject)
    for webhook_id in webhooks:
        delete_webhook(conn, webhook_id)
    for contract in contracts:
        rename_contract(conn, contract, f"{ERASED}-{secrets.token_hex(3)}")  # each is still one contract
    forget_requests_naming(conn, subject.is_quoted_in)
    alerts = forget_alerts(conn, lambda rule: _names(subject, rule))
    changed = len(links) + len(channels) + len(webhooks) + len(contracts) + alerts
    return changed + erase_views(conn, subject) + erase_readers(conn, subject)


def _shares(conn: Connection, subject: Subject) -> list[str]:
    """Links whose title or contracts quote somebody; what they show is asked anew at each opening."""
    return [
        each.share_id
        for each in list_shares(conn)
        if any(
            subject.is_quoted_in(str(text))
            for text in (each.definition["title"], *(each.definition["contracts"] or ()))
        )
    ]


def _channels(conn: Connection, subject: Subject) -> list[str]:
    """Channels that are named after a subject, or lead to their address or telephone."""
    return [
        each.channel_id
        for each in list_channels(conn)
        if subject.is_quoted_in(each.name) or subject.is_quoted_in(unquote(each.url))
    ]


def _webhooks(conn: Connection, subject: Subject) -> list[str]:
    """Webhooks whose URL contains a subject."""
    return [each.webhook_id for each in list_webhooks(conn) if subject.is_quoted_in(unquote(each.url))]


def _contracts(conn: Connection, subject: Subject) -> list[str]:
    """Contracts that are named after a subject."""
    found = {report.contract for report in list_reports(conn) if report.contract}
    return sorted(contract for contract in found if subject.is_quoted_in(contract))


def _names(subject: Subject, rule: AlertRule) -> bool:
    texts = (rule.name, rule.scope_value, *rule.channels)
    return any(subject.is_meant_by(text) or subject.is_quoted_in(text) for text in texts)

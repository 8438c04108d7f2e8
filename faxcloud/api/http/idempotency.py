"""Idempotency-Key header: a repeated request gets the stored response of the first one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.errors import HeaderInvalid

if TYPE_CHECKING:
    from faxcloud.wiring import Services

HEADER = "Idempotency-Key"
KEY_PATTERN = r"^[!-~]{1,255}$"

PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A unique value: the request is done once, and repeating it gives the same answer "
    "for a day (with `Idempotent-Replayed: true`).",
    "schema": {"type": "string", "pattern": KEY_PATTERN},
}


def key_of(request: Request) -> str | None:
    """The request's Idempotency-Key; None without one.

    Raises:
        HeaderInvalid: it is blank, too long, or not ASCII.
    """
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(KEY_PATTERN, key):
        raise HeaderInvalid(name=HEADER, expected="1 to 255 visible ASCII characters")
    return key


async def done_once(
    faxcloud: Services,
    client: str,
    key: str | None,
    facts: tuple[str, ...],
    do: Callable[[], Awaitable[Response]],
) -> Response:
    """Response of `do`, stored for repetitions. Server errors are not stored.

    Args:
        facts: All properties that identify the request.

    Raises:
        KeyUsedOtherwise, RequestUnderway: the key belongs to another request, or its request is in progress.
    """
    if key is None:
        return await do()
    idempotency = faxcloud.idempotency
    fingerprint = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    replay = await to_thread.run_sync(idempotency.begin, client, key, fingerprint)
    if replay is not None:
        headers = {**replay.answer["headers"], "Idempotent-Replayed": "true"}
        return Response(replay.answer["body"], replay.status, headers)
    try:
        answer = await do()
    except BaseException:
        await to_thread.run_sync(idempotency.forget, client, key)
        raise
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        await to_thread.run_sync(idempotency.forget, client, key)
        return answer
    kept = {
        "body": bytes(answer.body).decode(),
        "headers": {name: value for name, value in answer.headers.items() if name != "content-length"},
    }
    await to_thread.run_sync(idempotency.finish, client, key, answer.status_code, kept)
    return answer

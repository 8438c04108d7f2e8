"""Role check and memory limits for Streamlit's upload endpoint, `/_stcore/upload_file`.

Streamlit holds an uploaded file in memory until its session is over, asks nobody for a role and counts
nothing. This middleware refuses a file before its first byte is read, and frees what ended sessions left.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime import get_instance

from faxcloud.domain.roles import Permission, not_allowed
from faxcloud.services.actors import Actor
from faxcloud.ui.access import account_actor

if TYPE_CHECKING:
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

UPLOAD = "/_stcore/upload_file/"
SOCKET = "/_stcore/stream"

SMALL_FILE = 1 << 20
"""Maximum size of a saved views file, the only upload without the right to import."""

FILES_PER_SESSION, FILES_IN_TOTAL = 2, 4
"""Maximum of held files of the largest size (`server.maxUploadSize`): a file and its replacement."""

ENVELOPE = 8 << 10
"""Maximum bytes of the multipart form around a file."""


class UploadLimits:
    """ASGI middleware with memory limits.

    Memory is reserved by Content-Length, which is therefore required.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        self._arriving: Counter[str] = Counter()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "websocket" and path.endswith(SOCKET):
            await self._app(scope, receive, send)
            # A session can be resumed for a while; wait one second more than that.
            wait_s = float(st.config.get_option("server.disconnectedSessionTTL")) + 1
            asyncio.get_running_loop().call_later(wait_s, free_ended_sessions)
        elif scope["type"] == "http" and scope["method"] == "PUT" and path.startswith(UPLOAD):
            await self._receive_file(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _receive_file(self, scope: Message, receive: Receive, send: Send) -> None:
        session_id = scope["path"].removeprefix(UPLOAD).partition("/")[0]
        length = _content_length(scope)
        actor = scope["state"].get("actor") or await _account_of(
            session_id, scope["state"].get("address", "")
        )
        if actor is None or not actor.may("views.change"):
            await _answer(send, 403)
        elif length is None:
            await _answer(send, 411)
        elif length > ENVELOPE + SMALL_FILE and not actor.may("reports.import"):
            await _note_refusal(scope, actor)
            await _answer(send, 403)
        elif not self._has_room(session_id, length):
            await _answer(send, 413)
        else:
            with self._reserved(session_id, length):
                await self._app(scope, receive, send)
            free_ended_sessions()  # the session may have ended while its file came in

    def _has_room(self, session_id: str, length: int) -> bool:
        largest = int(st.config.get_option("server.maxUploadSize")) << 20
        held = held_bytes()
        in_session = held.get(session_id, 0) + self._arriving[session_id] + length
        in_total = sum(held.values()) + self._arriving.total() + length
        return in_session <= FILES_PER_SESSION * largest and in_total <= FILES_IN_TOTAL * largest

    @contextmanager
    def _reserved(self, session_id: str, length: int) -> Iterator[None]:
        self._arriving[session_id] += length
        try:
            yield
        finally:
            self._arriving[session_id] -= length
            if not self._arriving[session_id]:
                del self._arriving[session_id]


def held_bytes() -> dict[str, int]:
    """Bytes of uploaded files in memory, by session."""
    sessions = list(_files().file_storage.items())
    return {name: sum(len(file.data) for file in list(files.values())) for name, files in sessions}


def free_ended_sessions() -> None:
    """Free the files of sessions that can no longer be resumed."""
    sessions = get_instance()._session_mgr  # noqa: SLF001 - Streamlit offers no other way to ask
    for session_id in list(_files().file_storage):
        if sessions.get_session_info(session_id) is None:
            _files().remove_session_files(session_id)


def _files() -> MemoryUploadedFileManager:
    return get_instance().uploaded_file_mgr  # type: ignore[return-value]  # the one that st.App makes


async def _account_of(session_id: str, address: str) -> Actor | None:
    """Account signed in to this session: what `st.login` knows is in no header of ours."""
    info = get_instance()._session_mgr.get_active_session_info(session_id)  # noqa: SLF001
    if info is None:
        return None
    return await asyncio.to_thread(account_actor, dict(info.session._user_info), address)  # noqa: SLF001


async def _note_refusal(scope: Message, actor: Actor) -> None:
    permission: Permission = "reports.import"
    error = not_allowed(actor.role, permission)
    await scope["state"]["access"].note_refusal(scope, error, permission)


def _content_length(scope: Message) -> int | None:
    value = dict(scope["headers"]).get(b"content-length", b"")
    return int(value) if value.isdigit() else None


async def _answer(send: Send, status: int) -> None:
    """Empty error response: Streamlit's uploader shows its own text."""
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

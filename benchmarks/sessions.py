"""Simulated page visitors: Streamlit sessions over WebSockets, without a browser."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks.measuring import Answer

PATIENCE_S = 60.0


def visit(port: int, sessions: int, every_s: float, stop: str, page: str = "") -> Answer:
    """In the child process: so many visitors view a page, each again every few seconds.

    They end once the file `stop` exists. The first view opens the page; the others check, as the page's own
    timer does, whether the data has changed, which redraws the whole page when it has.

    Returns:
        Seconds per view: `p50`, `p95`, `worst`; number of views (`looks`) and of failures (`failed`).
    """
    return asyncio.run(_visit(port, sessions, every_s, Path(stop), page))


async def _visit(port: int, sessions: int, every_s: float, stop: Path, page: str) -> Answer:
    looks: list[float] = []
    failed: list[str] = []
    started = time.perf_counter()
    visitors = [
        _session(port, number * every_s / sessions, every_s, stop, page, looks, failed)
        for number in range(sessions)
    ]
    await asyncio.gather(*visitors)
    looks.sort()
    return {
        "seconds": time.perf_counter() - started,
        "looks": len(looks),
        "failed": failed,
        "p50": looks[len(looks) // 2],
        "p95": looks[int(len(looks) * 0.95)],
        "worst": looks[-1],
    }


async def _session(
    port: int, delay_s: float, every_s: float, stop: Path, page: str, looks: list[float], failed: list[str]
) -> None:
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.asyncio.client import connect

    await asyncio.sleep(delay_s)
    async with connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Origin": f"http://127.0.0.1:{port}"},
        max_size=None,
    ) as socket:
        script = fragment = ""
        while not stop.exists():  # noqa: ASYNC240 - one look at a local folder
            ask = BackMsg()
            ask.rerun_script.page_name = page
            ask.rerun_script.page_script_hash = script
            ask.rerun_script.fragment_id = fragment  # the first view requests the whole page
            started = time.perf_counter()
            await socket.send(ask.SerializeToString())
            over = False
            async with asyncio.timeout(PATIENCE_S):
                while not over:
                    message = ForwardMsg()
                    message.ParseFromString(await socket.recv())  # type: ignore[arg-type]
                    kind = message.WhichOneof("type")
                    if kind == "new_session":
                        script = message.new_session.page_script_hash
                    elif kind == "navigation":  # as a browser does: the script resolves the page
                        script = message.navigation.page_script_hash
                    elif kind == "delta":
                        # Every page has the frame's refresh fragment once.
                        fragment = message.delta.fragment_id or fragment
                        if message.delta.new_element.WhichOneof("type") == "exception":
                            failed.append(message.delta.new_element.exception.message)
                    elif kind == "script_finished":
                        over = message.script_finished in (
                            ForwardMsg.FINISHED_SUCCESSFULLY,
                            ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
                        )
            looks.append(time.perf_counter() - started)
            await asyncio.sleep(max(0.0, every_s - looks[-1]))

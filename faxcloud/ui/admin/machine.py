"""Machine section: processor, memory, disk and threads, now and in the last hour."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.i18n import NO_DATA
from faxcloud.ui.access import require
from faxcloud.ui.charts.history import Line, history_chart, instants
from faxcloud.ui.charts.template import CONFIG, colours
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.figures import follow, show_figures

MIB = 2**20
MEGABYTE = 10**6


def show_machine(_screen: Screen) -> None:
    """Machine metrics and charts, refreshed every half minute."""
    require("metrics.read")
    follow(_show)


def _show(screen: Screen) -> None:
    t, c = screen.t, colours(screen)
    snapshot = screen.services.metrics.snapshot()
    system = snapshot["system"]
    disk = screen.services.health.report(detailed=True)["checks"]["disk"]
    show_figures(
        "figures-machine",
        (
            (
                t("Processor"),
                t.percent(system["cpu_percent"] / 100),
                t("The whole machine; cores: {count}.", count=system["cpu_count"]),
            ),
            (
                t("Own memory"),
                t.bytes(round(system["memory_mb"] * MIB)),
                t(
                    "This server process: {share:percent} of the machine's memory.",
                    share=system["memory_percent"] / 100,
                ),
            ),
            (
                t("Memory in use"),
                t.percent(system["machine_memory_percent"] / 100),
                t("The whole machine, all programs."),
            ),
            (
                t("Free disk space"),
                t.bytes(disk["free_bytes"]) if "free_bytes" in disk else NO_DATA,
                t("Where the data or the faxes are stored, whichever has less."),
            ),
            (t("Threads"), t.number(system["num_threads"]), None),
            (t("Open files"), t.number(system["open_files"]), t("Including connections.")),
            (t("Uptime"), t.duration(system["uptime_seconds"]), t("This server process.")),
        ),
    )
    samples = instants(snapshot["history"])
    if not samples:
        st.caption(t("The last hour is shown here once the server has taken its first sample."))
        return
    left, right = st.columns(2, gap="medium")
    with left.container(border=True):
        lines = [
            Line("cpu_percent", t("Processor"), c.valid),
            Line("machine_memory_percent", t("Memory in use"), c.sent),
        ]
        _show_chart(screen, t("The machine, in percent"), samples, lines, "machine-chart", top=100)
    with right.container(border=True):
        lines = [Line("memory_mb", t("Own memory"), c.sent)]
        memory = [{**row, "memory_mb": row["memory_mb"] * MIB / MEGABYTE} for row in samples]
        _show_chart(screen, t("Memory of FaxCloud, in MB"), memory, lines, "memory-chart")
    left, right = st.columns(2, gap="medium")
    with left.container(border=True):
        lines = [Line("threads", t("Threads"), c.received)]
        _show_chart(screen, t("Threads"), samples, lines, "threads-chart")
    with right.container(border=True):
        lines = [Line("deliveries_pending", t("To be delivered"), c.warning)]
        _show_chart(screen, t("Messages to be delivered"), samples, lines, "pending-chart")


def _show_chart(
    screen: Screen,
    title: str,
    samples: Sequence[dict[str, Any]],
    lines: list[Line],
    key: str,
    top: float | None = None,
) -> None:
    st.markdown(f"**{title}**")
    drawn = history_chart(screen, samples, lines, key, top=top)
    st.plotly_chart(drawn, theme=None, key=key, config=CONFIG, alt=title)

"""JSON logs: one object per record and line on stderr (FAXCLOUD_LOG_FORMAT=json)."""

from __future__ import annotations

import datetime as dt
import json
import logging
import traceback


class JsonLines(logging.Formatter):
    """JSON formatter: `time` (UTC), `level`, `logger`, `message`, the record's `fields`, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        document = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            document["exception"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(document, ensure_ascii=False, default=str)


class JsonLogger(logging.Logger):
    """Logger for libraries with handlers of their own (Streamlit, uvicorn), which write the same lines."""

    def addHandler(self, hdlr: logging.Handler) -> None:  # noqa: N802 - logging's own name
        hdlr.setFormatter(JsonLines())
        super().addHandler(hdlr)


def log_as_json() -> None:
    """Write all logs of this process as JSON, including those of loggers that are created later."""
    logging.setLoggerClass(JsonLogger)
    root = logging.getLogger()
    root.handlers = [logging.StreamHandler()]
    known = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    for logger in (root, *known):
        for handler in logger.handlers:
            handler.setFormatter(JsonLines())
    logging.getLogger("faxcloud").setLevel(logging.INFO)
    logging.captureWarnings(True)

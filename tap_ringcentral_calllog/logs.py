"""What reaches the log: the tap's own lines, and nothing that a library says by itself.

A library's message may contain whatever a server or a user wrote. If urllib3 cannot read a header,
its warning shows all headers, cookies included, and at DEBUG it logs addresses with their
signatures; the SDK logs what stream maps make of a record. So such messages are dropped, at any
level and with any logging configuration.
"""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import singer_sdk
from singer_sdk.metrics import METRICS_LOGGER_NAME

from tap_ringcentral_calllog.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

_SDK = str(Path(singer_sdk.__file__).parent)

#: Only messages of these loggers are written. (The metrics name streams and contexts, no records.)
_LOGGERS = ("tap-ringcentral", __name__.partition(".")[0], METRICS_LOGGER_NAME)

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_LEVEL_VARIABLES = ("TAP_RINGCENTRAL_LOGLEVEL", "LOGLEVEL")


def passes(record: logging.LogRecord) -> bool:
    """Return whether a message is written; a filter for loggers and handlers.

    Messages that the SDK writes to the tap's loggers become DEBUG: each step of a run, each stream
    that is not selected, and metrics.
    """
    if not record.name.startswith(_LOGGERS):
        return False
    if not record.pathname.startswith(_SDK):
        return True
    record.exc_info = record.exc_text = None
    record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    return logging.getLogger(record.name).isEnabledFor(logging.DEBUG)


@contextmanager
def only_our_messages() -> Iterator[None]:
    """Drop all other messages, whichever handlers a logging configuration has set up."""
    known = logging.root.manager.loggerDict.values()
    loggers = [logging.root, *(one for one in known if isinstance(one, logging.Logger))]
    handlers = {handler for one in loggers for handler in one.handlers}
    if logging.lastResort:
        handlers.add(logging.lastResort)
    for handler in handlers:
        handler.addFilter(passes)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(passes)


def write_nothing_else() -> None:
    """Keep Python from writing tracebacks, which contain the texts of exceptions, past the log.

    It would do so for a log line without a handler, and for an exception in a thread or a
    finalizer. To be called by a process that runs nothing but the command.
    """
    logging.raiseExceptions = False
    sys.unraisablehook = lambda _: None
    threading.excepthook = lambda _: None


def check_level(environment: MutableMapping[str, str]) -> None:
    """Check the level that the environment sets for the log; an empty variable is ignored.

    Python would refuse a wrong one with a traceback, before the log is set up.

    Args:
        environment: the environment variables; empty ones of these are taken out.

    Raises:
        SettingsError: naming the variable.
    """
    for name in _LEVEL_VARIABLES:
        level = environment.get(name, "").strip().upper()
        if not level:
            environment.pop(name, None)
        elif not isinstance(logging.getLevelName(level), int):
            msg = f"{name} must be one of {', '.join(_LEVELS)}"
            raise SettingsError(msg)
        else:
            environment[name] = level

"""How the command ends: one-line errors, and exit codes for schedulers."""

from __future__ import annotations

import json
import signal
import sys
import threading
import traceback
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from singer_sdk.exceptions import MapExpressionError, StreamMapConfigError
from singer_sdk.mapper import CustomStreamMap
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.singerlib import Catalog
from typing_extensions import override

from tap_ringcentral_calllog.errors import SettingsError, TapRingCentralError
from tap_ringcentral_calllog.logs import only_our_messages
from tap_ringcentral_calllog.output import whole

if TYPE_CHECKING:
    import logging
    from types import FrameType

    import click

# By convention, a process that a signal ended exits with this number plus the signal's.
_SIGNAL_EXIT = 128


# The files that evaluate stream maps: the SDK's, and that of its library.
_MAPPERS = frozenset({"mapper.py", "simpleeval.py"})


class PlainErrorCommand(SingerCommand):
    """A command that says in one line what went wrong, and exits with status 1."""

    @override
    def main(self, *args: Any, **kwargs: Any) -> Any:
        with only_our_messages():
            return self._main(*args, **kwargs)

    def _main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as click declares it
        try:
            with redirect_stdout(whole(sys.stdout)):
                return super().main(*args, **kwargs)
        except TapRingCentralError as error:
            self.logger.error("%s", error)  # noqa: TRY400 - no traceback: one line is wanted
        except (MapExpressionError, StreamMapConfigError) as error:
            # Their texts may hold a record's values.
            self.logger.error("%s", _of_a_map(error))  # noqa: TRY400 - a traceback may show values
        except Exception as error:  # noqa: BLE001 - whatever it is, one line and exit code 1
            # The text of an unexpected exception may contain anything, such as a name or a number.
            frames = traceback.extract_tb(error.__traceback__)
            place = frames[-1]
            if any(Path(frame.filename).name in _MAPPERS for frame in frames):
                self.logger.error("%s", _of_a_map(error))  # noqa: TRY400 - a traceback may show values
                sys.exit(1)
            self.logger.error(  # noqa: TRY400 - no traceback: it may show values
                "Unexpected %s in %s, line %s (%s). What was written is kept. Please report this.",
                type(error).__name__,
                place.filename,
                place.lineno,
                place.name,
            )
        sys.exit(1)


def _of_a_map(error: BaseException) -> str:
    """Say which stream map failed: the exception does not, but the SDK's stack frames do."""
    place = "stream_maps"
    for frame, _ in traceback.walk_tb(error.__traceback__):
        known = frame.f_locals
        if isinstance(known.get("self"), CustomStreamMap) and "property_name" in known:
            place += f".{known['self'].stream_name}.{known['property_name'] or '__filter__'}"
            break
    return f"{place} cannot be applied to a record ({type(error).__name__}): check the expression."


def with_plain_errors(command: click.Command, logger: logging.Logger) -> click.Command:
    """Return a command of the SDK with plain errors.

    Args:
        command: the command.
        logger: takes the errors.
    """
    return PlainErrorCommand(
        name=command.name,
        callback=command.callback,
        params=command.params,
        help=command.help,
        context_settings=command.context_settings,
        logger=logger,
    )


def read_object(file: TextIO | Path | None, option: str) -> dict[str, Any] | None:
    """Read a JSON object that the command line names.

    Args:
        file: an open file, a path, or None.
        option: the option, for the error.

    Returns:
        The object, or None when there is no file.

    Raises:
        SettingsError: when it cannot be read or is not a JSON object.
    """
    if file is None:
        return None
    try:
        # As bytes: these tell their encoding, with a byte-order mark as some editors write it.
        text = file.read_bytes() if isinstance(file, Path) else file.buffer.read()
        content = json.loads(text, parse_constant=_refuse)
        json.dumps(content, ensure_ascii=False).encode()
    except (OSError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        msg = f"{option}: {getattr(file, 'name', file)} cannot be read as a JSON object"
        raise SettingsError(msg)
    return content


def _refuse(constant: str) -> NoReturn:
    """Refuse numbers that are not JSON, such as NaN."""
    raise ValueError(constant)


def read_catalog(file: TextIO | None) -> Catalog | None:
    """Read the catalog that the command line names.

    Args:
        file: an open file, or None.

    Returns:
        The catalog, or None when there is no file.

    Raises:
        SettingsError: when it cannot be read or is not a catalog.
    """
    content = read_object(file, "--catalog")
    try:
        return None if content is None else Catalog.from_dict(content)
    except (AttributeError, KeyError, TypeError, ValueError):
        msg = "--catalog is not a Singer catalog: create one with --discover"
        raise SettingsError(msg) from None


def stop_on_signals(logger: logging.Logger) -> None:
    """End the process on SIGTERM and SIGINT with its own exit code.

    The SDK exits with 0 and writes the state of an unfinished window; a scheduler would mistake the
    partial run for a complete one.

    Args:
        logger: receives the signal.
    """

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        logger.error(
            "Stopped by %s. The next run continues from the last bookmark.",
            signal.Signals(number).name,
        )
        sys.exit(_SIGNAL_EXIT + number)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

"""What the streams of one run share."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from tap_ringcentral_calllog.api.connection import Connection
from tap_ringcentral_calllog.config.settings import Settings, level_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tap_ringcentral_calllog.errors import TapRingCentralError
    from tap_ringcentral_calllog.retention import Kind
    from tap_ringcentral_calllog.state.counted import CountedRecordings


class Watch(Protocol):
    """What streams request from the retention guard, and report to it."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of data that RingCentral deletes, with their retention periods."""

    @property
    def counts_recordings(self) -> bool:
        """Whether a selected stream contains recordings, or needs their retention period."""

    @property
    def edges(self) -> Mapping[str, datetime]:
        """The start of what RingCentral still has, by the name of each kind of data.

        Kinds without a retention period are missing.
        """

    def count_recordings(
        self, counted: CountedRecordings, rows: list[dict[str, Any]], owner: str
    ) -> None:
        """Count those of a call's recordings that RingCentral still has."""

    def see_message(self, kind: str, folder: str, when: datetime) -> None:
        """Count a message."""

    def rows(self, account_id: str) -> Iterable[dict[str, Any]]:
        """Return the rows of the stream `retention`."""


class Run:
    """One run of the tap: its settings, its connection, its account and its failures.

    Args:
        config: the tap's configuration.
        user_agent: the default of the setting `user_agent`.
        logger: the tap's.

    Attributes:
        level: the call log's level.
        account_id: the account's id, empty until an answer contains it.
        failures: what could not be read, while the run continued.
        guard: the retention guard. The tap sets it before it makes the streams.
    """

    guard: Watch

    def __init__(
        self, config: Mapping[str, Any], *, user_agent: str, logger: logging.Logger
    ) -> None:
        self._config = config
        self._user_agent = user_agent
        self._logger = logger
        self.level = level_in(config)
        self.account_id = ""
        self.failures: list[TapRingCentralError] = []

    @cached_property
    def settings(self) -> Settings:
        """The settings, checked.

        Raises:
            SettingsError: when one is wrong.
        """
        return Settings.from_config(self._config, user_agent=self._user_agent)

    @cached_property
    def connection(self) -> Connection:
        """The run's one connection."""
        return Connection(self.settings, logger=self._logger.getChild("connection"))

    def fail(self, error: TapRingCentralError, *, level: int = logging.ERROR) -> None:
        """Log a failure that does not stop the run, but makes it exit with 1.

        Args:
            error: what could not be read, and why.
            level: the log level: lower where many fail for the same reason.
        """
        self._logger.log(level, "%s", error)
        self.failures.append(error)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if "connection" in vars(self):
            self.connection.close()

"""The tap: its settings, its connection and its streams."""

from __future__ import annotations

import gc
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TextIO, cast

import click
from singer_sdk import Tap
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.mapper import PluginMapper, SameRecordTransform
from singer_sdk.singerlib import Catalog
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_ringcentral_calllog import cli
from tap_ringcentral_calllog.auth.grants import grant_from
from tap_ringcentral_calllog.config.schema import SCHEMA
from tap_ringcentral_calllog.config.settings import (
    from_environment,
    tidied,
    unknown_settings,
)
from tap_ringcentral_calllog.config.stream_maps import Shape, check_stream_maps
from tap_ringcentral_calllog.errors import OutputError, SettingsError, TapRingCentralError
from tap_ringcentral_calllog.output import MessageWriter
from tap_ringcentral_calllog.run import Run
from tap_ringcentral_calllog.state.bookmarks import SettledStateWriter
from tap_ringcentral_calllog.state.form import check_structure
from tap_ringcentral_calllog.streams.base import RingCentralStream
from tap_ringcentral_calllog.streams.calls import CallLog
from tap_ringcentral_calllog.streams.children import (
    CallLegs,
    CallLogCoverage,
    CallLogDeletions,
    CallRecordings,
)
from tap_ringcentral_calllog.streams.directory import SNAPSHOTS, snapshot_streams
from tap_ringcentral_calllog.streams.messages import MessageFiles, Messages
from tap_ringcentral_calllog.streams.recordings import RecordingFiles
from tap_ringcentral_calllog.streams.retention import Retention
from tap_ringcentral_calllog.streams.windowed import WindowedStream
from tap_ringcentral_calllog.trial import Counting, try_streams
from tap_ringcentral_calllog.watch.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream
    from singer_sdk.helpers.capabilities import CapabilitiesEnum


# In the order in which they are read. The snapshots are read between the two, because their list of
# extensions says which mailboxes there are.
STREAMS = (CallLog, CallLegs, CallLogDeletions, CallLogCoverage, CallRecordings, RecordingFiles)
MAILBOXES = (Messages, MessageFiles)
_PREFIX = "TAP_RINGCENTRAL_"


class TapRingCentral(Tap):
    """Copies RingCentral call logs to any Singer target before RingCentral deletes them."""

    name = "tap-ringcentral"
    package_name = "tap-ringcentral-calllog"
    config_jsonschema = SCHEMA
    message_writer_class = MessageWriter
    # Without BATCH and ACTIVATE_VERSION: see docs/settings.md, "Not offered".
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(
        self,
        *,
        config: dict[str, Any] | None = None,
        parse_env_config: bool = False,
        **options: Any,  # noqa: ANN401 - as the SDK passes them
    ) -> None:
        # The SDK would read an empty variable as a value, and fail on some.
        environment = from_environment(os.environ, _PREFIX) if parse_env_config else {}
        super().__init__(config=tidied({**(config or {}), **environment}), **options)
        if context := click.get_current_context(silent=True):
            context.call_on_close(self.run.close)

    @override
    def _setup_signal_handlers(self) -> None:
        """Set the tap's handlers. The SDK's would end a partial run with exit code 0."""
        cli.stop_on_signals(self.logger)

    @cached_property
    def run(self) -> Run:
        """What the streams share."""
        agent = f"{self.name}/{self.plugin_version}"
        return Run(self.config, user_agent=agent, logger=self.logger)

    @cached_property
    def guard(self) -> Guard:
        """Reports data that RingCentral is about to delete."""
        return Guard(self, self.run)

    @cached_property
    @override
    def state_writer(self) -> SettledStateWriter:
        """Writes STATE messages."""
        return SettledStateWriter(
            cast("MessageWriter", self.message_writer), lambda: self.run.connection.sent
        )

    @override
    def setup_mapper(self) -> None:
        """Prepare the stream maps, once the streams have put their keys into the catalog.

        The SDK would also set up the maps of deselected streams, and fail because their keys are
        missing.

        Raises:
            SettingsError: when they name something that does not exist.
        """
        streams = self.streams.values()
        check_stream_maps(
            self.config.get("stream_maps"),
            self.config.get("stream_map_config"),
            {
                one.name: Shape(frozenset(one.schema["properties"]), frozenset(one.primary_keys))
                for one in streams
            },
        )
        self.mapper = PluginMapper(dict(self.config), self.logger)
        for one in streams:
            if one.selected:
                entry = Catalog({one.name: self.catalog[one.name]})
                self.mapper.register_raw_streams_from_catalog(entry)
            else:
                plain = SameRecordTransform(one.name, one.schema, one.primary_keys, None)
                self.mapper.stream_maps[one.name] = [plain]

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        check_structure(state, self.streams)
        super().load_state(state)

    def selected(self) -> list[RingCentralStream]:
        """Return the selected streams, child streams included."""
        streams = self.streams.values()
        return [one for one in streams if one.selected and isinstance(one, RingCentralStream)]

    def _prepare(self, stream: RingCentralStream) -> None:
        try:
            stream.prepare()
        except TapRingCentralError as error:
            stream.selected = False
            self.run.fail(error)

    def read_all(self) -> None:
        """Read all streams that are selected; `run.failures` has what could not be read.

        Raises:
            TapRingCentralError: when the run can't go on.
        """
        if not any(stream.selected for stream in self.streams.values()):
            msg = "the catalog selects no stream: select at least call_log"
            raise SettingsError(msg)
        for stream in self.selected():
            self._prepare(stream)
        for stream in self.selected():
            if isinstance(stream, WindowedStream):
                stream.bookmarks.check_level()
        self.run.connection.check_logins()
        self.guard.begin()
        self.state_writer.begin(self.state)
        try:
            self.sync_all()
        except OutputError:
            raise
        except TapRingCentralError:
            # The failure came between two messages: what was read before is final.
            self.state_writer.finish(self.state)
            raise
        self.guard.end()
        self.state_writer.finish(self.state)

    @override
    def discover_streams(self) -> Sequence[Stream]:
        """Return the streams that the tap offers, in the order in which they are read."""
        self.run.guard = self.guard
        snapshots = snapshot_streams(self, self.run)
        extensions = next(one for one in snapshots if one.name == "extensions")
        return [
            *(stream(self, self.run) for stream in STREAMS),
            *snapshots,
            *(stream(self, self.run, extensions) for stream in MAILBOXES),
            Retention(self, self.run),
        ]

    @property
    @override
    def streams(self) -> dict[str, Stream]:
        """The streams, the call log first. The SDK would go by name."""
        order = [one.name for one in (*STREAMS, *SNAPSHOTS, *MAILBOXES, Retention)]
        return dict(sorted(super().streams.items(), key=lambda item: order.index(item[0])))

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings in place of the SDK, whose messages repeat values: secrets, too."""
        self.append_builtin_config(self.config_jsonschema)
        for line in unknown_settings(self.config):
            self.logger.warning("%s", line)
        try:
            grant_from(self.run.settings.login)
        except SettingsError as error:
            if raise_errors:
                raise
            return [str(error)]
        return []

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # the SDK's own differs from its base's
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        state: TextIO | None = None,
        catalog: TextIO | None = None,
    ) -> None:
        """Run the tap from the command line.

        Args:
            about: show what the tap is, and end.
            about_format: how to show it.
            config: the configuration, as the SDK collects it.
            state: a file with the state.
            catalog: a file with the catalog.

        Raises:
            TapRingCentralError: when something could not be read.
        """
        if about:
            super().invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=lambda line: cls.logger.info("%s", line))
        tap = cls(
            config=config.config if config else None,
            state=cli.read_object(state, "--state"),
            catalog=cli.read_catalog(catalog),
            parse_env_config=bool(config and config.parse_env),
        )
        # All that is loaded now stays until the end; without this, looking for garbage in it would
        # take 4 % of a run.
        gc.freeze()
        tap.read_all()
        if failures := tap.run.failures:
            msg = (
                f"{len(failures)} of the streams and their parts could not be read (see the errors "
                f"above), the first: {failures[0]}. Everything else was read"
            )
            raise TapRingCentralError(msg)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Try the streams that are selected; the SDK would try all, permitted or not.

        It ends with a line that begins with OK, or with an error.

        Raises:
            TapRingCentralError: when one of them can't be read.
        """
        if value != CliTestOptionValue.All.value:
            super().cb_test(ctx, param, value)
            return
        config, written = ctx.params["config"], Counting()
        tap = cls(
            config=config.config,
            catalog=cli.read_catalog(ctx.params.get("catalog")),
            parse_env_config=config.parse_env,
            message_writer=written,
        )
        for stream in tap.selected():
            stream.prepare()
        ours = [one for one in tap.streams.values() if isinstance(one, RingCentralStream)]
        click.echo(try_streams(ours, tap.run, written))
        ctx.exit()

    @classmethod
    @override
    def cb_config(
        cls,
        ctx: click.Context,
        param: click.Option,
        value: tuple[str, ...],
    ) -> Any:
        """Read the configuration that the command line names.

        Raises:
            SettingsError: when a file or an environment variable cannot be read.
        """
        cls.append_builtin_config(cls.config_jsonschema)
        given = super().cb_config(ctx, param, tuple(path for path in value if path == "ENV"))
        if given.parse_env:
            names = [name[len(_PREFIX) :] for name in os.environ if name.startswith(_PREFIX)]
            # Meltano's own variables have two underscores; the SDK's is the log's level.
            ours = [name.lower() for name in names if name[:1] not in {"", "_"}]
            for line in unknown_settings(name for name in ours if name != "loglevel"):
                cls.logger.warning("%s", line)
        for path in value:
            if path != "ENV":
                given.config.update(cli.read_object(Path(path), "--config") or {})
        return given

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """Return the command, with errors of one line and exit codes that a scheduler can use."""
        command = super().get_singer_command()
        for param in command.params:
            # `--test` looks at it, wherever it stands.
            param.is_eager = param.is_eager or param.name == "catalog"
        return cli.with_plain_errors(command, cls.logger)

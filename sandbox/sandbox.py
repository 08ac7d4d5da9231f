"""The sandbox: a local RingCentral with one account and one app."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from sandbox import (
    active_calls_api,
    answers,
    call_log_api,
    control_api,
    directory_api,
    message_sync_api,
    messages_api,
    oauth_api,
    recordings_api,
    sync_api,
)
from sandbox.clock import Clock
from sandbox.company.book import Book
from sandbox.company.cast import Cast
from sandbox.company.weeks import Weeks
from sandbox.controls import Controls
from sandbox.credentials import Credentials
from sandbox.directory import Directory
from sandbox.habits import Habits
from sandbox.instants import DAY
from sandbox.limits import RateLimiter
from sandbox.log import CallLog
from sandbox.mailboxes import Mailboxes
from sandbox.message_records import MessageWriter
from sandbox.people import People
from sandbox.pipeline import Pipeline
from sandbox.recordings import Recordings
from sandbox.server import Server
from sandbox.state import State
from sandbox.timetable import DAYS_AHEAD, Timetable
from sandbox.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from starlette.routing import BaseRoute
    from typing_extensions import Self


_RECORDING_DAYS = {False: 90, True: 30}


class Sandbox(Controls):
    """A local RingCentral that serves while this context manager is open.

    Args:
        seed: the same seed and numbers make the same account and the same calls.
        calls: number of calls that start in the `days` before `now`; later days have as many.
        days: number of past days with calls.
        extensions: number of users of the account, at least 1; the first one logs in.
        logins: how many of them, including the first, may log in to the app with a JWT. Each has a
            separate rate limit, sessions and permissions.
        messages: number of text messages of each user in the same period; later days have as many.
            Voicemail and faxes come from the calls.
        now: the initial time, ISO 8601 or aware; None for the machine's time.
        running: whether the clock runs; by default, it runs unless `now` is given.
        habits: the server's behavior where the documentation is silent.
        limits: requests and seconds per rate-limit group, such as `{"Heavy": (10, 60.0)}`.
        penalty: how long a request over the limit blocks its group, s.
        group_names: names of groups in headers, such as `{"Heavy": "heavy"}`.
        limits_on_sandbox_clock: whether rate limits use the sandbox's clock, not the machine's.
        monotonic: the clock of rate limits, s, unless they use the sandbox's clock.
        token_life: lifetime of an access token, s.
        latency: delay of every answer, s.
        hipaa: whether the account is a HIPAA account: recordings are kept for 30 days instead of
            90, and there are no text messages.
        recording_days: how long recordings are kept, days; None for the usual period.
        file_sizes: smallest and largest size of a recording or other file, bytes.
        host: the address to listen at.
        port: the port; 0 for any free port.
        media_port: the port for files, 0 for any free port; None for the same port.
        media_url: the beginning of files' URIs, if they name a host outside the sandbox.
        conversations: approximate number of conversations of a simulated company that start in the
            `days` before `now`, in addition to the `calls`; later days have as many. Their expected
            marts are known: see `sandbox.company`. None for no such company.
        zone: the company's time zone.

    Raises:
        OSError: the address is in use.
        ValueError: a number or a time is invalid.
    """

    def __init__(  # noqa: PLR0913  (a test sets only those that it needs)
        self,
        *,
        seed: int = 1,
        calls: int = 2_000,
        days: int = 30,
        extensions: int = 10,
        logins: int = 1,
        messages: int = 40,
        now: datetime | str | None = None,
        running: bool | None = None,
        habits: Habits | None = None,
        limits: Mapping[str, tuple[int, float]] | None = None,
        penalty: float = 60.0,
        group_names: Mapping[str, str] | None = None,
        limits_on_sandbox_clock: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        token_life: int = 3_600,
        latency: float = 0.0,
        hipaa: bool = False,
        recording_days: float | None = None,
        file_sizes: tuple[int, int] = (10_000, 60_000),
        host: str = "127.0.0.1",
        port: int = 0,
        media_port: int | None = None,
        media_url: str = "",
        conversations: int | None = None,
        zone: str = "America/New_York",
    ) -> None:
        if min(calls, messages) < 0 or min(days, extensions) < 1:
            message = "calls >= 0, messages >= 0, days >= 1 and extensions >= 1 are needed"
            raise ValueError(message)
        if not 1 <= logins <= extensions:
            message = f"logins must be from 1 to {extensions}, the number of extensions: {logins}"
            raise ValueError(message)
        if not 0 <= file_sizes[0] <= file_sizes[1]:
            message = f"file_sizes must be the smallest and the largest: {file_sizes}"
            raise ValueError(message)
        clock = Clock(now, running=now is None if running is None else running)
        self._server = self._media = Server(host, port)
        if media_port is not None:
            try:
                self._media = Server(host, media_port)
            except OSError:
                self._server.stop()
                raise
        people = People(seed, extensions, self._server.url, media_url or self._media.url)
        table = Timetable(seed, calls, days, extensions, clock.now_ms())
        habits = habits or Habits()
        kept = _RECORDING_DAYS[hipaa] if recording_days is None else recording_days
        recordings = Recordings(seed, kept, file_sizes, habits)
        log = CallLog(table, people, recordings, habits, seed)
        directory = Directory(seed, people)
        book = None
        if conversations is not None:
            cast = Cast(people)
            cast.move_in(directory)
            book = Book(cast, log, habits, seed)
            begin, all_days = clock.now_ms() - days * DAY, days + DAYS_AHEAD
            weeks = Weeks(cast, seed, zone)
            book.tell(weeks.stories(begin, all_days, conversations * all_days // days))
        mailboxes = Mailboxes(
            seed, log, people, texts=messages, days=days, now=clock.now_ms(), hipaa=hipaa
        )
        tokens = Tokens(clock, seed, token_life, people.desks[0].id)
        numbers = [desk.number for desk in people.desks[:logins]]
        known = Credentials.invented(seed, people.main_number, *numbers)
        ticks = clock.seconds if limits_on_sandbox_clock else monotonic
        super().__init__(
            State(
                url=self._server.url,
                media_url=self._media.url,
                seed=seed,
                clock=clock,
                people=people,
                log=log,
                recordings=recordings,
                directory=directory,
                mailboxes=mailboxes,
                writer=MessageWriter(seed, people, directory, file_sizes),
                limiter=RateLimiter(limits or {}, penalty, ticks),
                tokens=tokens,
                credentials=known,
                refresh_token=tokens.reserve(known.client_id),
                habits=habits,
                group_names=dict(group_names or {}),
                latency=latency,
                hipaa=hipaa,
                book=book,
            )
        )

    def __enter__(self) -> Self:
        """Start serving."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop serving."""
        self.stop()

    def start(self) -> None:
        """Serve in a separate thread; return when it answers."""
        routes = [
            *call_log_api.routes(self._state),
            *sync_api.routes(self._state),
            *active_calls_api.routes(self._state),
            *recordings_api.routes(self._state),
            *directory_api.routes(self._state),
            *messages_api.routes(self._state),
            *message_sync_api.routes(self._state),
            *oauth_api.routes(self._state),
            *control_api.routes(self),
        ]
        self._serve(self._server, routes)
        if self._media is not self._server:
            files = [
                *recordings_api.media_routes(self._state),
                *messages_api.media_routes(self._state),
            ]
            self._serve(self._media, files)

    def stop(self) -> None:
        """Stop serving and free the ports; unfinished requests are dropped."""
        self._server.stop()
        self._media.stop()

    def _serve(self, server: Server, routes: Sequence[BaseRoute]) -> None:
        app = Starlette(routes=routes, exception_handlers=answers.without_route(self._state))
        server.start(Pipeline(app, self._state))

"""Every mart says what happened, value by value, as the sandbox knows it.

The truth is worked out from how the sandbox made the calls (`sandbox.company`), not from records.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import figures
import pytest
from comparing import KEYS, differences
from fixtures import FREE
from warehouse import DuckDB, Postgres

from demo.postgres import postgres
from sandbox import Habits, Sandbox
from sandbox.company.story import Message
from sandbox.company.truth import Settings
from sandbox.company.weeks import Weeks
from sandbox.instants import HOUR, MINUTE

if TYPE_CHECKING:
    from warehouse import Warehouse

pytestmark = pytest.mark.prove

FIRST_MONTH = datetime(2024, 10, 1)  # noqa: DTZ001 - as databases give it


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A company, and how its calls are read.

    Attributes:
        zone: the company's time zone.
        now: when they are read first; the clocks have changed in the weeks before, where they do.
        seed: the company's.
        habits: the server's.
        level: of the call log that is read.
    """

    zone: str
    now: str
    seed: int
    habits: Habits
    level: str = "account"


SCENES = {
    "account, New York in March": Scene(
        zone="America/New_York", now="2026-03-12T19:00:00Z", seed=2016, habits=Habits()
    ),
    "account, New York in November": Scene(
        zone="America/New_York",
        now="2025-11-05T20:00:00Z",
        seed=31,
        habits=Habits(legs_begin="ring", deleted_records="sparse"),
    ),
    "account, Berlin in October": Scene(
        zone="Europe/Berlin",
        now="2025-10-29T14:00:00Z",
        seed=77,
        habits=Habits(queue_records="member", text_ids=True),
    ),
    "extensions, Kolkata": Scene(
        zone="Asia/Kolkata",
        now="2026-03-11T09:00:00Z",
        seed=99,
        habits=Habits(legs_begin="ring", queue_records="member"),
        level="extension",
    ),
    "extensions, Berlin in March": Scene(
        zone="Europe/Berlin",
        now="2026-03-31T13:00:00Z",
        seed=58,
        habits=Habits(),
        level="extension",
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A PostgreSQL whose time zone is nobody's here."""
    folder = tmp_path_factory.mktemp("postgres") / "data"
    with postgres(folder, time_zone="America/Caracas") as database:
        yield database


@pytest.fixture
def open_warehouse(request, environments, tmp_path):
    """Make an empty warehouse."""

    def make(kind: str, zone: str) -> Warehouse:
        if kind == "duckdb":
            return DuckDB(environments, tmp_path, zone)
        database = request.getfixturevalue("server")
        with database.connect() as connection:
            for schema in ("tap_ringcentral", "ringcentral", "ringcentral_internal"):
                connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")  # the names above
        return Postgres(environments, tmp_path, zone, database)

    return make


class Comparison:
    """A company's calls, read into a warehouse, and its marts compared with the truth."""

    def __init__(self, rc: Sandbox, warehouse: Warehouse, scene: Scene) -> None:
        self.rc, self.warehouse, self.scene = rc, warehouse, scene
        self._extensions = None
        self._settings: dict[str, Any] = {"start_date": f"{FIRST_MONTH:%Y-%m-%d}T00:00:00Z"}
        if scene.level == "extension":
            self._extensions = [one.id for one in rc.company.people]
            self._settings |= {"call_log_level": "extension", "extension_ids": self._extensions}

    def read(self) -> None:
        """Load what is new."""
        self.warehouse.load(self.rc, **self._settings)

    def build(self, *options: str) -> None:
        """Build the seeds and models; what dbt tests by itself is not tried here."""
        kinds = [
            text for kind in ("test", "unit_test") for text in ("--exclude-resource-type", kind)
        ]
        now = f"{self.rc.clock.now():%Y-%m-%d %H:%M:%S}"
        # All is loaded within minutes here: only what was loaded after the last build is new.
        self.warehouse.dbt("build", *kinds, *options, now=now, margin_minutes=-0.001)

    def check(self) -> None:
        """Compare every mart."""
        told = self.rc.conversations(self._extensions)
        truth = self.rc.analytics(Settings(zone=self.scene.zone), self._extensions)
        wrong = []
        expected = {
            "recordings": self.rc.recordings_mart(self._extensions),
            "archive_health": self.health(),
            "first_call_resolution": truth.first_call_resolution(self.rc.clock.now_ms()),
        }
        for mart in KEYS:
            rows = self.warehouse.rows(mart)
            if mart == "archive_health":
                rows = [{name: to_the_second(one) for name, one in row.items()} for row in rows]
            wanted = expected[mart] if mart in expected else getattr(truth, mart)()
            values, different = differences(mart, rows, wanted)
            # In the logs of extensions no queue may be known: then the mart must be empty.
            assert values or mart == "queue_performance", mart
            figures.count("marts: values compared with the truth", values)
            wrong += different
        figures.count("marts: conversations compared with the truth", len(told))
        figures.count("marts: differences", len(wrong))
        assert not wrong, "\n".join([f"{len(wrong)} differences", *sorted(wrong)[:40]])

    def check_that_little_was_built(self) -> None:
        """The last build has looked at a day or two, not at all the weeks."""
        counts = "SELECT COUNT(DISTINCT local_hour) FROM ringcentral_internal."
        ((rebuilt,),) = self.warehouse.ask(f"{counts}touched_hours")
        ((hours,),) = self.warehouse.ask(f"{counts}int_day_volume")
        assert 0 < rebuilt < hours / 2
        ((rebuilt, numbers),) = self.warehouse.ask(
            "SELECT COUNT(*), (SELECT COUNT(DISTINCT number) "
            "FROM ringcentral_internal.int_conversations) "
            "FROM ringcentral_internal.touched_numbers"
        )
        assert 0 < rebuilt < numbers / 2

    def health(self) -> list[dict[str, Any]]:
        """Return what is read for good: from the first month on, up to a day ago."""
        logs = [{"level": "account"}]
        if self._extensions:
            logs = [{"level": "extension", "extension_id": one} for one in self._extensions]
        there = Counter(one["startTime"][:7] for log in logs for one in self.rc.truth(**log))
        settled = self.rc.clock.now().replace(tzinfo=None, microsecond=0) - timedelta(days=1)
        rows, month = [], FIRST_MONTH
        while month <= settled:
            after = (month + timedelta(days=32)).replace(day=1)
            whole = after <= settled
            rows.append(
                {
                    "account_id": self.rc.account_id,
                    "month": month.date(),
                    "is_whole": whole,
                    "covered_from": month,
                    "covered_to": after if whole else settled,
                    "calls_there": there[f"{month:%Y-%m}"],
                    "hole_from": None if whole else settled,
                    "hole_to": None if whole else after,
                }
            )
            month = after
        return rows


def to_the_second(value: Any) -> Any:
    """Return a value; a moment without what a server's answer takes on its way."""
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def disturb(rc: Sandbox) -> None:
    """Delete some of the latest conversations, whole or in part, and let others change."""
    now = rc.clock.now_ms()
    latest = [one.story for one in rc.conversations() if one.story.start > now - 20 * HOUR]
    queued = [
        one
        for one in latest
        if one.form == "queue" and one.outcome == "answered" and len(one.talks) == 1
    ]
    assert len(latest) > 25
    assert len(queued) > 5
    rc.delete_conversation(latest[0].number)
    rc.delete_conversation(latest[9].number)
    rc.delete_conversation(queued[0].number, "main")
    rings = [key for key in rc.record_keys(queued[1].number) if key.startswith("ring")]
    rc.delete_conversation(queued[1].number, *rings[:1])
    # A message turns up, legs get lost, another caller, a talk that was longer.
    missed = next(one for one in latest if one.outcome in {"missed", "abandoned"} and not one.waits)
    message = Message(missed.end, missed.end + MINUTE, missed.owner)
    direct = next(one for one in latest if one.form == "direct" and len(one.talks) == 1)
    *steps, talk = direct.steps
    later = direct.end + MINUTE
    rc.tell(
        replace(
            missed, outcome="voicemail", result="", reason="", end=message.until,
            steps=(*missed.steps, message),
        ),
        replace(queued[2], legs=False),
        replace(queued[3], caller=rc.company.outsiders[-2]),
        replace(direct, steps=(*steps, replace(talk, until=later)), end=later),
    )  # fmt: skip


def tell_late(rc: Sandbox, seed: int, zone: str) -> None:
    """Add conversations that have long begun, and whose main records are hours from showing."""
    now = rc.clock.now_ms()
    weeks = Weeks(rc.company, seed, zone, serial=1_000_000)
    begin = now - 8 * HOUR
    stories = [
        one
        for one in weeks.stories(begin, 1, 60)
        # The record of the caller's own phone, if it were alone, would tell of another call.
        if one.end < now - 20 * MINUTE and one.form != "ringout"
    ]
    assert len(stories) > 10
    rc.tell(*(replace(one, late=now + 3 * HOUR - one.end) for one in stories))


def check_every_mart(open_warehouse, kind: str, scene: str) -> None:
    """Compare after a full build and, with late, changed and deleted calls, after the next."""
    one = SCENES[scene]
    with Sandbox(
        calls=0, days=16, extensions=16, conversations=600, seed=one.seed, now=one.now,
        zone=one.zone, habits=one.habits, limits=FREE,
    ) as rc:  # fmt: skip
        compared = Comparison(rc, open_warehouse(kind, one.zone), one)
        tell_late(rc, one.seed, one.zone)
        compared.read()
        compared.build()
        compared.check()
        disturb(rc)
        rc.clock.advance(hours=5)
        compared.read()
        compared.build()
        compared.check()
        compared.check_that_little_was_built()


class TestPostgres:
    """A class of its own, so that another process can take the other database at the same time."""

    @pytest.mark.parametrize(
        "scene",
        [
            "account, New York in March",
            "account, New York in November",
            "extensions, Berlin in March",
        ],
    )
    def test_every_mart_says_what_happened(self, open_warehouse, scene):
        """After a full build, and hours later after the next."""
        check_every_mart(open_warehouse, "postgres", scene)


class TestDuckDB:
    """See `TestPostgres`."""

    @pytest.mark.parametrize(
        "scene",
        ["account, New York in March", "account, Berlin in October", "extensions, Kolkata"],
    )
    def test_every_mart_says_what_happened(self, open_warehouse, scene):
        """After a full build, and hours later after the next."""
        check_every_mart(open_warehouse, "duckdb", scene)

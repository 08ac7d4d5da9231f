"""Calls that a test added or changed: a plan, and fields that override the record's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.instants import MINUTE, SECOND, to_ms
from sandbox.kinds import KIND_NAMED
from sandbox.plans import NOBODY, Plan, mix, number_of

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.people import People

# Numbers of added calls are higher than those of all generated calls.
_FIRST_ADDED = 1 << 26


@dataclass(slots=True)
class Edited:
    """A call that a test added or changed.

    Attributes:
        plan: its plan.
        extensions: indices of the extensions whose logs contain it.
        fields: overrides of the rendered record.
        leg: overrides of its first leg.
        touched: when it was last changed, ms; 0 for never.
        told: the record as JSON, if it is not rendered from the plan.
    """

    plan: Plan
    extensions: tuple[int, ...]
    fields: dict[str, Any] = field(default_factory=dict)
    leg: dict[str, Any] = field(default_factory=dict)
    touched: int = 0
    told: bytes = b""

    @classmethod
    def of(cls, plan: Plan) -> Edited:
        """Return an unchanged call in the form that can be changed."""
        partner = () if plan.partner == NOBODY else (plan.partner,)
        return cls(plan, (plan.extension, *partner))

    @classmethod
    def added(cls, serial: int, seed: int, people: People, kind: str) -> Edited:
        """Return a new call; `serial` is unique among added calls.

        Raises:
            KeyError: there is no such kind.
        """
        bits = mix(seed << 20 | serial)
        number = number_of(_FIRST_ADDED + serial, bits)
        plan = Plan(number, 0, bits, len(people.desks), KIND_NAMED[kind])
        plan.duration, plan.deleted = MINUTE, 0
        return cls.of(plan)

    def update(self, fields: dict[str, Any], people: People, now: int) -> None:
        """Change the call.

        Args:
            fields: `start_time`, `duration` (s), `visible_at` and `extension_ids` set the call's
                plan, `recording_at` and `revised_at` its later changes (None for never); `leg`
                overrides fields of the first leg; every other name is a field of the record.
                `startTime` means `start_time`; a trailing underscore (`from_`) is dropped.
            people: the people of the extensions.
            now: the sandbox's time, ms.

        Raises:
            ValueError: a time or an extension id makes no sense.
        """
        plan = self.plan
        fields = {name.removesuffix("_"): value for name, value in fields.items()}
        start = fields.pop("startTime", None)
        start = fields.pop("start_time", start)
        moved = start is not None or "duration" in fields
        if "duration" in fields:
            plan.duration = round(float(fields.pop("duration")) * SECOND)
        if start is not None:
            plan.start = to_ms(start)
        elif not plan.start:
            plan.start, moved = now - plan.duration - MINUTE, True
        if moved:
            plan.schedule()
        for name, attribute in (
            ("visible_at", "visible"),
            ("recording_at", "recorded"),
            ("revised_at", "revised"),
        ):
            if name in fields:
                setattr(plan, attribute, _moment(fields.pop(name)))
        if "extension_ids" in fields:
            ids = [desk.id for desk in people.desks]
            self.extensions = tuple(ids.index(str(one)) for one in fields.pop("extension_ids"))
            plan.extension = self.extensions[0]
            both = plan.kind.internal and len(self.extensions) > 1
            plan.partner = self.extensions[1] if both else NOBODY
        self.leg.update(fields.pop("leg", {}))
        self.fields.update(fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A record written elsewhere (such as `sandbox.company`), and the moments of its changes.

    Attributes:
        record: the record, without its id, address, recording and message.
        start: when it begins, ms; all moments here are in ms.
        end: when it ends.
        visible: when it appears.
        recorded: when its recording is ready; 0 for never.
        kind: its kind of call, which determines whether it is a voicemail or a fax.
        extensions: indices of the extensions whose logs contain it.
        contact: index of the outsider.
    """

    record: dict[str, Any]
    start: int
    end: int
    visible: int
    recorded: int
    kind: str
    extensions: tuple[int, ...]
    contact: int

    def entry(self, number: int, bits: int, extensions: int) -> Edited:
        """Return the record as a call of the log."""
        plan = Plan(number, self.start, bits, extensions, KIND_NAMED[self.kind])
        plan.duration, plan.contact = self.end - self.start, self.contact
        plan.visible, plan.recorded = self.visible, self.recorded
        plan.revised = plan.deleted = 0
        plan.partner = NOBODY
        plan.extension = next(iter(self.extensions), 0)
        return Edited(plan, self.extensions, told=msgspec.json.encode(self.record))


def _moment(value: datetime | str | None) -> int:
    return 0 if value is None else to_ms(value)

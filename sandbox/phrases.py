"""The parts of a record that depend only on the kind of call, as prerendered JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox.kinds import KINDS, MISSED_BY_MEMBER

if TYPE_CHECKING:
    from sandbox.kinds import Kind

_REASONS = {
    "No Answer": "The call was not answered in time.",
    "Hang Up": "The caller hung up before anyone answered.",
    "Line Busy": "The number dialled was busy.",
    "Number Blocked": "The number is on the list of blocked numbers.",
}


@dataclass(frozen=True, slots=True)
class Phrases:
    """The JSON of a kind of call; each piece ends before the names of the parties.

    Attributes:
        record: the piece for the record.
        legs: the piece for each leg.
        transport: the record's `transport`, in the Detailed view.
    """

    record: str
    legs: tuple[str, ...]
    transport: str


def phrases(kind: Kind) -> Phrases:
    """Return the JSON that all calls of a kind share."""
    internal_type = "Local" if kind.internal else "LongDistance"
    if kind.type == "Fax":
        internal_type = "Usual"
    about = f'"type":"{kind.type}","internalType":"{internal_type}","direction":"{kind.direction}"'
    outcome = f'"action":"{kind.action}","result":"{kind.result}"'
    if kind.reason:
        outcome += f',"reason":"{kind.reason}","reasonDescription":"{_REASONS[kind.reason]}"'
    transport = f'"transport":"{kind.transport}"'
    outcomes = [outcome, *(f'"action":"{leg.action}","result":"{leg.result}"' for leg in kind.legs)]
    del outcomes[1]  # the first leg, the master, has the call's result
    return Phrases(
        f',{about},{outcome},"from":',
        tuple(
            f',{about},{transport},{ended},"legType":"{leg.leg_type}","from":'
            for ended, leg in zip(outcomes, kind.legs, strict=True)
        ),
        f",{transport}",
    )


SETTLED = {kind.name: phrases(kind) for kind in (*KINDS, MISSED_BY_MEMBER)}
"""What is said once all is known."""

UNSETTLED = {
    **SETTLED,
    **{kind.name: phrases(replace(kind, result="Unknown")) for kind in KINDS if kind.reason},
}
"""What is said before the record is revised."""

RECEIVED = {
    kind.name: phrases(replace(kind, direction="Inbound", result="Accepted"))
    for kind in KINDS
    if kind.internal
}
"""What is said of an internal call in the log of whom it was to."""

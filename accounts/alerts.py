"""What is the matter with accounts, by what Dagster knows; and what of it is news."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from accounts.retention import LOST, Attention

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The metadata of the check `retention` that hold what it has found.
ATTENTION = "attention"

_PARTITION = "dagster/partition"
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
# What is told of the check itself, and how what it has found begins.
_CHECK, _FOUND = "check_retention", "account "


def matters(
    instance: dg.DagsterInstance, accounts: Iterable[str], told: Mapping[str, str]
) -> dict[str, str]:
    """Return what is the matter now, by what tells one matter from another.

    Args:
        instance: Dagster's.
        accounts: the names of the accounts.
        told: what was the matter before: of a table that cannot be asked, nothing else is known.
    """
    now = {}
    for name in accounts:
        run = _last(instance, "read_accounts", {_PARTITION: name})
        if run and run.status is dg.DagsterRunStatus.FAILURE:
            now[f"run of {name}"] = _why(instance, run)
    check = _last(instance, _CHECK)
    if check is None:
        return now
    result = _result(instance, check)
    if result and ATTENTION in result.metadata:
        rows: Any = result.metadata[ATTENTION].value
        return now | {one.key: one.text for one in (Attention(**row) for row in rows)}
    if result or check.status is dg.DagsterRunStatus.FAILURE:
        now[_CHECK] = (result and result.description) or _why(instance, check)
    return now | {key: text for key, text in told.items() if key.startswith(_FOUND)}


def changes(told: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return a line for all that has begun, and for all that is over.

    Args:
        told: what was the matter before.
        now: what is the matter now.
    """
    begun = [f"{key}: {text}" for key, text in now.items() if key not in told]
    # What is lost is not over when it is no longer news.
    over = [f"{key}: this is over" for key in told if key not in now and not key.endswith(LOST)]
    return [*sorted(begun), *sorted(over)]


def _last(
    instance: dg.DagsterInstance, job: str, tags: Mapping[str, str] | None = None
) -> dg.DagsterRun | None:
    """Return the last run of a job that has ended by itself."""
    found = dg.RunsFilter(job_name=job, statuses=_ENDED, tags=tags)
    return next(iter(instance.get_runs(found, limit=1)), None)


def _result(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.AssetCheckEvaluation | None:
    """Return what a run's check has found, if it came to that."""
    entries = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    events = [one.dagster_event for one in entries if one.dagster_event]
    return events[-1].asset_check_evaluation_data if events else None


def _why(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """Say why a run has failed, in the words of the tap or the target where there are any."""
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        failed = entry.dagster_event and entry.dagster_event.step_failure_data
        if failed and failed.user_failure_data and failed.user_failure_data.description:
            return failed.user_failure_data.description
        if failed and failed.error:
            return _without_class((failed.error.cause or failed.error).message)
    return "it ended without a word, as if it had been killed"


def _without_class(message: str) -> str:
    """Return an error's message without the name of its class, by which Dagster begins it."""
    name, _, text = message.strip().partition(": ")
    return text if text and " " not in name else message.strip()

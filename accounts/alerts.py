"""The problems of accounts that Dagster knows about, and which of them are new or resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from accounts.retention import LOST, Attention

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The name of the metadata in which the check `retention` stores its findings.
ATTENTION = "attention"

_PARTITION = "dagster/partition"
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
# The key of a problem of the check itself, and the beginning of the keys of its findings.
_CHECK, _FOUND = "check_retention", "account "


def matters(
    instance: dg.DagsterInstance, accounts: Iterable[str], told: Mapping[str, str]
) -> dict[str, str]:
    """Return the current problems as texts by key. The key identifies the problem.

    Args:
        instance: Dagster's instance.
        accounts: the names of the accounts.
        told: the problems known before. They remain while the table cannot be queried.
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
    """Return a line for each problem that has begun, and for each one that is resolved.

    Args:
        told: the problems known before.
        now: the current problems.
    """
    begun = [f"{key}: {text}" for key, text in now.items() if key not in told]
    # Lost data is not resolved when it is no longer listed.
    over = [f"{key}: resolved" for key in told if key not in now and not key.endswith(LOST)]
    return [*sorted(begun), *sorted(over)]


def _last(
    instance: dg.DagsterInstance, job: str, tags: Mapping[str, str] | None = None
) -> dg.DagsterRun | None:
    """Return the last run of a job that succeeded or failed."""
    found = dg.RunsFilter(job_name=job, statuses=_ENDED, tags=tags)
    return next(iter(instance.get_runs(found, limit=1)), None)


def _result(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.AssetCheckEvaluation | None:
    """Return the result of a run's check, if it has one."""
    entries = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    events = [one.dagster_event for one in entries if one.dagster_event]
    return events[-1].asset_check_evaluation_data if events else None


def _why(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """Return why a run failed: the error line of the tap or the target, if there is one."""
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        failed = entry.dagster_event and entry.dagster_event.step_failure_data
        if failed and failed.user_failure_data and failed.user_failure_data.description:
            return failed.user_failure_data.description
        if failed and failed.error:
            return _without_class((failed.error.cause or failed.error).message)
    return "it ended without an error message, as if it was killed"


def _without_class(message: str) -> str:
    """Return an error's message without the class name that Dagster puts before it."""
    name, _, text = message.strip().partition(": ")
    return text if text and " " not in name else message.strip()

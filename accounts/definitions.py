"""The Dagster project: `dagster dev -m accounts.definitions`, in the Meltano project's folder.

Each account is a partition, and a run of the partition is a `meltano run`. `dagster.yaml` allows
several runs at the same time, but only one per account.

Environment: `MELTANO_PROJECT_ROOT` (default: the current folder), `ACCOUNTS_TARGET` (default:
target-postgres), `ACCOUNTS_SCHEDULE` (cron, default: hourly), `ACCOUNTS_PAUSE` (minimum pause
before the first retry, in seconds, default: 90), `ACCOUNTS_ALERTS` (a webhook),
`ACCOUNTS_SILENT_DAYS` (number of days without a run after which an account counts as stopped,
default: 2).
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import dagster as dg
import requests

from accounts.alerts import ATTENTION, changes, matters
from accounts.listing import read
from accounts.meltano import Project
from accounts.retention import UNKNOWN, NoRetentionError, attention

TRIES = 4

_ROOT = Path(os.environ.get("MELTANO_PROJECT_ROOT", "."))
_PROJECT = Project(
    _ROOT, read(_ROOT / "accounts.yml"), os.environ.get("ACCOUNTS_TARGET", "target-postgres")
)
_PARTITION = "dagster/partition"
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dg.asset(
    partitions_def=dg.StaticPartitionsDefinition([one.name for one in _PROJECT.accounts]),
    description="The data of an account in the target.",
)
def archive(context: dg.AssetExecutionContext) -> None:
    """Run the pipeline of an account. If it fails, try it again after a pause.

    Every request during a penalty of RingCentral's restarts it. The tap waits for the end of a
    usual penalty itself, so it is over when a run fails. The pause is longer than a penalty,
    doubles with each try, and lasts at least as long as RingCentral asked. During the pause the run
    has not ended, so nothing else reads the account.
    """
    ended = _PROJECT.run(context.partition_key, sys.stdout.write)
    if not ended.status:
        return
    for line in ended.errors:
        context.log.error(line)
    msg = "; ".join(ended.errors) or f"meltano ended with status {ended.status}"
    least = float(os.environ.get("ACCOUNTS_PAUSE", "90"))
    pause = ended.pause(at_least=least * 2**context.retry_number)
    if pause is None or context.retry_number >= TRIES - 1:
        raise dg.Failure(msg, allow_retries=False)
    raise dg.RetryRequested(max_retries=TRIES - 1, seconds_to_wait=pause) from dg.Failure(msg)


@dg.asset_check(asset=archive, blocking=True)
def retention() -> dg.AssetCheckResult:
    """No account has data that RingCentral deletes before it is archived, as far as is known."""
    try:
        found = attention(
            os.environ.get("TARGET_POSTGRES_SQLALCHEMY_URL", ""),
            int(os.environ.get("ACCOUNTS_SILENT_DAYS", "2")),
        )
    except NoRetentionError as error:
        return dg.AssetCheckResult(passed=False, description=str(error))
    # If something is only unknown, the check fails with a warning: it is not urgent.
    is_unknown = all(one.state == UNKNOWN for one in found)
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN if is_unknown else dg.AssetCheckSeverity.ERROR,
        description="; ".join(map(str, found)) or None,
        metadata={ATTENTION: dg.MetadataValue.json([asdict(one) for one in found])},
    )


read_accounts = dg.define_asset_job(
    "read_accounts", dg.AssetSelection.assets(archive).without_checks()
)
check_retention = dg.define_asset_job("check_retention", dg.AssetSelection.checks(retention))


@dg.schedule(
    job=read_accounts,
    cron_schedule=os.environ.get("ACCOUNTS_SCHEDULE", "@hourly"),
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def each_account(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """Read every account whose last run has ended: a day-long backfill must not queue 24 runs."""
    unfinished = context.instance.get_runs(
        dg.RunsFilter(job_name=read_accounts.name, statuses=_UNFINISHED)
    )
    busy = {run.tags.get(_PARTITION) for run in unfinished}
    free = [one.name for one in _PROJECT.accounts if one.name not in busy]
    if not free:
        return dg.SkipReason("the last run of each account is still running")
    when = context.scheduled_execution_time.isoformat()
    return [dg.RunRequest(run_key=f"{name} {when}", partition_key=name) for name in free]


retention_daily = dg.ScheduleDefinition(
    job=check_retention, cron_schedule="0 7 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
)


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def alert(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Post to the webhook when a problem begins and when it is resolved, once each.

    The sensor's cursor holds the problems that were posted. It changes only after the webhook has
    accepted them, so the next tick repeats a post that failed.
    """
    told: dict[str, str] = json.loads(context.cursor or "{}")
    now = matters(context.instance, [one.name for one in _PROJECT.accounts], told)
    lines = changes(told, now)
    for line in lines:
        context.log.info(line)
    if lines and (url := os.environ.get("ACCOUNTS_ALERTS")):
        tell(url, "\n".join(lines))
    context.update_cursor(json.dumps(now))
    return dg.SkipReason("; ".join(lines) or "no problem has begun or been resolved")


def tell(url: str, text: str) -> None:
    """Send a text to the webhook.

    Args:
        url: the webhook. It is a secret: anyone who has it can post, so no message contains it.
        text: the text.

    Raises:
        ConnectionError: when the webhook does not accept it.
    """
    try:
        requests.post(url, json={"text": text}, timeout=10).raise_for_status()
    except requests.RequestException as error:
        msg = f"the webhook of ACCOUNTS_ALERTS did not accept the alert ({type(error).__name__})"
        raise ConnectionError(msg) from None


defs = dg.Definitions(
    assets=[archive],
    asset_checks=[retention],
    jobs=[read_accounts, check_retention],
    schedules=[each_account, retention_daily],
    sensors=[alert],
    executor=dg.in_process_executor,
)

"""The Dagster project: `dagster dev -m accounts.definitions`, in the Meltano project's folder.

One partition is one account, and a run of it is `meltano run`. What makes them go side by side, but
one run of an account at a time, is in `dagster.yaml`.

Environment: `MELTANO_PROJECT_ROOT` (default: this folder), `ACCOUNTS_TARGET` (default:
target-postgres), `ACCOUNTS_SCHEDULE` (cron, default: hourly), `ACCOUNTS_PAUSE` (least seconds
before a failed account is tried again, default: 90), `ACCOUNTS_ALERTS` (a webhook).
"""

import os
import sys
from pathlib import Path

import dagster as dg
import requests

from accounts.listing import read
from accounts.meltano import Project
from accounts.retention import NoRetentionError, dangers

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
    description="All that the target holds of an account.",
)
def archive(context: dg.AssetExecutionContext) -> None:
    """Run the pipeline of an account; when it fails, try again after a pause.

    RingCentral's penalty starts anew with each request made inside it. The tap sits out a usual one
    by itself, so it is over when a run fails; the pause is longer than that, doubles from try to
    try, and is as long as RingCentral asked for where it did. Meanwhile the run is not over, so
    nothing else reads the account.
    """
    ended = _PROJECT.run(context.partition_key, sys.stdout.write)
    if not ended.status:
        return
    for line in ended.errors:
        context.log.error(line)
    msg = "; ".join(ended.errors) or f"meltano ended with status {ended.status}"
    least = float(os.environ.get("ACCOUNTS_PAUSE", "90"))
    pause = ended.pause(at_least=least * 2**context.retry_number)
    if pause is None:
        raise dg.Failure(msg, allow_retries=False)
    raise dg.RetryRequested(max_retries=TRIES - 1, seconds_to_wait=pause) from dg.Failure(msg)


@dg.asset_check(asset=archive, blocking=True)
def retention() -> dg.AssetCheckResult:
    """RingCentral forgets nothing before it is archived, in any account."""
    try:
        found = [str(one) for one in dangers(os.environ.get("TARGET_POSTGRES_SQLALCHEMY_URL", ""))]
    except NoRetentionError as error:
        found = [str(error)]
    return dg.AssetCheckResult(
        passed=not found,
        description="; ".join(found) or None,
        metadata={"in danger": dg.MetadataValue.json(found)},
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
    """Read every account whose last run is over: a backfill of a day must not queue up 24 more."""
    unfinished = context.instance.get_runs(
        dg.RunsFilter(job_name=read_accounts.name, statuses=_UNFINISHED)
    )
    busy = {run.tags.get(_PARTITION) for run in unfinished}
    free = [one.name for one in _PROJECT.accounts if one.name not in busy]
    if not free:
        return dg.SkipReason("the last run of each account is still under way")
    when = context.scheduled_execution_time.isoformat()
    return [dg.RunRequest(run_key=f"{name} {when}", partition_key=name) for name in free]


retention_daily = dg.ScheduleDefinition(
    job=check_retention, cron_schedule="0 7 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
)


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING)
def alert(context: dg.RunFailureSensorContext) -> None:
    """Tell the webhook of a failed run: of an account, or of the check of `retention`."""
    text = failure_text(context)
    context.log.error(text)
    if url := os.environ.get("ACCOUNTS_ALERTS"):
        requests.post(url, json={"text": text}, timeout=10).raise_for_status()


def failure_text(context: dg.RunFailureSensorContext) -> str:
    """Say which run failed, and why.

    Args:
        context: the sensor's.
    """
    run = context.dagster_run
    entries = context.instance.all_logs(run.run_id, dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    checks = [one.dagster_event.asset_check_evaluation_data for one in entries if one.dagster_event]
    said = [check.description for check in checks if check.description]
    errors = [event.step_failure_data.error for event in context.get_step_failure_events()]
    said = said or [(error.cause or error).message.strip() for error in errors if error]
    why = "; ".join(said) or context.failure_event.message
    return f"{run.job_name} {run.tags.get(_PARTITION, '')}: {why}"


defs = dg.Definitions(
    assets=[archive],
    asset_checks=[retention],
    jobs=[read_accounts, check_retention],
    schedules=[each_account, retention_daily],
    sensors=[alert],
    executor=dg.in_process_executor,
)

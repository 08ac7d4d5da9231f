"""One DAG for each account, for Airflow 3: put it into the folder of DAGs.

`RINGCENTRAL_PROJECT` names the Meltano project, whose `.venv` holds Meltano: Airflow and Meltano
want different versions of the same packages. Credentials are in the workers' environment.
"""

import os
from datetime import timedelta
from pathlib import Path

import yaml
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PROJECT = Path(os.environ["RINGCENTRAL_PROJECT"])

for _account in yaml.safe_load((PROJECT / "accounts.yml").read_text()):
    _name = _account["name"]
    with DAG(
        dag_id=f"ringcentral-{_name}",
        schedule="@hourly",
        # The bookmark tells where to go on: there is nothing to catch up with.
        catchup=False,
        # One run of an account at a time: two would share its rate limit and its state.
        max_active_runs=1,
        default_args={
            "retries": 2,
            # Longer than RingCentral's usual penalty, and than the five minutes for which Meltano
            # takes a killed run for a live one.
            "retry_delay": timedelta(minutes=6),
            "retry_exponential_backoff": True,
        },
        tags=["ringcentral"],
    ) as dag:
        BashOperator(
            task_id="read",
            # exec: Airflow's SIGTERM then reaches Meltano, and through it the tap.
            bash_command=f"exec .venv/bin/meltano run tap-ringcentral--{_name} target-postgres",
            cwd=str(PROJECT),
        )
    globals()[dag.dag_id] = dag

"""One DAG per account, for Airflow 3. Put this file into the DAGs folder.

`RINGCENTRAL_PROJECT` is the folder of the Meltano project. Meltano is in its `.venv`, because
Airflow and Meltano need different versions of the same packages. Credentials are in the workers'
environment.
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
        # Each run continues from the bookmark, so missed runs need no catch-up.
        catchup=False,
        # One run per account at a time: two runs would share its rate limit and its state.
        max_active_runs=1,
        default_args={
            "retries": 2,
            # Longer than RingCentral's usual penalty, and than the five minutes during which
            # Meltano considers a killed run alive.
            "retry_delay": timedelta(minutes=6),
            "retry_exponential_backoff": True,
        },
        tags=["ringcentral"],
    ) as dag:
        BashOperator(
            task_id="read",
            # With exec, Airflow's SIGTERM reaches Meltano, which passes it to the tap.
            bash_command=f"exec .venv/bin/meltano run tap-ringcentral--{_name} target-postgres",
            cwd=str(PROJECT),
        )
    globals()[dag.dag_id] = dag

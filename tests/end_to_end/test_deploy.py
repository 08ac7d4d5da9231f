"""The files for Docker, Kubernetes and Airflow: as far as they can be checked without either."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from fixtures import ROOT
from kubernetes_validate import ValidationError, latest_version, validate
from loaded import settings
from many import DOCUMENT, block
from waiting import PATIENCE

from accounts.listing import Account

DEPLOY = ROOT / "deploy"
MADE_BY_THE_TEAM = {"accounts.yml", "accounts.meltano.yml"}


@pytest.fixture
def cronjob():
    """The CronJob."""
    return yaml.safe_load((DEPLOY / "cronjob.yaml").read_text())


def pod_of(cronjob):
    """Return the definition of a CronJob's pod."""
    return cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def check(resource):
    """Hold a resource to Kubernetes' own schema; unknown fields are errors, too."""
    validate(resource, latest_version(), strict=True)


def test_the_cronjob_never_runs_twice_at_once(cronjob):
    """The CronJob is what Kubernetes takes, runs an account's plugin, and never two at once."""
    check(cronjob)
    assert cronjob["spec"]["concurrencyPolicy"] == "Forbid"
    (container,) = pod_of(cronjob)["containers"]
    assert container["args"] == ["run", Account("north").plugin, "target-postgres"]
    assert not any("SECRET" in one["name"] or "JWT" in one["name"] for one in container["env"])


def test_the_checker_finds_a_misspelt_field(cronjob):
    """The schema is strict: a misspelt field would be found."""
    cronjob["spec"]["concurencyPolicy"] = cronjob["spec"].pop("concurrencyPolicy")
    with pytest.raises(ValidationError):
        check(cronjob)


def test_cronjob_of_another_account():
    """The line that the file shows makes the CronJob of another account."""
    text = (DEPLOY / "cronjob.yaml").read_text()
    (line,) = re.findall(r"^#   (sed .*) \|", text, re.MULTILINE)
    made = subprocess.check_output(["/bin/bash", "-c", line], cwd=ROOT, text=True)
    check(yaml.safe_load(made))
    assert "north" not in str(yaml.safe_load(made))
    assert Account("west").plugin in made


def test_a_token_stores_volume_fits_into_the_cronjob(cronjob):
    """The volume for a token store fits into the CronJob."""
    claim, parts = yaml.safe_load_all(block("test_deploy.py", "yaml"))
    check(claim)
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]
    pod = pod_of(cronjob)
    pod["volumes"] += parts["volumes"]
    pod["containers"][0]["volumeMounts"] += parts["volumeMounts"]
    check(cronjob)
    (volume,), (mount,) = parts["volumes"], parts["volumeMounts"]
    assert volume["name"] == mount["name"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert f"_TOKEN_STORE={mount['mountPath']}/" in DOCUMENT.read_text()


def test_the_pod_has_no_right_that_a_run_does_not_need(cronjob):
    """What Kubernetes calls the restricted standard, and a root file system that is read-only.

    https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    """
    pod = pod_of(cronjob)
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.prove
def test_a_run_writes_only_where_the_pod_mounts_something(cronjob, project, database):
    """Not beside the plugins, which the image holds."""
    (container,) = pod_of(cronjob)["containers"]
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts == {"/project/.meltano/run", "/tmp"}  # noqa: S108 - the pod's own

    def files():
        return {
            path: path.stat().st_mtime_ns
            for path in project.root.rglob("*")
            # Python keeps what it has compiled where it can, and does without where it cannot.
            if path.is_file() and path.suffix != ".pyc"
        }

    before = files()
    project.meltano("run", "tap-ringcentral", "target-postgres", **settings(database))
    written = {path for path, when in files().items() if before.get(path) != when}
    assert written
    assert {path.relative_to(project.root).parts[:2] for path in written} == {(".meltano", "run")}


def test_each_package_of_the_image_has_its_hash():
    """Those of the image itself, and those of the plugins that Meltano installs into it."""
    for name in ("image", "image-plugins", "release"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", "")
        packages = re.findall(r"^[A-Za-z0-9].*$", text, re.MULTILINE)
        assert len(packages) > 10
        assert all("==" in one and "--hash=sha256:" in one for one in packages)
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert "--require-hashes --requirement requirements/image.txt" in dockerfile
    assert "UV_CONSTRAINT=/project/requirements/image-plugins.txt" in dockerfile
    assert re.search(r"^FROM python:\S+@\$\{PYTHON_DIGEST\}$", dockerfile, re.MULTILINE)


@pytest.mark.prove
def test_plugins_are_installed_with_those_hashes_only(tmp_path):
    """Whatever the tap and the target need is among them; a wrong hash ends the installation."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    right = ROOT / "requirements" / "image-plugins.txt"
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(re.sub(r"sha256:....", "sha256:0000", right.read_text()))
    (target,) = re.findall(
        r"pip_url: (meltanolabs-target-postgres.*)", (ROOT / "meltano.yml").read_text()
    )

    def install(constraints):
        return subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", python, "--editable", ROOT, target],
            env={**os.environ, "UV_CONSTRAINT": constraints, "UV_BUILD_CONSTRAINT": constraints},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    assert "Hash mismatch" in install(wrong).stderr
    done = install(right)
    assert done.returncode == 0, done.stderr
    listed = subprocess.check_output(
        [uv, "pip", "freeze", "--python", python, "--exclude-editable"], text=True
    )
    pinned = set(re.findall(r"^(\S+==\S+)", right.read_text(), re.MULTILINE))
    assert set(listed.split()) <= pinned
    assert target in listed


def test_the_dockerfile_is_sound_and_its_files_are_there():
    """Hadolint has nothing to say, and everything that the image takes is there."""
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    text = (DEPLOY / "Dockerfile").read_text()
    copied = {
        name for line in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE) for name in line.split()
    }
    missing = {name for name in copied if not (ROOT / name).exists()}
    assert missing == MADE_BY_THE_TEAM
    assert copied > MADE_BY_THE_TEAM


@pytest.mark.prove
def test_airflow_loads_a_dag_for_each_account(tmp_path):
    """Airflow itself loads a DAG for each account, of which one run at a time is allowed."""
    python = airflow(tmp_path)
    (tmp_path / "accounts.yml").write_text("- name: north\n- name: west\n")
    done = subprocess.run(
        [python, "-c", LOAD, DEPLOY / "airflow_dag.py"],
        env={
            "PATH": "/usr/bin:/bin",
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "RINGCENTRAL_PROJECT": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert yaml.safe_load(done.stdout.splitlines()[-1]) == {
        f"ringcentral-{name}": [
            1,
            False,
            str(tmp_path),
            f"exec .venv/bin/meltano run {Account(name).plugin} target-postgres",
        ]
        for name in ("north", "west")
    }


LOAD = """
import sys, json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
print(json.dumps({
    dag.dag_id: [dag.max_active_runs, dag.catchup, task.cwd, task.bash_command]
    for dag in bag.dags.values() for task in dag.tasks
}))
"""


def airflow(folder):
    """Install Airflow into a virtual environment, and return its Python."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    needed = ROOT / "requirements" / "airflow.txt"
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", python, "--requirement", needed],
        check=True,
        timeout=PATIENCE,
    )
    return python

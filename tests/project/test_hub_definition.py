"""The Meltano Hub's plugin definition is what the tap says of itself, in the form of the Hub."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache

import pytest
import yaml

from hub import __main__ as command
from hub import texts
from hub.definition import Package, definition
from hub.settings import settings
from tap_ringcentral_calllog.auth.grants import grant_from
from tap_ringcentral_calllog.config.settings import Settings
from tap_ringcentral_calllog.errors import SettingsError

# As the Hub's JSON schema lists them.
KEYS = {
    "capabilities",
    "commands",
    "definition",
    "description",
    "docs",
    "domain_url",
    "executable",
    "hidden",
    "keywords",
    "label",
    "log_parser",
    "logo_url",
    "maintenance_status",
    "metadata",
    "name",
    "namespace",
    "next_steps",
    "pip_url",
    "prereq",
    "python",
    "quality",
    "repo",
    "requires",
    "schema",
    "select",
    "settings",
    "settings_group_validation",
    "settings_preamble",
    "supported_python_versions",
    "usage",
    "variant",
}
KINDS = {
    "array",
    "boolean",
    "date_iso8601",
    "decimal",
    "email",
    "file",
    "hidden",
    "integer",
    "oauth",
    "object",
    "options",
    "password",
    "string",
}
SETTING_KEYS = {"name", "label", "description", "kind", "value", "options", "sensitive"}
TEXTS = KEYS - {
    *("capabilities", "keywords", "select", "settings", "settings_group_validation"),
    *("supported_python_versions", "commands", "hidden", "metadata", "requires", "schema"),
}
PACKAGE = Package("tap-x-y", ("elt", "calls"), ("Development Status :: 3 - Alpha",), {})


def ask(*arguments):
    """Return what the tap says."""
    run = subprocess.run(
        [sys.executable, "-m", "tap_ringcentral_calllog", *arguments],
        check=True,
        capture_output=True,
    )
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def about():
    """What the tap says of itself."""
    return ask("--about", "--format=json")


@pytest.fixture(scope="module")
def file():
    """The committed definition: there is one."""
    (found,) = command.FOLDER.glob("*.yml")
    return found


@pytest.fixture(scope="module")
def committed(file):
    """What it says."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def test_the_committed_definition_is_current():
    """It is, byte by byte, what the script would write."""
    assert command.main(["--check"]) == 0


def test_a_check_finds_what_is_not_current(tmp_path, file, capsys, monkeypatch):
    """A changed, missing or surplus file fails the check with the difference; a run mends all."""
    # The tap says the same each time.
    monkeypatch.setattr(command, "ask", cache(command.ask))
    assert command.main(["--check"], tmp_path) == 1
    stale = tmp_path / file.name
    stale.write_text(file.read_text(encoding="utf-8").replace("kind: password", "kind: string", 1))
    (tmp_path / "former-owner.yml").write_text("")
    assert command.main(["--check"], tmp_path) == 1
    output = capsys.readouterr()
    assert "-  kind: string\n+  kind: password\n" in output.out
    assert "run python -m hub" in output.err
    assert command.main([], tmp_path) == 0
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
    assert command.main(["--check"], tmp_path) == 0
    (tmp_path / "former-owner.yml").write_text("")
    assert command.main(["--check"], tmp_path) == 1


def test_every_setting_is_there(about, committed):
    """Each setting of the tap is there with its words, its default and its secrecy; no other is."""
    written = {one["name"]: one for one in committed["settings"]}
    assert len(written) == len(committed["settings"])
    assert {name.partition(".")[0] for name in written} == about["settings"]["properties"].keys()
    for name, spec in about["settings"]["properties"].items():
        if name not in written:
            assert {f"{name}.{one}" for one in spec["properties"]} <= written.keys()
            continue
        one = written[name]
        assert (one["label"], one["description"]) == (spec["title"], spec["description"])
        assert one.get("value") == spec.get("default")
        assert one.get("sensitive", False) is spec.get("secret", False)
        choices = [choice for choice in spec.get("enum", []) if choice is not None]
        assert [option["value"] for option in one.get("options", [])] == choices


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ({"type": ["string"]}, "string"),
        ({"type": ["string", "null"], "secret": True}, "password"),
        ({"type": ["array", "null"], "secret": True}, "array"),
        ({"type": ["string", "null"], "format": "date-time"}, "date_iso8601"),
        ({"type": ["string", "null"], "enum": ["one"]}, "options"),
        ({"type": ["integer", "null"]}, "integer"),
        ({"type": ["null", "number"]}, "string"),
        ({"type": "boolean"}, "boolean"),
        ({"type": ["array", "null"]}, "array"),
        ({"type": ["object", "null"], "properties": {}}, "object"),
        ({"oneOf": [{"type": ["number"]}, {"type": "null"}]}, "string"),
        ({"oneOf": [{"type": ["number"]}, {"type": ["string"]}, {"type": "null"}]}, "string"),
        ({"oneOf": [{"type": ["string"]}, {"type": "array"}]}, "array"),
    ],
)
def test_a_settings_kind_follows_its_schema(spec, kind):
    """The Hub's kind is told by the type, the format, the choices and the secrecy of a setting."""
    schema = {"properties": {"x": {"title": "X", "description": "It.", **spec}}}
    assert [one["kind"] for one in settings(schema)] == [kind]


def test_capabilities_and_pythons_are_the_taps(about, committed):
    """The Hub promises what the tap can do, on the Python versions that it is for."""
    assert committed["capabilities"] == sorted(about["capabilities"])
    assert committed["supported_python_versions"] == about["supported_python_versions"]
    assert all(re.fullmatch(r"3\.\d+", one) for one in committed["supported_python_versions"])


def test_the_streams_selected_by_default_are(committed):
    """Meltano selects what the catalog selects, and the usage names all other streams."""
    roots = {
        stream["tap_stream_id"]: one["metadata"]["selected"]
        for stream in ask("--discover")["streams"]
        for one in stream["metadata"]
        if not one["breadcrumb"]
    }
    selected = [f"{name}.*" for name, selected in roots.items() if selected]
    assert committed["select"] == [*selected, "!call_log.legs"]
    assert f" _select '{json.dumps(committed['select'])}'\n" in committed["usage"]
    others = [name for name, selected in roots.items() if not selected]
    assert others
    assert all(f"`{name}`" in committed["usage"] for name in others)


@pytest.mark.parametrize("login", texts.LOGINS)
def test_a_group_of_settings_is_a_login(login, about, tmp_path):
    """Each group that the Hub asks for logs in, and none of its settings is needless."""
    values = {name: str(tmp_path / name) for name in login}
    grant_from(Settings.from_config(values).login)
    assert set(about["settings"]["required"]) <= set(login)
    for name in set(login) - {"client_id", "client_secret"}:
        with pytest.raises(SettingsError):
            grant_from(Settings.from_config({**values, name: ""}).login)


def test_what_is_said_by_hand_is_of_settings_that_there_are(about):
    """The kinds and choices that the script adds belong to settings and values of the tap."""
    properties = about["settings"]["properties"]
    assert texts.KINDS.keys() <= properties.keys()
    for name, choices in texts.CHOICES.items():
        assert choices.keys() == {one for one in properties[name]["enum"] if one is not None}


def test_the_form_is_the_hubs(committed):
    """Keys, kinds and types are those that the Hub's JSON schema allows."""
    assert {"name", "namespace", "variant", "quality"} <= committed.keys() <= KEYS
    assert all(isinstance(committed[one], str) for one in TEXTS & committed.keys())
    assert committed["quality"] in {"gold", "silver", "bronze", "unknown"}
    assert committed["maintenance_status"] in {
        *("active", "beta", "development", "inactive", "unknown")
    }
    assert all(
        committed[one].startswith("https://") for one in {"domain_url", "repo"} & {*committed}
    )
    assert committed["logo_url"].startswith("/assets/logos/extractors/")
    names = [one["name"] for one in committed["settings"]]
    assert names == sorted(names)
    for one in committed["settings"]:
        assert {"name", "label", "description", "kind"} <= one.keys() <= SETTING_KEYS
        assert one["kind"] in KINDS
        assert {type(option[key]) for option in one.get("options", []) for key in option} <= {str}
    for group in committed["settings_group_validation"]:
        assert group == sorted(group)
        assert set(group) <= set(names)


def test_the_yaml_is_as_the_hubs_lint_wants_it(file):
    """Keys stand in order, lists are not indented, nothing is in braces."""
    text = file.read_text(encoding="utf-8")

    def in_order(node):
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert keys == sorted(keys)
            assert not node.flow_style
        for child in node.value if not isinstance(node, yaml.ScalarNode) else ():
            for one in child if isinstance(child, tuple) else (child,):
                in_order(one)

    in_order(yaml.compose(text))
    assert "\nsettings:\n- " in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("urls", "variant"),
    [
        ({}, "y"),
        ({"Repository": "https://github.com/Some-Owner/tap-x"}, "some-owner"),
    ],
)
def test_the_variant_is_the_repositorys_owner(urls, variant, about):
    """As the Hub wants it; before there is a repository, the package's name tells it apart."""
    package = Package(PACKAGE.name, PACKAGE.keywords, PACKAGE.classifiers, urls)
    found = definition(about, {"a": True, "b": False}, package)
    assert found["variant"] == variant
    assert found.get("repo") == urls.get("Repository")
    assert found["pip_url"] == "tap-x-y"
    assert found["keywords"] == ["api", "calls"]
    assert found["maintenance_status"] == "development"
    assert found["select"] == ["a.*", "!call_log.legs"]

"""Extensions, the directory, call queues, the settings of recording, and active calls."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from sandbox import APP_PERMISSIONS, USER_PERMISSIONS, Fault, Habits
from sandbox.instants import parse

EXTENSION = "extension/{extensionId}"
QUEUE = "call-queues/{groupId}"
MEMBERS = f"{QUEUE}/members"


def refusal(answer):
    return answer.status_code, answer.json()["errorCode"]


def test_extensions_are_those_of_the_calls_and_more(opened):
    """The list has everybody in the call log by the same name, former and new users, and queues."""
    rc, client = opened(calls=500, extensions=12)
    answer = client.answer("extension", perPage=1000)
    listed = {str(one["id"]): one for one in answer["records"]}
    assert list(listed.values()) == rc.extensions_truth()
    assert set(rc.extension_ids) <= listed.keys()
    named = {
        (party["extensionId"], party["extensionNumber"], party["name"])
        for record in rc.truth()
        for leg in record["legs"]
        for party in (leg["from"], leg["to"])
        if "extensionId" in party
    }
    assert named
    for extension_id, number, name in named:
        one = listed[extension_id]
        assert (one["extensionNumber"], one["name"]) == (number, name)
    kinds = Counter((one["type"], one["status"]) for one in listed.values())
    assert kinds["User", "Enabled"] == 12
    assert kinds["User", "Disabled"] >= 1
    assert kinds["User", "NotActivated"] >= 1
    assert kinds["Department", "Enabled"] == 4
    assert {"IvrMenu", "Announcement", "Voicemail", "ParkLocation"} <= {kind for kind, _ in kinds}
    assert listed[rc.owner_id]["permissions"]["admin"]["enabled"]
    assert len(listed) == len({one["extensionNumber"] for one in listed.values()})


def test_extensions_belong_to_the_seed(opened):
    """The same seed makes the same extensions, another seed others."""
    one, again, other = (opened(seed=seed, calls=0)[0] for seed in (3, 3, 4))
    texts = [str(rc.extensions_truth()).replace(rc.url, "") for rc in (one, again, other)]
    assert texts[0] == texts[1] != texts[2]
    assert one.queue_members_truth() == again.queue_members_truth()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"status": "Disabled"}, lambda one: one["status"] == "Disabled"),
        ({"status": ["Disabled", "NotActivated"]}, lambda one: one["status"] != "Enabled"),
        ({"type": "Department"}, lambda one: one["type"] == "Department"),
        ({"type": ["IvrMenu", "User"]}, lambda one: one["type"] in {"IvrMenu", "User"}),
        ({"type": "User", "status": "Enabled"}, lambda one: one["extensionNumber"] < "2"),
        ({"extensionNumber": "102"}, lambda one: one["extensionNumber"] == "102"),
        ({"email": "nobody@example.com"}, lambda _: False),
        ({"status": "Unassigned"}, lambda _: False),
    ],
)
def test_each_filter_picks_its_extensions(opened, wanted, expected):
    """Extensions can be picked by status, type, number and e-mail address."""
    rc, client = opened(calls=0)
    truth = [one for one in rc.extensions_truth() if expected(one)]
    assert client.answer("extension", **wanted)["records"] == truth
    assert truth or "Unassigned" in wanted.values() or "email" in wanted


@pytest.mark.parametrize("wanted", [{"status": "Asleep"}, {"type": "Robot"}, {"perPage": 0}])
def test_a_wrong_filter_is_a_bad_parameter(opened, wanted):
    """What is no status, type or page size is a bad parameter."""
    _, client = opened(calls=0)
    assert refusal(client.get("extension", **wanted)) == (400, "CMN-101")


@pytest.mark.parametrize(
    ("path", "like"), [("extension", ""), ("call-queues", ""), ("call-queues/{}/members", MEMBERS)]
)
def test_each_page_tells_the_totals(opened, path, like):
    """Pages follow one another, and each tells how many pages and records there are."""
    rc, client = opened(calls=0, extensions=12)
    queues = rc.queue_members_truth()
    path = path.format(max(queues, key=lambda one: len(queues[one])))
    whole = client.answer(path, like)["records"]
    total, pages = len(whole), -(-len(whole) // 2)
    found = []
    for number in range(1, pages + 1):
        page = client.answer(path, like, page=number, perPage=2)
        found += page["records"]
        assert page["paging"] == {
            "page": number,
            "perPage": 2,
            "pageStart": len(found) - len(page["records"]),
            "pageEnd": len(found) - 1,
            "totalPages": pages,
            "totalElements": total,
        }
        assert ("nextPage" in page["navigation"]) is (number < pages)
        assert f"page={pages}" in page["navigation"]["lastPage"]["uri"]
        if number < pages:
            assert client.fetch(page["navigation"]["nextPage"]["uri"]).status_code == 200
    assert found == whole
    assert pages > 1


def test_one_extension_tells_more(opened):
    """One extension tells more, and the own one the features that its account has."""
    rc, client = opened(calls=0, hipaa=True)
    own = client.answer("extension/~", EXTENSION)
    features = {one["featureName"]: one["enabled"] for one in own["serviceFeatures"]}
    assert (features["SMS"], features["HipaaCompliance"]) == (False, True)
    assert own["account"]["id"] == rc.account_id
    for one in rc.extensions_truth():
        about = client.answer(f"extension/{one['id']}", EXTENSION)
        assert {name: about[name] for name in one} == one
        assert ("statusInfo" in about) is (one["status"] == "Disabled")


def test_the_directory_has_users_and_queues(opened):
    """The directory has active users with their numbers, and queues; its pages have no links."""
    rc, client = opened(calls=0, extensions=12)
    answer = client.answer("directory/entries")
    known = {str(one["id"]): one for one in rc.extensions_truth()}
    assert answer.keys() == {"records", "paging"}
    assert answer["paging"]["totalElements"] == len(answer["records"])
    assert set(rc.extension_ids) <= {one["id"] for one in answer["records"]}
    for one in answer["records"]:
        assert known[one["id"]]["status"] != "Disabled"
        name = one.get("name") or f"{one['firstName']} {one['lastName']}"
        assert name == known[one["id"]]["name"]
        assert one["account"]["id"] == rc.account_id
    assert answer["records"][0]["phoneNumbers"][0]["phoneNumber"].startswith("+1650555")
    queues = client.answer("directory/entries", type="Department", showFederated="false")
    assert len(queues["records"]) == 4
    assert "account" not in queues["records"][0]


@pytest.mark.parametrize(
    ("asked", "size"), [({}, 1000), ({"perPage": 3}, 3), ({"perPage": 5000}, 2000)]
)
def test_a_directorys_page_holds_a_thousand_entries(opened, asked, size):
    """A directory's page holds 1,000 entries unless asked otherwise, and 2,000 at most."""
    _, client = opened(calls=0)
    whole = client.answer("directory/entries", perPage="all")["records"]
    paging = client.answer("directory/entries", **asked)["paging"]
    assert paging["perPage"] == size
    found = [
        one
        for page in range(1, paging["totalPages"] + 1)
        for one in client.answer("directory/entries", **asked, page=page)["records"]
    ]
    assert found == whole


def test_queues_have_members(opened):
    """The queues are those of the calls, and each has members, who are users of the account."""
    rc, client = opened(calls=500, extensions=20)
    queues = client.answer("call-queues")["records"]
    truth = rc.queue_members_truth()
    assert [one["id"] for one in queues] == list(truth)
    called = {
        (record["to"]["extensionId"], record["to"]["name"])
        for record in rc.truth()
        if record["to"].get("extensionNumber", "").startswith("8")
    }
    assert called
    assert called <= {(one["id"], one["name"]) for one in queues}
    for queue_id, members in truth.items():
        found = client.answer(f"call-queues/{queue_id}/members", MEMBERS)["records"]
        assert [str(one["id"]) for one in found] == members
        assert 1 <= len(members) < 20
        assert set(members) <= set(rc.extension_ids)
        mine = client.answer("call-queues", memberExtensionId=members[0])["records"]
        assert queue_id in {one["id"] for one in mine}
        assert len(mine) == sum(members[0] in other for other in truth.values())
    for nothing in (rc.owner_id, "5", "x"):
        assert refusal(client.get(f"call-queues/{nothing}/members")) == (404, "CMN-102")
        assert refusal(client.get(f"call-queues/{nothing}")) == (404, "CMN-102")


def test_only_a_queues_own_route_has_its_service_level(opened):
    """The list leaves it out; the list of extensions has the same four settings."""
    _, client = opened(calls=0)
    listed = client.answer("call-queues")["records"]
    infos = {str(one["id"]): one for one in client.answer("extension")["records"]}
    goals = set()
    for one in listed:
        whole = client.answer(f"call-queues/{one['id']}", QUEUE)
        own = {name: whole.pop(name) for name in whole.keys() - one.keys()}
        assert whole == one
        assert own.keys() == {"serviceLevelSettings", "editableMemberStatus", "alertTimer"}
        assert own["serviceLevelSettings"] == infos[one["id"]]["callQueueInfo"]
        goals.add(tuple(own["serviceLevelSettings"].values()))
    assert len(goals) == len(listed) == 4


def test_the_settings_tell_how_long_recordings_are_kept(opened):
    """The settings tell how long this account keeps recordings, and how many."""
    for options, days in (({}, 90), ({"hipaa": True}, 30), ({"recording_days": 7}, 7)):
        _, client = opened(calls=0, **options)
        settings = client.answer("call-recording")
        assert settings["onDemand"]["retentionPeriod"] == days
        assert settings["automatic"]["retentionPeriod"] == days
        assert settings["automatic"]["maxNumberLimit"] == 100_000


def test_calls_that_have_not_ended_are_in_progress(opened):
    """Calls that have begun and not ended are in progress, without what is not known yet."""
    rc, client = opened(calls=0)
    now = rc.clock.now()
    long = rc.add_call(start_time=now - timedelta(minutes=5), duration=3600)
    recent = rc.add_call(
        start_time=now - timedelta(seconds=1),
        duration=60,
        kind="connected",
        extension_ids=rc.extension_ids[1:2],
    )
    rc.add_call(start_time=now - timedelta(minutes=5), duration=200)
    rc.add_call(start_time=now + timedelta(minutes=5), duration=200)
    records = client.answer("active-calls", view="Detailed")["records"]
    assert [one["id"] for one in records] == [recent, long]
    assert records == rc.active_calls_truth()
    for one in records:
        assert one["result"] == "In Progress"
        assert not {"duration", "billing", "recording", "lastModifiedTime"} & one.keys()
        assert all(parse(leg["startTime"]) <= rc.clock.now_ms() for leg in one["legs"])
        assert all(leg["result"] == "In Progress" for leg in one["legs"])
    simple = client.answer("active-calls")["records"]
    assert "legs" not in simple[0]
    assert "view=Simple" in simple[0]["uri"]
    inbound = client.answer("active-calls", direction="Inbound")["records"]
    assert [one["id"] for one in inbound] == [long]
    assert client.answer("active-calls", type="Fax")["records"] == []
    other = client.answer(f"extension/{rc.extension_ids[1]}/active-calls", "active-calls")
    assert [one["id"] for one in other["records"]] == [recent]
    first = client.answer("active-calls", perPage=1)
    assert "nextPage" in first["navigation"]
    assert "totalPages" not in first["paging"]
    assert client.answer("active-calls", perPage=1, page=2)["records"][0]["id"] == long
    rc.clock.advance(minutes=2)
    assert [one["id"] for one in client.answer("active-calls")["records"]] == [long]


def test_some_calls_are_listed_after_their_end(opened):
    """For as long as the habit says, as they will stand in the log."""
    rc, client = opened(calls=0, habits=Habits(ended_calls_listed=3))
    now = rc.clock.now()
    going = rc.add_call(start_time=now - timedelta(minutes=9), duration=3600)
    ended = rc.add_call(start_time=now - timedelta(minutes=8), duration=360)
    rc.add_call(start_time=now - timedelta(minutes=7), duration=120)
    records = client.answer("active-calls", view="Detailed")["records"]
    assert records == rc.active_calls_truth()
    assert [one["id"] for one in records] == [ended, going]
    assert records[0] == next(one for one in rc.truth() if one["id"] == ended)
    assert (records[0]["duration"], records[0]["result"]) == (360, "Accepted")
    assert records[1]["result"] == "In Progress"


def test_active_calls_enter_the_log(opened):
    """The invented calls are active first, and in the log afterwards."""
    rc, client = opened(calls=3_000, days=1)
    rc.clock.advance(minutes=5)
    since = rc.clock.now() - timedelta(hours=4)
    active = {one["id"] for one in client.answer("active-calls")["records"]}
    assert active
    assert not active & {one["id"] for one in rc.truth(start=since)}
    rc.clock.advance(hours=4)
    assert active <= {one["id"] for one in rc.truth(start=since)}


ROUTES = [
    ("extension", "ReadAccounts", "ReadExtensions", "medium"),
    ("extension/~", "ReadAccounts", "ReadExtensions", "light"),
    ("directory/entries", "ReadAccounts", None, "medium"),
    ("call-queues", "ReadAccounts", "ReadExtensions", "medium"),
    ("call-queues/{}", "ReadAccounts", "ReadExtensions", "light"),
    ("call-queues/{}/members", "ReadAccounts", "ReadExtensions", "light"),
    ("call-recording", "ReadAccounts", "ReadCompanyInfo", "light"),
    ("active-calls", "ReadCallLog", "ReadCallLog", "heavy"),
    ("extension/~/active-calls", "ReadCallLog", "ReadCallLog", "heavy"),
]


@pytest.mark.parametrize(("path", "app", "user", "group"), ROUTES)
def test_permissions_groups_and_faults(opened, path, app, user, group):
    """Every route takes its permissions, counts in its group, and can fail."""
    rc, client = opened(calls=0)
    path = path.format(next(iter(rc.queue_members_truth())))
    rc.fail(Fault("status", on=path, status=503))
    assert client.get(path).status_code == 503
    answer = client.get(path)
    assert (answer.status_code, answer.headers["X-Rate-Limit-Group"]) == (200, group)
    rc.set_permissions(app=APP_PERMISSIONS - {app})
    answer = client.get(path)
    assert refusal(answer) == (403, "CMN-401")
    assert answer.json()["errors"][0]["permissionName"] == app
    rc.set_permissions(app=APP_PERMISSIONS, user=USER_PERMISSIONS - {user})
    answer = client.get(path)
    if user:
        assert refusal(answer) == (403, "CMN-408")
        assert answer.json()["errors"][0]["permissionName"] == user
    else:
        assert answer.status_code == 200
    elsewhere = f"{rc.url}/restapi/v1.0/account/5/{path}"
    rc.set_permissions(user=USER_PERMISSIONS)
    assert refusal(client.fetch(elsewhere)) == (404, "CMN-102")


def test_a_disabled_extension_says_so(opened):
    """A disabled extension says so; its calls are served or, as the server is wont, refused."""
    for habit, expected in (("served", 200), ("CMN-102", 404), ("CMN-404", 403)):
        rc, client = opened(habits=Habits(disabled_extensions=habit))
        one, other = rc.extension_ids[2:4]
        rc.disable_extension(one)
        assert client.get(f"extension/{one}").json()["status"] == "Disabled"
        assert client.get(f"extension/{one}/call-log").status_code == expected
        assert client.get(f"extension/{other}/call-log").status_code == 200
        listed = client.get("extension", status="Disabled").json()["records"]
        assert int(one) in [record["id"] for record in listed]
        entries = client.get("directory/entries").json()["records"]
        assert one not in [entry["id"] for entry in entries]


def test_a_removed_extension_is_gone_and_its_calls_stay(opened):
    """A removed extension is in no list, no queue, and 404; its calls stay in the account's log."""
    rc, client = opened()
    before = rc.truth()
    queue, members = next(item for item in rc.queue_members_truth().items() if item[1])
    gone = members[0]
    rc.remove_extension(gone)
    assert int(gone) not in [one["id"] for one in client.get("extension").json()["records"]]
    assert gone not in rc.queue_members_truth()[queue]
    for path in (f"extension/{gone}", f"extension/{gone}/call-log"):
        assert refusal(client.get(path)) == (404, "CMN-102")
    assert rc.truth() == before
    rc.remove_extension(queue)
    assert refusal(client.get(f"call-queues/{queue}/members")) == (404, "CMN-102")


def test_habits_reach_these_records(opened):
    """Bad habits reach these records, too; ids can be numbers or texts, pages small."""
    habits = Habits(
        unknown_fields=True, missing_fields=True, null_objects=True, text_ids=True, max_per_page=5
    )
    rc, client = opened(calls=0, habits=habits, extensions=40)
    first = client.get("extension", perPage=1000).json()
    assert (first["paging"]["perPage"], len(first["records"])) == (5, 5)
    records = [
        one
        for page in range(1, first["paging"]["totalPages"] + 1)
        for one in client.get("extension", page=page).json()["records"]
    ]
    assert [one["id"] for one in records] == [str(one["id"]) for one in rc.extensions_truth()]
    assert any(None in one.values() for one in records)
    whole = {"uri", "name", "type", "status", "contact"}
    assert any(not whole <= one.keys() for one in records)
    assert any("presence" in (one.get("contact") or {}) for one in records)
    _, client = opened(calls=0, habits=Habits(numeric_ids=True))
    assert isinstance(client.get("call-queues").json()["records"][0]["id"], int)


def test_another_process_can_change_extensions(opened):
    """A test in another process can ask for extensions, change and remove them."""
    rc, client = opened(calls=0)
    control, one = client.control, rc.extension_ids[1]
    assert control("GET", "extensions").json() == rc.extensions_truth()
    control("PATCH", f"extensions/{one}", json={"status": "Disabled", "name": "X"})
    changed = next(each for each in rc.extensions_truth() if str(each["id"]) == one)
    assert (changed["status"], changed["name"]) == ("Disabled", "X")
    assert control("DELETE", f"extensions/{one}").status_code == 200
    assert control("DELETE", f"extensions/{one}").status_code == 400


def test_former_users_are_secrets(opened):
    """Whoever is in the directory only is among those whom no log may name."""
    rc, _ = opened(calls=0)
    secrets = rc.secrets()
    users = [one for one in rc.extensions_truth() if one["type"] == "User"]
    assert {str(one["id"]) for one in users} > set(rc.extension_ids)
    for one in users:
        assert one["name"] in secrets or len(one["name"]) < 6
        assert secrets[one["contact"]["email"]] == "e-mail"

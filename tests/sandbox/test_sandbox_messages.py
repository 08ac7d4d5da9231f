"""Messages: which there are, how they change and vanish, and their files."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise

import pytest

from sandbox import APP_PERMISSIONS, USER_PERMISSIONS, Fault, Habits, Sandbox
from sandbox.credentials import ALL_MAILBOXES
from sandbox.instants import DAY, HOUR, parse

STORE = "extension/~/message-store"
LIKE = "extension/{extensionId}/message-store"
EVER = {"dateFrom": "2020-01-01T00:00:00Z", "perPage": 1000}
ALL = {**EVER, "availability": ["Alive", "Deleted", "Purged"]}


def refusal(answer):
    return answer.status_code, answer.json()["errorCode"]


def ids(records):
    return [one["id"] for one in records]


def store(client, extension="~", **params):
    path = f"extension/{extension}/message-store"
    return client.answer(path, LIKE, **params)["records"]


def test_every_mailbox_holds_what_is_true(opened):
    """Each user's messages are those of the truth, newest first, with RingCentral's fields."""
    rc, client = opened(calls=1500, extensions=4)
    kinds = Counter()
    for extension in rc.extension_ids:
        records = store(client, extension, **ALL)
        assert records == rc.messages_truth(extension)
        assert {one["extensionId"] for one in records} == {extension}
        times = [parse(one["creationTime"]) for one in records]
        assert all(one >= other for one, other in pairwise(times))
        assert all(one["lastModifiedTime"] >= one["creationTime"] for one in records)
        kinds.update((one["type"], one["direction"], one["readStatus"]) for one in records)
        kinds.update(one["availability"] for one in records)
    assert {"Alive", "Deleted", "Purged"} <= kinds.keys()
    assert {("VoiceMail", "Inbound", status) for status in ("Read", "Unread")} <= kinds.keys()
    assert {(kind, "Outbound", "Read") for kind in ("Fax", "SMS", "Pager")} <= kinds.keys()
    assert ("VoiceMail", "Outbound", "Read") not in kinds
    assert kinds["Alive"] > 5 * kinds["Deleted"]


def test_messages_belong_to_the_seed(opened):
    """The same seed makes the same messages and files, another seed others."""
    one, again, other = (opened(seed=seed)[0] for seed in (3, 3, 4))
    texts = [str(rc.messages_truth()).replace(rc.url, "") for rc in (one, again, other)]
    assert texts[0] == texts[1] != texts[2]
    assert one.message_files_truth() == again.message_files_truth() != other.message_files_truth()


@pytest.mark.parametrize("count", [0, 200])
def test_as_many_text_messages_as_asked_for(opened, count):
    """Each user has as many text messages in the past as asked for, and more as time goes by."""
    rc, _ = opened(calls=0, messages=count, days=20)
    for extension in rc.extension_ids:
        assert len(rc.messages_truth(extension)) == count
    rc.clock.advance(days=40)
    assert 2.7 * count <= len(rc.messages_truth()) <= 3.3 * count


def test_the_messages_that_calls_name_exist(opened):
    """Voicemail and faxes that the call log names are there, from the same caller."""
    rc, client = opened(calls=1500, days=20)
    named = [call for call in rc.truth() if "message" in call]
    assert {call["message"]["type"] for call in named} == {"VoiceMail", "Fax"}
    found = 0
    for call in named:
        message = call["message"]
        answer = client.fetch(message["uri"])
        if answer.status_code == 404:  # deleted by its owner, and purged
            assert message["id"] not in str(rc.messages_truth(str(call["extension"]["id"])))
            continue
        found += 1
        record = answer.json()
        assert (str(record["id"]), record["type"]) == (message["id"], message["type"])
        assert record["extensionId"] == str(call["extension"]["id"])
        assert record["direction"] == call["direction"]
        outsider = "from" if call["direction"] == "Inbound" else "to"
        party = record[outsider] if outsider == "from" else record[outsider][0]
        assert party["phoneNumber"] == call[outsider]["phoneNumber"]
        assert parse(record["creationTime"]) == parse(call["startTime"]) + call["durationMs"]
    assert found > 0.9 * len(named)


def test_an_added_voicemail_call_brings_its_message(opened):
    """A call that a test adds or changes has its message in each mailbox whose log it is in."""
    rc, client = opened(calls=0, messages=0)
    one, other = rc.extension_ids[2:4]
    call_id = rc.add_call(kind="voicemail", extension_ids=[one, other])
    for extension in (one, other):
        [call] = rc.truth("extension", extension)
        assert store(client, extension)[0]["id"] == int(call["message"]["id"])
        assert client.fetch(call["message"]["uri"]).status_code == 200
    assert rc.messages_truth() == []
    rc.remove_call(call_id)
    assert rc.messages_truth(one) == []


def test_the_message_is_there_before_the_call(opened):
    """By the time that a call is in the log, so is its message, however early that may be."""
    rc, client = opened(calls=0, messages=0)
    early = rc.add_call(
        kind="voicemail",
        duration=60,
        visible_at=rc.clock.now(),
        start_time=rc.clock.now() - timedelta(seconds=60),
    )
    assert client.fetch(rc.truth()[0]["message"]["uri"]).status_code == 200
    rc.remove_call(early)
    rc.add_call(kind="voicemail", start_time=rc.clock.now(), duration=30)
    for _ in range(90):
        rc.clock.advance(seconds=1)
        if calls := rc.truth():
            assert client.fetch(calls[0]["message"]["uri"]).status_code == 200
            break
    else:
        pytest.fail("the call never showed")
    created = parse(rc.messages_truth()[0]["creationTime"])
    assert created <= rc.clock.now_ms()


def test_messages_are_picked_by_date(opened):
    """Messages are picked by creation time, both ends included; the last 24 hours by default."""
    rc, client = opened()
    alive = [one for one in rc.messages_truth() if one["availability"] == "Alive"]
    first, last = alive[20]["creationTime"], alive[10]["creationTime"]
    found = store(client, dateFrom=first, dateTo=last)
    assert ids(found) == ids(alive[10:21])
    day_old = rc.clock.now_ms() - DAY
    assert ids(store(client)) == ids(o for o in alive if parse(o["creationTime"]) >= day_old)
    before = {"dateTo": last}
    found = store(client, **before)
    assert ids(found) == ids(
        one for one in alive[10:] if parse(one["creationTime"]) >= parse(last) - DAY
    )
    wrong = {"dateFrom": last, "dateTo": first}
    assert refusal(client.get(STORE, **wrong)) == (400, "CMN-101")


@pytest.mark.parametrize(
    ("wanted", "picks"),
    [
        ({"messageType": "SMS"}, lambda one: one["type"] == "SMS"),
        ({"messageType": ["Fax", "VoiceMail"]}, lambda one: one["type"] in {"Fax", "VoiceMail"}),
        ({"availability": "Deleted"}, lambda one: one["availability"] == "Deleted"),
        ({"availability": ["Alive", "Purged"]}, lambda one: one["availability"] != "Deleted"),
        ({"direction": "Outbound"}, lambda one: one["direction"] == "Outbound"),
        ({"readStatus": "Unread"}, lambda one: one["readStatus"] == "Unread"),
    ],
)
def test_each_filter_picks_its_messages(opened, wanted, picks):
    """Messages are picked by type, state, direction and whether they were read."""
    rc, client = opened(calls=2000, extensions=2)
    found = store(client, **{**ALL, **wanted})
    assert found == [one for one in rc.messages_truth() if picks(one)]
    assert 0 < len(found) < len(rc.messages_truth())


def test_only_alive_by_default(opened):
    """Who does not ask for them sees no deleted messages."""
    rc, client = opened(calls=1500, extensions=2)
    found = store(client, **EVER)
    assert found == [one for one in rc.messages_truth() if one["availability"] == "Alive"]


def test_messages_are_picked_by_conversation_and_number(opened):
    """Messages are picked by conversation or phone number."""
    rc, client = opened(calls=0)
    sms = next(one for one in rc.messages_truth() if one["type"] == "SMS")
    conversation = sms["conversationId"]
    number = (sms["from"] if sms["direction"] == "Inbound" else sms["to"][0])["phoneNumber"]
    same = [one for one in rc.messages_truth() if one.get("conversationId") == conversation]
    assert 1 < len(same) < 40
    assert store(client, **ALL, conversationId=conversation) == same
    found = ids(store(client, **ALL, phoneNumber=number))
    assert set(ids(same)) <= set(found)
    assert len(found) < 40


@pytest.mark.parametrize(
    "wrong",
    [{"messageType": "Telex"}, {"availability": "Lost"}, {"direction": "Up"}, {"perPage": 0}],
)
def test_a_wrong_filter_is_a_bad_parameter(opened, wrong):
    """What is no type, state, direction or page size is a bad parameter."""
    _, client = opened(calls=0)
    assert refusal(client.get(STORE, **wrong)) == (400, "CMN-101")


def test_full_pages_have_totals(opened):
    """Pages follow one another and have totals; pages that are under-full have none."""
    for habits in (Habits(), Habits(underfull=True), Habits(unsorted="page")):
        rc, client = opened(calls=0, habits=habits)
        found, page, more = [], 0, True
        while more:
            page += 1
            answer = client.answer(STORE, LIKE, **{**ALL, "perPage": 7}, page=page)
            found += answer["records"]
            more = "nextPage" in answer["navigation"]
            assert ("totalPages" in answer["paging"]) is not habits.underfull
        truth = rc.messages_truth()
        assert sorted(ids(found)) == sorted(ids(truth))
        assert (found == truth) is (habits.unsorted is False)
        assert page >= 6


def test_a_message_is_found_in_its_own_mailbox_only(opened):
    """One message is found by its id, in its own mailbox only."""
    rc, client = opened()
    messages = rc.messages_truth()[:20]
    assert len(messages) == 20
    for one in messages:
        assert client.fetch(one["uri"]).json() == one
        elsewhere = one["uri"].replace(
            f"/extension/{rc.owner_id}/", f"/extension/{rc.extension_ids[1]}/"
        )
        assert refusal(client.fetch(elsewhere)) == (404, "CMN-102")


@pytest.mark.parametrize("message", ["1", "x", "400000000001", "590000000007", "500000999999"])
def test_an_unknown_message_is_a_404(opened, message):
    """What nobody wrote is 404 CMN-102."""
    _, client = opened()
    assert refusal(client.get(f"{STORE}/{message}")) == (404, "CMN-102")
    assert refusal(client.get(f"{STORE}/{message}/content/{message}")) == (404, "CMN-102")


def test_every_attachment_is_fetched_byte_for_byte(opened):
    """Every attachment is fetched by its URI, whole or in part, byte for byte the true one."""
    rc, client = opened(calls=1500, extensions=2, file_sizes=(500, 900))
    known = {(one["messageId"], one["attachmentId"]): one for one in rc.message_files_truth()}
    seen = Counter()
    for message in rc.messages_truth():
        for one in message["attachments"]:
            truth = known.pop((str(message["id"]), str(one["id"])))
            answer = client.fetch(one["uri"])
            assert answer.status_code == 200
            assert sha256(answer.content).hexdigest() == truth["sha256"]
            assert answer.content == rc.message_bytes(message["id"], one["id"])
            assert answer.headers["Content-Type"].split(";")[0] == one["contentType"]
            seen[message["type"], one["type"], one["contentType"]] += 1
            assert one.get("size", len(answer.content)) == len(answer.content)
            if one["type"] == "Text":
                assert answer.content.decode() == message["subject"]
            part = client.fetch(one["uri"], headers={"Range": "bytes=3-"})
            assert (part.status_code, part.content) == (206, answer.content[3:])
    assert not known
    assert seen.keys() == {
        ("VoiceMail", "AudioRecording", "audio/mpeg"),
        ("VoiceMail", "AudioTranscription", "text/plain"),
        ("Fax", "RenderedDocument", "application/pdf"),
        ("SMS", "Text", "text/plain"),
        ("SMS", "MmsAttachment", "image/jpeg"),
        ("Pager", "Text", "text/plain"),
    }
    one = rc.messages_truth()[0]["attachments"][0]
    answer = client.fetch(one["uri"], params={"contentDisposition": "Attachment"})
    assert answer.headers["Content-Disposition"].startswith("attachment;filename=")
    assert refusal(client.fetch(f"{one['uri']}0")) == (404, "CMN-102")


def at(rc, created, **passed):
    rc.clock.set(created + timedelta(**passed))


@pytest.mark.parametrize("kind", ["VoiceMail", "Fax"])
def test_voicemail_and_faxes_vanish(opened, kind):
    """Voicemail and faxes live for 30 days; a day later even their record is gone."""
    rc, client = opened(calls=0, messages=0)
    created = rc.clock.now()
    message = int(rc.add_message(kind=kind, creation_time=created))
    at(rc, created, days=30, milliseconds=-1)
    client.log_in()
    [record] = store(client, **EVER)
    assert ids(store(client, **EVER)) == [message]
    assert client.fetch(record["attachments"][0]["uri"]).status_code == 200
    at(rc, created, days=30)
    assert store(client, **EVER) == []
    [purged] = store(client, **ALL)
    assert (purged["availability"], purged["attachments"]) == ("Purged", [])
    assert parse(purged["lastModifiedTime"]) == rc.clock.now_ms()
    assert client.fetch(record["attachments"][0]["uri"]).status_code == 404
    at(rc, created, days=31)
    client.log_in()
    assert store(client, **ALL) == rc.messages_truth() == []
    assert client.get(f"{STORE}/{message}").status_code == 404


def test_a_deleted_message_is_kept_for_five_days(opened):
    """A deleted message is kept for five days, a deleted text message for good."""
    rc, client = opened(calls=0, messages=0)
    voice, text = rc.add_message(kind="VoiceMail"), rc.add_message(subject="Hi there")
    deleted = rc.clock.advance(minutes=5)
    rc.delete_message(voice)
    rc.delete_message(int(text))
    assert store(client, **EVER) == []
    records = store(client, **ALL)
    assert {one["availability"] for one in records} == {"Deleted"}
    assert {one["lastModifiedTime"] for one in records} == {"2026-03-04T17:05:00.000Z"}
    assert client.fetch(records[-1]["attachments"][0]["uri"]).status_code == 200
    at(rc, deleted, days=5)
    client.log_in()
    states = {one["type"]: one["availability"] for one in store(client, **ALL)}
    assert states == {"VoiceMail": "Purged", "SMS": "Deleted"}
    at(rc, deleted, days=400)
    client.log_in()
    assert [one["subject"] for one in store(client, **ALL)] == ["Hi there"]
    rc.delete_message(text, purge=True)
    assert [one["availability"] for one in rc.messages_truth()] == ["Purged"]


def test_messages_change_as_time_goes_by(opened):
    """Messages are read and deleted as time goes by, and `lastModifiedTime` moves with that."""
    rc, _ = opened(calls=1500, extensions=2)
    seen = set()
    after = {one["id"]: one for one in rc.messages_truth()}
    for _ in range(10):
        before = after
        rc.clock.advance(days=1)
        after = {one["id"]: one for one in rc.messages_truth()}
        for key in before.keys() & after.keys():
            old, new = before[key], after[key]
            moved = old["lastModifiedTime"] < new["lastModifiedTime"]
            assert moved is (old != new)
            changed = {name for name in new if old[name] != new[name]}
            seen |= {(name, new[name]) for name in changed & {"readStatus", "availability"}}
    assert seen == {
        ("readStatus", "Read"),
        ("availability", "Deleted"),
        ("availability", "Purged"),
    }


def test_added_and_changed_messages(opened):
    """A message can be added to any mailbox with any field, and changed."""
    rc, client = opened(calls=0, messages=0)
    other = rc.extension_ids[2]
    message = rc.add_message(
        other,
        "SMS",
        creation_time="2026-03-04T10:00:00.123Z",
        direction="Outbound",
        subject="Hello Øystein",
        from_={"name": "Nobody"},
    )
    [record] = store(client, other)
    assert (str(record["id"]), record["subject"]) == (message, "Hello Øystein")
    assert record["creationTime"] == "2026-03-04T10:00:00.123Z"
    assert (record["direction"], record["from"]) == ("Outbound", {"name": "Nobody"})
    content = client.fetch(record["attachments"][0]["uri"])
    assert content.content.decode() == "Hello Øystein"
    rc.clock.advance(minutes=5)
    rc.change_message(message, readStatus="Unread", read_at=None)
    [record] = store(client, other)
    assert parse(record["lastModifiedTime"]) == rc.clock.now_ms()
    assert ids(store(client, other, readStatus="Unread")) == [int(message)]
    late = rc.add_message(other, visible_at=rc.clock.now() + timedelta(hours=1))
    assert late not in [str(one["id"]) for one in rc.messages_truth(other)]
    rc.clock.advance(minutes=60)
    assert late in [str(one["id"]) for one in rc.messages_truth(other)]
    assert "Hello Øystein" in rc.secrets()
    with pytest.raises(ValueError, match="no such kind"):
        rc.add_message(kind="Telex")


def test_a_queue_has_a_mailbox(opened):
    """A call queue's mailbox is there, and takes messages."""
    rc, client = opened(calls=50)
    queue = next(iter(rc.queue_members_truth()))
    assert store(client, queue, **ALL) == []
    message = rc.add_message(queue, "VoiceMail")
    assert ids(store(client, queue)) == [int(message)]


@pytest.mark.parametrize("habit", ["empty", "refused"])
def test_health_care_has_no_text_messages(opened, habit):
    """On an account of health care text messages do not exist, or are refused when asked for."""
    rc, client = opened(calls=1500, extensions=2, hipaa=True, habits=Habits(hipaa_texts=habit))
    assert {one["type"] for one in rc.messages_truth()} == {"VoiceMail", "Fax"}
    assert store(client, **ALL, messageType="VoiceMail")
    rc.add_message(subject="not there")
    answer = client.get(STORE, **ALL, messageType=["SMS", "VoiceMail"])
    if habit == "refused":
        assert refusal(answer) == (403, "CMN-403")
    else:
        assert {one["type"] for one in answer.json()["records"]} == {"VoiceMail"}


def test_a_missing_permission_is_refused(opened):
    """Messages take `ReadMessages` of app and user, content one more, others' a wider scope."""
    rc, client = opened(calls=0)
    one = rc.messages_truth()[0]
    content = one["attachments"][0]["uri"]
    other = rc.extension_ids[1]
    paths = STORE, f"{STORE}/{one['id']}", "extension/~/message-sync"
    for grant, code, lacking in (
        ({"app": APP_PERMISSIONS - {"ReadMessages"}}, "CMN-401", "ReadMessages"),
        (
            {"app": APP_PERMISSIONS, "user": USER_PERMISSIONS - {"ReadMessages"}},
            "CMN-408",
            "ReadMessages",
        ),
    ):
        rc.set_permissions(**grant)
        for path in paths:
            answer = client.get(path)
            assert refusal(answer) == (403, code)
            assert answer.json()["errors"][0]["permissionName"] == lacking
        assert client.fetch(content).status_code == (403 if code == "CMN-401" else 200)
    rc.set_permissions(user=USER_PERMISSIONS - {"ReadMessageContent"})
    answer = client.fetch(content)
    assert refusal(answer) == (403, "CMN-408")
    assert answer.json()["errors"][0]["permissionName"] == "ReadMessageContent"
    rc.set_permissions(user=USER_PERMISSIONS - {ALL_MAILBOXES})
    for path in paths:
        assert client.get(path).status_code == 200
        assert refusal(client.get(path.replace("~", other))) == (403, "CMN-419")
    assert refusal(client.get("extension/5/message-store")) == (404, "CMN-102")
    rc, client = opened(calls=0, habits=Habits(foreign_mailbox_error="CMN-404"))
    rc.set_permissions(user=USER_PERMISSIONS - {ALL_MAILBOXES})
    answer = client.get(f"extension/{rc.extension_ids[1]}/message-store")
    assert refusal(answer) == (403, "CMN-404")


def test_extensions_that_are_disabled_or_gone(opened):
    """A disabled extension's messages are served or refused, those of a removed one are gone."""
    for habit, expected in (("served", 200), ("CMN-102", 404), ("CMN-404", 403)):
        rc, client = opened(calls=0, habits=Habits(disabled_extensions=habit))
        one = rc.extension_ids[2]
        files = rc.messages_truth(one)[0]["attachments"]
        rc.disable_extension(one)
        for path in ("message-store", "message-sync"):
            assert client.get(f"extension/{one}/{path}").status_code == expected
        assert client.fetch(files[0]["uri"]).status_code == expected
        rc.remove_extension(one)
        assert refusal(client.get(f"extension/{one}/message-store")) == (404, "CMN-102")
        assert client.fetch(files[0]["uri"]).status_code == 404


def test_each_group_can_fail(opened):
    """Lists are Light, content is Medium, and each can fail."""
    rc, client = opened(calls=0)
    one = rc.messages_truth()[0]
    for uri, group in (
        (f"{rc.url}/restapi/v1.0/account/~/{STORE}", "light"),
        (f"{rc.url}/restapi/v1.0/account/~/extension/~/message-sync", "light"),
        (one["uri"], "light"),
        (one["attachments"][0]["uri"], "medium"),
    ):
        rc.fail(Fault("status", on="/extension/", status=502))
        assert [client.fetch(uri).status_code for _ in range(2)] == [502, 200]
        assert client.fetch(uri).headers["X-Rate-Limit-Group"] == group


def test_media_host_and_redirects(opened):
    """Attachments, too, may be at a media host, or at a signed address."""
    rc, client = opened(calls=0, media_port=0)
    one = rc.messages_truth()[0]["attachments"][0]
    assert one["uri"].startswith(rc.media_url)
    assert client.fetch(one["uri"]).status_code == 200
    rc, client = opened(calls=0, habits=Habits(content_redirect="media"))
    answer = client.fetch(rc.messages_truth()[0]["attachments"][0]["uri"])
    assert answer.status_code == 302
    signed = client.fetch(answer.headers["Location"], headers={"Authorization": None})
    assert signed.status_code == 200


def test_habits_reach_messages(opened):
    """Bad habits reach messages, too."""
    habits = Habits(
        unknown_fields=True,
        missing_fields=True,
        null_objects=True,
        text_ids=True,
        time_format="mixed",
        max_per_page=10,
        poison=("nul", "lone_surrogate", "wrong_types", "big_int", "impossible_date"),
    )
    rc, client = opened(calls=0, messages=400, habits=habits)
    records = rc.messages_truth()
    assert all(isinstance(one["id"], str) and one["creationTime"] for one in records)
    assert any(one["attachments"] is None for one in records if "attachments" in one)
    for name in ("from", "to", "type", "direction", "availability"):
        assert 0 < sum(name not in one for one in records) < len(records) / 8
    assert sum(one.get("region") == "us-01" for one in records) > 0.9 * len(records)
    text = client.get(STORE, **{**ALL, "perPage": 1000})
    assert text.json()["paging"]["perPage"] == 10
    whole = str(records)
    assert "\\x00" in whole
    assert "\\ud83d" in whole
    assert "2026-02-30T25:61" in whole
    _, client = opened(calls=0, habits=Habits(time_format="seconds"))
    assert all("." not in one["creationTime"] for one in store(client, **ALL))


def test_a_sync_gives_what_changed_since(opened):
    """A sync gives the newest messages, then whatever changed, until the token is of no use."""
    rc, client = opened(calls=0, messages=30)
    path, like = "extension/~/message-sync", "extension/{extensionId}/message-sync"
    full = client.answer(path, like, syncType="FSync", recordCount=5, **{**EVER, "perPage": 1})
    alive = [one for one in rc.messages_truth() if one["availability"] == "Alive"]
    assert full["records"] == alive[:5]
    assert full["syncInfo"]["olderRecordsExist"] is True
    token = full["syncInfo"]["syncToken"]
    nothing = client.answer(path, like, syncType="ISync", syncToken=token)
    assert (nothing["records"], nothing["syncInfo"]["syncType"]) == ([], "ISync")
    rc.clock.advance(seconds=30)
    new = rc.add_message(subject="News")
    rc.delete_message(alive[20]["id"])
    rc.change_message(alive[22]["id"], priority="High")
    changed = client.answer(path, like, syncType="ISync", syncToken=token)
    assert {str(one["id"]): one["availability"] for one in changed["records"]} == {
        new: "Alive",
        str(alive[20]["id"]): "Deleted",
        str(alive[22]["id"]): "Alive",
    }
    token = changed["syncInfo"]["syncToken"]
    assert client.answer(path, like, syncType="ISync", syncToken=token)["records"] == []
    recent = client.answer(path, like, syncType="FSync")
    assert ids(recent["records"]) == ids(store(client))
    assert recent["syncInfo"]["olderRecordsExist"] is False


def test_sync_keeps_to_what_was_asked_for(opened):
    """Later requests of a sync go by the types and directions of the first one."""
    rc, client = opened(calls=0, messages=0)
    path = "extension/~/message-sync"
    token = client.get(path, messageType=["Fax", "SMS"], direction="Inbound").json()
    rc.clock.advance(seconds=90)
    fax = rc.add_message(kind="Fax")
    rc.add_message(kind="VoiceMail")
    rc.add_message(kind="Fax", direction="Outbound")
    given = {"syncType": "ISync", "syncToken": token["syncInfo"]["syncToken"]}
    assert ids(client.get(path, **given).json()["records"]) == [int(fax)]


def test_a_bad_sync_token_is_refused(opened):
    """A sync token that is old, foreign or broken is refused, and so are too many changes."""
    rc, client = opened(calls=0, messages=0, habits=Habits(sync_token_days=2))
    path = "extension/~/message-sync"
    token = client.get(path).json()["syncInfo"]["syncToken"]

    def again(text=token, where=path):
        return refusal(client.get(where, syncType="ISync", syncToken=text))

    assert again("nonsense") == (400, "CLG-101")
    other = f"extension/{rc.extension_ids[1]}/message-sync"
    assert again(where=other) == (400, "CLG-102")
    assert again(where="extension/~/call-log-sync") == (400, "CLG-102")
    assert refusal(client.get(path, recordCount=251)) == (400, "CMN-101")
    rc.clock.advance(minutes=10)
    for _ in range(251):
        rc.add_message()
    assert again() == (400, "CLG-105")
    rc.reset_sync()
    assert again() == (400, "CLG-104")
    rc.clock.advance(days=3)
    client.log_in()
    assert again() == (400, "CLG-103")


def test_another_process_can_change_messages(opened):
    """A test in another process can ask for messages, add, change and delete them."""
    rc, client = opened(calls=0)
    control, other = client.control, rc.extension_ids[1]
    assert control("GET", "messages").json() == rc.messages_truth()
    params = {"extension_id": other}
    assert control("GET", "messages", params=params).json() == rc.messages_truth(other)
    message = {"extension_id": other, "kind": "Fax", "faxPageCount": 9}
    added = control("POST", "messages", json=message).json()["id"]
    control("PATCH", f"messages/{added}", json={"readStatus": "Read"})
    control("DELETE", f"messages/{added}")
    record = next(one for one in rc.messages_truth(other) if str(one["id"]) == added)
    assert (record["faxPageCount"], record["readStatus"]) == (9, "Read")
    assert record["availability"] == "Deleted"
    assert control("DELETE", "messages/5").status_code == 400
    assert control("POST", "messages", json={"kind": "Telex"}).status_code == 400


def test_most_texts_are_written_in_office_hours(opened):
    """Text messages are written in office hours mostly."""
    rc, _ = opened(calls=0, messages=300)
    hours = [parse(one["creationTime"]) // HOUR % 24 for one in rc.messages_truth()]
    assert sum(13 <= hour < 23 for hour in hours) > 0.7 * len(hours)


def test_senseless_numbers_are_refused():
    """There are no fewer than no messages."""
    with pytest.raises(ValueError, match="messages"):
        Sandbox(messages=-1)

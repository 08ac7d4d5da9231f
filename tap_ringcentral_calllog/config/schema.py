"""The schema of the settings, as the SDK, Meltano and the README show them."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

ACCOUNT = "account"
EXTENSION = "extension"

STANDARD = "standard"
HIPAA = "hipaa"

DEFAULT_API_URL = "https://platform.ringcentral.com"

SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "client_id",
        th.StringType,
        required=True,
        title="Client ID",
        description="Client ID of the app in RingCentral's developer console.",
    ),
    th.Property(
        "client_secret",
        th.StringType,
        secret=True,
        title="Client secret",
        description=(
            "Client secret of the app. Only a public app that logs in with PKCE has none."
        ),
    ),
    th.Property(
        "jwt",
        th.StringType,
        secret=True,
        title="JWT credential",
        description=(
            "Login with a JWT credential made in the developer console: the right choice for a "
            "scheduled run. Exactly one login must be configured: jwt, refresh_token with "
            "token_store, or username with password."
        ),
    ),
    th.Property(
        "refresh_token",
        th.StringType,
        secret=True,
        title="Refresh token",
        description=(
            "Login with a refresh token. RingCentral replaces it at each use, so token_store is "
            "needed to keep the latest; a newly configured one wins over the store."
        ),
    ),
    th.Property(
        "token_store",
        th.StringType,
        title="Token store",
        description=(
            "Path of the file that keeps the latest refresh token. It must survive from run to "
            "run. tap-ringcentral-login fills it, refresh_token is not needed then."
        ),
    ),
    th.Property(
        "username",
        th.StringType,
        secret=True,
        title="Username",
        description="Login with a password (for apps that still may): the user's phone number.",
    ),
    th.Property(
        "extension",
        th.StringType,
        title="Extension number",
        description="Login with a password: the user's extension number.",
    ),
    th.Property(
        "password",
        th.StringType,
        secret=True,
        title="Password",
        description="Login with a password: the user's password.",
    ),
    th.Property(
        "call_log_level",
        th.StringType,
        default=ACCOUNT,
        allowed_values=[ACCOUNT, EXTENSION],
        title="Call log level",
        description=(
            "'account' reads the whole company's call log (an administrator's right), 'extension' "
            "the call logs of extension_ids."
        ),
    ),
    th.Property(
        "extension_ids",
        th.ArrayType(th.StringType),
        default=["~"],
        title="Extension IDs",
        description=(
            "At extension level: ids of the extensions to read; '~' is the user's who logs in."
        ),
    ),
    th.Property(
        "account_id",
        th.StringType,
        default="~",
        title="Account ID",
        description="Id of the account to read; '~' is that of the user who logs in.",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description=(
            "Earliest start time of a call to read in the first run: a date (midnight UTC) or a "
            "time with its offset. Default: 365 days back, as far as RingCentral remembers."
        ),
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description="Latest start time of a call to read, like start_date. Default: now.",
    ),
    th.Property(
        "lookback_hours",
        th.NumberType(minimum=1, maximum=8784),
        default=24,
        title="Look-back in hours",
        description=(
            "How far back each run reads again, for calls that ended late or changed since. Must "
            "be longer than the longest call."
        ),
    ),
    th.Property(
        "change_tracking",
        th.BooleanType,
        default=False,
        title="Change tracking",
        description=(
            "At account level: ask RingCentral in each run, with a request more, which calls have "
            "changed since the last one, so that changes of calls older than the look-back are "
            "seen, too."
        ),
    ),
    th.Property(
        "api_url",
        th.StringType,
        default=DEFAULT_API_URL,
        title="API URL",
        description="Address of RingCentral's API, without a path.",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=1000),
        default=1000,
        title="Page size",
        description="Records to ask for with one request. RingCentral gives 1000 at most.",
    ),
    th.Property(
        "rate_limit_share",
        th.NumberType(minimum=0.01, maximum=1),  # type: ignore[arg-type]  # any number will do
        default=1.0,
        title="Rate limit share",
        description=(
            "Part of the app's rate limit that this tap may use, from 0.01 to 1. Leave room "
            "when something else uses the same app and user."
        ),
    ),
    th.Property(
        "user_agent",
        th.StringType(pattern=r"^[!-~]([ -~]*[!-~])?\Z"),
        title="User agent",
        description=(
            "User-Agent header of all requests, in ASCII. Default: the tap's name and version."
        ),
    ),
    th.Property(
        "request_timeout",
        th.NumberType(exclusive_minimum=0, maximum=3600),
        default=120,
        title="Request timeout in seconds",
        description="How long to wait for RingCentral to connect, and to go on answering.",
    ),
    th.Property(
        "account_type",
        th.StringType,
        default=STANDARD,
        allowed_values=[STANDARD, HIPAA],
        title="Account type",
        description="Decides how long RingCentral keeps things: a 'hipaa' account keeps less.",
    ),
    th.Property(
        "recordings_path",
        th.StringType,
        title="Recordings path",
        description=(
            "Where recording_files keeps the audio: a folder, or an address such as "
            "s3://bucket/folder, gs://… or az://…, whose driver is an extra of this tap (s3, gcs, "
            "azure)."
        ),
    ),
    th.Property(
        "recordings_per_run",
        th.IntegerType(minimum=1),
        title="Recordings per run",
        description=(
            "How many recordings recording_files fetches in one run at most, oldest first; the "
            "next run goes on from there. Default: all."
        ),
    ),
    th.Property(
        "messages_path",
        th.StringType,
        title="Messages path",
        description="Where message_files keeps voicemail, fax and attachments: as recordings_path.",
    ),
    th.Property(
        "media_hosts",
        th.ArrayType(th.StringType),
        title="Media hosts",
        description=(
            "Further hosts that files may come from, such as media.example.com. The login is shown "
            "to them. RingCentral's own media host follows from api_url."
        ),
    ),
).to_dict()

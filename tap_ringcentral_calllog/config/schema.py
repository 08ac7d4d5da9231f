"""The schema of the settings. `--about`, docs/settings.md and the Hub's definition come from it."""

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
            "Client secret of the app. Leave it out only for a public app, which logs in with PKCE."
        ),
    ),
    th.Property(
        "jwt",
        th.StringType,
        secret=True,
        title="JWT credential",
        description=(
            "Login with a JWT credential, created in the developer console. Recommended for "
            "scheduled runs. Configure exactly one login: jwt, token_store (with or without "
            "refresh_token), or username with password."
        ),
    ),
    th.Property(
        "additional_jwts",
        th.ArrayType(th.StringType),
        secret=True,
        title="Additional JWT credentials",
        description=(
            "JWT credentials of further users of the same account for the same app. RingCentral "
            "limits requests by user, so each adds a budget for pages of logs and mailboxes and "
            "for files. As an environment variable: a JSON array."
        ),
    ),
    th.Property(
        "refresh_token",
        th.StringType,
        secret=True,
        title="Refresh token",
        description=(
            "Login with a refresh token. RingCentral replaces the token each time it is used, so "
            "token_store must be set to keep the latest one. A newly configured token takes "
            "precedence over the store."
        ),
    ),
    th.Property(
        "token_store",
        th.StringType,
        title="Token store",
        description=(
            "Path of the file with the latest refresh token. It must be kept between runs. If "
            "tap-ringcentral-login fills it, refresh_token is not needed."
        ),
    ),
    th.Property(
        "username",
        th.StringType,
        secret=True,
        title="Username",
        description=(
            "Login with a password (for apps that still have the password flow): the user's phone "
            "number."
        ),
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
            "'account' reads the call log of the whole company and needs an administrator's "
            "permission. 'extension' reads the call logs of extension_ids."
        ),
    ),
    th.Property(
        "extension_ids",
        th.ArrayType(th.StringType),
        default=["~"],
        title="Extension IDs",
        description=(
            "At extension level: ids of the extensions to read; '~' is the extension of the user "
            "who logs in."
        ),
    ),
    th.Property(
        "account_id",
        th.StringType,
        default="~",
        title="Account ID",
        description="Id of the account to read; '~' is the account of the user who logs in.",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description=(
            "The first run reads calls that started at or after this time: a date (midnight UTC) "
            "or a time with its offset. Default: 365 days back, as far as RingCentral keeps calls."
        ),
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description=(
            "The tap reads calls that started up to this time, in the same form as start_date. "
            "Default: now."
        ),
    ),
    th.Property(
        "lookback_hours",
        th.NumberType(minimum=1, maximum=8784),
        default=24,
        title="Look-back in hours",
        description=(
            "How many hours each run reads again, to find calls that ended late or have changed. "
            "Must be longer than your longest call."
        ),
    ),
    th.Property(
        "change_tracking",
        th.BooleanType,
        default=False,
        title="Change tracking",
        description=(
            "At account level: read changes of calls that are older than the look-back. Each run "
            "makes one more request to ask which calls have changed since the last run."
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
        description="Number of records per request. RingCentral allows at most 1000.",
    ),
    th.Property(
        "rate_limit_share",
        th.NumberType(minimum=0.01, maximum=1),  # type: ignore[arg-type]  # any number will do
        default=1.0,
        title="Rate limit share",
        description=(
            "The part of the rate limit that this tap may use, from 0.01 to 1. Use less than 1 if "
            "something else uses the same app and user."
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
        description=(
            "How many seconds to wait for a connection, and for the next part of an answer."
        ),
    ),
    th.Property(
        "account_type",
        th.StringType,
        default=STANDARD,
        allowed_values=[STANDARD, HIPAA],
        title="Account type",
        description=(
            "'hipaa' for an account under HIPAA. Where the account's own settings do not say how "
            "long RingCentral keeps recordings, the tap assumes 30 days for it, otherwise 90."
        ),
    ),
    th.Property(
        "recordings_path",
        th.StringType,
        title="Recordings path",
        description=(
            "Where recording_files stores the audio: a folder, or an address such as "
            "s3://bucket/folder, gs://… or az://…. Addresses need an extra of this tap (s3, gcs, "
            "azure)."
        ),
    ),
    th.Property(
        "recordings_per_run",
        th.IntegerType(minimum=1),
        title="Recordings per run",
        description=(
            "Maximum number of recordings that recording_files downloads in one run, oldest first. "
            "The next run continues from there. Default: all."
        ),
    ),
    th.Property(
        "messages_path",
        th.StringType,
        title="Messages path",
        description=(
            "Where message_files stores voicemail, faxes and attachments, in the same form as "
            "recordings_path."
        ),
    ),
    th.Property(
        "media_hosts",
        th.ArrayType(th.StringType),
        title="Media hosts",
        description=(
            "Additional hosts for files, such as media.example.com. The tap sends them the login. "
            "RingCentral's own media host follows from api_url."
        ),
    ),
).to_dict()

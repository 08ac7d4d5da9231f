"""Texts for the Hub's page in addition to the tap's own. Markdown, without headings."""

from __future__ import annotations

#: The name in the Hub's list of extractors.
LABEL = "RingCentral"

#: Words that fit every plugin of the Hub, so they are useless as keywords.
COMMON_KEYWORDS = frozenset({"elt", "meltano", "singer"})

#: Kinds of settings that a JSON schema cannot distinguish from a string.
KINDS = {"token_store": "file"}

#: Labels of choices, by setting and value.
CHOICES = {
    "account_type": {"hipaa": "HIPAA", "standard": "Standard"},
    "call_log_level": {
        "account": "The whole company's call log",
        "extension": "The call logs of extension_ids",
    },
}

#: The ways to log in: the settings that each of them requires.
LOGINS = (
    ("client_id", "client_secret", "jwt"),
    ("client_id", "token_store"),
    ("client_id", "client_secret", "username", "password"),
)

#: Other programs of the package, as `meltano invoke tap-ringcentral:login` runs them.
COMMANDS = {
    "login": {
        "args": "",
        "description": "Logs in once, in a browser, and fills token_store.",
        "executable": "tap-ringcentral-login",
    }
}

DEFINITION = (
    "archives RingCentral's call log, with every leg of every call, before RingCentral deletes it."
)

PREREQ = """\
- An app of type *REST API* in [RingCentral's developer console](https://developers.ringcentral.com), with the app permission **Read Call Log** (`ReadCallLog`).
- A login. For scheduled runs, create a JWT credential for this app in the console.
- To read the calls of the whole company, a user with the permission *Company Call Log* (`FullCompanyCallLog`), such as an administrator. With `call_log_level: extension`, any user can read their own calls.
"""  # noqa: E501 - Markdown, where a line is an item of a list

SETTINGS_PREAMBLE = """\
Configure exactly one login: `jwt`; or `token_store`, filled once by `meltano invoke tap-ringcentral:login`; or `username` (with `extension`) and `password`.

Put secrets into `.env` or the environment: `TAP_RINGCENTRAL_CLIENT_SECRET`, `TAP_RINGCENTRAL_JWT`.
"""  # noqa: E501 - Markdown, where a line is a paragraph

NEXT_STEPS = """\
Check the login and the permissions. This command reads one record of each selected stream:

```bash
meltano invoke tap-ringcentral --test
```
"""

#: `{patterns}` becomes the default of `select` as JSON, `{others}` the streams not in it.
USAGE = """\
The command below selects the default streams. The other streams need more permissions and requests: {others}. Add the ones you want, such as `extensions.*`. After `meltano add --from-ref`, run the command in any case, because Meltano would otherwise select all streams.

```bash
meltano config set tap-ringcentral _select '{patterns}'
```

The first run reads everything that RingCentral still has, or everything since `start_date`. Each later run reads the new calls and repeats the last `lookback_hours`. After an interruption, the next run continues where the last one stopped.

- Never load an archive with `load_method: overwrite` or `hard_delete`: RingCentral no longer has what they remove.
- A state belongs to one account and one `call_log_level`. Use a separate state for others, with `--state-id-suffix`.
- For target-postgres (variant meltanolabs), set `use_copy`: without it, times are shifted by the server's time zone.
- If you replace another variant: its tables have other keys. Load into a new schema and start with a new state.
"""  # noqa: E501 - Markdown, where a line is a paragraph

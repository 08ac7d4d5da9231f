"""What the Hub's page says beyond what the tap says of itself. Markdown, without headings."""

from __future__ import annotations

#: What the definition is called where the Hub lists all extractors.
LABEL = "RingCentral"

#: Words that fit every plugin of the Hub, and so find none.
COMMON_KEYWORDS = frozenset({"elt", "meltano", "singer"})

#: Kinds of settings that a JSON schema can't tell from a string.
KINDS = {"token_store": "file"}

#: By setting and value: what a choice is called.
CHOICES = {
    "account_type": {"hipaa": "HIPAA", "standard": "Standard"},
    "call_log_level": {
        "account": "The whole company's call log",
        "extension": "The call logs of extension_ids",
    },
}

#: Each is a set of settings that a working configuration has: the ways to log in.
LOGINS = (
    ("client_id", "client_secret", "jwt"),
    ("client_id", "token_store"),
    ("client_id", "client_secret", "username", "password"),
)

#: Other programs of the package, as `meltano invoke tap-ringcentral:login` runs them.
COMMANDS = {
    "login": {
        "args": "",
        "description": "The login in a browser, once, that fills token_store.",
        "executable": "tap-ringcentral-login",
    }
}

DEFINITION = (
    "archives RingCentral's call log, with every leg of every call, before RingCentral forgets it."
)

PREREQ = """\
- An app of type *REST API* in [RingCentral's developer console](https://developers.ringcentral.com), with the app permission **Read Call Log** (`ReadCallLog`).
- A login for it: a JWT credential made in the console for this app is the right choice for scheduled runs.
- To read the whole company's calls, a user with the permission *Company Call Log* (`FullCompanyCallLog`), as an administrator has it. With `call_log_level: extension` anybody can read their own.
"""  # noqa: E501 - Markdown, where a line is an item of a list

SETTINGS_PREAMBLE = """\
Configure exactly one login: `jwt`; or `token_store`, filled once by `meltano invoke tap-ringcentral:login`; or `username` (with `extension`) and `password`.

Secrets belong into `.env` or the environment: `TAP_RINGCENTRAL_CLIENT_SECRET`, `TAP_RINGCENTRAL_JWT`.
"""  # noqa: E501 - Markdown, where a line is a paragraph

NEXT_STEPS = """\
Try login and permissions. This reads one record of each selected stream:

```bash
meltano invoke tap-ringcentral --test
```
"""

#: `{patterns}` becomes the default of `select` as JSON, `{others}` the streams not in it.
USAGE = """\
The streams in this command are selected by default. The others need more permissions and requests: {others}. Add those that you want, as `extensions.*`. After `meltano add --from-ref`, which does not know the default and would select all, run it as it is.

```bash
meltano config set tap-ringcentral _select '{patterns}'
```

The first run reads as far back as RingCentral remembers, or from `start_date`; each later one the last `lookback_hours` again, and what is new. A run that was cut short goes on where it was.

- RingCentral forgets, the target must not: never load an archive with `load_method: overwrite` or `hard_delete`.
- A state belongs to one account and one `call_log_level`. Give others a state of their own with `--state-id-suffix`.
- Set `use_copy` of target-postgres (variant meltanolabs): without it, times are shifted by the server's time zone.
- Replacing another variant? Its tables have other keys. Load into a schema of its own, and begin with a new state.
"""  # noqa: E501 - Markdown, where a line is a paragraph

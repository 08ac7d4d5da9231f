"""Controls for tests: change and query the sandbox."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sandbox.company_controls import CompanyControls
from sandbox.instants import to_ms
from sandbox.query import Query
from sandbox.secrets import Secrets
from sandbox.vocabulary import calls_of_every_word

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sandbox.faults import Armed, Fault
    from sandbox.state import Seen, State

_ALWAYS = 1 << 60


class Controls(CompanyControls):
    """All controls, without the server.

    Args:
        state: the sandbox's.

    Attributes:
        url: the sandbox's address, for the tap's `api_url`.
        media_url: the beginning of files' URIs.
        clock: its clock; see `Clock`.
        client_id, client_secret, jwt, refresh_token, username, extension, password: credentials.
        more_jwts: the JWTs of the users of the next extensions, for the same app.
        account_id, owner_id, extension_ids: numeric ids, as text.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.url, self.media_url, self.clock = state.url, state.media_url, state.clock
        known, people = state.credentials, state.people
        self.client_id, self.client_secret = known.client_id, known.client_secret
        self.jwt, self.refresh_token = known.jwt, state.refresh_token
        self.username, self.extension = known.username, known.extension
        self.password, self.more_jwts = known.password, known.more_jwts
        self.account_id, self.owner_id = people.account_id, people.desks[0].id
        self.extension_ids = [desk.id for desk in people.desks]

    def credentials(self) -> dict[str, Any]:
        """Return the credentials, and the ids of the account and its extensions."""
        return {
            "url": self.url,
            **asdict(self._state.credentials),
            "refresh_token": self.refresh_token,
            "account_id": self.account_id,
            "owner_id": self.owner_id,
            "extension_ids": self.extension_ids,
        }

    def secrets(self) -> dict[str, str]:
        """Return each text that no log, state or error may contain, with its kind of secret.

        They are the credentials, all tokens issued so far, and people's names and phone numbers,
        including those of calls that a test added or changed.
        """
        state, secrets = self._state, Secrets()
        known = state.credentials
        with state.lock:
            secrets.add("client_secret", known.client_secret)
            for jwt in (known.jwt, *known.more_jwts):
                secrets.add("jwt", jwt)
            secrets.add("password", known.password)
            for token in state.tokens.issued:
                secrets.add("token", token)
            for name in state.people.names:
                secrets.add_name(name)
            for number in state.people.numbers:
                secrets.add_number(number)
            for number in state.book.cast.numbers if state.book else ():
                secrets.add_number(number)
            for one in state.directory.extensions():
                if one.type == "User":
                    secrets.add_name(one.name)
                    secrets.add("e-mail", state.directory.record(one)["contact"].get("email", ""))
            for message in state.mailboxes.written():
                secrets.add("message text", state.writer.subject(message))
                secrets.add_people_in(message.fields)
            for fields in state.log.laid_over():
                secrets.add_people_in(fields)
        return secrets.kinds

    def truth(
        self,
        level: str = "account",
        extension_id: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> list[dict[str, Any]]:
        """Return the current Detailed records of the call log, as the API would serve them.

        Args:
            level: "account" or "extension".
            extension_id: the extension whose log is read at extension level; the owner's when None.
            start: earliest start time, inclusive.
            end: latest start time, inclusive.

        Returns:
            The visible calls, newest first, including deleted ones.

        Raises:
            Refusal: there is no such extension.
            ValueError: there is no such level.
        """
        if level not in {"account", "extension"}:
            message = f"no such level: {level}"
            raise ValueError(message)
        state = self._state
        query = Query(
            date_from=-_ALWAYS if start is None else to_ms(start),
            date_to=_ALWAYS if end is None else to_ms(end),
        )
        with state.lock:
            viewer = state.viewer(extension_id or state.owner_id if level == "extension" else None)
            return state.log.truth(query, self.clock.now_ms(), viewer)

    @property
    def requests(self) -> list[Seen]:
        """The requests so far, in the order of their answers."""
        with self._state.lock:
            return list(self._state.requests)

    def requests_to(self, part: str) -> list[Seen]:
        """Return the requests whose path contains a text."""
        return [seen for seen in self.requests if part in seen.path]

    def forget_requests(self) -> None:
        """Clear the recorded requests and the number of rejected ones."""
        with self._state.lock:
            self._state.requests.clear()
            self._state.limiter.forget_rejections()

    @property
    def rejected(self) -> int:
        """The number of requests that exceeded a rate limit."""
        return self._state.limiter.rejected

    @property
    def penalties_restarted(self) -> int:
        """The number of requests that arrived during a penalty and restarted it."""
        return self._state.limiter.penalties_restarted

    def use_budget(self, group: str, requests: int, user: str = "") -> None:
        """Count requests against a user's rate limit, as if another client had made them.

        Args:
            group: the rate-limit group.
            requests: the number of requests.
            user: the user's extension id; the first one's by default.
        """
        state = self._state
        with state.lock:
            state.asking = user or state.owner_id
            state.limiter.use(state.limited_user(group), self.client_id, group, requests)

    def add_call(self, **fields: Any) -> str:  # noqa: ANN401  (JSON)
        """Add a call and return its id; see `Edited.update` for the fields.

        `kind` is the kind of call: "answered" (default), "voicemail", "internal", ...
        """
        with self._state.lock:
            return self._state.log.add(fields, self.clock.now_ms())

    def add_every_word(self) -> list[str]:
        """Add a call for each documented result, reason, action, leg type and so on.

        Returns:
            The calls' ids.
        """
        with self._state.lock:
            now = self.clock.now_ms()
            return [self._state.log.add(one, now) for one in calls_of_every_word()]

    def change_call(self, call_id: str, **fields: Any) -> None:  # noqa: ANN401  (JSON)
        """Change a call, and set its `lastModifiedTime` to now."""
        with self._state.lock:
            self._state.log.change(call_id, fields, self.clock.now_ms())

    def delete_call(self, call_id: str) -> None:
        """Delete a call as a user would; queries for deleted calls still return it."""
        with self._state.lock:
            self._state.log.delete(call_id, self.clock.now_ms())

    def remove_call(self, call_id: str) -> None:
        """Remove a call completely, even from queries for deleted calls."""
        with self._state.lock:
            self._state.log.remove(call_id)

    def fail(self, fault: Fault) -> Armed:
        """Make a later answer fail; `struck` of the returned object counts the failed answers."""
        with self._state.lock:
            return self._state.faults.add(fault)

    def clear_faults(self) -> None:
        """Remove all faults."""
        with self._state.lock:
            self._state.faults.clear()

    def revoke_all_sessions(self, user: str | None = None) -> None:
        """End all sessions, or those of a user: their tokens become invalid."""
        with self._state.lock:
            self._state.tokens.revoke_all(user)

    def reset_sync(self) -> None:
        """Invalidate every sync token issued so far, as if the call log had been reset."""
        with self._state.lock:
            self._state.sync_epoch += 1

    def set_permissions(
        self,
        *,
        app: Iterable[str] | None = None,
        user: Iterable[str] | None = None,
        of: str | None = None,
    ) -> None:
        """Set the permissions of the app or its users; None leaves them unchanged.

        Args:
            app: permissions of the app.
            user: permissions of the users.
            of: the extension id of the only user to change; None for all users without individual
                permissions.
        """
        permissions = self._state.permissions
        with self._state.lock:
            if app is not None:
                permissions.app = frozenset(app)
            if user is not None and of is not None:
                permissions.own[of] = frozenset(user)
            elif user is not None:
                permissions.user = frozenset(user)

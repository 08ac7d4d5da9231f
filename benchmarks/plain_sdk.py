"""The plain SDK path: a tap like the SDK's tutorial, with this tap's schema.

python -m benchmarks.plain_sdk --config FILE      (api_url, start_date, end_date)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.pagination import PageNumberPaginator

from tap_ringcentral_calllog.config.schema import ACCOUNT
from tap_ringcentral_calllog.schemas.call_log import call_log_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import requests
    from singer_sdk.helpers.types import Auth, Context


class Pages(PageNumberPaginator):
    """Page numbers, until an answer has no next page."""

    def has_more(self, response: requests.Response) -> bool:
        """Return whether there is a next page."""
        return "nextPage" in response.json()["navigation"]


class CallLog(RESTStream[int]):
    """The call log of the account."""

    name = "call_log"
    path = "/restapi/v1.0/account/~/call-log"
    records_jsonpath = "$.records[*]"
    primary_keys = ("id",)
    replication_key = "startTime"
    schema = call_log_schema(ACCOUNT)

    @property
    def url_base(self) -> str:
        """The API's address."""
        return str(self.config["api_url"])

    @property
    def authenticator(self) -> Auth:
        """A token; the server accepts any."""
        return BearerTokenAuthenticator(token="any")  # noqa: S106 - the server takes any

    def get_new_paginator(self) -> Pages:
        """Return the page numbers."""
        return Pages(1)

    def get_url_params(
        self,
        context: Context | None,  # noqa: ARG002 - the SDK's
        next_page_token: int | None,
    ) -> dict[str, Any]:
        """Return the query."""
        return {
            "view": "Detailed",
            "dateFrom": self.config["start_date"],
            "dateTo": self.config["end_date"],
            "perPage": 1000,
            "page": next_page_token or 1,
        }


class PlainTap(Tap):
    """A tap without any features of its own."""

    name = "tap-plain"
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("start_date", th.StringType, required=True),
        th.Property("end_date", th.StringType, required=True),
    ).to_dict()

    def discover_streams(self) -> Sequence[CallLog]:
        """Return the only stream."""
        return [CallLog(self)]


if __name__ == "__main__":
    PlainTap.cli()

"""JSON schemas of the company's directory and of its call queues.

Source: https://developers.ringcentral.com/api-reference/Internal-Contacts/listDirectoryEntries
"""

from __future__ import annotations

from tap_ringcentral_calllog.schemas.parts import (
    Schema,
    boolean,
    integer,
    key,
    object_of,
    objects,
    snapshot,
    string,
)


def directory_entries_schema() -> Schema:
    """Describe a record of `directory_entries`: whom a user finds in the company's directory.

    Returns:
        The JSON schema. The keys are `accountId`, `id`.
    """
    return snapshot(
        id=key("Id of the entry's extension: `id` in extensions."),
        type=string("Kind of entry, such as User, Department (a call queue) or External."),
        status=string("State, such as Enabled or Disabled."),
        hidden=boolean("Whether users do not see the entry."),
        firstName=string("First name of a user."),
        lastName=string("Last name of a user."),
        name=string("Name of an extension that is not a user, such as a queue."),
        jobTitle=string("The user's job title."),
        department=string("Name of the user's department."),
        email=string("The user's e-mail address."),
        extensionNumber=string("Extension number that colleagues dial."),
        phoneNumbers=objects("Phone numbers of the entry.", **_phone_number()),
        account=object_of(
            "Account of the entry, where several accounts share a directory.",
            id=string(
                "The account's id. It may differ from `accountId`, the account that was read."
            ),
            companyName=string("The company's name."),
            federatedName=string("Name of the accounts that share the directory."),
            mainNumber=object_of("The company's main number.", **_phone_number()),
        ),
        site=object_of(
            "Site of the company that the entry belongs to.",
            id=string("The site's id, main-site for the main one."),
            name=string("The site's name."),
            code=string("The site's code, if it has one."),
        ),
        profileImage=object_of(
            "Picture of the user.",
            uri=string("Address of the picture."),
            etag=string("Changes with the picture."),
        ),
        customFields=objects(
            "Fields that the company has defined itself.",
            id=string("The field's id."),
            name=string("The field's name."),
            value=string("The field's value."),
        ),
        integration=object_of(
            "System outside RingCentral that the entry comes from.",
            id=string("The integration's id."),
            typeId=string("Id of the integration's type."),
            type=string("Kind of integration, such as External."),
            displayName=string("The integration's name."),
            routingType=string("How calls are routed to it, such as Account."),
            outboundEdgeId=string("Id of the edge through which calls to it leave."),
        ),
    )


def call_queues_schema() -> Schema:
    """Describe a record of `call_queues`: a group of extensions that share calls.

    Sources: https://developers.ringcentral.com/api-reference/Call-Queues/listCallQueues and
    https://developers.ringcentral.com/api-reference/Call-Queues/readCallQueueInfo

    Returns:
        The JSON schema. The keys are `accountId`, `id`.
    """
    return snapshot(
        id=key("The queue's extension id: `id` in extensions."),
        uri=string("Address of the queue in RingCentral's API."),
        extensionNumber=string("Extension number of the queue."),
        name=string("The queue's name."),
        status=string("State, such as Enabled or Disabled."),
        subType=string("Emergency where the queue is for emergencies."),
        site=object_of(
            "Site of the company that the queue belongs to.",
            id=string("The site's id, main-site for the main one."),
            name=string("The site's name."),
        ),
        # These come from the queue's own route: the list leaves them out.
        editableMemberStatus=boolean("Whether members may take themselves out of the queue."),
        alertTimer=integer("Seconds before the members are alerted of queued calls."),
        serviceLevelSettings=object_of(
            "Service level that the queue should have.",
            slaGoal=integer("Percentage of calls that should be answered in time."),
            slaThresholdSeconds=integer("Seconds within which a call is answered in time."),
            includeAbandonedCalls=boolean("Whether abandoned calls count."),
            abandonedThresholdSeconds=integer(
                "Abandoned calls shorter than this many seconds do not count."
            ),
        ),
    )


def call_queue_members_schema() -> Schema:
    """Describe a record of `call_queue_members`: that an extension belongs to a queue.

    Returns:
        The JSON schema. The keys are `accountId`, `callQueueId`, `id`.
    """
    return snapshot(
        callQueueId=key("Id of the queue: `id` in call_queues."),
        id=key("Id of the member's extension: `id` in extensions."),
        uri=string("Address of the member's extension in RingCentral's API."),
        extensionNumber=string("Extension number of the member."),
    )


def _phone_number() -> Schema:
    return {
        "phoneNumber": string("The number, with its country code."),
        "formattedPhoneNumber": string("The number as it is shown to users."),
        "e164": string("The number in the form E.164."),
        "formatted": string("The number as it is written in its country."),
        "type": string("What the number takes, such as VoiceFax or FaxOnly."),
        "usageType": string("What the number is for, such as DirectNumber or MobileNumber."),
        "label": string("Name that a user has given to the number."),
        "hidden": boolean("Whether users do not see the number."),
        "primary": boolean("Whether the number is the one to call first."),
        "smsAvailabilityStatus": string("Whether the number takes text messages, such as Active."),
        "smsCampaignId": string("Id of the campaign that the number sends text messages for."),
    }

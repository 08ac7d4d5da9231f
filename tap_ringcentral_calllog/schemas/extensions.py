"""JSON schema of `extensions`: the account's extensions, current and former.

Source: https://developers.ringcentral.com/api-reference/Extensions/listExtensions
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
    time,
)


def extensions_schema() -> Schema:
    """Describe a record of `extensions`: a user, queue, menu, … of the account.

    It has what RingCentral documents for the list of extensions. What only the route of a single
    extension has, such as its time zone, would take a request for each extension.

    Returns:
        The JSON schema. The keys are `accountId`, `id`.
    """
    return snapshot(
        id=key("The extension's id: `extensionId` in other streams."),
        uri=string("Address of the extension in RingCentral's API."),
        extensionNumber=string("Extension number that colleagues dial."),
        name=string("The extension's name; of a user, first and last name."),
        type=string("Kind of extension, such as User, Department (a call queue) or IvrMenu."),
        subType=string("Kind of extension within its type, such as VideoPro or Emergency."),
        status=string("State, such as Enabled, Disabled, NotActivated or Unassigned."),
        hidden=boolean("Whether the extension is left out of the company's directory."),
        creationTime=time("When the extension was created, in UTC."),
        partnerId=string("Id that a partner's application has given to the extension."),
        alertTimer=integer("Seconds before a queue's members are alerted of queued calls."),
        contact=_contact(),
        site=object_of(
            "Site of the company that the extension belongs to.",
            id=string("The site's id, main-site for the main one."),
            uri=string("Address of the site in RingCentral's API."),
            name=string("The site's name."),
            code=string("The site's code, if it has one."),
        ),
        costCenter=object_of(
            "Cost center that the extension is charged to.",
            id=string("The cost center's id."),
            name=string("The cost center's name."),
        ),
        assignedCountry=object_of(
            "Country that the extension is assigned to.",
            id=string("The country's id."),
            uri=string("Address of the country in RingCentral's API."),
            name=string("The country's name."),
            isoCode=string("The country's two-letter code (ISO 3166-1)."),
        ),
        permissions=object_of(
            "Rights of the extension's user.",
            admin=object_of(
                "Right to administer the account.", enabled=boolean("Whether the user has it.")
            ),
            internationalCalling=object_of(
                "Right to call abroad.", enabled=boolean("Whether the user has it.")
            ),
        ),
        roles=objects(
            "Roles of the extension's user.",
            id=string("The role's id."),
            uri=string("Address of the role in RingCentral's API."),
            displayName=string("The role's name."),
            autoAssigned=boolean("Whether the role was assigned by a rule."),
            siteCompatible=boolean("Whether the role can be limited to sites."),
            siteRestricted=boolean("Whether the role is limited to sites."),
        ),
        callQueueInfo=object_of(
            "Service level of a call queue.",
            slaGoal=integer("Percentage of calls that should be answered in time."),
            slaThresholdSeconds=integer("Seconds within which a call is answered in time."),
            includeAbandonedCalls=boolean("Whether abandoned calls count."),
            abandonedThresholdSeconds=integer(
                "Abandoned calls shorter than this many seconds do not count."
            ),
        ),
        references=objects(
            "Ids of the extension in other systems.",
            ref=string("The id in the other system."),
            type=string("Kind of id, such as PartnerId or CustomerDirectoryId."),
            refAccId=string("Id of the account that administers the federation."),
        ),
        profileImage=object_of(
            "Picture of the user.",
            uri=string("Address of the picture."),
            etag=string("Changes with the picture."),
            lastModified=time("When the picture was last changed, in UTC."),
            contentType=string("Media type of the picture, such as image/png."),
            scales=objects("The picture in other sizes.", uri=string("Address of one size.")),
        ),
    )


def _contact() -> Schema:
    return object_of(
        "How the extension's user can be reached.",
        firstName=string("The user's first name."),
        lastName=string("The user's last name."),
        name=string("First and last name, or the extension's name."),
        company=string("Name of the user's company."),
        jobTitle=string("The user's job title."),
        department=string("Name of the user's department."),
        email=string("The user's e-mail address."),
        emailAsLoginName=boolean("Whether the e-mail address can be used to log in."),
        businessPhone=string("The user's business phone number."),
        mobilePhone=string("The user's mobile phone number."),
        businessAddress=object_of(
            "Postal address of the user's company.",
            country=string("Name of the country."),
            state=string("Name of the state or province."),
            city=string("Name of the city."),
            street=string("Street and house number."),
            zip=string("Postal code."),
        ),
        pronouncedName=object_of(
            "How the name is spoken to callers.",
            type=string("Default, TextToSpeech or Recorded."),
            text=string("Text that is spoken instead of the name."),
            prompt=object_of(
                "Recording of the spoken name.",
                id=string("The recording's id."),
                contentUri=string("Address of the audio."),
                contentType=string("Media type of the audio, such as audio/mpeg."),
            ),
        ),
    )

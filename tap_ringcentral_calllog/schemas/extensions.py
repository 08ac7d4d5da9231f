"""JSON schema of `extensions`: who has, or had, a number in the account.

Sources: https://developers.ringcentral.com/api-reference/Extensions/listExtensions and
https://developers.ringcentral.com/api-reference/Extensions/readExtension
"""

from __future__ import annotations

from tap_ringcentral_calllog.schemas.parts import (
    Schema,
    array,
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

    It has what RingCentral documents of an extension, in its list and singly.

    Returns:
        The JSON schema. The keys are `accountId`, `id`.
    """
    return snapshot(
        id=key("The extension's id: `extensionId` in other streams."),
        uri=string("Address of the extension in RingCentral's API."),
        extensionNumber=string("Short number that colleagues dial."),
        extensionNumbers=array("All short numbers of the extension.", {"type": ["string"]}),
        name=string("The extension's name; of a user, first and last name."),
        type=string("Kind of extension, such as User, Department (a call queue) or IvrMenu."),
        subType=string("Kind of extension within its type, such as VideoPro or Emergency."),
        status=string("State, such as Enabled, Disabled, NotActivated or Unassigned."),
        statusInfo=object_of(
            "Why the extension is disabled.",
            comment=string("The reason in an administrator's words."),
            reason=string("Kind of reason, such as Voluntarily."),
        ),
        hidden=boolean("Whether the extension is left out of the company's directory."),
        creationTime=time("When the extension was created, in UTC."),
        partnerId=string("Id that a partner's application has given to the extension."),
        setupWizardState=string("How far the user has set the extension up, such as Completed."),
        siteAccess=string("Whether the user is confined to a site: Limited or Unlimited."),
        alertTimer=integer("Seconds before a queue's members are alerted of queued calls."),
        account=object_of(
            "Account that the extension belongs to.",
            id=string("The account's id."),
            uri=string("Address of the account in RingCentral's API."),
        ),
        contact=_contact(),
        site=object_of(
            "Site of the company that the extension belongs to.",
            id=string("The site's id, main-site for the main one."),
            uri=string("Address of the site in RingCentral's API."),
            name=string("The site's name."),
            code=string("The site's code, if it has one."),
        ),
        costCenter=object_of(
            "Cost centre that the extension is charged to.",
            id=string("The cost centre's id."),
            name=string("The cost centre's name."),
        ),
        assignedCountry=object_of(
            "Country that the extension is assigned to.",
            id=string("The country's id."),
            uri=string("Address of the country in RingCentral's API."),
            name=string("The country's name."),
            isoCode=string("The country's code of two letters, by ISO 3166-1."),
        ),
        regionalSettings=_regional_settings(),
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
            siteCompatible=boolean("Whether the role can be confined to sites."),
            siteRestricted=boolean("Whether the role is confined to sites."),
        ),
        departments=objects(
            "Call queues that the user is a member of.",
            id=string("The queue's extension id."),
            uri=string("Address of the queue in RingCentral's API."),
            extensionNumber=string("The queue's short number."),
        ),
        callQueueInfo=object_of(
            "Service level of a call queue.",
            slaGoal=integer("Percentage of calls that should be answered in time."),
            slaThresholdSeconds=integer("Seconds within which a call is answered in time."),
            includeAbandonedCalls=boolean("Whether calls that were given up count."),
            abandonedThresholdSeconds=integer("Seconds up to which a call given up is left out."),
        ),
        customFields=objects(
            "Fields that the company has defined itself.",
            id=string("The field's id."),
            displayName=string("The field's name."),
            value=string("The field's value."),
        ),
        references=objects(
            "Ids of the extension in other systems.",
            ref=string("The id in the other system."),
            type=string("Kind of id, such as PartnerId or CustomerDirectoryId."),
            refAccId=string("Id of the account that administers the federation."),
        ),
        serviceFeatures=objects(
            "Features of the user's service, told to that user only.",
            featureName=string("The feature's name, such as Voicemail."),
            enabled=boolean("Whether the feature is available."),
            reason=string("Why the feature is not available."),
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
            text=string("Text that is spoken in place of the name."),
            prompt=object_of(
                "Recording of the spoken name.",
                id=string("The recording's id."),
                contentUri=string("Address of the audio."),
                contentType=string("Media type of the audio, such as audio/mpeg."),
            ),
        ),
    )


def _regional_settings() -> Schema:
    return object_of(
        "Country, time zone and languages of the extension.",
        homeCountry=object_of(
            "Country whose numbers are dialed without a country code.",
            id=string("The country's id."),
            uri=string("Address of the country in RingCentral's API."),
            name=string("The country's name."),
            isoCode=string("The country's code of two letters, by ISO 3166-1."),
            callingCode=string("The country's calling code."),
        ),
        timezone=object_of(
            "Time zone of the extension.",
            id=string("The time zone's id."),
            uri=string("Address of the time zone in RingCentral's API."),
            name=string("The time zone's short name."),
            description=string("The time zone's places in words."),
            bias=string("Minutes that the time zone differs from UTC."),
        ),
        language=object_of(
            "Language of the user interface.",
            id=string("The language's id."),
            uri=string("Address of the language in RingCentral's API."),
            name=string("The language's name."),
            localeCode=string("The language's locale, such as en-US."),
            isoCode=string("The language's ISO code."),
            greeting=boolean("Whether greetings can be in the language."),
            formattingLocale=boolean("Whether formats can be of the language."),
            ui=boolean("Whether the user interface can be in the language."),
        ),
        greetingLanguage=_language("Language of spoken greetings."),
        formattingLocale=_language("Language that decides how numbers and dates are written."),
        timeFormat=string("How times of day are written: 12h or 24h."),
    )


def _language(description: str) -> Schema:
    return object_of(
        description,
        id=string("The language's id."),
        name=string("The language's name."),
        localeCode=string("The language's locale, such as en-US."),
    )

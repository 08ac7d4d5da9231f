{#- Everyone and everything with an extension, with names and types; no rows without the table. -#}
{% if ringcentral.archived('extensions') is none -%}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as extension_id,
  cast(null as {{ ringcentral.type_text() }}) as extension_number,
  cast(null as {{ ringcentral.type_text() }}) as name,
  cast(null as {{ ringcentral.type_text() }}) as type,
  cast(null as {{ ringcentral.type_text() }}) as department,
  cast(null as {{ ringcentral.type_text() }}) as site,
  cast(null as {{ ringcentral.type_integer() }}) as sla_seconds,
  cast(null as {{ ringcentral.type_integer() }}) as short_abandon_seconds,
  cast(null as boolean) as include_abandoned_calls
where false
{%- else -%}
select
  {{ ringcentral.column('accountId') }} as account_id,
  {{ ringcentral.column('id') }} as extension_id,
  {{ ringcentral.column('extensionNumber') }} as extension_number,
  {{ ringcentral.column('name') }} as name,
  {{ ringcentral.column('type') }} as type,
  {{ ringcentral.field('contact', 'department') }} as department,
  {{ ringcentral.field('site', 'name') }} as site,
  cast({{ ringcentral.field('callQueueInfo', 'slaThresholdSeconds') }} as {{ ringcentral.type_integer() }}) as sla_seconds,
  cast({{ ringcentral.field('callQueueInfo', 'abandonedThresholdSeconds') }} as {{ ringcentral.type_integer() }}) as short_abandon_seconds,
  cast({{ ringcentral.field('callQueueInfo', 'includeAbandonedCalls') }} as boolean) as include_abandoned_calls
from {{ ringcentral.newest('extensions', ['accountId', 'id']) }} as extensions
{%- endif %}

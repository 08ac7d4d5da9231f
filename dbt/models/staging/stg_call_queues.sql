{#- The call queues. The service level is null if only the list was read. -#}
{% if ringcentral.archived('call_queues') is none -%}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as extension_id,
  cast(null as {{ ringcentral.type_text() }}) as extension_number,
  cast(null as {{ ringcentral.type_text() }}) as name,
  cast(null as {{ ringcentral.type_text() }}) as site,
  cast(null as {{ ringcentral.type_integer() }}) as sla_seconds,
  cast(null as {{ ringcentral.type_integer() }}) as short_abandon_seconds,
  cast(null as boolean) as include_abandoned_calls
where false
{%- else -%}
{%- set known = not execute or 'servicelevelsettings' in ringcentral.archived_columns('call_queues') -%}
select
  {{ ringcentral.column('accountId') }} as account_id,
  {{ ringcentral.column('id') }} as extension_id,
  {{ ringcentral.column('extensionNumber') }} as extension_number,
  {{ ringcentral.column('name') }} as name,
  {{ ringcentral.field('site', 'name') }} as site,
  {%- for name, field, type in [
    ('sla_seconds', 'slaThresholdSeconds', ringcentral.type_integer()),
    ('short_abandon_seconds', 'abandonedThresholdSeconds', ringcentral.type_integer()),
    ('include_abandoned_calls', 'includeAbandonedCalls', 'boolean'),
  ] %}
  cast({{ ringcentral.field('serviceLevelSettings', field) if known else 'null' }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
  {%- endfor %}
from {{ ringcentral.newest('call_queues', ['accountId', 'id']) }} as queues
{%- endif %}

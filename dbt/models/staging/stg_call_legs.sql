{#- One row per leg, as last loaded. Legs beyond the record's leg count remain from before it changed. -#}
{%- set columns = ringcentral.archived_columns('call_legs') -%}
{% if ringcentral.archived('call_legs') is none -%}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as log_extension_id,
  cast(null as {{ ringcentral.type_text() }}) as record_id,
  cast(null as {{ ringcentral.type_moment() }}) as record_started_at,
  cast(null as {{ ringcentral.type_integer() }}) as leg_index,
  cast(null as {{ ringcentral.type_moment() }}) as started_at,
  cast(null as {{ ringcentral.type_integer() }}) as duration_ms,
  cast(null as {{ ringcentral.type_text() }}) as leg_type,
  cast(null as {{ ringcentral.type_text() }}) as action,
  cast(null as {{ ringcentral.type_text() }}) as result,
  cast(null as {{ ringcentral.type_text() }}) as direction,
  cast(null as boolean) as is_master,
  cast(null as {{ ringcentral.type_text() }}) as extension_id,
  cast(null as {{ ringcentral.type_text() }}) as to_extension_id,
  cast(null as {{ ringcentral.type_text() }}) as from_extension_id,
  cast(null as {{ ringcentral.type_text() }}) as delegate_id,
  cast(null as {{ ringcentral.type_text() }}) as recording_id,
  cast(null as {{ ringcentral.type_moment() }}) as loaded_at,
  cast(null as boolean) as is_new
where false
{%- else -%}
select
  {{ ringcentral.column('accountId') }} as account_id,
  {{ ringcentral.log_extension('call_legs') }} as log_extension_id,
  {{ ringcentral.column('callId') }} as record_id,
  {{ ringcentral.moment('callStartTime') }} as record_started_at,
  cast({{ ringcentral.column('legIndex') }} as {{ ringcentral.type_integer() }}) as leg_index,
  {{ ringcentral.moment('startTime') }} as started_at,
  cast(coalesce({{ ringcentral.column('durationMs') }}, {{ ringcentral.column('duration') }} * 1000) as {{ ringcentral.type_integer() }}) as duration_ms,
  {{ ringcentral.column('legType') }} as leg_type,
  {{ ringcentral.column('action') }} as action,
  {{ ringcentral.column('result') }} as result,
  {{ ringcentral.column('direction') }} as direction,
  coalesce({{ ringcentral.column('master') }}, false) as is_master,
  -- RingCentral may send the leg's own extensionId instead of the object.
  coalesce(
    {{ ringcentral.field('extension', 'id') }},
    nullif({{ ringcentral.column('legExtensionId' if 'legextensionid' in columns else 'extensionId') }}, '')
  ) as extension_id,
  {{ ringcentral.field('to', 'extensionId') }} as to_extension_id,
  {{ ringcentral.field('from', 'extensionId') }} as from_extension_id,
  {{ ringcentral.field('delegate', 'id') }} as delegate_id,
  {{ ringcentral.field('recording', 'id') }} as recording_id,
  {{ ringcentral.loaded_at('call_legs') }} as loaded_at,
  {{ ringcentral.loaded_since('call_legs') if ringcentral.builds_partly() else 'true' }} as is_new
from {{ ringcentral.newest('call_legs', ['accountId'] + (['extensionId'] if ringcentral.has_logs() else []) + ['callId', 'legIndex']) }} as legs
{%- endif %}

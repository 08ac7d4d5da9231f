{#- The audio of each recording: archived or gone; no rows without the table. -#}
{% if ringcentral.archived('recording_files') is none -%}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as recording_id,
  cast(null as {{ ringcentral.type_text() }}) as conversation_id,
  cast(null as {{ ringcentral.type_text() }}) as type,
  cast(null as {{ ringcentral.type_moment() }}) as started_at,
  cast(null as {{ ringcentral.type_moment() }}) as expires_at,
  cast(null as {{ ringcentral.type_text() }}) as status,
  cast(null as {{ ringcentral.type_text() }}) as path,
  cast(null as {{ ringcentral.type_moment() }}) as loaded_at
where false
{%- else -%}
select
  {{ ringcentral.column('accountId') }} as account_id,
  {{ ringcentral.column('id') }} as recording_id,
  coalesce(
    nullif(nullif({{ ringcentral.column('telephonySessionId') }}, ''), '0'),
    nullif(nullif({{ ringcentral.column('sessionId') }}, ''), '0'),
    {{ ringcentral.column('callId') }}
  ) as conversation_id,
  {{ ringcentral.column('type') }} as type,
  {{ ringcentral.moment('startTime') }} as started_at,
  {{ ringcentral.moment('expiresAt') }} as expires_at,
  {{ ringcentral.column('status') }} as status,
  {{ ringcentral.column('path') }} as path,
  {{ ringcentral.loaded_at('recording_files') }} as loaded_at
from {{ ringcentral.newest('recording_files', ['accountId', 'id']) }} as files
{%- endif %}

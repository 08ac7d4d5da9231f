{#- The recordings that calls have or had. -#}
{% if ringcentral.archived('call_recordings') is none -%}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as recording_id,
  cast(null as {{ ringcentral.type_text() }}) as conversation_id,
  cast(null as {{ ringcentral.type_text() }}) as record_id,
  cast(null as {{ ringcentral.type_text() }}) as type,
  cast(null as {{ ringcentral.type_moment() }}) as started_at,
  cast(null as {{ ringcentral.type_moment() }}) as expires_at,
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
  {{ ringcentral.column('callId') }} as record_id,
  {{ ringcentral.column('type') }} as type,
  {{ ringcentral.moment('startTime') }} as started_at,
  {{ ringcentral.moment('expiresAt') }} as expires_at,
  {{ ringcentral.loaded_at('call_recordings') }} as loaded_at
from {{ ringcentral.newest('call_recordings', ['accountId', 'id']) }} as recordings
{%- endif %}

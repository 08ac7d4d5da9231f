{{ config(
    indexes=ringcentral.indexed(['account_id', 'recording_id']) + ringcentral.indexed(['status', 'expires_at']) + ringcentral.indexed(['account_id', 'conversation_id']),
    pre_hook=["{{ ringcentral.forget({'touched_recordings': {'account_id': 'recordings.account_id', 'recording_id': 'recordings.recording_id'}}) }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
-- Accounts whose files are downloaded.
with collected as (
  select distinct account_id from {{ ref('stg_recording_files') }}
),

ids as (
  {%- if ringcentral.is_partial() %}
  select account_id, recording_id from {{ ref('touched_recordings') }}
  {%- else %}
  select account_id, recording_id from {{ ref('stg_call_recordings') }}
  union {% if target.type == 'bigquery' %}distinct{% endif %}
  select account_id, recording_id from {{ ref('stg_recording_files') }}
  {%- endif %}
),

known as (
  select
    ids.account_id,
    ids.recording_id,
    coalesce(recordings.conversation_id, files.conversation_id) as conversation_id,
    coalesce(recordings.type, files.type) as type,
    coalesce(recordings.started_at, files.started_at) as started_at,
    coalesce(recordings.expires_at, files.expires_at) as expires_at,
    files.status,
    files.path
  from ids
  left join {{ ref('stg_call_recordings') }} as recordings
    on recordings.account_id = ids.account_id and recordings.recording_id = ids.recording_id
  left join {{ ref('stg_recording_files') }} as files
    on files.account_id = ids.account_id and files.recording_id = ids.recording_id
)

select
  known.account_id,
  known.recording_id,
  known.conversation_id,
  known.type,
  known.started_at,
  known.expires_at,
  case
    when known.status in ('archived', 'gone') then known.status
    when known.expires_at <= {{ ringcentral.now() }} then 'gone'
    when collected.account_id is not null then 'waiting'
    else 'not_archived'
  end as status,
  known.path
from known
left join collected on collected.account_id = known.account_id

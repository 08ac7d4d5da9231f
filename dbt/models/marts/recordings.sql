{{ config(
    indexes=ringcentral.indexed(['account_id', 'recording_id']) + ringcentral.indexed(['status', 'expires_at']) + ringcentral.indexed(['account_id', 'conversation_id']),
    pre_hook=["{{ ringcentral.forget({}) }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
{%- set is_fetched = ringcentral.archived('recording_files') is not none %}
with known as (
  select
    coalesce(recordings.account_id, files.account_id) as account_id,
    coalesce(recordings.recording_id, files.recording_id) as recording_id,
    coalesce(recordings.conversation_id, files.conversation_id) as conversation_id,
    coalesce(recordings.type, files.type) as type,
    coalesce(recordings.started_at, files.started_at) as started_at,
    coalesce(recordings.expires_at, files.expires_at) as expires_at,
    files.status,
    files.path
  from {{ ref('stg_call_recordings') }} as recordings
  full outer join {{ ref('stg_recording_files') }} as files
    on files.account_id = recordings.account_id and files.recording_id = recordings.recording_id
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
    else '{{ 'waiting' if is_fetched else 'not_archived' }}'
  end as status,
  known.path
from known

{#-
  The conversations that this build rebuilds: those of the touched records, now and in the previous build, and
  those with an extension whose kind has changed. The hours and the number are the previous build's, because
  they change too; `first_at` is the earliest start in either. Empty in a full build.
-#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
-- depends_on: {{ ref('touched_records') }} {{ ref('touched_extensions') }} {{ ref('stg_call_log') }}
{%- set partly = ringcentral.builds_partly() -%}
{%- set records = ringcentral.built('int_records') -%}
{%- set turns = ringcentral.built('int_turns') -%}
{%- set conversations = ringcentral.built('int_conversations') -%}
{%- set earlier = ringcentral.built('touched') -%}
{%- if partly and records is not none and turns is not none and conversations is not none %}
{%- set are_others = run_query("select count(*) from " ~ ref('touched_extensions') ~ " where is_other_kind").rows[0][0] %}
with found as (
  select log.account_id, log.conversation_id, log.started_at
  from {{ ref('stg_call_log') }} as log
  inner join {{ ref('touched_records') }} as touched_records
    on touched_records.account_id = log.account_id
    and touched_records.log_extension_id = log.log_extension_id
    and touched_records.record_id = log.record_id
  where {{ ringcentral.not_before_touched_records('log.started_at') }}
  union all
  select records.account_id, records.conversation_id, records.started_at
  from {{ records }} as records
  inner join {{ ref('touched_records') }} as touched_records
    on touched_records.account_id = records.account_id
    and touched_records.log_extension_id = records.log_extension_id
    and touched_records.record_id = records.record_id
  where {{ ringcentral.not_before_touched_records('records.started_at') }}
  {%- if are_others %}
  union all
  select records.account_id, records.conversation_id, records.started_at
  from {{ records }} as records
  inner join {{ ref('touched_extensions') }} as others
    on others.is_other_kind and others.account_id = records.account_id
    and others.extension_id in (records.extension_id, records.to_extension_id, records.from_extension_id, records.delegate_id)
  union all
  select turns.account_id, turns.conversation_id, turns.record_started_at
  from {{ turns }} as turns
  inner join {{ ref('touched_extensions') }} as others
    on others.is_other_kind and others.account_id = turns.account_id
    and others.extension_id in (turns.extension_id, turns.to_extension_id, turns.delegate_id)
  {%- endif %}
),

ids as (
  select account_id, conversation_id, min(started_at) as first_at
  from found
  group by account_id, conversation_id
)

select
  ids.account_id,
  ids.conversation_id,
  conversations.started_at,
  conversations.ended_at,
  conversations.number,
  case when conversations.started_at < ids.first_at then conversations.started_at else ids.first_at end as first_at
from ids
left join {{ conversations }} as conversations
  on conversations.account_id = ids.account_id
  and conversations.conversation_id = ids.conversation_id
{%- if earlier is not none %}
union all
select account_id, conversation_id, started_at, ended_at, number, first_at from {{ earlier }}
{%- endif %}
{%- else %}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as conversation_id,
  cast(null as {{ ringcentral.type_moment() }}) as started_at,
  cast(null as {{ ringcentral.type_moment() }}) as ended_at,
  cast(null as {{ ringcentral.type_text() }}) as number,
  cast(null as {{ ringcentral.type_moment() }}) as first_at
where false
{%- endif %}

{#-
  The conversations that this build rebuilds: those of the touched records, now and in the previous build, and
  those with an extension whose kind has changed. The hours and the number are the previous build's, because
  they change too. Empty in a full build.
-#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
-- depends_on: {{ ref('touched_records') }} {{ ref('touched_extensions') }} {{ ref('stg_call_log') }}
{%- set partly = ringcentral.builds_partly() -%}
{%- set records = ringcentral.built('int_records') -%}
{%- set turns = ringcentral.built('int_turns') -%}
{%- set conversations = ringcentral.built('int_conversations') -%}
{%- set earlier = ringcentral.built('touched') -%}
{%- if partly and records is not none and turns is not none and conversations is not none %}
with ids as (
  select log.account_id, log.conversation_id
  from {{ ref('stg_call_log') }} as log
  inner join {{ ref('touched_records') }} as touched_records
    on touched_records.account_id = log.account_id
    and touched_records.log_extension_id = log.log_extension_id
    and touched_records.record_id = log.record_id
  union {% if target.type == 'bigquery' %}distinct{% endif %}
  select records.account_id, records.conversation_id
  from {{ records }} as records
  inner join {{ ref('touched_records') }} as touched_records
    on touched_records.account_id = records.account_id
    and touched_records.log_extension_id = records.log_extension_id
    and touched_records.record_id = records.record_id
  union {% if target.type == 'bigquery' %}distinct{% endif %}
  select records.account_id, records.conversation_id
  from {{ records }} as records
  inner join {{ ref('touched_extensions') }} as others
    on others.is_other_kind and others.account_id = records.account_id
    and others.extension_id in (records.extension_id, records.to_extension_id, records.from_extension_id, records.delegate_id)
  union {% if target.type == 'bigquery' %}distinct{% endif %}
  select turns.account_id, turns.conversation_id
  from {{ turns }} as turns
  inner join {{ ref('touched_extensions') }} as others
    on others.is_other_kind and others.account_id = turns.account_id
    and others.extension_id in (turns.extension_id, turns.to_extension_id, turns.delegate_id)
)

select
  ids.account_id,
  ids.conversation_id,
  conversations.started_at,
  conversations.ended_at,
  conversations.number
from ids
left join {{ conversations }} as conversations
  on conversations.account_id = ids.account_id
  and conversations.conversation_id = ids.conversation_id
{%- if earlier is not none %}
union all
select account_id, conversation_id, started_at, ended_at, number from {{ earlier }}
{%- endif %}
{%- else %}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as conversation_id,
  cast(null as {{ ringcentral.type_moment() }}) as started_at,
  cast(null as {{ ringcentral.type_moment() }}) as ended_at,
  cast(null as {{ ringcentral.type_text() }}) as number
where false
{%- endif %}

{#-
  Records that were loaded since the last build, or whose legs or deletion were, each with its earliest start,
  as loaded or as in the last build. Empty in a full build. Rows that a failed build left here are processed
  again: `builds` empties the table.
-#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
-- depends_on: {{ ref('load_marks') }}
{%- set partly = ringcentral.builds_partly() -%}
{%- set earlier = ringcentral.built('touched_records') -%}
{%- set records = ringcentral.built('int_records') -%}
{%- set starts = {'call_log': 'startTime', 'call_legs': 'callStartTime', 'call_log_deletions': 'startTime'} %}
with loaded as (
{%- if partly %}
{%- for table, start in starts.items() if ringcentral.archived(table) is not none %}
  select
    {{ ringcentral.column('accountId') }} as account_id,
    {{ ringcentral.log_extension(table) }} as log_extension_id,
    {{ ringcentral.column('callId' if table == 'call_legs' else 'id') }} as record_id,
    {{ ringcentral.moment(start) }} as started_at
  from {{ ringcentral.archived(table) }}
  where {{ ringcentral.loaded_since(table) }}
  union all
{%- endfor %}
{%- if earlier is not none %}
  select account_id, log_extension_id, record_id, started_at from {{ earlier }}
  union all
{%- endif %}
{%- endif %}
  select
    cast(null as {{ ringcentral.type_text() }}) as account_id,
    cast(null as {{ ringcentral.type_text() }}) as log_extension_id,
    cast(null as {{ ringcentral.type_text() }}) as record_id,
    cast(null as {{ ringcentral.type_moment() }}) as started_at
  where false
),

keys as (
  select account_id, log_extension_id, record_id, min(started_at) as started_at
  from loaded
  group by account_id, log_extension_id, record_id
)

select
  keys.account_id,
  keys.log_extension_id,
  keys.record_id,
  {%- if partly and records is not none %}
  case when records.started_at < keys.started_at or keys.started_at is null then records.started_at else keys.started_at end as started_at
from keys
left join {{ records }} as records
  on records.account_id = keys.account_id
  and records.log_extension_id = keys.log_extension_id
  and records.record_id = keys.record_id
  {%- else %}
  keys.started_at
from keys
  {%- endif %}

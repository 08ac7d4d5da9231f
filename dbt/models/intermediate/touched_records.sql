{#-
  Records that were loaded since the last build, or whose legs or deletion were. Empty in a full build. Rows
  that a failed build left here are processed again: `builds` empties the table.
-#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
-- depends_on: {{ ref('load_marks') }}
{%- set partly = ringcentral.builds_partly() -%}
{%- set earlier = ringcentral.built('touched_records') -%}
{%- set starts = {'call_log': 'startTime', 'call_legs': 'callStartTime', 'call_log_deletions': 'startTime'} %}
select account_id, log_extension_id, record_id, min(started_at) as started_at
from (
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
) as loaded
group by account_id, log_extension_id, record_id

{#-
  Records that were loaded since the last build, or whose legs or deletion were. Empty in a full build. Rows
  that a failed build left here are processed again: `builds` empties the table.
-#}
{{ config(materialized='table', post_hook=["{{ ringcentral.analyzed() }}"]) }}
-- depends_on: {{ ref('load_marks') }}
{%- set partly = ringcentral.builds_partly() -%}
{%- set earlier = ringcentral.built('touched_records') -%}
{%- if partly %}
{%- for table, id in [('call_log', 'id'), ('call_legs', 'callId'), ('call_log_deletions', 'id')] if ringcentral.archived(table) is not none %}
select
  {{ ringcentral.column('accountId') }} as account_id,
  {{ ringcentral.log_extension(table) }} as log_extension_id,
  {{ ringcentral.column(id) }} as record_id
from {{ ringcentral.archived(table) }}
where {{ ringcentral.loaded_since(table) }}
union {% if target.type == 'bigquery' %}distinct{% endif %}
{%- endfor %}
{%- if earlier is not none %}
select account_id, log_extension_id, record_id from {{ earlier }}
union {% if target.type == 'bigquery' %}distinct{% endif %}
{%- endif %}
{%- endif %}
select
  cast(null as {{ ringcentral.type_text() }}) as account_id,
  cast(null as {{ ringcentral.type_text() }}) as log_extension_id,
  cast(null as {{ ringcentral.type_text() }}) as record_id
where false

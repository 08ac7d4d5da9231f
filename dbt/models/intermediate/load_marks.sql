{#- The load time of the newest row of each table and account, recorded before the build reads them. -#}
{{ config(materialized='table') }}
{%- set partly = ringcentral.builds_partly() -%}
{%- set tables = ['call_log', 'call_legs', 'call_log_deletions', 'call_recordings', 'recording_files'] -%}
{%- set found = [] -%}
{%- for table in tables if ringcentral.archived(table) is not none -%}{%- do found.append(table) -%}{%- endfor -%}
select account_id, table_name, max(loaded_to) as loaded_to
from (
  {% for table in found -%}
  select
    {{ ringcentral.column('accountId') }} as account_id,
    cast('{{ table }}' as {{ ringcentral.type_text() }}) as table_name,
    {{ ringcentral.loaded_at(table) }} as loaded_to
  from {{ ringcentral.archived(table) }}
  {% if partly %}where {{ ringcentral.loaded_since(table) }}{% endif %}
  union all
  {% endfor -%}
  {% if partly -%}
  select account_id, table_name, loaded_to from {{ ringcentral.built('builds') }}
  {%- else -%}
  select
    cast(null as {{ ringcentral.type_text() }}),
    cast(null as {{ ringcentral.type_text() }}),
    cast(null as {{ ringcentral.type_moment() }})
  where false
  {%- endif %}
) as marks
group by account_id, table_name

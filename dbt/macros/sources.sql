{#- The loader's tables: which exist, and how to read their columns. -#}

{% macro is_plain() -%}
  {#- Whether to compile SQL for use without dbt; then no database is queried. -#}
  {{ return(var('plain', false)) }}
{%- endmacro %}

{% macro archived(table) -%}
  {#- The relation of one of the loader's tables; none if it is missing or switched off. -#}
  {%- set switch = var('using_' ~ table, none) -%}
  {%- if switch is sameas false -%}{{ return(none) }}{%- endif -%}
  {%- set relation = source('ringcentral', table) -%}
  {%- if not execute or switch is sameas true or ringcentral.is_plain() -%}{{ return(relation) }}{%- endif -%}
  {{ return(adapter.get_relation(relation.database, relation.schema, relation.identifier)) }}
{%- endmacro %}

{% macro archived_columns(table) -%}
  {#- The names of a table's columns, in lower case; empty before anything is run. -#}
  {%- set relation = ringcentral.archived(table) -%}
  {%- if not execute or relation is none -%}{{ return([]) }}{%- endif -%}
  {%- if ringcentral.is_plain() -%}{{ return(['servicelevelsettings', 'calls']) }}{%- endif -%}
  {{ return(adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list) }}
{%- endmacro %}

{% macro column(name) -%}
  {{ return(adapter.dispatch('column', 'ringcentral')(name)) }}
{%- endmacro %}
{% macro default__column(name) -%}"{{ name }}"{%- endmacro %}
{% macro snowflake__column(name) -%}"{{ name | upper }}"{%- endmacro %}
{% macro bigquery__column(name) -%}`{{ name }}`{%- endmacro %}

{#- A string in a JSON column: field('from', 'phoneNumber'). An empty string counts as missing. -#}
{% macro field(column, name) -%}
  {{ return(adapter.dispatch('field', 'ringcentral')(column, name)) }}
{%- endmacro %}
{% macro default__field(column, name) -%}
  nullif("{{ column }}" ->> '{{ name }}', '')
{%- endmacro %}
{% macro duckdb__field(column, name) -%}
  nullif(json_extract_string("{{ column }}", '$.{{ name }}'), '')
{%- endmacro %}
{% macro snowflake__field(column, name) -%}
  nullif(get_path("{{ column | upper }}", '{{ name }}')::varchar, '')
{%- endmacro %}
{#- The tap flattens for BigQuery: from__phoneNumber. -#}
{% macro bigquery__field(column, name) -%}
  nullif(cast(`{{ column }}__{{ name }}` as string), '')
{%- endmacro %}

{% macro moment(name) -%}
  {#- A time in the loader's table, in UTC and without a zone. -#}
  {{ return(adapter.dispatch('moment', 'ringcentral')(name)) }}
{%- endmacro %}
{% macro default__moment(name) -%}cast({{ ringcentral.column(name) }} as timestamp){%- endmacro %}
{% macro bigquery__moment(name) -%}datetime({{ ringcentral.column(name) }}, 'UTC'){%- endmacro %}

{% macro newest(table, key) -%}
  {#- The rows of a table; of several rows with one key, only the last loaded. -#}
  {%- set relation = ringcentral.archived(table) -%}
  {%- set appends = var('target_appends', none) -%}
  {%- if appends is none -%}{%- set appends = target.type == 'bigquery' -%}{%- endif -%}
  {%- if not appends -%}
    {{ relation }}
  {%- else -%}
    {%- set order = '_sdc_sequence' if '_sdc_sequence' in ringcentral.archived_columns(table) or target.type == 'bigquery' else '_sdc_batched_at' -%}
    (
      select * from (
        select *, row_number() over (
          partition by {% for one in key %}{{ ringcentral.column(one) }}{{ ', ' if not loop.last }}{% endfor %}
          order by {{ ringcentral.column(order) }} desc
        ) as newest_first
        from {{ relation }}
      ) as numbered
      where newest_first = 1
    )
  {%- endif -%}
{%- endmacro %}

{% macro loaded_at(table) -%}
  {#- When a row was loaded; null if the loader does not record it. -#}
  {%- if not execute or '_sdc_batched_at' in ringcentral.archived_columns(table) -%}
    {{ ringcentral.moment('_sdc_batched_at') }}
  {%- else -%}
    cast(null as {{ ringcentral.type_moment() }})
  {%- endif -%}
{%- endmacro %}

{% macro log_extension(table) -%}
  {#- At extension level, the extension whose log it is; otherwise empty. -#}
  {%- if ringcentral.has_logs() -%}{{ ringcentral.column('extensionId') }}{%- else -%}''{%- endif -%}
{%- endmacro %}

{% macro has_logs() -%}
  {{ return('extensionid' in ringcentral.archived_columns('call_log')) }}
{%- endmacro %}

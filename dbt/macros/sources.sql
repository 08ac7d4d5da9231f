{#- What the loader has written: which tables are there, and how their columns are read. -#}

{% macro is_plain() -%}
  {#- Whether SQL is compiled that is run without dbt: nothing is asked of a database. -#}
  {{ return(var('plain', false)) }}
{%- endmacro %}

{% macro archived(table) -%}
  {#- The relation of a table of the loader, or none where it is absent or switched off. -#}
  {%- set switch = var('using_' ~ table, none) -%}
  {%- if switch is sameas false -%}{{ return(none) }}{%- endif -%}
  {%- set relation = source('ringcentral', table) -%}
  {%- if not execute or switch is sameas true or ringcentral.is_plain() -%}{{ return(relation) }}{%- endif -%}
  {{ return(adapter.get_relation(relation.database, relation.schema, relation.identifier)) }}
{%- endmacro %}

{% macro archived_columns(table) -%}
  {#- The names of a table's columns, in lower case; none are known before anything is run. -#}
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

{#- A text inside of a JSON column: field('from', 'phoneNumber'). Empty texts count as absent. -#}
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
  {#- A time of the loader's, in UTC and without a zone. -#}
  {{ return(adapter.dispatch('moment', 'ringcentral')(name)) }}
{%- endmacro %}
{% macro default__moment(name) -%}cast({{ ringcentral.column(name) }} as timestamp){%- endmacro %}
{% macro bigquery__moment(name) -%}datetime({{ ringcentral.column(name) }}, 'UTC'){%- endmacro %}

{% macro newest(table, key) -%}
  {#- The rows of a table; of several of a key, the one that was loaded last. -#}
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
  {#- When a row was loaded; null where the loader does not say. -#}
  {%- if not execute or '_sdc_batched_at' in ringcentral.archived_columns(table) -%}
    {{ ringcentral.moment('_sdc_batched_at') }}
  {%- else -%}
    cast(null as {{ ringcentral.type_moment() }})
  {%- endif -%}
{%- endmacro %}

{% macro log_extension(table) -%}
  {#- At extension level, whose log it is; else empty. -#}
  {%- if ringcentral.has_logs() -%}{{ ringcentral.column('extensionId') }}{%- else -%}''{%- endif -%}
{%- endmacro %}

{% macro has_logs() -%}
  {{ return('extensionid' in ringcentral.archived_columns('call_log')) }}
{%- endmacro %}

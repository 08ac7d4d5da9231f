{#-
  How a build finds what has changed since the last one.

  `builds` is the last model of a build. For each table and account, it contains the load time of the newest
  row, and a hash of the variables, seeds and models. The next build starts with the rows loaded since then: `touched_records`,
  then `touched`, the conversations that these records belong to, now or in the previous build. A failed build
  does not change `builds`, so the next one repeats its work.
-#}

{% macro built(name) -%}
  {#- The table of a model from an earlier build, or none. `ref` would make a circular dependency. -#}
  {%- if not execute or ringcentral.is_plain() -%}{{ return(none) }}{%- endif -%}
  {%- set node = graph.nodes['model.ringcentral.' ~ name] -%}
  {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
{%- endmacro %}

{% macro fingerprint() -%}
  {#- What affects all rows: variables, and the seeds and models of this version. -#}
  {%- set values = [] -%}
  {%- for name in ['ringcentral_schema', 'time_zone', 'sla_seconds', 'short_abandon_seconds',
                   'include_abandoned_calls', 'fcr_days', 'country_code', 'business_hours',
                   'target_appends', 'using_call_legs', 'using_call_log_deletions',
                   'using_extensions', 'using_call_queues'] -%}
    {%- do values.append(name ~ '=' ~ var(name, '')) -%}
  {%- endfor -%}
  {%- if execute -%}
    {%- for id in graph.nodes | sort if id.startswith('seed.ringcentral.') or id.startswith('model.ringcentral.') -%}
      {%- do values.append(id ~ '=' ~ graph.nodes[id].checksum.checksum) -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(local_md5(values | join(';'))) }}
{%- endmacro %}

{% macro builds_partly() -%}
  {#- Whether the build is incremental. -#}
  {%- if not execute or flags.FULL_REFRESH -%}{{ return(false) }}{%- endif -%}
  {%- set builds = ringcentral.built('builds') -%}
  {%- if builds is none -%}{{ return(false) }}{%- endif -%}
  {%- set found = run_query("select count(*), count(case when fingerprint = '" ~ ringcentral.fingerprint() ~ "' then 1 end) from " ~ builds).rows[0] -%}
  {{ return(found[0] > 0 and found[0] == found[1]) }}
{%- endmacro %}

{% macro is_partial() -%}
  {#- Whether this model keeps its rows, except for the touched ones. -#}
  {{ return(not ringcentral.is_plain() and is_incremental() and ringcentral.builds_partly()) }}
{%- endmacro %}

{% macro forget(touched, bound=none) -%}
  {#-
    A pre-hook that deletes the rows that the model is about to write again, in the same transaction.
    `touched`: for each model that lists such rows, its columns, each with this model's expression.
    `bound`: a further condition, which lets the database skip the others without a comparison.
  -#}
  {%- set conditions = [] -%}
  {%- for name, columns in touched.items() -%}
    {%- set pairs = [] -%}
    {%- for theirs, ours in columns.items() -%}{%- do pairs.append('gone.' ~ theirs ~ ' = ' ~ ours) -%}{%- endfor -%}
    {%- do conditions.append('exists (select 1 from ' ~ ref(name) ~ ' as gone where ' ~ pairs | join(' and ') ~ ')') -%}
  {%- endfor -%}
  {%- if is_incremental() -%}
  delete from {{ this }}{% if conditions and ringcentral.builds_partly() %} where ({{ conditions | join(' or ') }}){% if bound %} and {{ bound }}{% endif %}{% endif %}
  {%- endif -%}
{%- endmacro %}

{% macro forget_touched(table, began) -%}
  {#- `began`: a column of the table that is never before the start of the conversation. -#}
  {{ ringcentral.forget(
    {'touched': {'account_id': table ~ '.account_id', 'conversation_id': table ~ '.conversation_id'}},
    ringcentral.not_before_touched(table ~ '.' ~ began)
  ) }}
{%- endmacro %}

{% macro only_touched(alias, began) -%}
  {#- A join that keeps only the touched conversations, in an incremental build. `began`: as above. -#}
  {%- set touched = ref('touched') -%}
  {%- if ringcentral.is_partial() -%}{{ ringcentral.join_touched(alias, began) }}{%- endif -%}
{%- endmacro %}

{% macro join_touched(alias, began) -%}
  inner join (select distinct account_id, conversation_id from {{ ref('touched') }}) as touched
    on touched.account_id = {{ alias }}.account_id
    and touched.conversation_id = {{ alias }}.conversation_id
    and {{ ringcentral.not_before_touched(alias ~ '.' ~ began) }}
{%- endmacro %}

{% macro not_before_touched(column) -%}
  {#- Excludes rows of conversations that began before all touched ones; in PostgreSQL, an index does. -#}
  {%- if target.type == 'postgres' -%}true
  {%- elif ringcentral.builds_partly() -%}
  {{ ringcentral.not_before(column, run_query("select min(first_at) from " ~ ref('touched')).rows[0][0]) }}
  {%- endif -%}
{%- endmacro %}

{% macro not_before_touched_records(column) -%}
  {%- if ringcentral.builds_partly() -%}
  {{ ringcentral.not_before(column, run_query("select min(started_at) from " ~ ref('touched_records')).rows[0][0]) }}
  {%- endif -%}
{%- endmacro %}

{% macro not_before(column, moment) -%}
  {#-
    A bound with which the database skips older rows: DuckDB by the blocks in which they are stored, and
    before it unpacks their JSON. A join would come after all rows are read.
  -#}
  {%- if moment is none -%}false
  {%- else -%}{{ column }} >= cast('{{ moment }}' as {{ ringcentral.type_moment() }})
  {%- endif -%}
{%- endmacro %}

{% macro in_order_of(column) -%}
  {#- Stores rows in the order of time, in a full build: DuckDB has no index with which it could skip the others. -#}
  {%- if target.type == 'duckdb' and not ringcentral.is_plain() and not ringcentral.is_partial() %}
order by {{ column }}
  {%- endif -%}
{%- endmacro %}

{% macro loaded_since(table, account='accountId') -%}
  {#- A condition for rows loaded since the last build of their account; all rows if that is unknown. -#}
  {%- set columns = ringcentral.archived_columns(table) -%}
  {%- if '_sdc_batched_at' not in columns -%}true{%- else -%}
  {%- set marks = run_query("select account_id, loaded_to from " ~ ringcentral.built('builds') ~ " where table_name = '" ~ table ~ "'") -%}
  {%- set loaded = ringcentral.moment('_sdc_batched_at') -%}
  {%- set lows = [] -%}
  {%- for mark in marks.rows -%}{%- do lows.append(mark[1] | string) -%}{%- endfor -%}
  (
    {% if lows -%}
    {#- This lets an index help: no account's mark is earlier, and rows of a new account were loaded later. -#}
    {{ loaded }} >= {{ ringcentral.later("cast('" ~ lows | min ~ "' as " ~ ringcentral.type_moment() ~ ")", ringcentral.margin_minutes() * -60000) }} and
    {% endif -%}
    (
    {% for mark in marks.rows -%}
    ({{ ringcentral.column('accountId') }} = '{{ mark[0] }}' and {{ loaded }} >= {{ ringcentral.later("cast('" ~ mark[1] ~ "' as " ~ ringcentral.type_moment() ~ ")", ringcentral.margin_minutes() * -60000) }}) or
    {% endfor -%}
    {{ ringcentral.column('accountId') }} not in ({% for mark in marks.rows %}'{{ mark[0] }}', {% endfor %}'')
    )
  )
  {%- endif -%}
{%- endmacro %}

{% macro margin_minutes() -%}
  {#-
    A row's load time is the start of its batch. A target writes a batch 5 minutes later at the latest, plus
    the time that the tap waits, up to 15 minutes: meanwhile, another run may have loaded rows of the same
    table. target-duckdb records local time, which falls back by an hour once a year.
  -#}
  {%- set margin = var('margin_minutes', none) -%}
  {{ return(margin if margin is not none else 90 if target.type == 'duckdb' else 30) }}
{%- endmacro %}

{% macro analyzed() -%}
  {#- A post-hook: PostgreSQL needs statistics of a new table to plan queries; later, autovacuum renews them. -#}
  {%- if target.type == 'postgres' and not ringcentral.is_partial() -%}analyze {{ this }}{%- endif -%}
{%- endmacro %}

{% macro indexed(columns) -%}
  {{ return([{'columns': columns}] if target.type == 'postgres' else []) }}
{%- endmacro %}

{% macro only_touched_days(alias) -%}
  {%- set hours = ref('touched_hours') -%}
  {%- if ringcentral.is_partial() -%}
  inner join (select distinct account_id, local_date from {{ hours }}) as touched_days
    on touched_days.account_id = {{ alias }}.account_id
    and touched_days.local_date = {{ alias }}.local_date
  {%- endif -%}
{%- endmacro %}

{% macro within_touched_days(column) -%}
  {%- set hours = ref('touched_hours') -%}
  {#- A bound in UTC, for which an index or block statistics help: one day wider than the local days. -#}
  {%- if ringcentral.is_partial() -%}
  {%- set bounds = run_query("select min(local_date), max(local_date) from " ~ hours).rows[0] -%}
  {%- if bounds[0] is none -%} where false
  {%- else -%}
  where {{ column }} >= {{ ringcentral.later("cast('" ~ bounds[0] ~ "' as " ~ ringcentral.type_moment() ~ ")", -86400000) }}
    and {{ column }} < {{ ringcentral.later("cast('" ~ bounds[1] ~ "' as " ~ ringcentral.type_moment() ~ ")", 2 * 86400000) }}
  {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{% macro within_touched_hours(column, unit) -%}
  {#- Excludes rows outside the touched hours or days; none if an extension has changed, which changes all its rows. -#}
  {%- if ringcentral.builds_partly() -%}
  {%- set found = run_query(
    "select min(" ~ unit ~ "), max(" ~ unit ~ "), (select count(*) from " ~ ref('touched_extensions') ~ ") from " ~ ref('touched_hours')
  ).rows[0] -%}
  {%- if found[2] -%}true
  {%- elif found[0] is none -%}false
  {%- else -%}{{ column }} >= cast('{{ found[0] }}' as {{ ringcentral.type_moment() }}) and {{ column }} <= cast('{{ found[1] }}' as {{ ringcentral.type_moment() }})
  {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{% macro only_touched_numbers(alias) -%}
  {%- set numbers = ref('touched_numbers') -%}
  {%- if ringcentral.is_partial() -%}
  inner join {{ numbers }} as numbers
    on numbers.account_id = {{ alias }}.account_id and numbers.number = {{ alias }}.number
  {%- endif -%}
{%- endmacro %}


{% macro number_or_none(column) -%}coalesce({{ column }}, ''){%- endmacro %}

{% macro index_sources() -%}
  {#-
    Before a build: in PostgreSQL, what was loaded since the last one is found by an index. It is made
    once, where the tables belong to whoever builds; without, each build reads them whole.
  -#}
  {%- if execute and target.type == 'postgres' and flags.WHICH in ('build', 'run') and var('index_sources', true) -%}
    {%- for table in ['call_log', 'call_legs', 'call_log_deletions', 'call_recordings', 'recording_files'] -%}
      {%- set relation = ringcentral.archived(table) -%}
      {%- if relation is not none and '_sdc_batched_at' in ringcentral.archived_columns(table) -%}
        {%- set own = run_query("select pg_has_role(relowner, 'USAGE') and relkind in ('r', 'p') from pg_class where oid = to_regclass('" ~ relation.include(database=false) ~ "')").rows -%}
        {%- if own and own[0][0] -%}
          {{ 'create index if not exists ' ~ table ~ '_loaded on ' ~ relation ~ ' ("_sdc_batched_at");' }}
        {%- endif -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}

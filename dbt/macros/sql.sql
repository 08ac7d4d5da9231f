{#- SQL that differs between the four databases. Times are in UTC and without a zone. -#}

{% macro type_moment() -%}{{ return('datetime' if target.type == 'bigquery' else 'timestamp') }}{%- endmacro %}
{% macro type_text() -%}{{ return('string' if target.type == 'bigquery' else 'varchar' if target.type != 'postgres' else 'text') }}{%- endmacro %}
{% macro type_float() -%}{{ return('float64' if target.type == 'bigquery' else 'double precision' if target.type != 'snowflake' else 'float') }}{%- endmacro %}
{% macro type_integer() -%}{{ return('int64' if target.type == 'bigquery' else 'bigint') }}{%- endmacro %}

{% macro local(moment) -%}
  {#- The company's local time. -#}
  {{ return(adapter.dispatch('local', 'ringcentral')(moment)) }}
{%- endmacro %}
{% macro default__local(moment) -%}timezone('{{ var('time_zone') }}', timezone('UTC', {{ moment }})){%- endmacro %}
{% macro snowflake__local(moment) -%}convert_timezone('UTC', '{{ var('time_zone') }}', {{ moment }}){%- endmacro %}
{% macro bigquery__local(moment) -%}datetime(timestamp({{ moment }}, 'UTC'), '{{ var('time_zone') }}'){%- endmacro %}

{% macro seconds_between(begin, end) -%}
  {{ return(adapter.dispatch('seconds_between', 'ringcentral')(begin, end)) }}
{%- endmacro %}
{% macro default__seconds_between(begin, end) -%}
  round(cast(extract(epoch from ({{ end }}) - ({{ begin }})) as numeric), 3)::double precision
{%- endmacro %}
{% macro duckdb__seconds_between(begin, end) -%}
  (epoch_us({{ end }}) - epoch_us({{ begin }})) / 1000 / 1000.0
{%- endmacro %}
{% macro snowflake__seconds_between(begin, end) -%}
  (datediff('millisecond', {{ begin }}, {{ end }}) / 1000.0)::float
{%- endmacro %}
{% macro bigquery__seconds_between(begin, end) -%}
  (datetime_diff({{ end }}, {{ begin }}, millisecond) / 1000.0)
{%- endmacro %}

{% macro later(moment, milliseconds) -%}
  {{ return(adapter.dispatch('later', 'ringcentral')(moment, milliseconds)) }}
{%- endmacro %}
{% macro default__later(moment, milliseconds) -%}
  ({{ moment }} + ({{ milliseconds }}) * interval '1 millisecond')
{%- endmacro %}
{% macro duckdb__later(moment, milliseconds) -%}
  ({{ moment }} + to_milliseconds(cast({{ milliseconds }} as bigint)))
{%- endmacro %}
{% macro snowflake__later(moment, milliseconds) -%}
  dateadd('millisecond', {{ milliseconds }}, {{ moment }})
{%- endmacro %}
{% macro bigquery__later(moment, milliseconds) -%}
  datetime_add({{ moment }}, interval cast({{ milliseconds }} as int64) millisecond)
{%- endmacro %}

{% macro truncated(unit, moment) -%}
  {{ return(adapter.dispatch('truncated', 'ringcentral')(unit, moment)) }}
{%- endmacro %}
{% macro default__truncated(unit, moment) -%}cast(date_trunc('{{ unit }}', {{ moment }}) as timestamp){%- endmacro %}
{% macro bigquery__truncated(unit, moment) -%}datetime_trunc({{ moment }}, {{ unit }}){%- endmacro %}

{% macro quarter(moment) -%}
  {#- The start of the quarter of an hour. -#}
  {{ return(adapter.dispatch('quarter', 'ringcentral')(moment)) }}
{%- endmacro %}
{% macro default__quarter(moment) -%}
  (date_trunc('hour', {{ moment }}) + floor(extract(minute from {{ moment }}) / 15) * interval '15 minutes')
{%- endmacro %}
{% macro duckdb__quarter(moment) -%}
  time_bucket(interval '15 minutes', {{ moment }}, timestamp '2000-01-01')
{%- endmacro %}
{% macro snowflake__quarter(moment) -%}
  time_slice({{ moment }}, 15, 'minute')
{%- endmacro %}
{% macro bigquery__quarter(moment) -%}
  datetime_bucket({{ moment }}, interval 15 minute)
{%- endmacro %}

{% macro weekday(moment) -%}
  {#- 1 is Monday. -#}
  {{ return(adapter.dispatch('weekday', 'ringcentral')(moment)) }}
{%- endmacro %}
{% macro default__weekday(moment) -%}cast(extract(isodow from {{ moment }}) as integer){%- endmacro %}
{% macro snowflake__weekday(moment) -%}dayofweekiso({{ moment }}){%- endmacro %}
{% macro bigquery__weekday(moment) -%}(mod(extract(dayofweek from {{ moment }}) + 5, 7) + 1){%- endmacro %}

{% macro hour(moment) -%}cast(extract(hour from {{ moment }}) as {{ ringcentral.type_integer() }}){%- endmacro %}

{% macro any_true(condition) -%}
  {#- Whether the condition is true for any row; false for null and for no rows. -#}
  (coalesce(max(case when {{ condition }} then 1 else 0 end), 0) = 1)
{%- endmacro %}

{% macro listed(expression, order) -%}
  {{ return(adapter.dispatch('listed', 'ringcentral')(expression, order)) }}
{%- endmacro %}
{% macro default__listed(expression, order) -%}array_agg({{ expression }} order by {{ order }}){%- endmacro %}
{% macro snowflake__listed(expression, order) -%}array_agg({{ expression }}) within group (order by {{ order }}){%- endmacro %}

{% macro list_or_empty(list) -%}
  {{ return(adapter.dispatch('list_or_empty', 'ringcentral')(list)) }}
{%- endmacro %}
{% macro default__list_or_empty(list) -%}coalesce({{ list }}, cast(array[] as {{ ringcentral.type_text() }}[])){%- endmacro %}
{% macro snowflake__list_or_empty(list) -%}coalesce({{ list }}, array_construct()){%- endmacro %}
{#- An array is never null there. -#}
{% macro bigquery__list_or_empty(list) -%}ifnull({{ list }}, []){%- endmacro %}

{% macro digits(number) -%}
  {#- A phone number as + and its digits; null if it is masked or not a phone number. -#}
  {{ return(adapter.dispatch('digits', 'ringcentral')(number)) }}
{%- endmacro %}
{% macro default__digits(number) -%}{{ ringcentral.plain_number(number, "regexp_replace(" ~ number ~ ", '[^0-9]', '', 'g')", number ~ " ~ ") }}{%- endmacro %}
{% macro duckdb__digits(number) -%}{{ ringcentral.plain_number(number, "regexp_replace(" ~ number ~ ", '[^0-9]', '', 'g')", "regexp_matches(" ~ number ~ ", ", ")") }}{%- endmacro %}
{% macro snowflake__digits(number) -%}{{ ringcentral.plain_number(number, "regexp_replace(" ~ number ~ ", '[^0-9]', '')", "regexp_like(" ~ number ~ ", ", ")") }}{%- endmacro %}
{% macro bigquery__digits(number) -%}{{ ringcentral.plain_number(number, "regexp_replace(" ~ number ~ ", '[^0-9]', '')", "regexp_contains(" ~ number ~ ", ", ")") }}{%- endmacro %}
{% macro plain_number(number, digits, matches, closing='') -%}
  case
    when {{ number }} is null or not {{ matches }}'^[+]?[0-9() ./-]+$'{{ closing }} then null
    when length({{ digits }}) < 7 then null
    when {{ number }} like '+%' then '+' || {{ digits }}
    {%- if var('country_code') | string == '1' %}
    when {{ digits }} like '011%' and length({{ digits }}) > 11 then '+' || substr({{ digits }}, 4)
    {%- else %}
    when {{ digits }} like '00%' then '+' || substr({{ digits }}, 3)
    {#- Italy's numbers keep their 0. #}
    when {{ digits }} like '0%' then '+{{ var('country_code') }}' || {{ digits if var('country_code') | string == '39' else 'substr(' ~ digits ~ ', 2)' }}
    {%- endif %}
    when length({{ digits }}) = 10 then '+{{ var('country_code') }}' || {{ digits }}
    else '+' || {{ digits }}
  end
{%- endmacro %}

{% macro now() -%}
  {#- The moment of the build; the variable `now` replaces it in tests. -#}
  {%- if var('now', none) -%}cast('{{ var('now') }}' as {{ ringcentral.type_moment() }})
  {%- else -%}{{ adapter.dispatch('now', 'ringcentral')() }}{%- endif -%}
{%- endmacro %}
{% macro default__now() -%}cast(timezone('UTC', current_timestamp) as timestamp){%- endmacro %}
{% macro snowflake__now() -%}sysdate(){%- endmacro %}
{% macro bigquery__now() -%}current_datetime('UTC'){%- endmacro %}

{% macro hours_of(begin, end) -%}
  {#- A lateral join: each hour from `begin` to `end` as `spread.hour_at`. -#}
  {{ return(adapter.dispatch('spread', 'ringcentral')(begin, end, 60)) }}
{%- endmacro %}
{% macro days_of(begin, end) -%}
  {{ return(adapter.dispatch('spread', 'ringcentral')(begin, end, 1440)) }}
{%- endmacro %}
{% macro quarters_of(begin, end) -%}
  {{ return(adapter.dispatch('spread', 'ringcentral')(begin, end, 15)) }}
{%- endmacro %}
{% macro default__spread(begin, end, minutes) -%}
  cross join lateral generate_series({{ begin }}, {{ end }}, interval '{{ minutes }} minutes') as spread(slot)
{%- endmacro %}
{% macro duckdb__spread(begin, end, minutes) -%}
  cross join lateral (
    select unnest(generate_series({{ begin }}, {{ end }}, interval '{{ minutes }} minutes')) as slot
  ) as spread
{%- endmacro %}
{% macro snowflake__spread(begin, end, minutes) -%}
  cross join lateral (
    select dateadd('minute', value * {{ minutes }}, {{ begin }}) as slot
    from table(flatten(array_generate_range(0, datediff('minute', {{ begin }}, {{ end }}) / {{ minutes }} + 1)))
  ) as spread
{%- endmacro %}
{% macro bigquery__spread(begin, end, minutes) -%}
  cross join unnest(
    array(
      select datetime_add({{ begin }}, interval step * {{ minutes }} minute)
      from unnest(generate_array(0, div(datetime_diff({{ end }}, {{ begin }}, minute), {{ minutes }}))) as step
    )
  ) as slot
{%- endmacro %}
{% macro slot() -%}{{ return('slot' if target.type == 'bigquery' else 'spread.slot') }}{%- endmacro %}

{% macro is_after_hours(local) -%}
  {#- Whether a local time is outside the business hours; null if these are unknown. -#}
  {%- if var('business_hours', []) | length == 0 -%}
  cast(null as boolean)
  {%- else -%}
  not (
    {%- for hours in var('business_hours') %}
    {%- if hours.from < hours.to %}
    ({{ ringcentral.weekday(local) }} = {{ hours.weekday }}
      and cast({{ local }} as time) >= cast('{{ hours.from }}' as time)
      and cast({{ local }} as time) < cast('{{ hours.to }}' as time))
    {%- else %}
    {#- Until the next day. #}
    ({{ ringcentral.weekday(local) }} = {{ hours.weekday }} and cast({{ local }} as time) >= cast('{{ hours.from }}' as time))
    or ({{ ringcentral.weekday(local) }} = {{ hours.weekday % 7 + 1 }} and cast({{ local }} as time) < cast('{{ hours.to }}' as time))
    {%- endif %}
    {{- ' or' if not loop.last }}
    {%- endfor %}
  )
  {%- endif -%}
{%- endmacro %}

{% macro rounded(value) -%}
  {#- Rounded to thousandths, because a sum of floats depends on the order of its rows. -#}
  {{ return(adapter.dispatch('rounded', 'ringcentral')(value)) }}
{%- endmacro %}
{% macro default__rounded(value) -%}cast(round(cast({{ value }} as decimal(38, 6)), 3) as {{ ringcentral.type_float() }}){%- endmacro %}
{% macro bigquery__rounded(value) -%}round({{ value }}, 3){%- endmacro %}

{% macro count_if(condition) -%}
  cast(sum(case when {{ condition }} then 1 else 0 end) as {{ ringcentral.type_integer() }})
{%- endmacro %}

{% macro total(value) -%}
  cast(sum({{ value }}) as {{ ringcentral.type_integer() }})
{%- endmacro %}

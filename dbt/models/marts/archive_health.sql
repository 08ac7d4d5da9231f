{{ config(materialized='table') }}
{%- set now = ringcentral.now() %}
{#- docs/guarantees.md explains how to use the rows of call_log_coverage. -#}
with final as (
  select
    account_id,
    log_extension_id,
    {{ ringcentral.truncated('day', 'covered_from') }} as day_at,
    covered_from,
    covered_to,
    calls,
    read_at
  from {{ ref('stg_coverage') }}
  where settled_to >= covered_to and calls is not null
),

-- Ranges that were partly read again later, for example by a run with another state.
older as (
  select distinct one.account_id, one.log_extension_id, one.covered_from, one.read_at
  from final as one
  inner join final as later
    on later.account_id = one.account_id
    and later.log_extension_id = one.log_extension_id
    and later.day_at = one.day_at
    and later.read_at > one.read_at
    and later.covered_from < one.covered_to
    and later.covered_to > one.covered_from
    and later.calls > 0
),

found as (
  select
    final.account_id,
    final.log_extension_id,
    final.covered_from,
    final.read_at,
    count(records.record_id) as calls_found
  from final
  -- A range with calls never crosses the end of a UTC day.
  left join {{ ref('int_records') }} as records
    on records.account_id = final.account_id
    and records.log_extension_id = final.log_extension_id
    and {{ ringcentral.truncated('day', 'records.started_at') }} = final.day_at
    and records.started_at >= final.covered_from
    and records.started_at < final.covered_to
  where final.calls > 0
  group by final.account_id, final.log_extension_id, final.covered_from, final.read_at
),

counted as (
  select
    final.account_id,
    {{ ringcentral.truncated('month', 'final.covered_from') }} as month_from,
    cast(sum(case when older.read_at is null then final.calls else 0 end) as {{ ringcentral.type_integer() }}) as calls_read,
    cast(sum(case when older.read_at is null then found.calls_found else 0 end) as {{ ringcentral.type_integer() }}) as calls_found,
    {{ ringcentral.any_true('older.read_at is not null') }} as is_read_again,
    {{ ringcentral.any_true('found.calls_found < final.calls') }} as is_short
  from final
  inner join found
    on found.account_id = final.account_id
    and found.log_extension_id = final.log_extension_id
    and found.covered_from = final.covered_from
    and found.read_at = final.read_at
  left join older
    on older.account_id = final.account_id
    and older.log_extension_id = final.log_extension_id
    and older.covered_from = final.covered_from
    and older.read_at = final.read_at
  where final.calls > 0
  group by 1, 2
),

reached as (
  select
    *,
    max(covered_to) over (
      partition by account_id, log_extension_id order by covered_from, covered_to
      rows between unbounded preceding and 1 preceding
    ) as reached_to
  from final
),

islands as (
  select
    *,
    sum(case when reached_to >= covered_from then 0 else 1 end) over (
      partition by account_id, log_extension_id order by covered_from, covered_to
      rows between unbounded preceding and current row
    ) as island
  from reached
),

covered as (
  select
    account_id,
    log_extension_id,
    min(covered_from) as covered_from,
    max(covered_to) as covered_to
  from islands
  group by account_id, log_extension_id, island
),

logs as (
  select account_id, log_extension_id, min(covered_from) as first_covered
  from {{ ref('stg_coverage') }}
  group by account_id, log_extension_id
),

-- Start with everything that RingCentral keeps, even if the archive begins later.
days as (
  select
    logs.account_id,
    logs.log_extension_id,
    {{ ringcentral.slot() }} as day_at
  from logs
  {{ ringcentral.days_of(
      "case when logs.first_covered < " ~ ringcentral.later(now, -365 * 86400000) ~ " then " ~ ringcentral.truncated('day', 'logs.first_covered') ~ " else " ~ ringcentral.truncated('day', ringcentral.later(now, -365 * 86400000)) ~ " end",
      now) }}
),

months as (
  select distinct
    account_id,
    log_extension_id,
    {{ ringcentral.truncated('month', 'day_at') }} as month_from,
    {{ ringcentral.truncated('month', ringcentral.later(ringcentral.truncated('month', 'day_at'), 32 * 86400000)) }} as month_to
  from days
),

parts as (
  select
    months.account_id,
    months.log_extension_id,
    months.month_from,
    months.month_to,
    case when covered.covered_from > months.month_from then covered.covered_from else months.month_from end as covered_from,
    case when covered.covered_to < months.month_to then covered.covered_to else months.month_to end as covered_to
  from months
  inner join covered
    on covered.account_id = months.account_id
    and covered.log_extension_id = months.log_extension_id
    and covered.covered_from < months.month_to
    and covered.covered_to > months.month_from
),

each_log as (
  select
    months.account_id,
    months.log_extension_id,
    months.month_from,
    months.month_to,
    min(parts.covered_from) as covered_from,
    max(parts.covered_to) as covered_to,
    min(case when parts.covered_from = months.month_from then parts.covered_to end) as reached_to,
    max(case when parts.covered_to = months.month_to then parts.covered_from end) as resumed_from
  from months
  left join parts
    on parts.account_id = months.account_id
    and parts.log_extension_id = months.log_extension_id
    and parts.month_from = months.month_from
  group by months.account_id, months.log_extension_id, months.month_from, months.month_to
),

-- Everything in the month that was not read for good lies between these moments.
ended as (
  select
    each_log.*,
    case when each_log.reached_to is null or each_log.reached_to < each_log.month_to
      then coalesce(each_log.reached_to, each_log.month_from) end as hole_from,
    case when each_log.reached_to is null or each_log.reached_to < each_log.month_to
      then coalesce(each_log.resumed_from, each_log.month_to) end as hole_to
  from each_log
),

there as (
  select
    account_id,
    {{ ringcentral.truncated('month', 'started_at') }} as month_from,
    count(*) as calls_there
  from {{ ref('int_records') }}
  group by 1, 2
)

select
  ended.account_id,
  cast(ended.month_from as date) as month,
  not {{ ringcentral.any_true('ended.hole_from is not null') }}
    and not coalesce({{ ringcentral.any_true('counted.is_short') }}, false) as is_whole,
  min(ended.covered_from) as covered_from,
  max(ended.covered_to) as covered_to,
  -- If a part was read again, calls that only the older reading covers count as they are.
  cast(case
    when min(ended.covered_from) is null then null
    when {{ ringcentral.any_true('counted.is_read_again') }}
      then coalesce(max(there.calls_there), 0) + max(counted.calls_read) - max(counted.calls_found)
    else coalesce(max(counted.calls_read), 0)
  end as {{ ringcentral.type_integer() }}) as calls_read,
  coalesce(max(there.calls_there), 0) as calls_there,
  min(ended.hole_from) as hole_from,
  max(ended.hole_to) as hole_to
from ended
left join there
  on there.account_id = ended.account_id and there.month_from = ended.month_from
left join counted
  on counted.account_id = ended.account_id and counted.month_from = ended.month_from
group by ended.account_id, ended.month_from

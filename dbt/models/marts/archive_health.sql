{{ config(materialized='table') }}
{%- set now = ringcentral.now() %}
with final as (
  select
    account_id,
    log_extension_id,
    covered_from,
    case when covered_to < settled_to then covered_to else settled_to end as covered_to
  from {{ ref('stg_coverage') }}
  where settled_to > covered_from
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

-- What RingCentral keeps is asked for, whether or not the archive begins there.
days as (
  select
    logs.account_id,
    logs.log_extension_id,
    {{ ringcentral.slot() }} as day_at
  from logs
  {{ ringcentral.days_of(
      "case when logs.first_covered < " ~ ringcentral.later(now, -365 * 86400000) ~ " then logs.first_covered else " ~ ringcentral.later(now, -365 * 86400000) ~ " end",
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
    min(case when parts.covered_from = months.month_from then parts.covered_to end) as reached_to
  from months
  left join parts
    on parts.account_id = months.account_id
    and parts.log_extension_id = months.log_extension_id
    and parts.month_from = months.month_from
  group by months.account_id, months.log_extension_id, months.month_from, months.month_to
),

holes as (
  select
    each_log.*,
    case
      when each_log.reached_to is null then each_log.month_from
      when each_log.reached_to < each_log.month_to then each_log.reached_to
    end as hole_from
  from each_log
),

ended as (
  select
    holes.account_id,
    holes.log_extension_id,
    holes.month_from,
    holes.covered_from,
    holes.covered_to,
    holes.hole_from,
    coalesce(min(parts.covered_from), holes.month_to) as hole_to
  from holes
  left join parts
    on parts.account_id = holes.account_id
    and parts.log_extension_id = holes.log_extension_id
    and parts.month_from = holes.month_from
    and parts.covered_from >= holes.hole_from
  group by
    holes.account_id, holes.log_extension_id, holes.month_from, holes.month_to, holes.covered_from,
    holes.covered_to, holes.hole_from
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
  not {{ ringcentral.any_true('ended.hole_from is not null') }} as is_whole,
  max(ended.covered_from) as covered_from,
  min(ended.covered_to) as covered_to,
  cast(null as {{ ringcentral.type_integer() }}) as calls_read,
  coalesce(max(there.calls_there), 0) as calls_there,
  min(ended.hole_from) as hole_from,
  min(case when ended.hole_from is not null then ended.hole_to end) as hole_to
from ended
left join there
  on there.account_id = ended.account_id and there.month_from = ended.month_from
group by ended.account_id, ended.month_from

{{ config(
    indexes=ringcentral.indexed(['account_id', 'local_quarter']),
    pre_hook=["{{ ringcentral.forget({'touched_hours': {'account_id': 'concurrency.account_id', 'local_hour': ringcentral.truncated('hour', 'concurrency.local_quarter')}}) }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
with presence as (
  select
    presence.account_id,
    presence.quarter,
    presence.began_at,
    presence.ended_at,
    {{ ringcentral.local('presence.quarter') }} as local_quarter
  from {{ ref('int_presence') }} as presence
  {{ ringcentral.within_touched_days('presence.quarter') }}
),

chosen as (
  select presence.*
  from presence
  {%- if ringcentral.is_partial() %}
  inner join {{ ref('touched_hours') }} as hours
    on hours.account_id = presence.account_id
    and hours.local_hour = {{ ringcentral.truncated('hour', 'presence.local_quarter') }}
  {%- endif %}
),

-- A call that ends when another one begins does not overlap it.
steps as (
  select account_id, quarter, local_quarter, began_at as step_at, 1 as change from chosen
  union all
  select account_id, quarter, local_quarter, ended_at, -1 from chosen
),

heights as (
  select
    account_id,
    local_quarter,
    sum(change) over (
      partition by account_id, quarter order by step_at, change
      rows between unbounded preceding and current row
    ) as height
  from steps
),

peaks as (
  select account_id, local_quarter, cast(max(height) as {{ ringcentral.type_integer() }}) as peak_calls
  from heights
  group by account_id, local_quarter
),

lengths as (
  select
    account_id,
    local_quarter,
    {{ ringcentral.rounded('sum(' ~ ringcentral.seconds_between('began_at', 'ended_at') ~ ')') }} as call_seconds
  from chosen
  group by account_id, local_quarter
)

select peaks.account_id, peaks.local_quarter, peaks.peak_calls, lengths.call_seconds
from peaks
inner join lengths
  on lengths.account_id = peaks.account_id and lengths.local_quarter = peaks.local_quarter

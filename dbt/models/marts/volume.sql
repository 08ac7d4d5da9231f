{{ config(materialized='table') }}
select
  account_id,
  {{ ringcentral.weekday('local_date') }} as local_weekday,
  {{ ringcentral.hour('local_hour') }} as local_hour,
  direction,
  outcome,
  {{ ringcentral.total('calls') }} as calls
from {{ ref('int_day_volume') }}
group by 1, 2, 3, 4, 5

{#- Each day of ten years, for tools for metrics to join. -#}
{{ config(materialized='view', schema='internal') }}
select cast({{ ringcentral.slot() }} as date) as date_day
from (
  select
    cast('2020-01-01' as {{ ringcentral.type_moment() }}) as first_day,
    cast('2034-12-31' as {{ ringcentral.type_moment() }}) as last_day
) as days
{{ ringcentral.days_of('days.first_day', 'days.last_day') }}

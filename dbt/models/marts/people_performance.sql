{{ config(
    indexes=ringcentral.indexed(['account_id', 'local_date']) + ringcentral.indexed(['account_id', 'person_id']),
    pre_hook=["{{ ringcentral.forget({'touched_hours': {'account_id': 'people_performance.account_id', 'local_date': 'people_performance.local_date'}, 'touched_extensions': {'account_id': 'people_performance.account_id', 'extension_id': 'people_performance.person_id'}}, ringcentral.within_touched_hours('people_performance.local_date', 'local_date')) }}"],
    post_hook=["{{ ringcentral.analyzed() }}"]
) }}
select
  parts.account_id,
  parts.person_id,
  people.name as person_name,
  people.department,
  people.site,
  cast(parts.local_date as date) as local_date,
  {{ ringcentral.total('parts.offered') }} as offered,
  {{ ringcentral.total('parts.answered') }} as answered,
  case when sum(parts.judged) > 0 or sum(parts.offered) = 0 then {{ ringcentral.total('parts.refused') }} end as refused,
  {{ ringcentral.total('parts.outbound') }} as outbound,
  {{ ringcentral.total('parts.connected') }} as connected,
  {{ ringcentral.rounded('sum(parts.talk_seconds)') }} as talk_seconds,
  min(case when parts.answered + parts.outbound > 0 then parts.started_at end) as first_call_at,
  max(case when parts.answered + parts.outbound > 0 then parts.started_at end) as last_call_at,
  {{ ringcentral.total('parts.judged') }} as judged_offers
from {{ ref('int_person_calls') }} as parts
left join {{ ref('extensions') }} as people
  on people.account_id = parts.account_id and people.extension_id = parts.person_id
{%- if ringcentral.is_partial() %}
where {{ ringcentral.within_touched_hours('parts.local_date', 'local_date') }} and (exists (
  select 1 from {{ ref('touched_hours') }} as hours
  where hours.account_id = parts.account_id and hours.local_date = parts.local_date
)
or exists (
  select 1 from {{ ref('touched_extensions') }} as others
  where others.account_id = parts.account_id and others.extension_id = parts.person_id
))
{%- endif %}
group by
  parts.account_id, parts.person_id, people.name, people.department, people.site, parts.local_date

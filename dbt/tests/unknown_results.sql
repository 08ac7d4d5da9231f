{#- RingCentral's words grow: each result that the seed call_results does not know. -#}
{{ config(severity='warn') }}
select result, count(*) as records
from {{ ref('int_records') }}
where is_unknown_word
group by result

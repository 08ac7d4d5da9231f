{#- RingCentral adds words: each result that is not in the seed call_results. -#}
{{ config(severity='warn') }}
select result, count(*) as records
from {{ ref('int_records') }}
where is_unknown_word
group by result

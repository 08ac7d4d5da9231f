{#- The ranges of start times that were read, for good or not. A view of the marts cannot read the archive itself. -#}
{{ config(materialized='table') }}
select distinct account_id, covered_from, covered_to
from {{ ref('stg_coverage') }}

-- What RingCentral forgets, or has forgotten, before it is archived: the newest row of each account
-- and kind of data that says so. One row is (account, kind, what is to be said of it).
WITH newest AS (
    SELECT DISTINCT ON ("accountId", kind) *
    FROM tap_ringcentral.retention
    ORDER BY "accountId", kind, "checkedAt" DESC
)
SELECT
    "accountId",
    kind,
    concat_ws(
        '; ',
        'RingCentral forgets the next on ' || to_char("nextToExpire", 'YYYY-MM-DD'),
        NULLIF(waiting, 0) || ' wait to be archived',
        'lost: ' || to_char("gapFrom", 'YYYY-MM-DD') || ' to ' || to_char("gapTo", 'YYYY-MM-DD')
    )
FROM newest
WHERE "inDanger" OR "gapFrom" IS NOT NULL
ORDER BY 1, 2

-- What analysts read: names instead of numbers, times instead of milliseconds, current totals beside keys.

CREATE FUNCTION halt_reason(n smallint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT (ARRAY['balance','limit','paused','frozen','refund','content'])[n + 1] $$;

CREATE VIEW sum_totals AS
  SELECT s.partition, s.sum_id, s.viewer, s.meter, s.creator, s.bps,
         p.charged[1 + (s.sum_id & 63)] AS charged, p.due[1 + (s.sum_id & 63)] AS due, s.paid
  FROM sums s JOIN sum_pages p ON p.partition = s.partition AND p.page = s.sum_id >> 6;
COMMENT ON VIEW sum_totals IS 'Charged, due and paid of each (meter, creator, split).';

CREATE VIEW session_report AS
  SELECT short_id(s.session) AS session, s.viewer, s.meter, s.creator, short_id(s.content) AS content, c.title,
         at_time(s.start_ms) AS started, at_time(t.closed_ms) AS closed, at_time(t.paid_until_ms) AS paid_until,
         t.ticks, s.price, t.ticks * s.price AS amount, halt_reason(t.halt) AS halt, long_id(t.proof) AS proof,
         s.reference
  FROM sessions s JOIN session_totals t USING (session) LEFT JOIN contents c USING (content);
COMMENT ON VIEW session_report IS 'Sessions with what they have cost so far.';

CREATE VIEW creator_earnings AS
  SELECT creator, sum(due)::bigint AS due, sum(earned)::bigint AS earned, sum(paid)::bigint AS paid,
         sum(earned - paid)::bigint AS pending
  FROM creator_totals GROUP BY creator;
COMMENT ON VIEW creator_earnings IS 'What each creator has earned after the platform''s share, and how much of it has arrived.';

CREATE VIEW creator_earnings_by_minute AS
  SELECT creator, at_time(minute_ms) AS minute, sum(ticks)::bigint AS ticks, sum(tick_amount)::bigint AS tick_amount,
         sum(charge_amount)::bigint AS charge_amount
  FROM creator_minutes GROUP BY creator, minute_ms;
COMMENT ON VIEW creator_earnings_by_minute IS 'Charged for each creator by minute, before the platform''s share.';

CREATE VIEW history AS
  SELECT s.meter, s.creator, s.start_ms AS at_ms, s.session AS id, 'session' AS kind, t.ticks * s.price AS amount,
         NULL::bigint AS fee, t.ticks, s.price, s.tick_ms, t.proof, s.partition, s.sum_id, t.charged_after AS settled_at,
         NULL::text AS tx_hash, NULL::bigint AS ledger, t.closed_ms, t.paid_until_ms, t.halt, s.content,
         s.reference AS note
  FROM sessions s JOIN session_totals t USING (session)
  UNION ALL
  SELECT meter, creator, at_ms, id, (ARRAY['tip','ticket','block'])[kind + 1], amount, NULL, NULL, NULL, NULL, proof,
         partition, sum_id, charged, NULL, NULL, NULL, NULL, NULL, NULL, key FROM charges
  UNION ALL
  SELECT meter, creator, at_ms, id, 'settlement', amount, fee, NULL, NULL, NULL, NULL, partition, sum_id, NULL, tx_hash,
         ledger, NULL, NULL, NULL, NULL, NULL FROM settlement_items WHERE amount > 0
  UNION ALL
  SELECT meter, NULL, at_ms, id, 'credit', amount, NULL, NULL, NULL, NULL, NULL, partition, NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, reason FROM credits
  UNION ALL
  SELECT meter, NULL, at_ms, id, (ARRAY['top_up','refund'])[kind + 1], amount, NULL, NULL, NULL, NULL, NULL, partition,
         NULL, NULL, NULL, ledger, NULL, NULL, NULL, NULL, NULL FROM transfers;
COMMENT ON VIEW history IS 'Everything that happened on a meter or for a creator. Order by at_ms, id.';
COMMENT ON COLUMN history.settled_at IS 'Cumulative amount of its sum from which on it is paid on chain.';

-- Limits, pauses and freezes; joins; calls; what charges were for; views; what viewers pay.

CREATE TABLE viewers (
  viewer text PRIMARY KEY,
  partition integer NOT NULL,
  spending_limit bigint NOT NULL,
  period smallint NOT NULL,
  paused boolean NOT NULL,
  frozen boolean NOT NULL,
  reason text NOT NULL,
  at_ms bigint NOT NULL
);
CREATE INDEX viewers_frozen ON viewers (partition) WHERE frozen;
COMMENT ON TABLE viewers IS 'A viewer''s controls as they stand; no row: nothing was ever set.';
COMMENT ON COLUMN viewers.spending_limit IS 'The most that may be spent in a period.';
COMMENT ON COLUMN viewers.period IS '0 in total, 1 a day, 2 a month; UTC.';
COMMENT ON COLUMN viewers.reason IS 'Of the freeze (or of its end).';

CREATE TABLE joins (
  viewer text NOT NULL,
  content uuid NOT NULL,
  partition integer NOT NULL,
  at_ms bigint NOT NULL,
  PRIMARY KEY (viewer, content)
);
CREATE INDEX joins_content ON joins (content, at_ms);
COMMENT ON TABLE joins IS 'Who has joined what. Where joining is required, nobody else is billed.';
COMMENT ON COLUMN joins.at_ms IS 'The newest time.';

CREATE TABLE payouts (
  id uuid PRIMARY KEY,
  partition integer NOT NULL,
  creator text NOT NULL,
  at_ms bigint NOT NULL
);
CREATE INDEX payouts_creator ON payouts (creator, at_ms DESC);
COMMENT ON TABLE payouts IS 'When a creator asked to be paid without waiting; one row a partition, as each settles its own sums.';

CREATE TABLE blocks (
  session uuid NOT NULL,
  k bigint NOT NULL,
  partition integer NOT NULL,
  start_ms bigint NOT NULL,
  bought_ms bigint NOT NULL,
  amount bigint NOT NULL,
  cumulative bigint NOT NULL,
  PRIMARY KEY (session, k)
);
COMMENT ON TABLE blocks IS 'The blocks of calls: ticks of sessions whose plan gives nothing back and where a heartbeat buys one.';
COMMENT ON COLUMN blocks.k IS 'Number of the block within the call, from 0.';
COMMENT ON COLUMN blocks.start_ms IS 'When the block begins.';
COMMENT ON COLUMN blocks.bought_ms IS 'When the log took its purchase.';
COMMENT ON COLUMN blocks.cumulative IS 'Of the call, this block included.';

CREATE TABLE content_views (
  content uuid NOT NULL,
  partition integer NOT NULL,
  views bigint NOT NULL,
  PRIMARY KEY (content, partition)
) WITH (fillfactor = 70);
COMMENT ON TABLE content_views IS 'How often something was watched: sessions that bought their first tick. A row a partition; add them up.';

ALTER TABLE sums ADD COLUMN platform uuid;
CREATE INDEX sums_viewer ON sums (viewer);
COMMENT ON COLUMN sums.platform IS 'Whose key opened the newest session of it; null: none was opened.';

ALTER TABLE session_totals ADD COLUMN amount bigint;
UPDATE session_totals t SET amount = t.ticks * s.price FROM sessions s WHERE s.session = t.session;
ALTER TABLE session_totals ALTER COLUMN amount SET NOT NULL;
COMMENT ON COLUMN session_totals.amount IS 'What they cost. Not ticks * price where a plan has an initial price.';
COMMENT ON COLUMN session_totals.ticks IS 'Bought, less given back.';

ALTER TABLE sessions ADD COLUMN initial_ticks integer NOT NULL DEFAULT 0,
  ADD COLUMN initial_price bigint NOT NULL DEFAULT 0;
CREATE INDEX sessions_viewer ON sessions (viewer, start_ms DESC);
COMMENT ON COLUMN sessions.initial_ticks IS 'How many ticks cost initial_price together.';

ALTER TABLE charges ADD COLUMN viewer text NOT NULL DEFAULT '', ADD COLUMN message text NOT NULL DEFAULT '',
  ADD COLUMN channel text NOT NULL DEFAULT '', ADD COLUMN content uuid;
COMMENT ON COLUMN charges.message IS 'Words of a tip.';
COMMENT ON COLUMN charges.channel IS 'The room in which a tip was given.';
COMMENT ON COLUMN charges.content IS 'What a ticket is for, or where a tip was given; null: nothing named.';
CREATE INDEX charges_viewer ON charges (viewer, at_ms DESC);
CREATE INDEX charges_tips ON charges (creator, at_ms DESC, id DESC) WHERE kind = 0;
CREATE INDEX credits_viewer ON credits (viewer, at_ms DESC);
CREATE INDEX meters_viewer ON meters (viewer);

ALTER TABLE transfers ADD COLUMN tx_hash text;
COMMENT ON COLUMN transfers.tx_hash IS 'The newest transaction between the two reports; null where the contract was asked instead.';

ALTER TABLE credits ADD COLUMN credited bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN credits.credited IS 'Ordered for the meter in all, this credit included.';

CREATE OR REPLACE VIEW session_report AS
  SELECT short_id(s.session) AS session, s.viewer, s.meter, s.creator, short_id(s.content) AS content, c.title,
         at_time(s.start_ms) AS started, at_time(t.closed_ms) AS closed, at_time(t.paid_until_ms) AS paid_until,
         t.ticks, s.price, t.amount, halt_reason(t.halt) AS halt, long_id(t.proof) AS proof, s.reference
  FROM sessions s JOIN session_totals t USING (session) LEFT JOIN contents c USING (content);

CREATE OR REPLACE VIEW history AS
  SELECT s.meter, s.creator, s.start_ms AS at_ms, s.session AS id, 'session' AS kind, t.amount,
         NULL::bigint AS fee, t.ticks, s.price, s.tick_ms, t.proof, s.partition, s.sum_id, t.charged_after AS settled_at,
         NULL::text AS tx_hash, NULL::bigint AS ledger, t.closed_ms, t.paid_until_ms, t.halt, s.content,
         s.reference AS note, s.viewer, NULL::text AS message, NULL::text AS channel
  FROM sessions s JOIN session_totals t USING (session)
  UNION ALL
  SELECT meter, creator, at_ms, id, (ARRAY['tip','ticket','block'])[kind + 1], amount, NULL, NULL, NULL, NULL, proof,
         partition, sum_id, charged, NULL, NULL, NULL, NULL, NULL, content, key, viewer, message, channel FROM charges
  UNION ALL
  SELECT i.meter, i.creator, i.at_ms, i.id, 'settlement', i.amount, i.fee, NULL, NULL, NULL, NULL, i.partition, i.sum_id,
         NULL, i.tx_hash, i.ledger, NULL, NULL, NULL, NULL, NULL, s.viewer, NULL, NULL
  FROM settlement_items i JOIN sums s USING (partition, sum_id) WHERE i.amount > 0
  UNION ALL
  SELECT meter, NULL, at_ms, id, 'credit', amount, NULL, NULL, NULL, NULL, NULL, partition, NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, reason, viewer, NULL, NULL FROM credits
  UNION ALL
  SELECT t.meter, NULL, t.at_ms, t.id, (ARRAY['top_up','refund'])[t.kind + 1], t.amount, NULL, NULL, NULL, NULL, NULL,
         t.partition, NULL, NULL, t.tx_hash, t.ledger, NULL, NULL, NULL, NULL, NULL, m.viewer, NULL, NULL
  FROM transfers t JOIN meters m USING (meter);

CREATE VIEW fan_spending AS
  SELECT viewer, creator, sum(charged)::bigint AS charged, sum(due)::bigint AS due, sum(paid)::bigint AS paid
  FROM sum_totals GROUP BY viewer, creator;
COMMENT ON VIEW fan_spending IS 'What each viewer has paid for each creator, the platform''s share included.';

CREATE VIEW viewer_totals AS
  SELECT viewer, sum(charged)::bigint AS charged, sum(due)::bigint AS due, sum(paid)::bigint AS paid
  FROM sum_totals GROUP BY viewer;
COMMENT ON VIEW viewer_totals IS 'What each viewer has been charged, how much of it can no longer be given back, and how much has been paid on chain.';

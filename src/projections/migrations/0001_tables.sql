-- The tables that the projection writes. Everything in them follows from the log alone, so that they can be
-- thrown away and built again (`paytick replay`). Names are not qualified: the schema is the search path's.
--
-- Money is bigint, in the smallest unit of the asset (10,000,000 to one XLM). Times are bigint milliseconds
-- since the epoch, UTC; the views turn them into timestamptz.

CREATE FUNCTION short_id(id uuid) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT translate(rtrim(encode(uuid_send(id), 'base64'), '='), '+/', '-_') $$;
COMMENT ON FUNCTION short_id(uuid) IS 'Text form of a session, content, plan or platform id, as events and the API show it.';

CREATE FUNCTION long_id(id bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT translate(rtrim(encode(id, 'base64'), '='), '+/', '-_') $$;
COMMENT ON FUNCTION long_id(bytea) IS 'Text form of a proof or frame hash, as events and the API show it.';

CREATE FUNCTION at_time(ms bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT to_timestamp(ms / 1000.0) $$;
COMMENT ON FUNCTION at_time(bigint) IS 'Milliseconds since the epoch as a time.';

CREATE TABLE positions (
  topic text NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL DEFAULT 0,
  epoch bigint NOT NULL DEFAULT 0,
  owner uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  frame_to bigint NOT NULL DEFAULT 0,
  prev bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
  as_of_ms bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 20);
COMMENT ON TABLE positions IS 'How much of the log these tables hold. Moves in the same transaction as the rows.';
COMMENT ON COLUMN positions.topic IS 'ticks, settlements or catalog.';
COMMENT ON COLUMN positions.next_offset IS 'The first record that is not in the tables yet.';
COMMENT ON COLUMN positions.epoch IS 'Epoch of the topic''s owner, from the last fence that was read.';
COMMENT ON COLUMN positions.owner IS 'The owner named by that fence.';
COMMENT ON COLUMN positions.frame_to IS 'Source position (of heartbeats, for ticks) that the last frame covers up to.';
COMMENT ON COLUMN positions.prev IS 'Hash of the last record that counted; the next frame must name it.';
COMMENT ON COLUMN positions.as_of_ms IS 'When the log took the newest record that is in the tables.';

CREATE TABLE writers (
  partition integer PRIMARY KEY,
  epoch bigint NOT NULL,
  owner uuid NOT NULL
) WITH (fillfactor = 20);
COMMENT ON TABLE writers IS 'Who writes a partition''s rows. A transaction with an older epoch is refused.';

CREATE TABLE sums (
  partition integer NOT NULL,
  sum_id bigint NOT NULL,
  viewer text NOT NULL,
  meter text NOT NULL,
  creator text NOT NULL,
  bps integer NOT NULL,
  paid bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (partition, sum_id)
) WITH (fillfactor = 90);
CREATE INDEX sums_meter ON sums (meter);
CREATE INDEX sums_creator ON sums (creator);
COMMENT ON TABLE sums IS 'What one meter owes one creator at one split. The running totals are in sum_pages; read the view sum_totals.';
COMMENT ON COLUMN sums.bps IS 'The platform''s share in 1/10,000.';
COMMENT ON COLUMN sums.paid IS 'Cumulative amount that the contract has paid for it, the platform''s share included.';

CREATE TABLE sum_pages (
  partition integer NOT NULL,
  page bigint NOT NULL,
  charged bigint[] NOT NULL,
  due bigint[] NOT NULL,
  PRIMARY KEY (partition, page)
) WITH (fillfactor = 45);
COMMENT ON TABLE sum_pages IS 'Newest totals of 64 consecutive sums a row: a row a sum would be rewritten every second by each running session.';
COMMENT ON COLUMN sum_pages.page IS 'sum_id / 64; element 1 + sum_id % 64 of the arrays is the sum''s.';

CREATE TABLE sessions (
  session uuid PRIMARY KEY,
  partition integer NOT NULL,
  sum_id bigint NOT NULL,
  viewer text NOT NULL,
  meter text NOT NULL,
  creator text NOT NULL,
  content uuid NOT NULL,
  plan uuid NOT NULL,
  tick_ms integer NOT NULL,
  price bigint NOT NULL,
  heartbeat_ms integer NOT NULL,
  minimum_ticks integer NOT NULL,
  bps integer NOT NULL,
  refund_unused boolean NOT NULL,
  start_ms bigint NOT NULL,
  charged_before bigint NOT NULL,
  platform uuid NOT NULL,
  reference text NOT NULL
);
CREATE INDEX sessions_meter ON sessions (meter, start_ms DESC, session DESC);
CREATE INDEX sessions_creator ON sessions (creator, start_ms DESC, session DESC);
COMMENT ON TABLE sessions IS 'A session as it was opened. Never changes; what it has cost so far is in session_totals.';
COMMENT ON COLUMN sessions.sum_id IS 'The sum it is charged to.';
COMMENT ON COLUMN sessions.price IS 'Of one tick.';
COMMENT ON COLUMN sessions.charged_before IS 'Cumulative charge of its sum when it was opened.';
COMMENT ON COLUMN sessions.platform IS 'Whose key opened it; all zero: none.';
COMMENT ON COLUMN sessions.reference IS 'The platform''s own name for it.';

CREATE TABLE session_totals (
  session uuid PRIMARY KEY,
  partition integer NOT NULL,
  halt smallint,
  ticks bigint NOT NULL,
  paid_until_ms bigint NOT NULL,
  charged_after bigint NOT NULL,
  spendable bigint NOT NULL,
  closed_ms bigint,
  proof bytea NOT NULL
) WITH (fillfactor = 45);
CREATE INDEX session_totals_live ON session_totals (partition) WHERE closed_ms IS NULL;
COMMENT ON TABLE session_totals IS 'Newest values of a session. Narrow, with room in each page, because running sessions rewrite it every second.';
COMMENT ON COLUMN session_totals.halt IS 'Why nothing is bought: 0 balance, 1 limit, 2 paused, 3 frozen, 4 refund, 5 content; null while it runs.';
COMMENT ON COLUMN session_totals.ticks IS 'Bought, less given back. The amount is ticks * sessions.price.';
COMMENT ON COLUMN session_totals.charged_after IS 'Cumulative charge of its sum at its newest purchase or give-back.';
COMMENT ON COLUMN session_totals.spendable IS 'Of the meter, at that moment.';
COMMENT ON COLUMN session_totals.proof IS 'Newest link of the session''s hash chain (BLAKE2b-256).';

CREATE TABLE creator_minutes (
  creator text NOT NULL,
  minute_ms bigint NOT NULL,
  partition integer NOT NULL,
  ticks bigint NOT NULL,
  tick_amount bigint NOT NULL,
  charge_amount bigint NOT NULL,
  PRIMARY KEY (creator, minute_ms, partition)
) WITH (fillfactor = 70);
COMMENT ON TABLE creator_minutes IS 'What viewers were charged for a creator, by the minute in which the tick starts. Before the platform''s share.';
COMMENT ON COLUMN creator_minutes.ticks IS 'Bought, less given back.';
COMMENT ON COLUMN creator_minutes.charge_amount IS 'Tips, tickets and blocks.';

CREATE TABLE creator_totals (
  creator text NOT NULL,
  partition integer NOT NULL,
  due bigint NOT NULL,
  earned bigint NOT NULL,
  paid bigint NOT NULL,
  fees bigint NOT NULL,
  PRIMARY KEY (creator, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE creator_totals IS 'What a creator has earned and been paid, a row a partition; add them up.';
COMMENT ON COLUMN creator_totals.due IS 'Cannot be given back any more; the platform''s share included.';
COMMENT ON COLUMN creator_totals.earned IS 'due less the platform''s share, which is floor(due * bps / 10000) on each sum.';
COMMENT ON COLUMN creator_totals.paid IS 'Arrived in the creator''s wallet on chain.';
COMMENT ON COLUMN creator_totals.fees IS 'The platform''s share, as paid on chain.';

CREATE TABLE charges (
  id uuid PRIMARY KEY,
  partition integer NOT NULL,
  sum_id bigint NOT NULL,
  meter text NOT NULL,
  creator text NOT NULL,
  kind smallint NOT NULL,
  key text NOT NULL,
  amount bigint NOT NULL,
  charged bigint NOT NULL,
  at_ms bigint NOT NULL,
  proof bytea NOT NULL
);
CREATE INDEX charges_meter ON charges (meter, at_ms DESC, id DESC);
CREATE INDEX charges_creator ON charges (creator, at_ms DESC, id DESC);
COMMENT ON TABLE charges IS 'Charges that are not ticks.';
COMMENT ON COLUMN charges.id IS 'Names the line of the log: topic, partition, offset, line.';
COMMENT ON COLUMN charges.kind IS '0 tip, 1 ticket, 2 block.';
COMMENT ON COLUMN charges.key IS 'Idempotency key.';
COMMENT ON COLUMN charges.charged IS 'Cumulative charge of the sum, this charge included.';

CREATE TABLE credits (
  id uuid PRIMARY KEY,
  partition integer NOT NULL,
  meter text NOT NULL,
  viewer text NOT NULL,
  amount bigint NOT NULL,
  key text NOT NULL,
  reason text NOT NULL,
  corrects text NOT NULL,
  at_ms bigint NOT NULL
);
CREATE INDEX credits_meter ON credits (meter, at_ms DESC, id DESC);
COMMENT ON TABLE credits IS 'Orders to deposit into a viewer''s meter, to make something good. Spendable once the chain reports it.';

CREATE TABLE halts (
  id uuid PRIMARY KEY,
  partition integer NOT NULL,
  session uuid NOT NULL,
  reason smallint NOT NULL,
  at_ms bigint NOT NULL,
  spendable bigint NOT NULL
);
CREATE INDEX halts_session ON halts (session, at_ms);
COMMENT ON TABLE halts IS 'Each time a session stopped buying; reasons as in session_totals.halt.';

CREATE TABLE meters (
  meter text PRIMARY KEY,
  partition integer NOT NULL,
  viewer text NOT NULL,
  deposited bigint NOT NULL,
  refunded bigint NOT NULL,
  paid bigint NOT NULL,
  allowance bigint NOT NULL,
  version bigint NOT NULL,
  ledger bigint NOT NULL,
  at_ms bigint NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE meters IS 'Totals of a meter as the chain last reported them.';
COMMENT ON COLUMN meters.at_ms IS 'When the log took the report.';

CREATE TABLE transfers (
  id uuid PRIMARY KEY,
  partition integer NOT NULL,
  meter text NOT NULL,
  kind smallint NOT NULL,
  amount bigint NOT NULL,
  ledger bigint NOT NULL,
  at_ms bigint NOT NULL
);
CREATE INDEX transfers_meter ON transfers (meter, at_ms DESC, id DESC);
COMMENT ON TABLE transfers IS 'Top-ups and refunds: what changed between two reports of a meter.';
COMMENT ON COLUMN transfers.kind IS '0 top-up, 1 refund.';

CREATE TABLE settlements (
  tx_hash text PRIMARY KEY,
  partition integer NOT NULL,
  state smallint NOT NULL,
  source text,
  sequence bigint,
  items integer,
  min_time_ms bigint,
  max_time_ms bigint,
  ledger bigint,
  node_status text,
  submitted_ms bigint,
  finished_ms bigint,
  network_fee bigint,
  code text
) WITH (fillfactor = 70);
COMMENT ON TABLE settlements IS 'Transactions that pay what is due.';
COMMENT ON COLUMN settlements.state IS '0 prepared, 1 submitted, 2 confirmed, 3 failed, 4 expired.';
COMMENT ON COLUMN settlements.items IS 'Sums that it was to pay.';
COMMENT ON COLUMN settlements.ledger IS 'That holds it; null until it is confirmed.';
COMMENT ON COLUMN settlements.code IS 'Why it failed.';

CREATE TABLE settlement_items (
  id uuid PRIMARY KEY,
  tx_hash text NOT NULL,
  partition integer NOT NULL,
  sum_id bigint NOT NULL,
  meter text NOT NULL,
  creator text NOT NULL,
  cumulative bigint NOT NULL,
  amount bigint NOT NULL,
  fee bigint NOT NULL,
  code integer NOT NULL,
  ledger bigint NOT NULL,
  at_ms bigint NOT NULL
);
CREATE INDEX settlement_items_meter ON settlement_items (meter, at_ms DESC, id DESC);
CREATE INDEX settlement_items_sum ON settlement_items (partition, sum_id, cumulative);
COMMENT ON TABLE settlement_items IS 'What a confirmed transaction did for each sum.';
COMMENT ON COLUMN settlement_items.cumulative IS 'Paid for the sum in all, after it.';
COMMENT ON COLUMN settlement_items.amount IS 'Moved by it; the platform''s fee included.';
COMMENT ON COLUMN settlement_items.code IS '0, or why the router skipped the item.';

CREATE TABLE parked (
  partition integer NOT NULL,
  sum_id bigint NOT NULL,
  code text NOT NULL,
  cumulative bigint NOT NULL,
  at_ms bigint NOT NULL,
  PRIMARY KEY (partition, sum_id)
);
COMMENT ON TABLE parked IS 'Sums that the settler will not try again by itself.';

CREATE TABLE contents (
  content uuid PRIMARY KEY,
  platform uuid NOT NULL,
  title text NOT NULL,
  creator_name text NOT NULL,
  description text NOT NULL,
  thumbnail_url text NOT NULL,
  duration_s bigint NOT NULL,
  creator text NOT NULL,
  plan uuid NOT NULL,
  tick_ms integer NOT NULL,
  price bigint NOT NULL,
  closed boolean NOT NULL,
  created_ms bigint NOT NULL
);
COMMENT ON TABLE contents IS 'What can be watched, and its current price.';

CREATE TABLE late (
  id uuid PRIMARY KEY,
  partition integer NOT NULL,
  attachment uuid NOT NULL,
  at_ms bigint NOT NULL,
  source_offset bigint NOT NULL,
  source_line integer NOT NULL
);
COMMENT ON TABLE late IS 'Heartbeats outside the bounds of time. They bill nothing.';
COMMENT ON COLUMN late.source_offset IS 'Of the record in heartbeats.';

CREATE TABLE rejected (
  id uuid PRIMARY KEY,
  partition integer NOT NULL,
  code text NOT NULL,
  input text NOT NULL,
  source_offset bigint NOT NULL,
  source_line integer NOT NULL,
  at_ms bigint NOT NULL
);
COMMENT ON TABLE rejected IS 'Inputs that the fold refused. They bill nothing.';
COMMENT ON COLUMN rejected.at_ms IS 'When the log took the refusal.';

CREATE TABLE refusals (
  partition integer NOT NULL,
  code text NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (partition, code)
);
COMMENT ON TABLE refusals IS 'How many inputs were refused, by code; "late" is one of them.';

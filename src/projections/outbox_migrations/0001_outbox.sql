-- What is to be told to platforms and viewers, and to whom it has not been told yet. It lives beside the tables that
-- are made of the log and can be made again, because what has been sent is nowhere on the log: `paytick replay` leaves
-- it alone. Names are not qualified: the schema is the search path's.

CREATE TABLE head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  seq bigint NOT NULL
);
INSERT INTO head (seq) VALUES (0);
COMMENT ON TABLE head IS 'The newest number given to a notice. Its row is locked until the transaction that took a number has ended, so that numbers become visible in order.';

CREATE TABLE enqueued (
  topic text NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,
  PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE enqueued IS 'How much of the log has been turned into notices. Lines below it are never announced again, whoever reads them: a replay, or a projection that starts anew.';
COMMENT ON COLUMN enqueued.next_offset IS 'The first record whose notices are not here yet.';

CREATE TABLE notices (
  seq bigint PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  type smallint NOT NULL,
  at_ms bigint NOT NULL,
  enqueued_ms bigint NOT NULL,
  platform uuid,
  viewer text,
  meter text,
  creator text,
  session uuid,
  content uuid,
  reference text,
  reason text,
  amount bigint,
  total bigint,
  fee bigint,
  spendable bigint,
  paid_until_ms bigint,
  ticks bigint,
  seconds_left bigint,
  proof bytea,
  tx_hash text,
  ledger bigint,
  message text,
  channel text
);
CREATE INDEX notices_platform ON notices (platform, seq);
CREATE INDEX notices_viewer ON notices (viewer, seq);
CREATE INDEX notices_creator ON notices (creator, seq);
CREATE INDEX notices_enqueued ON notices (enqueued_ms);
COMMENT ON TABLE notices IS 'What has happened that somebody wants to be told. Kept for event streams that come back, and until every webhook has it.';
COMMENT ON COLUMN notices.seq IS 'Grows with each notice; the id of an event in a stream.';
COMMENT ON COLUMN notices.id IS 'Names the line of the log that it comes from: the same however often it is sent.';
COMMENT ON COLUMN notices.type IS '1 halt, 2 low_balance, 3 resumed, 4 closed, 5 settled, 6 tip, 7 frozen, 8 unfrozen.';
COMMENT ON COLUMN notices.platform IS 'Whose session, content or viewer it concerns; null or all zero: nobody''s.';
COMMENT ON COLUMN notices.reference IS 'The platform''s own name of the session, or the idempotency key of a tip.';
COMMENT ON COLUMN notices.amount IS 'Of a session that closed, a tip, or what a settlement has paid.';
COMMENT ON COLUMN notices.seconds_left IS 'Of watching, that what is spendable buys.';
COMMENT ON COLUMN notices.proof IS 'Last link of the chain of a session that closed.';
COMMENT ON COLUMN notices.total IS 'Paid for the sum in all, after a settlement.';

CREATE TABLE deliveries (
  seq bigint NOT NULL REFERENCES notices,
  webhook text NOT NULL,
  state smallint NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  next_ms bigint NOT NULL,
  status integer,
  error text,
  tried_ms bigint,
  PRIMARY KEY (seq, webhook)
) WITH (fillfactor = 70);
CREATE INDEX deliveries_waiting ON deliveries (webhook, next_ms) WHERE state = 0;
CREATE INDEX deliveries_dead ON deliveries (webhook, tried_ms) WHERE state = 2;
COMMENT ON TABLE deliveries IS 'Which notice is still to be sent to which webhook. A row goes when the receiver has taken it.';
COMMENT ON COLUMN deliveries.webhook IS 'Its name in the configuration.';
COMMENT ON COLUMN deliveries.state IS '0 waiting, 2 dead: given up, until an operator has it sent again.';
COMMENT ON COLUMN deliveries.next_ms IS 'When to try (again).';
COMMENT ON COLUMN deliveries.status IS 'HTTP status of the last answer; null: there was none.';
COMMENT ON COLUMN deliveries.error IS 'Why the last attempt failed.';

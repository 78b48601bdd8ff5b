-- What the chain did with credits, so that whoever waits for one is shown its transaction, or why there is none yet.

CREATE TABLE credit_payments (
  meter text NOT NULL,
  cumulative bigint NOT NULL,
  partition integer NOT NULL,
  amount bigint NOT NULL,
  tx_hash text NOT NULL,
  ledger bigint NOT NULL,
  at_ms bigint NOT NULL,
  PRIMARY KEY (meter, cumulative)
);
COMMENT ON TABLE credit_payments IS 'Credits that a confirmed transaction paid into a meter.';
COMMENT ON COLUMN credit_payments.cumulative IS 'Paid into the meter as credits in all, after it; a credit is paid by the first that reaches its credits.credited.';

CREATE TABLE parked_credits (
  meter text PRIMARY KEY,
  partition integer NOT NULL,
  code text NOT NULL,
  cumulative bigint NOT NULL,
  at_ms bigint NOT NULL
);
COMMENT ON TABLE parked_credits IS 'Meters whose credits the chain has refused; asked for again now and then.';

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
  SELECT meter, NULL, at_ms, id, 'credit', amount, NULL, NULL, NULL, NULL, NULL, partition, NULL, nullif(credited, 0), NULL,
         NULL, NULL, NULL, NULL, NULL, reason, viewer, NULL, NULL FROM credits
  UNION ALL
  SELECT t.meter, NULL, t.at_ms, t.id, (ARRAY['top_up','refund'])[t.kind + 1], t.amount, NULL, NULL, NULL, NULL, NULL,
         t.partition, NULL, NULL, t.tx_hash, t.ledger, NULL, NULL, NULL, NULL, NULL, m.viewer, NULL, NULL
  FROM transfers t JOIN meters m USING (meter);
COMMENT ON COLUMN history.settled_at IS 'Cumulative amount of its sum from which on it is paid on chain; of a credit, of its meter''s credits.';

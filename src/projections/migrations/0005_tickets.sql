CREATE INDEX charges_tickets ON charges (key, at_ms, id) WHERE kind = 1;
COMMENT ON INDEX charges_tickets IS 'All tickets of a stream, to give them back.';

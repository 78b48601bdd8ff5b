//! What the ledger remembers of a transaction and of an event, and its form on disk.
//!
//! On disk: a version byte, then the fields in order, integers big-endian, byte strings
//! behind a four-byte length. The form is frozen; a golden test holds it.

use crate::wire::Hash32;

const VERSION: u8 = 1;

/// A transaction that is in a ledger; XDR stays encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRecord {
    pub hash: Hash32,
    /// Of the transaction inside a fee bump.
    pub inner_hash: Option<Hash32>,
    pub ledger: u32,
    /// Place in the ledger, from 1.
    pub order: u32,
    pub close_time: u64,
    pub succeeded: bool,
    pub envelope: Vec<u8>,
    pub result: Vec<u8>,
    pub meta: Vec<u8>,
    pub diagnostics: Vec<Vec<u8>>,
}

/// An event, as the event index keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    pub close_time: u64,
    pub transaction: Hash32,
    pub event: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct BadRecord;

impl TransactionRecord {
    pub fn encode(&self) -> Vec<u8> {
        let mut out =
            Vec::with_capacity(256 + self.envelope.len() + self.result.len() + self.meta.len());
        out.push(VERSION);
        out.extend_from_slice(&self.hash);
        out.push(u8::from(self.inner_hash.is_some()));
        out.extend_from_slice(&self.inner_hash.unwrap_or_default());
        out.extend_from_slice(&self.ledger.to_be_bytes());
        out.extend_from_slice(&self.order.to_be_bytes());
        out.extend_from_slice(&self.close_time.to_be_bytes());
        out.push(u8::from(self.succeeded));
        for bytes in [&self.envelope, &self.result, &self.meta] {
            put_bytes(&mut out, bytes);
        }
        out.extend_from_slice(&(self.diagnostics.len() as u32).to_be_bytes());
        for bytes in &self.diagnostics {
            put_bytes(&mut out, bytes);
        }
        out
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        let mut reader = Reader(bytes);
        if reader.byte()? != VERSION {
            return Err(BadRecord);
        }
        let hash = reader.array()?;
        let bumped = reader.byte()? == 1;
        let inner: Hash32 = reader.array()?;
        let record = Self {
            hash,
            inner_hash: bumped.then_some(inner),
            ledger: u32::from_be_bytes(reader.array()?),
            order: u32::from_be_bytes(reader.array()?),
            close_time: u64::from_be_bytes(reader.array()?),
            succeeded: reader.byte()? == 1,
            envelope: reader.bytes()?,
            result: reader.bytes()?,
            meta: reader.bytes()?,
            diagnostics: reader.list()?,
        };
        reader.end(record)
    }
}

impl EventRecord {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(45 + self.event.len());
        out.push(VERSION);
        out.extend_from_slice(&self.close_time.to_be_bytes());
        out.extend_from_slice(&self.transaction);
        put_bytes(&mut out, &self.event);
        out
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        let mut reader = Reader(bytes);
        if reader.byte()? != VERSION {
            return Err(BadRecord);
        }
        let record = Self {
            close_time: u64::from_be_bytes(reader.array()?),
            transaction: reader.array()?,
            event: reader.bytes()?,
        };
        reader.end(record)
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], BadRecord> {
        if count > self.0.len() {
            return Err(BadRecord);
        }
        let (head, tail) = self.0.split_at(count);
        self.0 = tail;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8, BadRecord> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadRecord> {
        self.take(N)?.try_into().map_err(|_| BadRecord)
    }

    fn bytes(&mut self) -> Result<Vec<u8>, BadRecord> {
        let length = u32::from_be_bytes(self.array()?) as usize;
        Ok(self.take(length)?.to_vec())
    }

    fn list(&mut self) -> Result<Vec<Vec<u8>>, BadRecord> {
        let count = u32::from_be_bytes(self.array()?);
        (0..count).map(|_| self.bytes()).collect()
    }

    fn end<T>(self, value: T) -> Result<T, BadRecord> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(BadRecord)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> TransactionRecord {
        TransactionRecord {
            hash: [1; 32],
            inner_hash: Some([2; 32]),
            ledger: 3,
            order: 4,
            close_time: 5,
            succeeded: true,
            envelope: vec![6],
            result: vec![7, 7],
            meta: vec![],
            diagnostics: vec![vec![8]],
        }
    }

    #[test]
    fn a_transaction_record_keeps_its_form_on_disk() {
        let expected = format!(
            "01{}01{}{}",
            "01".repeat(32),
            "02".repeat(32),
            "00000003000000040000000000000005010000000106000000020707000000000000000100000001\
             08"
        );
        assert_eq!(hex::encode(sample().encode()), expected);
        assert_eq!(TransactionRecord::decode(&sample().encode()), Ok(sample()));
    }

    #[test]
    fn an_event_record_keeps_its_form_on_disk() {
        let record = EventRecord { close_time: 9, transaction: [3; 32], event: vec![0xaa, 0xbb] };
        let expected = format!("010000000000000009{}00000002aabb", "03".repeat(32));
        assert_eq!(hex::encode(record.encode()), expected);
        assert_eq!(EventRecord::decode(&record.encode()), Ok(record));
    }

    #[test]
    fn a_damaged_record_is_an_error() {
        let good = sample().encode();
        for length in 0..good.len() {
            assert_eq!(TransactionRecord::decode(&good[..length]), Err(BadRecord));
        }
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(TransactionRecord::decode(&longer), Err(BadRecord));
        let mut newer = good;
        newer[0] = 2;
        assert_eq!(TransactionRecord::decode(&newer), Err(BadRecord));
    }
}

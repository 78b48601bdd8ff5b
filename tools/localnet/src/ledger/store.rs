//! The durable form of the ledger: one redb file, one commit per ledger close.
//!
//! A commit is atomic and synced to disk before it returns, so that after a SIGKILL or a
//! power cut the file holds some closed ledger in full and nothing of the next.
//!
//! Tables: `entries` key XDR → last ledger (4 bytes, 0 = none) and entry XDR; `ledgers`
//! sequence → close time; `transactions` hash → record; `bumps` inner hash → outer hash;
//! `order` place → hash; `events` (place, index) → record; `meta` name → bytes. A *place* is
//! `ledger << 32 | order << 12 | operation`.

use super::{
    record::{EventRecord, TransactionRecord},
    state::{Change, Slot, State},
};
use crate::wire::{decode, encode, Hash32};
use redb::{
    Database, DatabaseError, Durability, ReadTransaction, ReadableDatabase, ReadableTable,
    TableDefinition, WriteTransaction,
};
use soroban_env_host::xdr::LedgerHeader;
use std::{
    ops::Range,
    path::Path,
    time::{Duration, Instant},
};

const ENTRIES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("entries");
const LEDGERS: TableDefinition<u32, u64> = TableDefinition::new("ledgers");
const TRANSACTIONS: TableDefinition<&Hash32, &[u8]> = TableDefinition::new("transactions");
const BUMPS: TableDefinition<&Hash32, &Hash32> = TableDefinition::new("bumps");
const ORDER: TableDefinition<u64, &Hash32> = TableDefinition::new("order");
const EVENTS: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("events");
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");

const FORMAT: &[u8] = b"1";
/// The page cache; the entries themselves are in memory anyway.
const CACHE_BYTES: usize = 64 << 20;
/// How long an owner that was killed may take to let go of the file.
const OPEN_PATIENCE: Duration = Duration::from_secs(5);

/// Where events and transactions are kept: sorts as they were applied.
pub fn place(ledger: u32, order: u32, operation: u32) -> u64 {
    (u64::from(ledger) << 32) | (u64::from(order) << 12) | u64::from(operation)
}

/// The first place of a ledger.
pub fn ledger_start(ledger: u32) -> u64 {
    place(ledger, 0, 0)
}

/// A storage error. It ends the process: what memory holds may no longer be what is on disk.
#[derive(Debug)]
pub struct StoreError(pub String);

impl std::fmt::Display for StoreError {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(out, "ledger store: {}", self.0)
    }
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError(error.to_string())
}

/// Everything that one close adds.
pub struct ClosedLedger<'a> {
    pub header: &'a LedgerHeader,
    pub changes: &'a [Change],
    pub transactions: &'a [TransactionRecord],
    pub events: &'a [((u64, u32), EventRecord)],
    /// First ledger whose history is kept.
    pub oldest: u32,
}

pub struct Store {
    database: Database,
}

impl Store {
    /// Opens or creates the file. A second process on the same file is refused, after a while: one whose owner
    /// was killed may still be ending.
    pub fn open(path: &Path, passphrase: &str) -> Result<Self, StoreError> {
        let begin = Instant::now();
        let database = loop {
            match Database::builder().set_cache_size(CACHE_BYTES).create(path) {
                Ok(database) => break database,
                Err(DatabaseError::DatabaseAlreadyOpen) if begin.elapsed() < OPEN_PATIENCE => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(error) => return Err(StoreError(format!("{}: {error}", path.display()))),
            }
        };
        let store = Self { database };
        store.check_identity(passphrase)?;
        Ok(store)
    }

    fn check_identity(&self, passphrase: &str) -> Result<(), StoreError> {
        let write = self.write()?;
        {
            let mut meta = write.open_table(META).map_err(failed)?;
            for (name, wanted) in [("format", FORMAT), ("passphrase", passphrase.as_bytes())] {
                let found = meta.get(name).map_err(failed)?.map(|value| value.value().to_vec());
                match found {
                    None => drop(meta.insert(name, wanted).map_err(failed)?),
                    Some(found) if found == wanted => {}
                    Some(found) => {
                        return Err(StoreError(format!(
                            "the {name} of this data folder is \"{}\", not \"{}\"",
                            String::from_utf8_lossy(&found),
                            String::from_utf8_lossy(wanted)
                        )))
                    }
                }
            }
            write.open_table(ENTRIES).map_err(failed)?;
            write.open_table(LEDGERS).map_err(failed)?;
            write.open_table(TRANSACTIONS).map_err(failed)?;
            write.open_table(BUMPS).map_err(failed)?;
            write.open_table(ORDER).map_err(failed)?;
            write.open_table(EVENTS).map_err(failed)?;
        }
        write.commit().map_err(failed)
    }

    fn write(&self) -> Result<WriteTransaction, StoreError> {
        let mut write = self.database.begin_write().map_err(failed)?;
        write.set_durability(Durability::Immediate).map_err(failed)?;
        Ok(write)
    }

    fn read(&self) -> Result<ReadTransaction, StoreError> {
        self.database.begin_read().map_err(failed)
    }

    /// The last closed ledger, and its entries into `state`; `None` before genesis.
    pub fn load(&self, state: &State) -> Result<Option<LedgerHeader>, StoreError> {
        let read = self.read()?;
        let meta = read.open_table(META).map_err(failed)?;
        let Some(header) = meta.get("header").map_err(failed)? else { return Ok(None) };
        let header = decode::<LedgerHeader>(header.value()).map_err(failed)?;
        let entries = read.open_table(ENTRIES).map_err(failed)?;
        for row in entries.iter().map_err(failed)? {
            let (key, value) = row.map_err(failed)?;
            let (until, xdr) = value.value().split_at(4);
            let until = u32::from_be_bytes(until.try_into().map_err(failed)?);
            let slot = Slot { xdr: xdr.into(), live_until: (until > 0).then_some(until) };
            state.load(key.value(), slot);
        }
        Ok(Some(header))
    }

    /// Makes a ledger durable. When it returns, the ledger is on disk.
    pub fn commit(&self, ledger: &ClosedLedger) -> Result<(), StoreError> {
        let write = self.write()?;
        write_entries(&write, ledger.changes)?;
        write_history(&write, ledger)?;
        prune(&write, ledger.oldest)?;
        {
            let mut meta = write.open_table(META).map_err(failed)?;
            meta.insert("header", encode(ledger.header).as_slice()).map_err(failed)?;
            meta.insert("oldest", ledger.oldest.to_be_bytes().as_slice()).map_err(failed)?;
        }
        write.commit().map_err(failed)
    }

    /// Finds a transaction by its hash or by the hash of the one inside its fee bump.
    pub fn transaction(&self, hash: &Hash32) -> Result<Option<TransactionRecord>, StoreError> {
        let read = self.read()?;
        let bumps = read.open_table(BUMPS).map_err(failed)?;
        let outer = bumps.get(hash).map_err(failed)?.map(|outer| *outer.value());
        let transactions = read.open_table(TRANSACTIONS).map_err(failed)?;
        let found = transactions.get(&outer.unwrap_or(*hash)).map_err(failed)?;
        found.map(|bytes| read_transaction(bytes.value())).transpose()
    }

    /// Transactions after `from` (exclusive), in order, at most `count`.
    pub fn transactions_after(
        &self,
        from: u64,
        count: usize,
    ) -> Result<Vec<TransactionRecord>, StoreError> {
        let read = self.read()?;
        let order = read.open_table(ORDER).map_err(failed)?;
        let transactions = read.open_table(TRANSACTIONS).map_err(failed)?;
        let mut out = Vec::new();
        for row in order.range(from.saturating_add(1)..).map_err(failed)?.take(count) {
            let (_, hash) = row.map_err(failed)?;
            if let Some(bytes) = transactions.get(hash.value()).map_err(failed)? {
                out.push(read_transaction(bytes.value())?);
            }
        }
        Ok(out)
    }

    /// Hands the events of `range` to `visit`, in order, until it answers false.
    pub fn visit_events(
        &self,
        range: Range<(u64, u32)>,
        mut visit: impl FnMut((u64, u32), EventRecord) -> bool,
    ) -> Result<(), StoreError> {
        let read = self.read()?;
        let events = read.open_table(EVENTS).map_err(failed)?;
        for row in events.range(range).map_err(failed)? {
            let (id, value) = row.map_err(failed)?;
            let record = EventRecord::decode(value.value())
                .map_err(|_| StoreError("an event record is damaged".into()))?;
            if !visit(id.value(), record) {
                break;
            }
        }
        Ok(())
    }

    /// The oldest ledger with history, and the close time of the first that was closed from
    /// there on (empty ledgers may have been passed over). `None` before genesis.
    pub fn oldest_ledger(&self) -> Result<Option<(u32, u64)>, StoreError> {
        let read = self.read()?;
        let meta = read.open_table(META).map_err(failed)?;
        let Some(bytes) = meta.get("oldest").map_err(failed)? else { return Ok(None) };
        let oldest = u32::from_be_bytes(bytes.value().try_into().map_err(failed)?);
        let ledgers = read.open_table(LEDGERS).map_err(failed)?;
        let mut rows = ledgers.range(oldest..).map_err(failed)?;
        let time = rows.next().transpose().map_err(failed)?.map_or(0, |(_, time)| time.value());
        Ok(Some((oldest, time)))
    }

    /// How many transactions are in ledgers from `oldest` on.
    pub fn transactions_since(&self, oldest: u32) -> Result<u64, StoreError> {
        let read = self.read()?;
        let order = read.open_table(ORDER).map_err(failed)?;
        let rows = order.range(ledger_start(oldest)..).map_err(failed)?;
        Ok(rows.count() as u64)
    }
}

fn read_transaction(bytes: &[u8]) -> Result<TransactionRecord, StoreError> {
    TransactionRecord::decode(bytes)
        .map_err(|_| StoreError("a transaction record is damaged".into()))
}

fn write_entries(write: &WriteTransaction, changes: &[Change]) -> Result<(), StoreError> {
    let mut entries = write.open_table(ENTRIES).map_err(failed)?;
    let mut value = Vec::new();
    for change in changes.iter().filter(|change| change.before != change.after) {
        match &change.after {
            Some(slot) => {
                value.clear();
                value.extend_from_slice(&slot.live_until.unwrap_or(0).to_be_bytes());
                value.extend_from_slice(&slot.xdr);
                entries.insert(change.key.as_ref(), value.as_slice()).map_err(failed)?;
            }
            None => drop(entries.remove(change.key.as_ref()).map_err(failed)?),
        }
    }
    Ok(())
}

fn write_history(write: &WriteTransaction, ledger: &ClosedLedger) -> Result<(), StoreError> {
    let mut ledgers = write.open_table(LEDGERS).map_err(failed)?;
    let close_time = ledger.header.scp_value.close_time.0;
    ledgers.insert(ledger.header.ledger_seq, close_time).map_err(failed)?;
    if !ledger.transactions.is_empty() {
        let mut transactions = write.open_table(TRANSACTIONS).map_err(failed)?;
        let mut bumps = write.open_table(BUMPS).map_err(failed)?;
        let mut order = write.open_table(ORDER).map_err(failed)?;
        for record in ledger.transactions {
            let bytes = record.encode();
            transactions.insert(&record.hash, bytes.as_slice()).map_err(failed)?;
            order.insert(place(record.ledger, record.order, 0), &record.hash).map_err(failed)?;
            if let Some(inner) = &record.inner_hash {
                bumps.insert(inner, &record.hash).map_err(failed)?;
            }
        }
    }
    if !ledger.events.is_empty() {
        let mut events = write.open_table(EVENTS).map_err(failed)?;
        for (id, record) in ledger.events {
            events.insert(*id, record.encode().as_slice()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Forgets the history of the ledgers before `oldest`.
fn prune(write: &WriteTransaction, oldest: u32) -> Result<(), StoreError> {
    let mut ledgers = write.open_table(LEDGERS).map_err(failed)?;
    let first = ledgers.first().map_err(failed)?.map(|(sequence, _)| sequence.value());
    if first.is_none_or(|first| first >= oldest) {
        return Ok(());
    }
    ledgers.retain_in(..oldest, |_, _| false).map_err(failed)?;
    let end = ledger_start(oldest);
    let mut order = write.open_table(ORDER).map_err(failed)?;
    let mut transactions = write.open_table(TRANSACTIONS).map_err(failed)?;
    let mut bumps = write.open_table(BUMPS).map_err(failed)?;
    for row in order.extract_from_if(..end, |_, _| true).map_err(failed)? {
        let (_, hash) = row.map_err(failed)?;
        let removed = transactions.remove(hash.value()).map_err(failed)?;
        let inner = match removed {
            Some(bytes) => read_transaction(bytes.value())?.inner_hash,
            None => None,
        };
        if let Some(inner) = inner {
            bumps.remove(&inner).map_err(failed)?;
        }
    }
    let mut events = write.open_table(EVENTS).map_err(failed)?;
    events.retain_in(..(end, 0), |_, _| false).map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Store;
    use std::time::Duration;

    #[test]
    fn an_owner_that_is_ending_is_waited_for() {
        let path = std::env::temp_dir().join(format!("paytick-store-{}.redb", std::process::id()));
        let first = Store::open(&path, "test").unwrap();
        let ending = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            drop(first);
        });
        assert!(Store::open(&path, "test").is_ok());
        ending.join().unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}

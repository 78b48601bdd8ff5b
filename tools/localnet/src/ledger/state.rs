//! The ledger's entries in memory, encoded, with an undo log for what does not stand.
//!
//! Every change goes through `put`, `set_live_until` or `remove` and is undone by `rollback`
//! until `take_changes` hands it to the store. One thread; clones share the same entries.

use crate::wire::{account_ledger_key, decode, encode, RawKey};
use soroban_env_host::{
    storage::{EntryWithLiveUntil, SnapshotSource},
    xdr::{
        AccountEntry, ContractDataDurability, LedgerEntry, LedgerEntryData, LedgerEntryExt,
        LedgerKey, ScErrorCode, ScErrorType,
    },
    HostError,
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
    rc::Rc,
};

/// One entry: its XDR, and the last ledger it lives in if it has a time to live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub xdr: Rc<[u8]>,
    pub live_until: Option<u32>,
}

type Key = Rc<[u8]>;

/// A place in the undo log.
#[derive(Clone, Copy)]
pub struct Mark(usize);

/// What one key was and is, between two marks.
pub struct Change {
    pub key: Key,
    pub before: Option<Slot>,
    pub after: Option<Slot>,
}

#[derive(Default)]
struct Inner {
    entries: HashMap<Key, Slot>,
    undo: Vec<(Key, Option<Slot>)>,
    /// Temporary entries by the last ledger they live in; may name entries extended since.
    temporary: BTreeMap<u32, Vec<Key>>,
}

#[derive(Clone, Default)]
pub struct State(Rc<RefCell<Inner>>);

impl State {
    /// Puts an entry that is already durable; not a change.
    pub fn load(&self, key: &[u8], slot: Slot) {
        let mut inner = self.0.borrow_mut();
        let key: Key = Rc::from(key);
        inner.note_temporary(&key, &slot);
        inner.entries.insert(key, slot);
    }

    pub fn slot(&self, key: &[u8]) -> Option<Slot> {
        self.0.borrow().entries.get(key).cloned()
    }

    pub fn put(&self, key: &[u8], entry: &LedgerEntry, live_until: Option<u32>) {
        self.put_encoded(key, encode(entry).into(), live_until);
    }

    pub fn put_encoded(&self, key: &[u8], xdr: Rc<[u8]>, live_until: Option<u32>) {
        let mut inner = self.0.borrow_mut();
        let key: Key = Rc::from(key);
        let slot = Slot { xdr, live_until };
        inner.note_temporary(&key, &slot);
        let before = inner.entries.insert(key.clone(), slot);
        inner.undo.push((key, before));
    }

    /// Changes when an existing entry ends; nothing happens to one that is not there.
    pub fn set_live_until(&self, key: &[u8], live_until: u32) {
        if let Some(slot) = self.slot(key) {
            self.put_encoded(key, slot.xdr, Some(live_until));
        }
    }

    pub fn remove(&self, key: &[u8]) {
        let mut inner = self.0.borrow_mut();
        if let Some((key, before)) = inner.entries.remove_entry(key) {
            inner.undo.push((key, Some(before)));
        }
    }

    pub fn mark(&self) -> Mark {
        Mark(self.0.borrow().undo.len())
    }

    /// Takes back every change made since `mark`.
    pub fn rollback(&self, mark: Mark) {
        let mut inner = self.0.borrow_mut();
        while inner.undo.len() > mark.0 {
            let (key, before) = inner.undo.pop().expect("the undo log is longer than the mark");
            match before {
                Some(slot) => inner.entries.insert(key, slot),
                None => inner.entries.remove(&key),
            };
        }
    }

    /// The net changes since `mark`, each key once, in the order of first change.
    pub fn changes_since(&self, mark: Mark) -> Vec<Change> {
        let inner = self.0.borrow();
        let mut seen = HashSet::new();
        inner.undo[mark.0..]
            .iter()
            .filter(|(key, _)| seen.insert(key.clone()))
            .map(|(key, before)| Change {
                key: key.clone(),
                before: before.clone(),
                after: inner.entries.get(key).cloned(),
            })
            .collect()
    }

    /// The net changes of the ledger; after it nothing can be rolled back.
    pub fn take_changes(&self) -> Vec<Change> {
        let changes = self.changes_since(Mark(0));
        self.0.borrow_mut().undo.clear();
        changes
    }

    /// Removes the temporary entries whose last ledger is before `sequence`.
    pub fn expire_temporary(&self, sequence: u32) {
        let due = {
            let mut inner = self.0.borrow_mut();
            let later = inner.temporary.split_off(&sequence);
            std::mem::replace(&mut inner.temporary, later)
        };
        for key in due.into_values().flatten() {
            let expired = self
                .slot(&key)
                .is_some_and(|slot| slot.live_until.is_some_and(|until| until < sequence));
            if expired {
                self.remove(&key);
            }
        }
    }

    pub fn account(&self, key: RawKey) -> Option<AccountEntry> {
        let slot = self.slot(&encode(&account_ledger_key(key)))?;
        match decode::<LedgerEntry>(&slot.xdr).ok()?.data {
            LedgerEntryData::Account(account) => Some(account),
            _ => None,
        }
    }

    pub fn put_account(&self, key: RawKey, account: AccountEntry, sequence: u32) {
        let entry = LedgerEntry {
            last_modified_ledger_seq: sequence,
            data: LedgerEntryData::Account(account),
            ext: LedgerEntryExt::V0,
        };
        self.put(&encode(&account_ledger_key(key)), &entry, None);
    }

    /// The encoded entries whose key starts with `prefix`.
    pub fn with_prefix(&self, prefix: &[u8]) -> Vec<Slot> {
        let inner = self.0.borrow();
        let matching = inner.entries.iter().filter(|(key, _)| key.starts_with(prefix));
        matching.map(|(_, slot)| slot.clone()).collect()
    }
}

impl Inner {
    fn note_temporary(&mut self, key: &Key, slot: &Slot) {
        let Some(until) = slot.live_until else { return };
        // A persistent entry is only archived, and contract code is always persistent.
        let temporary = matches!(
            decode::<LedgerKey>(key),
            Ok(LedgerKey::ContractData(data)) if data.durability == ContractDataDurability::Temporary
        );
        if temporary {
            self.temporary.entry(until).or_default().push(key.clone());
        }
    }
}

impl SnapshotSource for State {
    fn get(&self, key: &Rc<LedgerKey>) -> Result<Option<EntryWithLiveUntil>, HostError> {
        let Some(slot) = self.slot(&encode(key.as_ref())) else { return Ok(None) };
        let entry = decode::<LedgerEntry>(&slot.xdr)
            .map_err(|_| HostError::from((ScErrorType::Storage, ScErrorCode::InternalError)))?;
        Ok(Some((Rc::new(entry), slot.live_until)))
    }
}

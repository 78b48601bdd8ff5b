//! The ledger: submit transactions, close ledgers, read what is closed.
//!
//! One thread owns it. Nothing of a ledger can be read before its commit is on disk.

pub mod accounts;
pub mod apply;
pub mod classic;
pub mod fees;
pub mod frame;
pub mod friendbot;
pub mod genesis;
pub mod invoke;
pub mod meta;
pub mod modules;
pub mod queue;
pub mod record;
pub mod room;
pub mod soroban;
pub mod soroban_validity;
pub mod state;
pub mod store;
pub mod ttl;
pub mod validity;

use crate::{
    network::Network,
    settings::{Settings, PROTOCOL_VERSION},
    wire::{encode, sha256, Hash32},
};
use apply::{Applied, Applier};
use frame::Frame;
use queue::Queue;
use soroban_env_host::{
    xdr::{Hash, LedgerHeader, TimePoint, TransactionEnvelope},
    LedgerInfo, ModuleCache,
};
use state::State;
use std::path::Path;
use store::{ClosedLedger, Store, StoreError};
use validity::{At, Invalid};

/// For so many ledgers a transaction that has been applied is answered with "try again
/// later", as a node does that has just banned it from its queue.
const BANNED_LEDGERS: u32 = 10;

#[derive(Clone, Debug)]
pub struct Options {
    /// Ledgers whose transactions and events are kept.
    pub retention_ledgers: u32,
    /// Whether the network's limits on a whole ledger hold.
    pub ledger_limits: bool,
}

/// What became of a submitted transaction.
#[derive(Debug)]
pub enum Submission {
    Pending,
    Duplicate,
    TryAgainLater,
    Refused(Box<Invalid>),
}

/// A ledger that has just closed.
pub struct Closed {
    pub applied: Applied,
}

pub struct Ledger {
    pub settings: Settings,
    pub network: Network,
    pub state: State,
    store: Store,
    modules: ModuleCache,
    header: LedgerHeader,
    queue: Queue,
    options: Options,
    oldest: u32,
    oldest_close_time: u64,
}

impl Ledger {
    /// Opens the ledger in `folder`, or starts one there whose genesis closes at `now`.
    pub fn open(
        folder: &Path,
        settings: Settings,
        network: Network,
        options: Options,
        now: u64,
    ) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError(format!("{}: {error}", folder.display())))?;
        let store = Store::open(&folder.join("ledger.redb"), &network.passphrase)?;
        let state = State::default();
        let header = match store.load(&state)? {
            Some(header) => header,
            None => genesis::create(&store, &state, &settings, &network, now)?,
        };
        let modules = modules::build(&settings, &state).map_err(StoreError)?;
        let (oldest, oldest_close_time) = store.oldest_ledger()?.unwrap_or((header.ledger_seq, 0));
        Ok(Self {
            settings,
            network,
            state,
            store,
            modules,
            header,
            queue: Queue::default(),
            options,
            oldest,
            oldest_close_time,
        })
    }

    pub fn sequence(&self) -> u32 {
        self.header.ledger_seq
    }

    pub fn close_time(&self) -> u64 {
        self.header.scp_value.close_time.0
    }

    pub fn header(&self) -> &LedgerHeader {
        &self.header
    }

    /// The oldest ledger whose history is kept, and its close time.
    pub fn oldest(&self) -> (u32, u64) {
        (self.oldest, self.oldest_close_time)
    }

    pub fn retention_ledgers(&self) -> u32 {
        self.options.retention_ledgers
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// The ledger that closes next, if it closes at `close_time`.
    pub fn next(&self, close_time: u64) -> At {
        At { sequence: self.sequence() + 1, close_time: close_time.max(self.close_time()) }
    }

    pub fn ledger_info(&self, at: At) -> LedgerInfo {
        self.settings.ledger_info(at.sequence, at.close_time, self.network.id)
    }

    /// Takes an envelope apart; `None` for envelopes that the network no longer takes.
    pub fn frame(&self, envelope: TransactionEnvelope) -> Option<Frame> {
        Frame::new(envelope, self.network.id)
    }

    /// Checks a transaction and queues it for the next ledger, expected to close at `at`.
    pub fn submit(&mut self, frame: Frame, at: At) -> Result<Submission, StoreError> {
        if self.queue.holds(&frame.hash) {
            return Ok(Submission::Duplicate);
        }
        let applied = self.store.transaction(&frame.hash)?;
        if applied.is_some_and(|record| record.ledger + BANNED_LEDGERS > self.sequence()) {
            return Ok(Submission::TryAgainLater);
        }
        if self.queue.is_busy(&frame.source()) {
            return Ok(Submission::TryAgainLater);
        }
        match self.check(&frame, at) {
            Ok(()) => {
                self.queue.push(frame);
                Ok(Submission::Pending)
            }
            Err(invalid) => Ok(Submission::Refused(Box::new(invalid))),
        }
    }

    fn check(&self, frame: &Frame, at: At) -> Result<(), Invalid> {
        validity::check_envelope(&self.settings, frame)?;
        classic::check(frame)?;
        validity::check_ledger(&self.state, frame, at)?;
        validity::check_signatures(frame)
    }

    /// Closes `advance` ledgers, all but the last of them empty, the last one at `close_time`
    /// or at the time of the one before if that is later. `first` goes before the queue.
    /// When it returns, the ledger is on disk.
    pub fn close(
        &mut self,
        advance: u32,
        close_time: u64,
        first: Option<Frame>,
    ) -> Result<Closed, StoreError> {
        let at = At {
            sequence: self.sequence().saturating_add(advance.max(1)),
            close_time: close_time.max(self.close_time()),
        };
        self.state.expire_temporary(at.sequence);
        let limits = self.options.ledger_limits.then_some(&self.settings.ledger);
        let mut frames: Vec<Frame> = first.into_iter().collect();
        frames.extend(self.queue.take(limits));
        let applier = Applier {
            settings: &self.settings,
            state: &self.state,
            modules: &self.modules,
            network_id: self.network.id,
            at,
        };
        let applied = applier.apply(frames);
        let header = next_header(&self.header, at, &applied);
        let oldest = at
            .sequence
            .saturating_sub(self.options.retention_ledgers.saturating_sub(1))
            .max(self.oldest);
        self.store.commit(&ClosedLedger {
            header: &header,
            changes: &self.state.take_changes(),
            transactions: &applied.transactions,
            events: &applied.events,
            oldest,
        })?;
        self.header = header;
        if oldest != self.oldest {
            let first = self.store.oldest_ledger()?;
            (self.oldest, self.oldest_close_time) = first.unwrap_or((at.sequence, at.close_time));
        }
        Ok(Closed { applied })
    }
}

fn next_header(last: &LedgerHeader, at: At, applied: &Applied) -> LedgerHeader {
    let previous = sha256(&encode(last));
    let mut set = previous.to_vec();
    let mut results = Vec::new();
    for record in &applied.transactions {
        set.extend_from_slice(&record.hash);
        results.extend_from_slice(&record.result);
    }
    let mut header = last.clone();
    header.ledger_version = PROTOCOL_VERSION;
    header.ledger_seq = at.sequence;
    header.previous_ledger_hash = Hash(previous);
    header.scp_value.close_time = TimePoint(at.close_time);
    header.scp_value.tx_set_hash = Hash(sha256(&set));
    header.tx_set_result_hash = Hash(sha256(&results));
    header.fee_pool += applied.fees;
    header
}

/// The id of a ledger: the hash of its header.
pub fn ledger_id(header: &LedgerHeader) -> Hash32 {
    sha256(&encode(header))
}

//! The thread that owns the ledger: answers calls one at a time and closes ledgers on time.

use crate::{
    ledger::{friendbot, record::TransactionRecord, store::StoreError, validity::At, Ledger},
    rpc::{self, RpcError, Server},
    settings::OPERATIONS_MAX,
    wire::RawKey,
};
use serde_json::{json, Value};
use std::{
    panic::{catch_unwind, AssertUnwindSafe},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::oneshot;

/// Calls that may wait for the ledger thread; beyond it the HTTP server answers 503.
pub const WAITING_CALLS_MAX: usize = 4_096;
/// Most ledgers that one manual close may pass.
pub const ADVANCE_MAX: u32 = 100_000_000;

/// When ledgers close.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// Every so often, at the wall clock's time.
    Wall(Duration),
    /// When told to; a ledger closes a second after the one before, or as told.
    Manual,
}

pub enum Request {
    Call { method: String, params: Value, reply: oneshot::Sender<Result<Value, RpcError>> },
    Fund { account: RawKey, reply: oneshot::Sender<Funded> },
    Close { ledgers: u32, seconds: u64, reply: oneshot::Sender<Result<Value, RpcError>> },
    Pace { on_demand: bool, reply: oneshot::Sender<Result<Value, RpcError>> },
    Stop,
}

/// Friendbot's answer.
pub enum Funded {
    Created(Box<TransactionRecord>),
    AlreadyExists,
    Failed(Box<TransactionRecord>),
}

struct Waiting {
    account: RawKey,
    reply: oneshot::Sender<Funded>,
}

pub struct Service {
    ledger: Ledger,
    server: Server,
    clock: Clock,
    /// A ledger closes as soon as a transaction waits for it, besides those that are due.
    on_demand: bool,
    friendbot: Vec<Waiting>,
}

/// Whole seconds since the epoch.
pub fn wall_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl Service {
    pub fn new(ledger: Ledger, server: Server, clock: Clock) -> Self {
        Self { ledger, server, clock, on_demand: false, friendbot: vec![] }
    }

    /// Runs until told to stop; an error means that the store failed.
    pub fn run(mut self, requests: &Receiver<Request>) -> Result<(), StoreError> {
        let mut due = Instant::now() + self.interval();
        loop {
            let wait = due.saturating_duration_since(Instant::now());
            let request = match requests.recv_timeout(wait) {
                Ok(Request::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(request) => Some(request),
                Err(RecvTimeoutError::Timeout) => None,
            };
            if let Some(request) = request {
                self.handle(request)?;
                if self.on_demand && (self.ledger.waiting() > 0 || !self.friendbot.is_empty()) {
                    self.close(1, wall_seconds())?;
                }
            }
            if Instant::now() >= due {
                if let Clock::Wall(_) = self.clock {
                    self.close(1, wall_seconds())?;
                }
                // A close that took longer than the interval delays the next, not a burst.
                due = (due + self.interval()).max(Instant::now());
            }
        }
    }

    fn interval(&self) -> Duration {
        match self.clock {
            Clock::Wall(interval) => interval,
            Clock::Manual => Duration::from_secs(3_600),
        }
    }

    fn next(&self) -> At {
        self.ledger.next(match self.clock {
            Clock::Wall(_) => wall_seconds(),
            Clock::Manual => self.ledger.close_time() + 1,
        })
    }

    fn handle(&mut self, request: Request) -> Result<(), StoreError> {
        match request {
            Request::Call { method, params, reply } => {
                let at = self.next();
                let call = || rpc::call(&mut self.ledger, &mut self.server, at, &method, &params);
                // Calls only read the ledger or queue a transaction, so that a panic in one
                // leaves nothing half done.
                let answer = catch_unwind(AssertUnwindSafe(call))
                    .unwrap_or_else(|_| Err(RpcError::internal("the call panicked")));
                let _ = reply.send(answer);
            }
            Request::Fund { account, reply } => {
                self.friendbot.push(Waiting { account, reply });
                if let Clock::Manual = self.clock {
                    self.close(1, self.ledger.close_time() + 1)?;
                }
            }
            Request::Close { ledgers, seconds, reply } => {
                let _ = reply.send(match self.clock {
                    Clock::Wall(_) => Err(RpcError::refused("ledgers close by themselves")),
                    Clock::Manual => {
                        let time = self.ledger.close_time().saturating_add(seconds);
                        self.close(ledgers, time)?;
                        Ok(json!({
                            "sequence": self.ledger.sequence(),
                            "closeTime": self.ledger.close_time().to_string(),
                        }))
                    }
                });
            }
            Request::Pace { on_demand, reply } => {
                let _ = reply.send(match self.clock {
                    Clock::Manual => Err(RpcError::refused("ledgers close by POST /close")),
                    Clock::Wall(_) => {
                        self.on_demand = on_demand;
                        Ok(json!({ "onDemand": on_demand }))
                    }
                });
            }
            Request::Stop => {}
        }
        Ok(())
    }

    fn close(&mut self, advance: u32, close_time: u64) -> Result<(), StoreError> {
        let accounts = self.next_funded();
        let frame = match accounts.is_empty() {
            true => None,
            false => friendbot::fund(&self.ledger, &accounts),
        };
        let hash = frame.as_ref().map(|frame| frame.hash);
        let started = Instant::now();
        let closed = self.ledger.close(advance, close_time, frame)?;
        let applied = &closed.applied;
        if let Some(hash) = hash {
            let record = applied.transactions.iter().find(|record| record.hash == hash);
            self.answer_funded(&accounts, record);
        }
        for (hash, why) in &applied.dropped {
            eprintln!("dropped {}: {} ({})", hex::encode(hash), why.code.name(), why.reason);
        }
        if !applied.transactions.is_empty() {
            let failed = applied.transactions.iter().filter(|record| !record.succeeded).count();
            eprintln!(
                "ledger {} closed at {}: {} transactions, {failed} failed, {} events, {} waiting, {} ms",
                self.ledger.sequence(),
                self.ledger.close_time(),
                applied.transactions.len(),
                applied.events.len(),
                self.ledger.waiting(),
                started.elapsed().as_millis()
            );
        }
        Ok(())
    }

    /// Answers those whose account exists, and picks the accounts for the next transaction.
    fn next_funded(&mut self) -> Vec<RawKey> {
        let mut accounts = Vec::new();
        for waiting in std::mem::take(&mut self.friendbot) {
            if self.ledger.state.account(waiting.account).is_some() {
                let _ = waiting.reply.send(Funded::AlreadyExists);
                continue;
            }
            if accounts.len() < OPERATIONS_MAX && !accounts.contains(&waiting.account) {
                accounts.push(waiting.account);
            }
            self.friendbot.push(waiting);
        }
        accounts
    }

    fn answer_funded(&mut self, accounts: &[RawKey], record: Option<&TransactionRecord>) {
        let Some(record) = record else { return };
        for waiting in std::mem::take(&mut self.friendbot) {
            if !accounts.contains(&waiting.account) {
                self.friendbot.push(waiting);
                continue;
            }
            let record = Box::new(record.clone());
            let _ = waiting.reply.send(match record.succeeded {
                true => Funded::Created(record),
                false => Funded::Failed(record),
            });
        }
    }
}

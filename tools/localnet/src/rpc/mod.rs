//! Soroban RPC: each method reads the ledger, or hands it a transaction.

mod entries;
mod error;
mod event_filter;
mod events;
mod params;
mod send;
mod simulate;
mod status;
mod time;
pub mod transactions;

pub use error::RpcError;

use crate::{
    ledger::{validity::At, Ledger},
    wire::{sha256, Hash32},
};
use serde_json::Value;

/// sendTransaction without sending: what two faults answer with. No client can name it.
pub const HASH_ONLY: &str = "\0hash";

/// What the methods know besides the ledger.
pub struct Server {
    pub friendbot_url: String,
    seed: Hash32,
    simulations: u64,
}

impl Server {
    /// `seed` is random, so that simulations of two runs do not draw the same nonces.
    pub fn new(friendbot_url: String, seed: Hash32) -> Self {
        Self { friendbot_url, seed, simulations: 0 }
    }

    /// A seed that no other simulation has.
    fn next_seed(&mut self) -> Hash32 {
        self.simulations += 1;
        sha256(&[&self.seed[..], &self.simulations.to_be_bytes()].concat())
    }
}

/// Answers one call. `at` is the ledger that a transaction sent now would be in.
pub fn call(
    ledger: &mut Ledger,
    server: &mut Server,
    at: At,
    method: &str,
    params: &Value,
) -> Result<Value, RpcError> {
    if !params.is_object() && !params.is_null() {
        return Err(RpcError::params("params must be an object"));
    }
    if params["xdrFormat"].as_str().is_some_and(|format| format != "base64" && !format.is_empty()) {
        return Err(RpcError::params("xdrFormat: only base64 is supported here"));
    }
    match method {
        "getHealth" => status::health(ledger),
        "getNetwork" => status::network(ledger, server),
        "getVersionInfo" => status::version(),
        "getLatestLedger" => status::latest_ledger(ledger),
        "getFeeStats" => status::fee_stats(ledger),
        "getLedgerEntries" => entries::get(ledger, params),
        "simulateTransaction" => simulate::simulate(ledger, server, at, params),
        "sendTransaction" => send::send(ledger, at, params),
        HASH_ONLY => send::hash_only(ledger, params),
        "getTransaction" => transactions::one(ledger, params),
        "getTransactions" => transactions::many(ledger, params),
        "getEvents" => events::get(ledger, params),
        _ => Err(RpcError::method(method)),
    }
}

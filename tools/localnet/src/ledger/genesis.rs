//! The first ledger: settings, the root account, and friendbot's account.

use super::{
    accounts::new_account,
    friendbot,
    state::State,
    store::{ClosedLedger, Store, StoreError},
};
use crate::{
    network::Network,
    settings::{Settings, BASE_FEE, BASE_RESERVE, OPERATIONS_MAX, PROTOCOL_VERSION, TOTAL_COINS},
};
use soroban_env_host::xdr::{LedgerHeader, TimePoint};

const GENESIS_SEQUENCE: u32 = 1;

/// Writes the genesis ledger into an empty store.
pub fn create(
    store: &Store,
    state: &State,
    settings: &Settings,
    network: &Network,
    now: u64,
) -> Result<LedgerHeader, StoreError> {
    for (key, entry) in settings.encoded_entries() {
        state.put_encoded(&key, entry.into(), None);
    }
    // Friendbot has an account of its own, so that whoever uses the root key does not take
    // its sequence numbers.
    let half = TOTAL_COINS / 2;
    for key in [network.root_account(), friendbot::account(network)] {
        state.put_account(key, new_account(key, half, 0), GENESIS_SEQUENCE);
    }
    let mut header = LedgerHeader {
        ledger_version: PROTOCOL_VERSION,
        ledger_seq: GENESIS_SEQUENCE,
        total_coins: TOTAL_COINS,
        base_fee: BASE_FEE as u32,
        base_reserve: BASE_RESERVE,
        max_tx_set_size: OPERATIONS_MAX as u32,
        ..Default::default()
    };
    header.scp_value.close_time = TimePoint(now);
    store.commit(&ClosedLedger {
        header: &header,
        changes: &state.take_changes(),
        transactions: &[],
        events: &[],
        oldest: GENESIS_SEQUENCE,
    })?;
    Ok(header)
}

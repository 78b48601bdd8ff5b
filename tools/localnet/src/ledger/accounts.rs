//! What the ledger does to accounts: reserves, fees and sequence numbers.

use super::state::State;
use crate::{
    settings::BASE_RESERVE,
    wire::{account_id, RawKey},
};
use soroban_env_host::xdr::{
    AccountEntry, AccountEntryExt, AccountEntryExtensionV1, AccountEntryExtensionV1Ext,
    AccountEntryExtensionV2, AccountEntryExtensionV2Ext, AccountEntryExtensionV3, ExtensionPoint,
    Liabilities, SequenceNumber, Thresholds, TimePoint,
};

/// What an account without subentries must keep.
pub const MINIMUM_BALANCE: i64 = 2 * BASE_RESERVE as i64;

/// The first sequence number of an account created in a ledger.
pub fn starting_sequence(ledger: u32) -> i64 {
    i64::from(ledger) << 32
}

pub fn new_account(key: RawKey, balance: i64, sequence_number: i64) -> AccountEntry {
    AccountEntry {
        account_id: account_id(key),
        balance,
        seq_num: SequenceNumber(sequence_number),
        num_sub_entries: 0,
        inflation_dest: None,
        flags: 0,
        home_domain: Default::default(),
        thresholds: Thresholds([1, 0, 0, 0]),
        signers: Default::default(),
        ext: AccountEntryExt::V0,
    }
}

/// What an account can spend without going below its reserve.
pub fn available(account: &AccountEntry) -> i64 {
    account.balance - MINIMUM_BALANCE
}

/// Adds to a balance, or takes from it; the caller has checked that it fits.
pub fn change_balance(state: &State, key: RawKey, amount: i64, sequence: u32) {
    if let Some(mut account) = state.account(key) {
        account.balance += amount;
        state.put_account(key, account, sequence);
    }
}

/// Ledger and time of an account's last sequence number; 0 before the first.
pub fn sequence_age(account: &AccountEntry) -> (u32, u64) {
    if let AccountEntryExt::V1(v1) = &account.ext {
        if let AccountEntryExtensionV1Ext::V2(v2) = &v1.ext {
            if let AccountEntryExtensionV2Ext::V3(v3) = &v2.ext {
                return (v3.seq_ledger, v3.seq_time.0);
            }
        }
    }
    (0, 0)
}

/// Takes a sequence number and notes when.
pub fn take_sequence(state: &State, key: RawKey, number: i64, ledger: u32, close_time: u64) {
    let Some(mut account) = state.account(key) else { return };
    account.seq_num = SequenceNumber(number);
    account.ext = AccountEntryExt::V1(AccountEntryExtensionV1 {
        liabilities: Liabilities { buying: 0, selling: 0 },
        ext: AccountEntryExtensionV1Ext::V2(AccountEntryExtensionV2 {
            num_sponsored: 0,
            num_sponsoring: 0,
            signer_sponsoring_i_ds: Default::default(),
            ext: AccountEntryExtensionV2Ext::V3(AccountEntryExtensionV3 {
                ext: ExtensionPoint::V0,
                seq_ledger: ledger,
                seq_time: TimePoint(close_time),
            }),
        }),
    });
    state.put_account(key, account, ledger);
}

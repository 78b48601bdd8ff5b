//! What a Soroban transaction costs, by the host's own fee functions.

use super::frame::Frame;
use crate::settings::Settings;
use soroban_env_host::{
    e2e_invoke::{extract_rent_changes, LedgerEntryChange},
    fees::{
        compute_rent_fee, compute_transaction_resource_fee, LedgerEntryRentChange,
        TransactionResources,
    },
    xdr::{
        ExtensionPoint, LedgerKey, OperationBody, SorobanTransactionData,
        SorobanTransactionDataExt, SorobanTransactionMetaExtV1,
    },
};

/// Whether a key names contract data or code: those live in memory and have a time to live.
pub fn is_contract_key(key: &LedgerKey) -> bool {
    matches!(key, LedgerKey::ContractData(_) | LedgerKey::ContractCode(_))
}

/// Places in the read-write footprint of the entries to be restored on the way.
pub fn archived_indices(data: &SorobanTransactionData) -> &[u32] {
    match &data.ext {
        SorobanTransactionDataExt::V0 => &[],
        SorobanTransactionDataExt::V1(ext) => ext.archived_soroban_entries.as_slice(),
    }
}

/// Entries that the transaction reads from disk rather than from memory.
pub fn disk_read_entries(frame: &Frame, data: &SorobanTransactionData) -> u32 {
    let footprint = &data.resources.footprint;
    let restores = matches!(frame.operations().first(), Some(op) if matches!(op.body, OperationBody::RestoreFootprint(_)));
    if restores {
        return footprint.read_write.len() as u32;
    }
    let keys = footprint.read_only.iter().chain(footprint.read_write.iter());
    (keys.filter(|key| !is_contract_key(key)).count() + archived_indices(data).len()) as u32
}

fn priced(frame: &Frame, data: &SorobanTransactionData, events_bytes: u32) -> TransactionResources {
    let resources = &data.resources;
    TransactionResources {
        instructions: resources.instructions,
        disk_read_entries: disk_read_entries(frame, data),
        write_entries: resources.footprint.read_write.len() as u32,
        disk_read_bytes: resources.disk_read_bytes,
        write_bytes: resources.write_bytes,
        contract_events_size_bytes: events_bytes,
        transaction_size_bytes: frame.size_bytes,
    }
}

/// The part of the resource fee that is kept whatever happens.
pub fn non_refundable_fee(
    settings: &Settings,
    frame: &Frame,
    data: &SorobanTransactionData,
) -> i64 {
    let resources = priced(frame, data, 0);
    compute_transaction_resource_fee(&resources, &settings.config.fee_configuration).0
}

pub fn rent_of_changes(settings: &Settings, changes: &[LedgerEntryChange], sequence: u32) -> i64 {
    rent_fee(settings, &extract_rent_changes(changes), sequence)
}

pub fn rent_fee(settings: &Settings, changes: &[LedgerEntryRentChange], sequence: u32) -> i64 {
    compute_rent_fee(changes, &settings.config.rent_fee_configuration, sequence)
}

/// What the transaction used of its resource fee.
pub struct FeesUsed {
    pub meta: SorobanTransactionMetaExtV1,
    pub refund: i64,
}

/// Settles the resource fee of a successful operation; `None` when it is too small.
pub fn settle(
    settings: &Settings,
    frame: &Frame,
    data: &SorobanTransactionData,
    events_bytes: u32,
    rent: i64,
) -> Option<FeesUsed> {
    let resources = priced(frame, data, events_bytes);
    let (kept, events) =
        compute_transaction_resource_fee(&resources, &settings.config.fee_configuration);
    let refundable = events.saturating_add(rent);
    let refund = data.resource_fee.checked_sub(kept)?.checked_sub(refundable)?;
    (refund >= 0).then_some(FeesUsed {
        meta: SorobanTransactionMetaExtV1 {
            ext: ExtensionPoint::V0,
            total_non_refundable_resource_fee_charged: kept,
            total_refundable_resource_fee_charged: refundable,
            rent_fee_charged: rent,
        },
        refund,
    })
}

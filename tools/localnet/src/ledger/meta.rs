//! Transaction meta: return value, events, fees, and the entries that classic operations
//! changed.

use super::state::{Change, Slot};
use crate::wire::decode;
use soroban_env_host::xdr::{
    ContractEvent, ExtensionPoint, LedgerEntry, LedgerEntryChange, LedgerEntryChanges, LedgerKey,
    OperationMetaV2, ScVal, SorobanTransactionMetaExt, SorobanTransactionMetaExtV1,
    SorobanTransactionMetaV2, TransactionMeta, TransactionMetaV4,
};

pub struct OperationMeta {
    pub changes: Vec<Change>,
    pub events: Vec<ContractEvent>,
}

pub fn transaction_meta(
    operations: Vec<OperationMeta>,
    return_value: Option<ScVal>,
    fees: Option<SorobanTransactionMetaExtV1>,
) -> TransactionMeta {
    let operations: Vec<OperationMetaV2> = operations
        .into_iter()
        .map(|operation| OperationMetaV2 {
            ext: ExtensionPoint::V0,
            changes: entry_changes(&operation.changes),
            events: operation.events.try_into().unwrap_or_default(),
        })
        .collect();
    TransactionMeta::V4(TransactionMetaV4 {
        ext: ExtensionPoint::V0,
        tx_changes_before: Default::default(),
        operations: operations.try_into().unwrap_or_default(),
        tx_changes_after: Default::default(),
        soroban_meta: fees.map(|fees| SorobanTransactionMetaV2 {
            ext: SorobanTransactionMetaExt::V1(fees),
            return_value,
        }),
        events: Default::default(),
        diagnostic_events: Default::default(),
    })
}

fn entry_changes(changes: &[Change]) -> LedgerEntryChanges {
    let entry = |slot: &Slot| decode::<LedgerEntry>(&slot.xdr).ok();
    let mut out = Vec::new();
    for change in changes {
        match (change.before.as_ref().and_then(entry), change.after.as_ref().and_then(entry)) {
            (None, Some(after)) => out.push(LedgerEntryChange::Created(after)),
            (Some(before), Some(after)) => {
                out.push(LedgerEntryChange::State(before));
                out.push(LedgerEntryChange::Updated(after));
            }
            (Some(before), None) => {
                out.push(LedgerEntryChange::State(before));
                out.extend(decode::<LedgerKey>(&change.key).ok().map(LedgerEntryChange::Removed));
            }
            (None, None) => {}
        }
    }
    LedgerEntryChanges(out.try_into().unwrap_or_default())
}

/// The contract events of each operation, as the meta keeps them.
pub fn contract_events(meta: &[u8]) -> Vec<Vec<ContractEvent>> {
    match decode::<TransactionMeta>(meta) {
        Ok(TransactionMeta::V4(meta)) => {
            meta.operations.iter().map(|operation| operation.events.to_vec()).collect()
        }
        _ => vec![],
    }
}

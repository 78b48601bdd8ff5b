//! ExtendFootprintTtl and RestoreFootprint: how long contract data and code live.

use super::{
    fees::{rent_fee, settle},
    soroban::{check_entry_size, explain, Context, Found, Outcome},
    soroban_validity::is_persistent,
};
use crate::wire::{decode, encode};
use soroban_env_host::{
    fees::LedgerEntryRentChange,
    xdr::{
        ExtendFootprintTtlOp, ExtendFootprintTtlResult as Extend, LedgerEntry, LedgerKey,
        OperationResult, OperationResultTr, RestoreFootprintResult as Restore,
    },
};

/// Extends every live entry of the read-only footprint to at least `extend_to` ledgers from
/// now. Missing and archived entries are passed over.
pub fn extend(context: &Context, operation: &ExtendFootprintTtlOp) -> Outcome {
    let until = context.at.sequence.saturating_add(operation.extend_to);
    let mut rents = Vec::new();
    for key in context.data.resources.footprint.read_only.iter() {
        let encoded_key = encode(key);
        let Found::Live(slot) = context.find(&encoded_key, key, false) else { continue };
        let Some(current) = slot.live_until.filter(|current| *current < until) else { continue };
        let size = context.rent_size(&slot);
        rents.push(LedgerEntryRentChange {
            is_persistent: is_persistent(key),
            is_code_entry: matches!(key, LedgerKey::ContractCode(_)),
            old_size_bytes: size,
            new_size_bytes: size,
            old_live_until_ledger: current,
            new_live_until_ledger: until,
        });
        context.state.set_live_until(&encoded_key, until);
    }
    let result = |code| OperationResult::OpInner(OperationResultTr::ExtendFootprintTtl(code));
    finish(context, &rents, result(Extend::Success), result(Extend::InsufficientRefundableFee))
}

/// Brings back every archived entry of the read-write footprint.
pub fn restore(context: &Context) -> Outcome {
    let result = |code| OperationResult::OpInner(OperationResultTr::RestoreFootprint(code));
    let resources = &context.data.resources;
    let until = context.restored_until();
    let mut rents = Vec::new();
    let mut bytes = 0;
    for key in resources.footprint.read_write.iter() {
        let encoded_key = encode(key);
        let Found::Restored(slot) = context.find(&encoded_key, key, true) else { continue };
        let limits = &context.settings.transaction;
        let size = check_entry_size(limits, key, &encoded_key, slot.xdr.len());
        bytes += slot.xdr.len();
        if bytes > resources.disk_read_bytes.min(resources.write_bytes) as usize || size.is_err() {
            let reason = size.err().unwrap_or_else(|| {
                format!("restoring reads and writes {bytes} bytes, fewer are declared")
            });
            return Outcome::failed(result(Restore::ResourceLimitExceeded), vec![explain(&reason)]);
        }
        rents.push(LedgerEntryRentChange {
            is_persistent: true,
            is_code_entry: matches!(key, LedgerKey::ContractCode(_)),
            old_size_bytes: 0,
            new_size_bytes: context.rent_size(&slot),
            old_live_until_ledger: 0,
            new_live_until_ledger: until,
        });
        if let Ok(mut entry) = decode::<LedgerEntry>(&slot.xdr) {
            entry.last_modified_ledger_seq = context.at.sequence;
            context.state.put(&encoded_key, &entry, Some(until));
        }
    }
    finish(context, &rents, result(Restore::Success), result(Restore::InsufficientRefundableFee))
}

fn finish(
    context: &Context,
    rents: &[LedgerEntryRentChange],
    success: OperationResult,
    too_little: OperationResult,
) -> Outcome {
    let rent = rent_fee(context.settings, rents, context.at.sequence);
    match settle(context.settings, context.frame, context.data, 0, rent) {
        None => Outcome::failed(too_little, vec![]),
        Some(fees) => Outcome {
            result: success,
            fees: Some(fees),
            return_value: None,
            events: vec![],
            diagnostics: vec![],
        },
    }
}

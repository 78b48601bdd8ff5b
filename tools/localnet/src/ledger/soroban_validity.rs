//! The network's limits on one Soroban transaction, as far as the envelope shows them.

use super::{
    classic::results_until,
    fees::{archived_indices, disk_read_entries, is_contract_key},
    frame::{is_soroban, Frame},
    validity::{invalid, Invalid},
};
use crate::{settings::Settings, wire::encode};
use soroban_env_host::xdr::{
    ContractDataDurability, ExtendFootprintTtlResult, HostFunction, InvokeHostFunctionResult,
    LedgerKey, OperationBody, OperationResult, OperationResultTr, SorobanTransactionData,
    TransactionResultResult as Refusal,
};
use std::collections::HashSet;

pub fn check(settings: &Settings, frame: &Frame) -> Result<(), Invalid> {
    let operations = frame.operations();
    if !frame.is_soroban() {
        return match frame.soroban_data() {
            Some(_) => refuse("Soroban data on a transaction without a Soroban operation"),
            None => Ok(()),
        };
    }
    if operations.len() != 1 || !operations.iter().all(is_soroban) {
        return refuse("a Soroban operation must be the only one of its transaction");
    }
    let Some(data) = frame.soroban_data() else {
        return refuse("a Soroban operation needs Soroban transaction data");
    };
    check_resources(settings, frame, data)?;
    check_footprint(settings, data)?;
    match &operations[0].body {
        OperationBody::InvokeHostFunction(invoke) => {
            if let HostFunction::UploadContractWasm(wasm) = &invoke.host_function {
                if wasm.len() > settings.transaction.code_entry_bytes as usize {
                    let malformed =
                        OperationResultTr::InvokeHostFunction(InvokeHostFunctionResult::Malformed);
                    return malformed_operation(frame, malformed, "the contract code is too large");
                }
            }
            Ok(())
        }
        OperationBody::ExtendFootprintTtl(extend) => {
            let footprint = &data.resources.footprint;
            if !footprint.read_write.is_empty() || !footprint.read_only.iter().all(is_contract_key)
            {
                return refuse("only contract data and code, read-only, can be extended");
            }
            if extend.extend_to > settings.config.max_entry_ttl.saturating_sub(1) {
                let malformed =
                    OperationResultTr::ExtendFootprintTtl(ExtendFootprintTtlResult::Malformed);
                return malformed_operation(frame, malformed, "extends for too long");
            }
            Ok(())
        }
        _ => {
            let footprint = &data.resources.footprint;
            if !footprint.read_only.is_empty() || !footprint.read_write.iter().all(is_persistent) {
                return refuse("only persistent contract data and code can be restored");
            }
            Ok(())
        }
    }
}

fn refuse(reason: impl Into<String>) -> Result<(), Invalid> {
    invalid(Refusal::TxSorobanInvalid, reason)
}

fn malformed_operation(
    frame: &Frame,
    result: OperationResultTr,
    reason: &str,
) -> Result<(), Invalid> {
    invalid(results_until(frame, 0, OperationResult::OpInner(result)), reason)
}

/// Whether a key names something that is archived, rather than lost, when it expires.
pub fn is_persistent(key: &LedgerKey) -> bool {
    match key {
        LedgerKey::ContractCode(_) => true,
        LedgerKey::ContractData(data) => data.durability == ContractDataDurability::Persistent,
        _ => false,
    }
}

fn check_resources(
    settings: &Settings,
    frame: &Frame,
    data: &SorobanTransactionData,
) -> Result<(), Invalid> {
    let limits = &settings.transaction;
    let resources = &data.resources;
    let footprint = &resources.footprint;
    let entries = footprint.read_only.len() + footprint.read_write.len();
    let checks = [
        ("instructions", i64::from(resources.instructions), limits.instructions),
        ("footprint entries", entries as i64, i64::from(limits.footprint_entries)),
        ("write entries", footprint.read_write.len() as i64, i64::from(limits.write_entries)),
        ("write bytes", i64::from(resources.write_bytes), i64::from(limits.write_bytes)),
        (
            "disk read entries",
            i64::from(disk_read_entries(frame, data)),
            i64::from(limits.disk_read_entries),
        ),
        (
            "disk read bytes",
            i64::from(resources.disk_read_bytes),
            i64::from(limits.disk_read_bytes),
        ),
        ("transaction size", i64::from(frame.size_bytes), i64::from(limits.size_bytes)),
    ];
    for (name, asked, limit) in checks {
        if asked > limit {
            return refuse(format!("{name}: {asked} is above the limit {limit}"));
        }
    }
    if data.resource_fee < 0 {
        return refuse("the resource fee is negative");
    }
    Ok(())
}

fn check_footprint(settings: &Settings, data: &SorobanTransactionData) -> Result<(), Invalid> {
    let footprint = &data.resources.footprint;
    let mut seen = HashSet::new();
    for key in footprint.read_only.iter().chain(footprint.read_write.iter()) {
        let allowed =
            is_contract_key(key) || matches!(key, LedgerKey::Account(_) | LedgerKey::Trustline(_));
        if !allowed {
            return refuse(format!("a footprint cannot hold a {} key", key.name()));
        }
        let encoded = encode(key);
        let limit = settings.transaction.data_key_bytes as usize;
        if encoded.len() > limit {
            return refuse(format!("a key of {} bytes is above the limit {limit}", encoded.len()));
        }
        if !seen.insert(encoded) {
            return refuse("the footprint names a key twice");
        }
    }
    let mut last = None;
    for index in archived_indices(data) {
        let key = footprint.read_write.get(*index as usize);
        if !key.is_some_and(is_persistent) || last.is_some_and(|last| last >= *index) {
            return refuse("the indices of archived entries are not sorted persistent keys");
        }
        last = Some(*index);
    }
    Ok(())
}

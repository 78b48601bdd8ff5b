//! What the three Soroban operations share: their outcome, and reading a footprint.

use super::{
    fees::{archived_indices, is_contract_key, FeesUsed},
    frame::Frame,
    soroban_validity::is_persistent,
    state::{Slot, State},
    validity::At,
};
use crate::{
    settings::{Settings, TransactionLimits},
    wire::{decode, Hash32},
};
use soroban_env_host::{
    e2e_invoke::entry_size_for_rent,
    xdr::{
        ContractEvent, ContractEventBody, ContractEventType, ContractEventV0, DiagnosticEvent,
        ExtensionPoint, LedgerEntry, LedgerKey, OperationResult, ScError, ScErrorCode, ScVal,
        SorobanTransactionData,
    },
    ModuleCache,
};

/// Everything a Soroban operation works with.
pub struct Context<'a> {
    pub settings: &'a Settings,
    pub state: &'a State,
    pub modules: &'a ModuleCache,
    pub frame: &'a Frame,
    pub data: &'a SorobanTransactionData,
    pub at: At,
    pub network_id: Hash32,
}

/// What a Soroban operation did. Without `fees` it failed and the state is to be rolled back.
pub struct Outcome {
    pub result: OperationResult,
    pub fees: Option<FeesUsed>,
    pub return_value: Option<ScVal>,
    pub events: Vec<ContractEvent>,
    pub diagnostics: Vec<DiagnosticEvent>,
}

impl Outcome {
    pub fn failed(result: OperationResult, diagnostics: Vec<DiagnosticEvent>) -> Self {
        Self { result, fees: None, return_value: None, events: vec![], diagnostics }
    }
}

/// What a footprint key stands for at a ledger.
pub enum Found {
    Missing,
    Live(Slot),
    /// Expired, and not to be restored by this transaction.
    Archived,
    /// Expired, and restored by this transaction before it runs.
    Restored(Slot),
}

impl Context<'_> {
    /// Reads a key, `restorable` when the transaction says that it restores it.
    pub fn find(&self, encoded_key: &[u8], key: &LedgerKey, restorable: bool) -> Found {
        let Some(slot) = self.state.slot(encoded_key) else { return Found::Missing };
        match slot.live_until {
            Some(until) if until < self.at.sequence => {
                if !is_persistent(key) {
                    Found::Missing
                } else if restorable {
                    Found::Restored(slot)
                } else {
                    Found::Archived
                }
            }
            _ => Found::Live(slot),
        }
    }

    /// Whether a place in the read-write footprint is marked to be restored.
    pub fn restores(&self, index: usize) -> bool {
        archived_indices(self.data).iter().any(|marked| *marked as usize == index)
    }

    /// The last ledger of an entry that is restored now.
    pub fn restored_until(&self) -> u32 {
        let lifetime = self.settings.config.min_persistent_entry_ttl;
        self.at.sequence.saturating_add(lifetime).saturating_sub(1)
    }

    pub fn rent_size(&self, slot: &Slot) -> u32 {
        let length = slot.xdr.len() as u32;
        match decode::<LedgerEntry>(&slot.xdr) {
            Ok(entry) => entry_size_for_rent(&self.settings.unmetered_budget(), &entry, length)
                .unwrap_or(length),
            Err(_) => length,
        }
    }

    /// Makes code available to later invocations without parsing it again.
    pub fn cache_code(&self, wasm: &[u8]) {
        super::modules::cache(self.settings, self.modules, wasm);
    }
}

/// Whether an entry is within the network's size limits; the reason when it is not.
pub fn check_entry_size(
    limits: &TransactionLimits,
    key: &LedgerKey,
    encoded_key: &[u8],
    entry_bytes: usize,
) -> Result<(), String> {
    let limit = match key {
        LedgerKey::ContractCode(_) => limits.code_entry_bytes,
        LedgerKey::ContractData(_) => limits.data_entry_bytes,
        _ => return Ok(()),
    };
    if entry_bytes > limit as usize {
        return Err(format!("an entry of {entry_bytes} bytes is above the limit {limit}"));
    }
    if is_contract_key(key) && encoded_key.len() > limits.data_key_bytes as usize {
        return Err(format!(
            "a key of {} bytes is above the limit {}",
            encoded_key.len(),
            limits.data_key_bytes
        ));
    }
    Ok(())
}

/// A diagnostic event of the ledger's own, in the form that stellar-core gives its own.
pub fn explain(reason: &str) -> DiagnosticEvent {
    let error = ScVal::Error(ScError::Budget(ScErrorCode::ExceededLimit));
    let topics = vec![ScVal::Symbol("error".try_into().expect("a short symbol")), error];
    let text = reason.as_bytes().to_vec().try_into().unwrap_or_default();
    DiagnosticEvent {
        in_successful_contract_call: false,
        event: ContractEvent {
            ext: ExtensionPoint::V0,
            contract_id: None,
            type_: ContractEventType::Diagnostic,
            body: ContractEventBody::V0(ContractEventV0 {
                topics: topics.try_into().unwrap_or_default(),
                data: ScVal::String(soroban_env_host::xdr::ScString(text)),
            }),
        },
    }
}

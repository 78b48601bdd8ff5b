//! getLedgerEntries.

use super::{params, RpcError};
use crate::{
    ledger::{soroban_validity::is_persistent, Ledger},
    wire::{decode, encode, encode_base64},
};
use serde_json::{json, Value};
use soroban_env_host::xdr::{LedgerEntry, LedgerKey};

const KEYS_MAX: usize = 200;

pub fn get(ledger: &Ledger, request: &Value) -> Result<Value, RpcError> {
    let keys = params::array(request, "keys")?;
    if keys.len() > KEYS_MAX {
        return Err(RpcError::params(format!("key count exceeds the limit {KEYS_MAX}")));
    }
    let mut entries = Vec::new();
    for text in keys {
        let key: LedgerKey = params::xdr(text, "key")?;
        if let LedgerKey::Ttl(_) = key {
            return Err(RpcError::params("the time to live comes with its entry, not by a key"));
        }
        let Some(slot) = ledger.state.slot(&encode(&key)) else { continue };
        // Archived entries are shown, with the ledger at which they expired; temporary ones
        // are gone.
        let expired = slot.live_until.is_some_and(|until| until < ledger.sequence());
        if expired && !is_persistent(&key) {
            continue;
        }
        let entry: LedgerEntry =
            decode(&slot.xdr).map_err(|error| RpcError::internal(error.to_string()))?;
        let mut out = json!({
            "key": text,
            "xdr": encode_base64(&entry.data),
            "lastModifiedLedgerSeq": entry.last_modified_ledger_seq,
            "extXdr": encode_base64(&entry.ext),
        });
        if let Some(until) = slot.live_until {
            out["liveUntilLedgerSeq"] = json!(until);
        }
        entries.push(out);
    }
    Ok(json!({ "entries": entries, "latestLedger": ledger.sequence() }))
}

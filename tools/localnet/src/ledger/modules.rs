//! Parsed contract code, kept across transactions as the network's nodes keep it.

use super::state::State;
use crate::{
    settings::{Settings, PROTOCOL_VERSION},
    wire::decode,
};
use soroban_env_host::{
    budget::Budget,
    xdr::{LedgerEntry, LedgerEntryData, LedgerEntryType},
    Host, ModuleCache,
};

/// A cache with every contract code that the ledger holds.
pub fn build(settings: &Settings, state: &State) -> Result<ModuleCache, String> {
    let host = Host::with_storage_and_budget(Default::default(), Budget::default());
    let modules = ModuleCache::new(&host).map_err(|error| format!("module cache: {error:?}"))?;
    let code_prefix = (LedgerEntryType::ContractCode as i32).to_be_bytes();
    for slot in state.with_prefix(&code_prefix) {
        if let Ok(LedgerEntry { data: LedgerEntryData::ContractCode(code), .. }) =
            decode::<LedgerEntry>(&slot.xdr)
        {
            cache(settings, &modules, code.code.as_slice());
        }
    }
    Ok(modules)
}

/// Parses code that the host has already accepted; what cannot be cached is parsed per call.
pub fn cache(settings: &Settings, modules: &ModuleCache, wasm: &[u8]) {
    let host = Host::with_storage_and_budget(Default::default(), settings.unmetered_budget());
    let _ = modules.parse_and_cache_module_simple(&host, PROTOCOL_VERSION, wasm);
}

//! getHealth, getNetwork, getVersionInfo, getLatestLedger, getFeeStats.

use super::{RpcError, Server};
use crate::{
    ledger::{ledger_id, Ledger},
    settings::{BASE_FEE, PROTOCOL_VERSION},
    wire::encode_base64,
};
use serde_json::{json, Value};
use soroban_env_host::xdr::LedgerCloseMeta;

/// Ledgers that the fee statistics look at.
const FEE_WINDOW: u32 = 50;

pub fn health(ledger: &Ledger) -> Result<Value, RpcError> {
    let (oldest, oldest_time) = ledger.oldest();
    Ok(json!({
        "status": "healthy",
        "latestLedger": ledger.sequence(),
        "latestLedgerCloseTime": ledger.close_time().to_string(),
        "oldestLedger": oldest,
        "oldestLedgerCloseTime": oldest_time.to_string(),
        "ledgerRetentionWindow": ledger.retention_ledgers(),
    }))
}

pub fn network(ledger: &Ledger, server: &Server) -> Result<Value, RpcError> {
    Ok(json!({
        "friendbotUrl": server.friendbot_url,
        "passphrase": ledger.network.passphrase,
        "protocolVersion": PROTOCOL_VERSION,
    }))
}

pub fn version() -> Result<Value, RpcError> {
    Ok(json!({
        "version": concat!("paytick-localnet ", env!("CARGO_PKG_VERSION")),
        "commitHash": "",
        "buildTimestamp": "",
        "captiveCoreVersion": "none",
        "protocolVersion": PROTOCOL_VERSION,
    }))
}

pub fn latest_ledger(ledger: &Ledger) -> Result<Value, RpcError> {
    let header = ledger.header();
    Ok(json!({
        "id": hex::encode(ledger_id(header)),
        "protocolVersion": PROTOCOL_VERSION,
        "sequence": ledger.sequence(),
        "closeTime": ledger.close_time().to_string(),
        "headerXdr": encode_base64(header),
        "metadataXdr": encode_base64(&LedgerCloseMeta::default()),
    }))
}

/// Every transaction pays the base fee, since a full ledger makes others wait, not pay more.
pub fn fee_stats(ledger: &Ledger) -> Result<Value, RpcError> {
    let oldest = ledger.sequence().saturating_sub(FEE_WINDOW - 1).max(1);
    let count = ledger.store().transactions_since(oldest)?;
    let mut stats = json!({
        "transactionCount": count.to_string(),
        "ledgerCount": ledger.sequence() - oldest + 1,
    });
    for name in [
        "max", "min", "mode", "p10", "p20", "p30", "p40", "p50", "p60", "p70", "p80", "p90", "p95",
        "p99",
    ] {
        stats[name] = json!(BASE_FEE.to_string());
    }
    Ok(json!({
        "sorobanInclusionFee": stats,
        "inclusionFee": stats,
        "latestLedger": ledger.sequence(),
    }))
}

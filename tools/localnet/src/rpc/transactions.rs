//! getTransaction and getTransactions.

use super::{params, RpcError};
use crate::{
    ledger::{
        meta,
        record::TransactionRecord,
        store::{ledger_start, place},
        Ledger,
    },
    wire::encode_base64,
};
use base64::{engine::general_purpose::STANDARD, Engine};
use serde_json::{json, Value};

const PAGE_DEFAULT: usize = 50;
const PAGE_MAX: usize = 200;

pub fn one(ledger: &Ledger, request: &Value) -> Result<Value, RpcError> {
    let hash = params::hash(request)?;
    let (oldest, oldest_time) = ledger.oldest();
    let record = ledger.store().transaction(&hash)?;
    let mut answer = match &record {
        Some(record) => {
            let mut found = describe(record);
            found["createdAt"] = json!(record.close_time.to_string());
            found
        }
        None => json!({ "status": "NOT_FOUND" }),
    };
    answer["txHash"] = json!(hex::encode(hash));
    answer["latestLedger"] = json!(ledger.sequence());
    answer["latestLedgerCloseTime"] = json!(ledger.close_time().to_string());
    answer["oldestLedger"] = json!(oldest);
    answer["oldestLedgerCloseTime"] = json!(oldest_time.to_string());
    Ok(answer)
}

pub fn many(ledger: &Ledger, request: &Value) -> Result<Value, RpcError> {
    let pagination = &request["pagination"];
    let count = params::limit(pagination, PAGE_DEFAULT, PAGE_MAX)?;
    let (oldest, oldest_time) = ledger.oldest();
    let start = params::number(request, "startLedger")?;
    let after = match (params::text(pagination, "cursor")?, start) {
        (Some(_), Some(_)) => {
            return Err(RpcError::params("startLedger and cursor cannot both be set"))
        }
        (Some(cursor), None) => cursor
            .parse::<u64>()
            .map_err(|_| RpcError::params("cursor must be one that this server gave"))?,
        (None, start) => {
            let start = start.unwrap_or(0);
            if start < oldest || start > ledger.sequence() {
                return Err(RpcError::request(format!(
                    "start ledger must be between the oldest ledger: {oldest} and the latest \
                     ledger: {} for this rpc instance",
                    ledger.sequence()
                )));
            }
            ledger_start(start)
        }
    };
    let records = ledger.store().transactions_after(after, count)?;
    let cursor = records.last().map_or(after, |last| place(last.ledger, last.order, 0));
    let transactions: Vec<Value> = records
        .iter()
        .map(|record| {
            let mut found = describe(record);
            found["txHash"] = json!(hex::encode(record.hash));
            found["createdAt"] = json!(record.close_time);
            found
        })
        .collect();
    Ok(json!({
        "transactions": transactions,
        "cursor": cursor.to_string(),
        "latestLedger": ledger.sequence(),
        "latestLedgerCloseTimestamp": ledger.close_time(),
        "oldestLedger": oldest,
        "oldestLedgerCloseTimestamp": oldest_time,
    }))
}

fn describe(record: &TransactionRecord) -> Value {
    let contract_events: Vec<Vec<String>> = meta::contract_events(&record.meta)
        .iter()
        .map(|events| events.iter().map(encode_base64).collect())
        .collect();
    let diagnostics: Vec<String> = record.diagnostics.iter().map(|xdr| base64(xdr)).collect();
    json!({
        "status": if record.succeeded { "SUCCESS" } else { "FAILED" },
        "applicationOrder": record.order,
        "feeBump": record.inner_hash.is_some(),
        "envelopeXdr": base64(&record.envelope),
        "resultXdr": base64(&record.result),
        "resultMetaXdr": base64(&record.meta),
        "diagnosticEventsXdr": diagnostics,
        "events": { "transactionEventsXdr": [], "contractEventsXdr": contract_events },
        "ledger": record.ledger,
    })
}

/// Friendbot's answer holds the same fields under Horizon's names.
pub fn horizon(record: &TransactionRecord) -> Value {
    json!({
        "hash": hex::encode(record.hash),
        "ledger": record.ledger,
        "successful": record.succeeded,
        "envelope_xdr": base64(&record.envelope),
        "result_xdr": base64(&record.result),
        "result_meta_xdr": base64(&record.meta),
    })
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

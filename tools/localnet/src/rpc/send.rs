//! sendTransaction.

use super::{params, RpcError};
use crate::{
    ledger::{frame::Frame, soroban::explain, validity::At, Ledger, Submission},
    wire::encode_base64,
};
use serde_json::{json, Value};
use soroban_env_host::xdr::{TransactionEnvelope, TransactionResult, TransactionResultExt};

pub fn send(ledger: &mut Ledger, at: At, request: &Value) -> Result<Value, RpcError> {
    let frame = read(ledger, request)?;
    let mut answer = base(ledger, &frame);
    let status = match ledger.submit(frame, at)? {
        Submission::Pending => "PENDING",
        Submission::Duplicate => "DUPLICATE",
        Submission::TryAgainLater => "TRY_AGAIN_LATER",
        Submission::Refused(invalid) => {
            answer["diagnosticEventsXdr"] = json!([encode_base64(&explain(&invalid.reason))]);
            let result = TransactionResult {
                fee_charged: 0,
                result: invalid.code,
                ext: TransactionResultExt::V0,
            };
            answer["errorResultXdr"] = json!(encode_base64(&result));
            "ERROR"
        }
    };
    answer["status"] = json!(status);
    Ok(answer)
}

/// The answer to a transaction, without its status and without taking it.
pub fn hash_only(ledger: &Ledger, request: &Value) -> Result<Value, RpcError> {
    Ok(base(ledger, &read(ledger, request)?))
}

fn read(ledger: &Ledger, request: &Value) -> Result<Frame, RpcError> {
    let envelope: TransactionEnvelope = params::xdr(&request["transaction"], "transaction")?;
    ledger
        .frame(envelope)
        .ok_or_else(|| RpcError::params("transaction: version 0 envelopes are not supported"))
}

fn base(ledger: &Ledger, frame: &Frame) -> Value {
    json!({
        "hash": hex::encode(frame.hash),
        "latestLedger": ledger.sequence(),
        "latestLedgerCloseTime": ledger.close_time().to_string(),
    })
}

//! simulateTransaction: what a Soroban transaction would do and need in the next ledger.

use super::{params, RpcError, Server};
use crate::{
    ledger::{validity::At, Ledger},
    wire::{account_id, encode, encode_base64, muxed_key},
};
use serde_json::{json, Value};
use soroban_env_host::{
    e2e_invoke::RecordingInvocationAuthMode,
    xdr::{
        DiagnosticEvent, FeeBumpTransactionInnerTx, InvokeHostFunctionOp, LedgerEntry,
        LedgerFootprint, OperationBody, SorobanTransactionData, Transaction, TransactionEnvelope,
        TransactionExt,
    },
    LedgerInfo,
};
use soroban_simulation::simulation::{
    simulate_extend_ttl_op, simulate_invoke_host_function_op, simulate_restore_op,
    InvokeHostFunctionSimulationResult, LedgerEntryDiff, SimulationAdjustmentConfig,
};
use std::rc::Rc;

pub fn simulate(
    ledger: &Ledger,
    server: &mut Server,
    at: At,
    request: &Value,
) -> Result<Value, RpcError> {
    let envelope: TransactionEnvelope = params::xdr(&request["transaction"], "transaction")?;
    let Some(transaction) = transaction_of(&envelope) else {
        return Ok(failure(ledger, "version 0 envelopes are not supported", &[]));
    };
    let [operation] = transaction.operations.as_slice() else {
        return Ok(failure(ledger, "Transaction contains more than one operation", &[]));
    };
    let info = ledger.ledger_info(at);
    let footprint = match &transaction.ext {
        TransactionExt::V1(data) => data.resources.footprint.clone(),
        TransactionExt::V0 => LedgerFootprint::default(),
    };
    match &operation.body {
        OperationBody::InvokeHostFunction(invoke) => {
            let account = operation.source_account.as_ref().unwrap_or(&transaction.source_account);
            let call = Call { invoke, source: muxed_key(account), seed: server.next_seed() };
            simulate_invoke(ledger, &info, call, request)
        }
        OperationBody::ExtendFootprintTtl(extend) => {
            let result = simulate_extend_ttl_op(
                &ledger.state,
                &ledger.settings.config,
                &SimulationAdjustmentConfig::default_adjustment(),
                &info,
                footprint.read_only.as_slice(),
                extend.extend_to,
            );
            Ok(match result {
                Ok(done) => resources_only(ledger, &done.transaction_data),
                Err(error) => failure(ledger, &format!("{error:#}"), &[]),
            })
        }
        OperationBody::RestoreFootprint(_) => {
            let result = simulate_restore_op(
                &ledger.state,
                &ledger.settings.config,
                &SimulationAdjustmentConfig::default_adjustment(),
                &info,
                footprint.read_write.as_slice(),
            );
            Ok(match result {
                Ok(done) => resources_only(ledger, &done.transaction_data),
                Err(error) => failure(ledger, &format!("{error:#}"), &[]),
            })
        }
        _ => Ok(failure(ledger, "Transaction contains unsupported operation type", &[])),
    }
}

struct Call<'a> {
    invoke: &'a InvokeHostFunctionOp,
    source: [u8; 32],
    seed: [u8; 32],
}

fn transaction_of(envelope: &TransactionEnvelope) -> Option<&Transaction> {
    match envelope {
        TransactionEnvelope::Tx(envelope) => Some(&envelope.tx),
        TransactionEnvelope::TxFeeBump(bump) => {
            let FeeBumpTransactionInnerTx::Tx(inner) = &bump.tx.inner_tx;
            Some(&inner.tx)
        }
        TransactionEnvelope::TxV0(_) => None,
    }
}

/// Enforcing when the caller brings authorizations, recording otherwise, or as asked.
fn auth_mode(
    invoke: &InvokeHostFunctionOp,
    request: &Value,
) -> Result<RecordingInvocationAuthMode, RpcError> {
    let enforcing = || RecordingInvocationAuthMode::Enforcing(invoke.auth.to_vec());
    match params::text(request, "authMode")? {
        None if invoke.auth.is_empty() => Ok(RecordingInvocationAuthMode::recording(true, false)),
        None | Some("enforce") => Ok(enforcing()),
        Some("record" | "record_allow_nonroot") if !invoke.auth.is_empty() => {
            Err(RpcError::params("authMode: recording needs a transaction without authorizations"))
        }
        Some("record") => Ok(RecordingInvocationAuthMode::recording(true, false)),
        Some("record_allow_nonroot") => Ok(RecordingInvocationAuthMode::recording(false, false)),
        Some(_) => Err(RpcError::params("authMode: enforce, record or record_allow_nonroot")),
    }
}

fn simulate_invoke(
    ledger: &Ledger,
    info: &LedgerInfo,
    call: Call,
    request: &Value,
) -> Result<Value, RpcError> {
    let mode = auth_mode(call.invoke, request)?;
    let leeway = params::number(&request["resourceConfig"], "instructionLeeway")?;
    let mut adjustment = SimulationAdjustmentConfig::default_adjustment();
    if let Some(leeway) = leeway {
        adjustment.instructions.additive_factor = leeway;
    }
    let result = simulate_invoke_host_function_op(
        Rc::new(ledger.state.clone()),
        &ledger.settings.config,
        &adjustment,
        info,
        call.invoke.host_function.clone(),
        mode,
        &account_id(call.source),
        call.seed,
        true,
    );
    Ok(match result {
        Ok(result) => describe(ledger, &result),
        Err(error) => failure(ledger, &format!("{error:#}"), &[]),
    })
}

fn describe(ledger: &Ledger, result: &InvokeHostFunctionSimulationResult) -> Value {
    let (value, data) = match (&result.invoke_result, &result.transaction_data) {
        (Ok(value), Some(data)) => (value, data),
        (Err(error), _) => {
            return failure(ledger, &format!("{error:?}"), &result.diagnostic_events)
        }
        (Ok(_), None) => return failure(ledger, "no resources", &result.diagnostic_events),
    };
    let auth: Vec<String> = result.auth.iter().map(encode_base64).collect();
    let changes: Vec<Value> = result.modified_entries.iter().filter_map(state_change).collect();
    let mut answer = resources_only(ledger, data);
    answer["events"] = encoded_events(&result.diagnostic_events);
    answer["results"] = json!([{ "auth": auth, "xdr": encode_base64(value) }]);
    answer["stateChanges"] = json!(changes);
    answer["cost"] = json!({
        "cpuInsns": result.simulated_instructions.to_string(),
        "memBytes": result.simulated_memory.to_string(),
    });
    answer
}

fn state_change(change: &LedgerEntryDiff) -> Option<Value> {
    let (before, after) = (&change.state_before, &change.state_after);
    let kind = match (before, after) {
        (None, Some(_)) => "created",
        (Some(_), None) => "deleted",
        (Some(before), Some(after)) if same(before, after) => return None,
        (Some(_), Some(_)) => "updated",
        (None, None) => return None,
    };
    let key = before.as_ref().or(after.as_ref())?.to_key();
    Some(json!({
        "type": kind,
        "key": encode_base64(&key),
        "before": before.as_ref().map(encode_base64),
        "after": after.as_ref().map(encode_base64),
    }))
}

fn same(before: &LedgerEntry, after: &LedgerEntry) -> bool {
    encode(&before.data) == encode(&after.data)
}

fn resources_only(ledger: &Ledger, data: &SorobanTransactionData) -> Value {
    json!({
        "transactionData": encode_base64(data),
        "minResourceFee": data.resource_fee.to_string(),
        "latestLedger": ledger.sequence(),
    })
}

fn failure(ledger: &Ledger, reason: &str, events: &[DiagnosticEvent]) -> Value {
    json!({
        "error": reason,
        "events": encoded_events(events),
        "latestLedger": ledger.sequence(),
    })
}

fn encoded_events(events: &[DiagnosticEvent]) -> Value {
    json!(events.iter().map(encode_base64).collect::<Vec<_>>())
}

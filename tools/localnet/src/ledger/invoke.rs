//! InvokeHostFunction: contract calls, uploads and creations, on the real host.

use super::{
    fees::{is_contract_key, rent_of_changes, settle},
    soroban::{check_entry_size, explain, Context, Found, Outcome},
};
use crate::{
    settings::TransactionLimits,
    wire::{account_id, decode, encode, sha256, RawKey},
};
use soroban_env_host::{
    e2e_invoke::{invoke_host_function, LedgerEntryChange, TtlLedgerEntryMeta},
    xdr::{
        ContractEvent, DiagnosticEvent, Hash, InvokeHostFunctionOp,
        InvokeHostFunctionResult as Code, InvokeHostFunctionSuccessPreImage, LedgerEntry,
        LedgerEntryData, LedgerKey, OperationResult, OperationResultTr, ScErrorType, ScVal,
    },
    HostError,
};
use std::rc::Rc;

type EncodedEntry = (Option<Rc<[u8]>>, Option<TtlLedgerEntryMeta>);

/// A failure with its result code and what the host or the ledger says about it.
struct Failure(Code, Option<String>);

struct Footprint {
    entries: Vec<EncodedEntry>,
    restored: Vec<u32>,
}

pub fn apply(context: &Context, source: RawKey, operation: &InvokeHostFunctionOp) -> Outcome {
    let mut diagnostics = Vec::new();
    match run(context, source, operation, &mut diagnostics) {
        Ok(outcome) => Outcome { diagnostics, ..outcome },
        Err(Failure(code, reason)) => {
            diagnostics.extend(reason.as_deref().map(explain));
            Outcome::failed(operation_result(code), diagnostics)
        }
    }
}

fn operation_result(code: Code) -> OperationResult {
    OperationResult::OpInner(OperationResultTr::InvokeHostFunction(code))
}

fn over_limit(reason: String) -> Failure {
    Failure(Code::ResourceLimitExceeded, Some(reason))
}

fn trapped(error: &HostError) -> Failure {
    let budget = error.error.is_type(ScErrorType::Budget);
    Failure(if budget { Code::ResourceLimitExceeded } else { Code::Trapped }, None)
}

fn run(
    context: &Context,
    source: RawKey,
    operation: &InvokeHostFunctionOp,
    diagnostics: &mut Vec<DiagnosticEvent>,
) -> Result<Outcome, Failure> {
    let limits = &context.settings.transaction;
    let resources = &context.data.resources;
    let footprint = read_footprint(context)?;
    let budget = context
        .settings
        .budget(u64::from(resources.instructions), u64::from(limits.memory_bytes))
        .map_err(|_| Failure(Code::Malformed, None))?;
    let authorizations: Vec<Rc<[u8]>> =
        operation.auth.iter().map(|entry| encode(entry).into()).collect();
    let info = context.settings.ledger_info(
        context.at.sequence,
        context.at.close_time,
        context.network_id,
    );
    let seed: Rc<[u8]> = sha256(&context.frame.hash).to_vec().into();
    let output = invoke_host_function::<Rc<[u8]>, _, _>(
        &budget,
        true,
        encode(&operation.host_function).into(),
        encode(resources).into(),
        &footprint.restored,
        encode(&account_id(source)).into(),
        authorizations.into_iter(),
        info,
        footprint.entries.into_iter(),
        seed,
        diagnostics,
        None,
        Some(context.modules.clone()),
    )
    .map_err(|error| trapped(&error))?;
    let value = output.encoded_invoke_result.map_err(|error| trapped(&error))?;

    let events_bytes =
        output.encoded_contract_events.iter().map(Vec::len).sum::<usize>() + value.len();
    check_output(limits, &output.ledger_changes, resources.write_bytes, events_bytes)?;
    let rent = rent_of_changes(context.settings, &output.ledger_changes, context.at.sequence);
    let fees = settle(context.settings, context.frame, context.data, events_bytes as u32, rent)
        .ok_or(Failure(Code::InsufficientRefundableFee, None))?;
    write_changes(context, &output.ledger_changes)?;

    let events = output
        .encoded_contract_events
        .iter()
        .map(|bytes| decode::<ContractEvent>(bytes).map_err(|_| Failure(Code::Trapped, None)))
        .collect::<Result<Vec<_>, _>>()?;
    let return_value = decode::<ScVal>(&value).map_err(|_| Failure(Code::Trapped, None))?;
    let success = InvokeHostFunctionSuccessPreImage {
        return_value: return_value.clone(),
        events: events.clone().try_into().unwrap_or_default(),
    };
    Ok(Outcome {
        result: operation_result(Code::Success(Hash(sha256(&encode(&success))))),
        fees: Some(fees),
        return_value: Some(return_value),
        events,
        diagnostics: vec![],
    })
}

/// The entries of the footprint in the host's order, read-only ones first.
fn read_footprint(context: &Context) -> Result<Footprint, Failure> {
    let declared = &context.data.resources.footprint;
    let mut footprint = Footprint { entries: Vec::new(), restored: Vec::new() };
    let mut disk_bytes = 0;
    let read_only = declared.read_only.iter().map(|key| (key, None));
    let read_write = declared.read_write.iter().enumerate().map(|(at, key)| (key, Some(at)));
    for (key, place) in read_only.chain(read_write) {
        let encoded_key = encode(key);
        let restorable = place.is_some_and(|index| context.restores(index));
        let (slot, restored) = match context.find(&encoded_key, key, restorable) {
            Found::Missing => {
                footprint.entries.push((None, None));
                continue;
            }
            Found::Archived => return Err(Failure(Code::EntryArchived, None)),
            Found::Live(slot) => (slot, false),
            Found::Restored(slot) => (slot, true),
        };
        check_entry_size(&context.settings.transaction, key, &encoded_key, slot.xdr.len())
            .map_err(over_limit)?;
        if restored || !is_contract_key(key) {
            disk_bytes += slot.xdr.len();
        }
        let mut live_until = slot.live_until;
        if restored {
            footprint.restored.push(place.unwrap_or_default() as u32);
            live_until = Some(context.restored_until());
        }
        let meta = live_until.map(|live_until_ledger| TtlLedgerEntryMeta {
            live_until_ledger,
            entry_size_for_rent: match key {
                LedgerKey::ContractCode(_) => context.rent_size(&slot),
                _ => slot.xdr.len() as u32,
            },
        });
        footprint.entries.push((Some(slot.xdr), meta));
    }
    let declared_bytes = context.data.resources.disk_read_bytes;
    if disk_bytes > declared_bytes as usize {
        return Err(over_limit(format!(
            "read {disk_bytes} bytes from disk, {declared_bytes} declared"
        )));
    }
    Ok(footprint)
}

fn check_output(
    limits: &TransactionLimits,
    changes: &[LedgerEntryChange],
    declared_write_bytes: u32,
    events_bytes: usize,
) -> Result<(), Failure> {
    let mut written = 0;
    for change in changes {
        let Some(value) = &change.encoded_new_value else { continue };
        let key =
            decode::<LedgerKey>(&change.encoded_key).map_err(|_| Failure(Code::Trapped, None))?;
        check_entry_size(limits, &key, &change.encoded_key, value.len()).map_err(over_limit)?;
        written += value.len();
    }
    if written > declared_write_bytes as usize {
        return Err(over_limit(format!("wrote {written} bytes, {declared_write_bytes} declared")));
    }
    if events_bytes > limits.events_bytes as usize {
        return Err(over_limit(format!(
            "events and return value take {events_bytes} bytes, the limit is {}",
            limits.events_bytes
        )));
    }
    Ok(())
}

fn write_changes(context: &Context, changes: &[LedgerEntryChange]) -> Result<(), Failure> {
    for change in changes {
        let key = change.encoded_key.as_slice();
        let live_until = change
            .ttl_change
            .as_ref()
            .map(|ttl| ttl.new_live_until_ledger)
            .filter(|until| *until > 0);
        if change.read_only {
            let current = context.state.slot(key).and_then(|slot| slot.live_until);
            if let (Some(until), Some(current)) = (live_until, current) {
                if until > current {
                    context.state.set_live_until(key, until);
                }
            }
            continue;
        }
        let Some(value) = &change.encoded_new_value else {
            context.state.remove(key);
            continue;
        };
        let mut entry = decode::<LedgerEntry>(value).map_err(|_| Failure(Code::Trapped, None))?;
        entry.last_modified_ledger_seq = context.at.sequence;
        if let LedgerEntryData::ContractCode(code) = &entry.data {
            context.cache_code(code.code.as_slice());
        }
        context.state.put(key, &entry, live_until);
    }
    Ok(())
}

//! The classic operations: create an account, pay lumens.

use super::{
    accounts::{available, change_balance, new_account, starting_sequence, MINIMUM_BALANCE},
    frame::Frame,
    state::State,
    validity::{invalid, Invalid},
};
use crate::wire::{muxed_key, raw_key, RawKey};
use soroban_env_host::xdr::{
    Asset, CreateAccountOp, CreateAccountResult, ExtendFootprintTtlResult, Hash,
    InvokeHostFunctionResult, Operation, OperationBody, OperationResult, OperationResultTr,
    PaymentOp, PaymentResult, RestoreFootprintResult, TransactionResultResult,
};

/// Checks the classic operations' own fields.
pub fn check(frame: &Frame) -> Result<(), Invalid> {
    for (index, operation) in frame.operations().iter().enumerate() {
        let source = frame.operation_source(operation);
        let (result, reason) = match &operation.body {
            OperationBody::CreateAccount(create) => {
                if create.starting_balance >= 0 && raw_key(&create.destination) != source {
                    continue;
                }
                (created(CreateAccountResult::Malformed), "is malformed")
            }
            OperationBody::Payment(payment) if payment.asset == Asset::Native => {
                if payment.amount > 0 {
                    continue;
                }
                (paid(PaymentResult::Malformed), "does not pay a positive amount")
            }
            OperationBody::InvokeHostFunction(_)
            | OperationBody::ExtendFootprintTtl(_)
            | OperationBody::RestoreFootprint(_) => continue,
            _ => (OperationResult::OpNotSupported, "is of a kind this network does not support"),
        };
        let results = results_until(frame, index, result);
        return invalid(results, format!("operation {index} {reason}"));
    }
    Ok(())
}

/// The result of a transaction whose operation at `index` is wrong before anything ran.
pub fn results_until(
    frame: &Frame,
    index: usize,
    result: OperationResult,
) -> TransactionResultResult {
    let mut results: Vec<OperationResult> =
        frame.operations()[..index].iter().map(untried).collect();
    results.push(result);
    TransactionResultResult::TxFailed(results.try_into().unwrap_or_default())
}

/// What stands for an operation that was fine and did not run.
fn untried(operation: &Operation) -> OperationResult {
    OperationResult::OpInner(match operation.body {
        OperationBody::Payment(_) => OperationResultTr::Payment(PaymentResult::Success),
        OperationBody::InvokeHostFunction(_) => {
            OperationResultTr::InvokeHostFunction(InvokeHostFunctionResult::Success(Hash([0; 32])))
        }
        OperationBody::ExtendFootprintTtl(_) => {
            OperationResultTr::ExtendFootprintTtl(ExtendFootprintTtlResult::Success)
        }
        OperationBody::RestoreFootprint(_) => {
            OperationResultTr::RestoreFootprint(RestoreFootprintResult::Success)
        }
        _ => OperationResultTr::CreateAccount(CreateAccountResult::Success),
    })
}

/// Runs one classic operation for `source` in ledger `sequence`; true when it succeeded.
pub fn apply(
    state: &State,
    source: RawKey,
    operation: &Operation,
    sequence: u32,
) -> (OperationResult, bool) {
    if state.account(source).is_none() {
        return (OperationResult::OpNoAccount, false);
    }
    match &operation.body {
        OperationBody::CreateAccount(create) => {
            let result = create_account(state, source, create, sequence);
            let done = result == CreateAccountResult::Success;
            (created(result), done)
        }
        OperationBody::Payment(payment) => {
            let result = pay(state, source, payment, sequence);
            let done = result == PaymentResult::Success;
            (paid(result), done)
        }
        _ => (OperationResult::OpNotSupported, false),
    }
}

fn created(result: CreateAccountResult) -> OperationResult {
    OperationResult::OpInner(OperationResultTr::CreateAccount(result))
}

fn paid(result: PaymentResult) -> OperationResult {
    OperationResult::OpInner(OperationResultTr::Payment(result))
}

fn create_account(
    state: &State,
    source: RawKey,
    create: &CreateAccountOp,
    sequence: u32,
) -> CreateAccountResult {
    let destination = raw_key(&create.destination);
    let amount = create.starting_balance;
    if state.account(destination).is_some() {
        return CreateAccountResult::AlreadyExist;
    }
    if amount < MINIMUM_BALANCE {
        return CreateAccountResult::LowReserve;
    }
    if state.account(source).is_none_or(|payer| available(&payer) < amount) {
        return CreateAccountResult::Underfunded;
    }
    change_balance(state, source, -amount, sequence);
    let account = new_account(destination, amount, starting_sequence(sequence));
    state.put_account(destination, account, sequence);
    CreateAccountResult::Success
}

fn pay(state: &State, source: RawKey, payment: &PaymentOp, sequence: u32) -> PaymentResult {
    let destination = muxed_key(&payment.destination);
    let Some(receiver) = state.account(destination) else { return PaymentResult::NoDestination };
    if state.account(source).is_none_or(|payer| available(&payer) < payment.amount) {
        return PaymentResult::Underfunded;
    }
    if receiver.balance.checked_add(payment.amount).is_none() {
        return PaymentResult::LineFull;
    }
    change_balance(state, source, -payment.amount, sequence);
    change_balance(state, destination, payment.amount, sequence);
    PaymentResult::Success
}

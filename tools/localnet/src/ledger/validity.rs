//! Whether a transaction may enter a ledger, in the order in which stellar-core asks.

use super::{
    accounts::{available, sequence_age, starting_sequence},
    classic,
    fees::non_refundable_fee,
    frame::Frame,
    soroban_validity,
    state::State,
};
use crate::settings::Settings;
use soroban_env_host::xdr::{
    AccountEntry, LedgerBounds, OperationResult, Preconditions, TimeBounds,
    TransactionResultResult as Refusal,
};

/// The ledger that a transaction would enter.
#[derive(Clone, Copy, Debug)]
pub struct At {
    pub sequence: u32,
    pub close_time: u64,
}

/// A refusal, and why, for people.
#[derive(Debug)]
pub struct Invalid {
    pub code: Refusal,
    pub reason: String,
}

pub fn invalid<T>(code: Refusal, reason: impl Into<String>) -> Result<T, Invalid> {
    Err(Invalid { code, reason: reason.into() })
}

/// What the envelope alone decides: shape, resources, signatures. Checked once.
pub fn check_envelope(settings: &Settings, frame: &Frame) -> Result<(), Invalid> {
    if frame.operations().is_empty() {
        return invalid(Refusal::TxMissingOperation, "the transaction has no operation");
    }
    if let Preconditions::V2(conditions) = &frame.transaction().cond {
        if !conditions.extra_signers.is_empty() {
            return invalid(Refusal::TxNotSupported, "extra signers are not supported here");
        }
    }
    soroban_validity::check(settings, frame)?;
    check_fee(settings, frame)
}

fn check_fee(settings: &Settings, frame: &Frame) -> Result<(), Invalid> {
    let resource_fee = frame.resource_fee();
    let offered = frame.fee_bid().saturating_sub(resource_fee);
    if let Some(data) = frame.soroban_data().filter(|_| frame.is_soroban()) {
        let needed = non_refundable_fee(settings, frame, data);
        if resource_fee < needed {
            return invalid(
                Refusal::TxSorobanInvalid,
                format!("resource fee {resource_fee} is below the non-refundable fee {needed}"),
            );
        }
        if frame.inner_fee_bid().unwrap_or(frame.fee_bid()) < resource_fee {
            return invalid(Refusal::TxSorobanInvalid, "the fee is below the resource fee");
        }
    }
    if offered < frame.inclusion_fee() {
        return invalid(
            Refusal::TxInsufficientFee,
            format!("offers {offered} for inclusion, {} are due", frame.inclusion_fee()),
        );
    }
    if let Some(inner) = frame.inner_fee_bid() {
        // A bump must not offer less per unit than the transaction inside it.
        let inner_offer = i128::from(inner.saturating_sub(resource_fee).max(0));
        let inner_units = i128::from(frame.inclusion_units() - 1);
        if i128::from(offered) * inner_units < inner_offer * i128::from(frame.inclusion_units()) {
            return invalid(Refusal::TxInsufficientFee, "the bump offers less than the inner fee");
        }
    }
    Ok(())
}

/// Signatures. They depend on the envelope alone, since accounts have their master key only.
pub fn check_signatures(frame: &Frame) -> Result<(), Invalid> {
    let mut bump = frame.bump_signatures();
    if frame.is_bump() && !bump.signed_by(frame.fee_source()) {
        return invalid(Refusal::TxBadAuth, "the fee source has not signed the fee bump");
    }
    if !bump.all_used() {
        return invalid(Refusal::TxBadAuthExtra, "the fee bump has signatures nobody needs");
    }
    let mut signers = frame.signatures();
    if !signers.signed_by(frame.source()) {
        return invalid(Refusal::TxBadAuth, "the source account has not signed");
    }
    for (index, operation) in frame.operations().iter().enumerate() {
        if operation.source_account.is_some()
            && !signers.signed_by(frame.operation_source(operation))
        {
            let results = classic::results_until(frame, index, OperationResult::OpBadAuth);
            return invalid(results, format!("the source of operation {index} has not signed"));
        }
    }
    if !signers.all_used() {
        return invalid(Refusal::TxBadAuthExtra, "there are signatures that nobody needs");
    }
    Ok(())
}

/// What depends on the ledger; asked when submitted and again when the ledger closes.
pub fn check_ledger(state: &State, frame: &Frame, at: At) -> Result<(), Invalid> {
    check_bounds(&frame.transaction().cond, at)?;
    let Some(source) = state.account(frame.source()) else {
        return invalid(Refusal::TxNoAccount, "the source account does not exist");
    };
    check_sequence(frame, &source, at)?;
    let Some(payer) = state.account(frame.fee_source()) else {
        return invalid(Refusal::TxNoAccount, "the fee source does not exist");
    };
    if available(&payer) < frame.fee_bid() {
        return invalid(Refusal::TxInsufficientBalance, "the fee source cannot pay the fee");
    }
    Ok(())
}

fn check_bounds(conditions: &Preconditions, at: At) -> Result<(), Invalid> {
    let (time, ledgers) = match conditions {
        Preconditions::None => (None, None),
        Preconditions::Time(time) => (Some(time), None),
        Preconditions::V2(v2) => (v2.time_bounds.as_ref(), v2.ledger_bounds.as_ref()),
    };
    if let Some(TimeBounds { min_time, max_time }) = time {
        if min_time.0 > at.close_time {
            return invalid(
                Refusal::TxTooEarly,
                format!("not before {}, the next ledger closes at {}", min_time.0, at.close_time),
            );
        }
        if max_time.0 != 0 && max_time.0 < at.close_time {
            return invalid(
                Refusal::TxTooLate,
                format!("not after {}, the next ledger closes at {}", max_time.0, at.close_time),
            );
        }
    }
    if let Some(LedgerBounds { min_ledger, max_ledger }) = ledgers {
        if *min_ledger > at.sequence {
            return invalid(Refusal::TxTooEarly, format!("not before ledger {min_ledger}"));
        }
        if *max_ledger != 0 && *max_ledger <= at.sequence {
            return invalid(Refusal::TxTooLate, format!("only before ledger {max_ledger}"));
        }
    }
    Ok(())
}

fn check_sequence(frame: &Frame, source: &AccountEntry, at: At) -> Result<(), Invalid> {
    let number = frame.transaction().seq_num.0;
    let current = source.seq_num.0;
    let conditions = match &frame.transaction().cond {
        Preconditions::V2(v2) => Some(v2),
        _ => None,
    };
    let minimum = conditions.and_then(|v2| v2.min_seq_num.as_ref()).map(|minimum| minimum.0);
    let fits = match minimum {
        Some(minimum) => current >= minimum && current < number,
        None => current.checked_add(1) == Some(number),
    };
    if !fits || number == starting_sequence(at.sequence) {
        return invalid(
            Refusal::TxBadSeq,
            format!("sequence number {number}, the account is at {current}"),
        );
    }
    if let Some(v2) = conditions {
        let (seq_ledger, seq_time) = sequence_age(source);
        let old_enough = at.close_time.saturating_sub(v2.min_seq_age.0) >= seq_time
            && v2.min_seq_age.0 <= at.close_time
            && at.sequence.saturating_sub(v2.min_seq_ledger_gap) >= seq_ledger
            && v2.min_seq_ledger_gap <= at.sequence;
        if !old_enough {
            return invalid(
                Refusal::TxBadMinSeqAgeOrGap,
                "the account's sequence number is too young",
            );
        }
    }
    Ok(())
}

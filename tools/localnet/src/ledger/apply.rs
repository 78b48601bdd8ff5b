//! Applying the transactions of one ledger: all fees first, then each transaction, then the
//! refunds of unused resource fees, as the network orders them.

use super::{
    accounts::{change_balance, take_sequence},
    classic,
    fees::{non_refundable_fee, FeesUsed},
    frame::Frame,
    invoke,
    meta::{self, OperationMeta},
    record::{EventRecord, TransactionRecord},
    soroban::{Context, Outcome},
    state::State,
    store::place,
    ttl,
    validity::{check_ledger, At, Invalid},
};
use crate::{
    settings::Settings,
    wire::{encode, Hash32},
};
use soroban_env_host::{
    xdr::{
        ExtensionPoint, Hash, InnerTransactionResult, InnerTransactionResultExt,
        InnerTransactionResultPair, InnerTransactionResultResult, OperationBody, OperationResult,
        SorobanTransactionMetaExtV1, TransactionResult, TransactionResultExt,
        TransactionResultResult, VecM,
    },
    ModuleCache,
};

/// Diagnostics kept with a transaction; what is beyond is dropped.
const DIAGNOSTICS_BYTES_MAX: usize = 64 << 10;

pub struct Applier<'a> {
    pub settings: &'a Settings,
    pub state: &'a State,
    pub modules: &'a ModuleCache,
    pub network_id: Hash32,
    pub at: At,
}

/// What one ledger's transactions came to.
#[derive(Default)]
pub struct Applied {
    pub transactions: Vec<TransactionRecord>,
    pub events: Vec<((u64, u32), EventRecord)>,
    /// No longer valid when the ledger closed; never in any ledger.
    pub dropped: Vec<(Hash32, Invalid)>,
    pub fees: i64,
}

/// A transaction whose fee is paid.
struct Charged {
    frame: Frame,
    fee: i64,
}

/// What running a transaction's operations came to.
struct Run {
    succeeded: bool,
    results: Vec<OperationResult>,
    metas: Vec<OperationMeta>,
    soroban: Option<Outcome>,
}

impl Applier<'_> {
    pub fn apply(&self, frames: Vec<Frame>) -> Applied {
        let mut applied = Applied::default();
        let mut charged = Vec::with_capacity(frames.len());
        for frame in frames {
            match check_ledger(self.state, &frame, self.at) {
                Ok(()) => charged.push(self.charge(frame)),
                Err(why) => applied.dropped.push((frame.hash, why)),
            }
        }
        let mut refunds = Vec::new();
        for (index, charged) in charged.into_iter().enumerate() {
            let run = self.run(&charged.frame);
            let refund = self.refund(&charged.frame, run.soroban.as_ref());
            refunds.push((charged.frame.fee_source(), refund));
            applied.fees += charged.fee - refund;
            self.record(&charged, run, refund, index as u32 + 1, &mut applied);
        }
        for (account, refund) in refunds.into_iter().filter(|(_, refund)| *refund > 0) {
            change_balance(self.state, account, refund, self.at.sequence);
        }
        applied
    }

    fn charge(&self, frame: Frame) -> Charged {
        let At { sequence, close_time } = self.at;
        let fee = frame.inclusion_fee() + frame.resource_fee();
        change_balance(self.state, frame.fee_source(), -fee, sequence);
        let number = frame.transaction().seq_num.0;
        take_sequence(self.state, frame.source(), number, sequence, close_time);
        Charged { frame, fee }
    }

    /// Runs every operation; undoes all of them when one fails.
    fn run(&self, frame: &Frame) -> Run {
        let whole = self.state.mark();
        let mut run = Run { succeeded: true, results: vec![], metas: vec![], soroban: None };
        for operation in frame.operations() {
            let mark = self.state.mark();
            let source = frame.operation_source(operation);
            let data = frame.soroban_data();
            let (result, done) = match (&operation.body, data) {
                (OperationBody::InvokeHostFunction(body), Some(data)) => {
                    run.soroban(invoke::apply(&self.context(frame, data), source, body))
                }
                (OperationBody::ExtendFootprintTtl(body), Some(data)) => {
                    run.soroban(ttl::extend(&self.context(frame, data), body))
                }
                (OperationBody::RestoreFootprint(_), Some(data)) => {
                    run.soroban(ttl::restore(&self.context(frame, data)))
                }
                _ => classic::apply(self.state, source, operation, self.at.sequence),
            };
            run.results.push(result);
            run.succeeded &= done;
            // The changes of contract entries are left out: they would double what is kept.
            let changes = match run.soroban {
                Some(_) => vec![],
                None => self.state.changes_since(mark),
            };
            run.metas.push(OperationMeta { changes, events: run.events() });
        }
        if !run.succeeded {
            self.state.rollback(whole);
            run.metas.clear();
        }
        run
    }

    fn context<'a>(
        &'a self,
        frame: &'a Frame,
        data: &'a soroban_env_host::xdr::SorobanTransactionData,
    ) -> Context<'a> {
        Context {
            settings: self.settings,
            state: self.state,
            modules: self.modules,
            frame,
            data,
            at: self.at,
            network_id: self.network_id,
        }
    }

    /// What of the resource fee goes back: all that is refundable when the operation failed.
    fn refund(&self, frame: &Frame, outcome: Option<&Outcome>) -> i64 {
        match (outcome, frame.soroban_data()) {
            (Some(Outcome { fees: Some(used), .. }), _) => used.refund,
            (Some(_), Some(data)) => {
                data.resource_fee - non_refundable_fee(self.settings, frame, data)
            }
            _ => 0,
        }
    }

    fn record(&self, charged: &Charged, run: Run, refund: i64, order: u32, applied: &mut Applied) {
        let frame = &charged.frame;
        let sequence = self.at.sequence;
        let events = run.events();
        for (index, event) in events.iter().enumerate() {
            let record = EventRecord {
                close_time: self.at.close_time,
                transaction: frame.hash,
                event: encode(event),
            };
            applied.events.push(((place(sequence, order, 0), index as u32), record));
        }
        let fees = run.soroban.as_ref().map(|outcome| {
            outcome.fees.as_ref().map(|used| used.meta.clone()).unwrap_or_else(|| {
                SorobanTransactionMetaExtV1 {
                    ext: ExtensionPoint::V0,
                    total_non_refundable_resource_fee_charged: frame.resource_fee() - refund,
                    total_refundable_resource_fee_charged: 0,
                    rent_fee_charged: 0,
                }
            })
        });
        let return_value = run.soroban.as_ref().and_then(|outcome| outcome.return_value.clone());
        let diagnostics = run.soroban.as_ref().map_or(vec![], |outcome| {
            let mut room = DIAGNOSTICS_BYTES_MAX;
            let encoded = outcome.diagnostics.iter().map(encode);
            encoded
                .take_while(|bytes| {
                    let fits = bytes.len() <= room;
                    room = room.saturating_sub(bytes.len());
                    fits
                })
                .collect()
        });
        let succeeded = run.succeeded;
        let result = transaction_result(frame, charged.fee - refund, succeeded, run.results);
        applied.transactions.push(TransactionRecord {
            hash: frame.hash,
            inner_hash: frame.inner_hash(),
            ledger: sequence,
            order,
            close_time: self.at.close_time,
            succeeded,
            envelope: encode(&frame.envelope),
            result: encode(&result),
            meta: encode(&meta::transaction_meta(run.metas, return_value, fees)),
            diagnostics,
        });
    }
}

impl Run {
    fn soroban(&mut self, outcome: Outcome) -> (OperationResult, bool) {
        let result = outcome.result.clone();
        let done = matches!(outcome.fees, Some(FeesUsed { .. }));
        self.soroban = Some(outcome);
        (result, done)
    }

    fn events(&self) -> Vec<soroban_env_host::xdr::ContractEvent> {
        self.soroban.as_ref().map_or(vec![], |outcome| outcome.events.clone())
    }
}

/// The result of a transaction whose operations ran.
fn transaction_result(
    frame: &Frame,
    fee_charged: i64,
    succeeded: bool,
    results: Vec<OperationResult>,
) -> TransactionResult {
    let results: VecM<OperationResult> = results.try_into().unwrap_or_default();
    let result = match (frame.inner_hash(), succeeded) {
        (None, true) => TransactionResultResult::TxSuccess(results),
        (None, false) => TransactionResultResult::TxFailed(results),
        (Some(inner), _) => {
            let pair = InnerTransactionResultPair {
                transaction_hash: Hash(inner),
                result: InnerTransactionResult {
                    fee_charged: 0,
                    result: if succeeded {
                        InnerTransactionResultResult::TxSuccess(results)
                    } else {
                        InnerTransactionResultResult::TxFailed(results)
                    },
                    ext: InnerTransactionResultExt::V0,
                },
            };
            if succeeded {
                TransactionResultResult::TxFeeBumpInnerSuccess(pair)
            } else {
                TransactionResultResult::TxFeeBumpInnerFailed(pair)
            }
        }
    };
    TransactionResult { fee_charged, result, ext: TransactionResultExt::V0 }
}

//! The events, which are what the rest of paytick reads. Frozen: names, order and types
//! are decoded elsewhere. Data are vectors, since 16 KiB of events bound a batch.

use paytick_contract_types::{amount, Credited, Error, Totals, Withdrawal};
use soroban_sdk::{contractevent, Address, Env, Symbol};

#[contractevent(topics = ["meter"], data_format = "vec")]
struct MeterEvent {
    #[topic]
    meter: Address,
    viewer: Address,
    deposited: i64,
    refunded: i64,
    paid: i64,
    allowance: i64,
    version: u64,
    refund_at: u64,
}

#[contractevent(topics = ["settled"], data_format = "vec")]
struct SettledEvent {
    #[topic]
    meter: Address,
    #[topic]
    creator: Address,
    bps: u32,
    cumulative: i64,
    amount: i64,
    fee: i64,
    viewer: Address,
    deposited: i64,
    refunded: i64,
    paid: i64,
    allowance: i64,
    version: u64,
    refund_at: u64,
}

#[contractevent(topics = ["skipped"], data_format = "vec")]
struct SkippedEvent {
    #[topic]
    meter: Address,
    #[topic]
    creator: Address,
    bps: u32,
    cumulative: i64,
    code: u32,
}

#[contractevent(topics = ["credited"], data_format = "vec")]
struct CreditedEvent {
    #[topic]
    meter: Address,
    cumulative: i64,
    amount: i64,
    viewer: Address,
    deposited: i64,
    refunded: i64,
    paid: i64,
    allowance: i64,
    version: u64,
    refund_at: u64,
}

#[contractevent(topics = ["uncredited"], data_format = "vec")]
struct UncreditedEvent {
    #[topic]
    meter: Address,
    cumulative: i64,
    code: u32,
}

#[contractevent(topics = ["refund"], data_format = "vec")]
struct RefundEvent {
    #[topic]
    meter: Address,
    ledger: u32,
    viewer: Address,
    deposited: i64,
    refunded: i64,
    paid: i64,
    allowance: i64,
    version: u64,
    refund_at: u64,
}

#[contractevent(topics = ["creator"], data_format = "single-value")]
struct CreatorEvent {
    #[topic]
    creator: Address,
    registered: bool,
}

#[contractevent(topics = ["key"], data_format = "single-value")]
struct KeyEvent {
    #[topic]
    role: Symbol,
    holder: Address,
}

pub fn meter(env: &Env, meter: Address, viewer: Address, totals: &Totals) {
    MeterEvent {
        meter,
        viewer,
        deposited: totals.deposited(),
        refunded: totals.refunded(),
        paid: totals.paid(),
        allowance: totals.allowance(),
        version: totals.version(),
        refund_at: totals.refund_at(),
    }
    .publish(env);
}

pub fn settled(
    env: &Env,
    meter: Address,
    creator: Address,
    bps: u32,
    viewer: Address,
    paid: &Withdrawal,
) {
    let Withdrawal(cumulative, amount, fee, totals) = paid;
    SettledEvent {
        meter,
        creator,
        bps,
        cumulative: *cumulative,
        amount: *amount,
        fee: *fee,
        viewer,
        deposited: totals.deposited(),
        refunded: totals.refunded(),
        paid: totals.paid(),
        allowance: totals.allowance(),
        version: totals.version(),
        refund_at: totals.refund_at(),
    }
    .publish(env);
}

pub fn skipped(
    env: &Env,
    meter: Address,
    creator: Address,
    bps: u32,
    cumulative: i128,
    error: Error,
) {
    let cumulative = amount::clamp(cumulative);
    SkippedEvent { meter, creator, bps, cumulative, code: error as u32 }.publish(env);
}

pub fn credited(env: &Env, meter: Address, viewer: Address, credited: &Credited) {
    let Credited(cumulative, amount, totals) = credited;
    CreditedEvent {
        meter,
        cumulative: *cumulative,
        amount: *amount,
        viewer,
        deposited: totals.deposited(),
        refunded: totals.refunded(),
        paid: totals.paid(),
        allowance: totals.allowance(),
        version: totals.version(),
        refund_at: totals.refund_at(),
    }
    .publish(env);
}

pub fn uncredited(env: &Env, meter: Address, cumulative: i128, error: Error) {
    let cumulative = amount::clamp(cumulative);
    UncreditedEvent { meter, cumulative, code: error as u32 }.publish(env);
}

pub fn refund(env: &Env, meter: Address, viewer: Address, totals: &Totals) {
    RefundEvent {
        meter,
        ledger: env.ledger().sequence(),
        viewer,
        deposited: totals.deposited(),
        refunded: totals.refunded(),
        paid: totals.paid(),
        allowance: totals.allowance(),
        version: totals.version(),
        refund_at: totals.refund_at(),
    }
    .publish(env);
}

pub fn creator(env: &Env, creator: Address) {
    CreatorEvent { creator, registered: true }.publish(env);
}

pub fn key(env: &Env, role: Symbol, holder: Address) {
    KeyEvent { role, holder }.publish(env);
}

//! What the meter and the router say to each other, and the numbers they share.
//!
//! Every layout and number here is on the ledger or in an event once deployed. They are
//! frozen: add at the end, never change or reuse. `contracts/README.md` is the table.
#![no_std]

use soroban_sdk::{contractclient, contracterror, contracttype, Address, Env};

pub mod amount;
pub mod ttl;

/// Result code of an item that moved money, or that found nothing new to pay.
pub const CODE_PAID: u32 = 0;
pub const CODE_NOTHING_NEW: u32 = 1;

/// Stable numbers. They are contract errors, result codes of `settle` and `credit` (so they
/// stay below 256) and the `code` of a `skipped` or `uncredited` event.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Error {
    /// Zero, negative, or above `i64::MAX`.
    InvalidAmount = 10,
    /// The platform's share is above the router's cap, or above 10,000.
    BpsAboveCap = 11,
    /// Not a meter that this router deployed.
    UnknownMeter = 12,
    /// The payee was not registered by the admin.
    UnknownCreator = 13,
    /// The meter holds less than the difference to be paid.
    AboveBalance = 14,
    /// The total paid would pass what the viewer has signed.
    AboveAllowance = 15,
    /// An allowance only rises; the way out is the refund.
    AllowanceFalls = 16,
    /// No refund has been requested since the last one.
    NoRefundPending = 17,
    /// The refund's delay has not passed yet.
    RefundEarly = 18,
    /// A total would leave the range of amounts.
    Overflow = 19,
    /// The token refused the transfer (no such account, no trust line, not enough).
    TransferFailed = 20,
    /// A meter cannot pay itself, nor be its own treasury: it would count as a deposit.
    PayeeIsMeter = 21,
    /// A constructor argument is out of range.
    InvalidConfig = 22,
    /// The meter's call ended without one of the codes above.
    MeterFailed = 23,
}

/// A meter's totals. On the wire a vector of seven, in this order:
/// viewer, deposited, refunded, paid, allowance, version, refund_at.
///
/// - `deposited`, `refunded`, `paid`: since the meter exists, `i64::MAX` at most.
///   `deposited = token balance + paid + refunded`.
/// - `allowance`: the most that `paid` may ever reach.
/// - `version`: rises by one whenever another field changes; equal versions mean equal
///   totals, so a reader keeps the newest and forgets the order of arrival.
/// - `refund_at`: unix seconds at which the pending refund was requested, 0 for none.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Totals(
    pub Address,
    pub i64,
    pub i64,
    pub i64,
    pub i64,
    pub u64,
    pub u64,
);

impl Totals {
    pub fn viewer(&self) -> &Address {
        &self.0
    }
    pub fn deposited(&self) -> i64 {
        self.1
    }
    pub fn refunded(&self) -> i64 {
        self.2
    }
    pub fn paid(&self) -> i64 {
        self.3
    }
    pub fn allowance(&self) -> i64 {
        self.4
    }
    pub fn version(&self) -> u64 {
        self.5
    }
    pub fn refund_at(&self) -> u64 {
        self.6
    }
}

/// What a withdrawal did: the cumulative sum that now stands for (creator, bps), the
/// difference that moved (0: nothing new), the platform's part of it, the new totals.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Withdrawal(pub i64, pub i64, pub i64, pub Totals);

/// What a credit did: the cumulative sum that now stands for this meter, the difference
/// that moved (0: nothing new), the new totals.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Credited(pub i64, pub i64, pub Totals);

/// The meter, as the router calls it.
#[contractclient(name = "MeterClient")]
pub trait MeterCalls {
    fn totals(env: Env) -> Totals;
    fn refresh(env: Env) -> Totals;
    fn release_refund(env: Env) -> Result<Totals, Error>;
    fn credit(env: Env, treasury: Address, cumulative: i128) -> Result<Credited, Error>;
    fn withdraw(
        env: Env,
        creator: Address,
        bps: u32,
        cumulative: i128,
        fee_account: Address,
    ) -> Result<Withdrawal, Error>;
}

/// The router, as a meter calls it.
#[contractclient(name = "RouterClient")]
pub trait RouterCalls {
    fn report(env: Env, meter: Address, totals: Totals) -> Result<(), Error>;
    fn report_refund(env: Env, meter: Address, totals: Totals) -> Result<(), Error>;
}

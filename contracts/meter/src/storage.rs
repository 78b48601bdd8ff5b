//! What a meter keeps. Persisted: fields may be added, never changed or reused.

use paytick_contract_types::{amount, ttl, Totals};
use soroban_sdk::{contracttype, symbol_short, unwrap::UnwrapOptimized, Address, Env, Symbol};

const CONFIG: Symbol = symbol_short!("config");
const STATE: Symbol = symbol_short!("state");

/// Fixed at deployment. In the instance.
#[contracttype]
#[derive(Clone)]
pub struct Config {
    pub router: Address,
    pub viewer: Address,
    pub token: Address,
    pub refund_delay_s: u64,
}

/// In the instance, so that a withdrawal writes one entry for all of it.
#[contracttype]
#[derive(Clone)]
pub struct State {
    /// As last reported. Wider than an amount: plain transfers cannot be refused.
    pub deposited: i128,
    /// Likewise, so that whatever has arrived can leave again.
    pub refunded: i128,
    /// At most `allowance`.
    pub paid: i64,
    pub allowance: i64,
    pub version: u64,
    /// Unix seconds of the pending request, 0 for none.
    pub refund_at: u64,
    /// The cumulative sum that the treasury has paid in, part of `deposited`.
    pub credited: i64,
}

/// One persistent entry for each pair, holding the cumulative sum as `i64`.
#[contracttype]
enum Key {
    Paid(Address, u32),
}

impl Config {
    pub fn load(env: &Env) -> Self {
        env.storage().instance().get(&CONFIG).unwrap_optimized()
    }

    pub fn save(&self, env: &Env) {
        env.storage().instance().set(&CONFIG, self);
    }
}

impl State {
    pub fn new(allowance: i64) -> Self {
        State { deposited: 0, refunded: 0, paid: 0, allowance, version: 1, refund_at: 0, credited: 0 }
    }

    pub fn load(env: &Env) -> Self {
        env.storage().instance().get(&STATE).unwrap_optimized()
    }

    pub fn save(&self, env: &Env) {
        env.storage().instance().set(&STATE, self);
    }

    pub fn totals(&self, viewer: Address) -> Totals {
        Totals(
            viewer,
            amount::clamp(self.deposited),
            amount::clamp(self.refunded),
            self.paid,
            self.allowance,
            self.version,
            self.refund_at,
        )
    }
}

pub fn paid(env: &Env, creator: &Address, bps: u32) -> i64 {
    env.storage().persistent().get(&Key::Paid(creator.clone(), bps)).unwrap_or(0)
}

pub fn set_paid(env: &Env, creator: &Address, bps: u32, cumulative: i64) {
    let key = Key::Paid(creator.clone(), bps);
    env.storage().persistent().set(&key, &cumulative);
    ttl::extend(env, &key);
}

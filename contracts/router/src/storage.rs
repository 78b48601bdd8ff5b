//! What the router keeps. Persisted: fields may be added, never changed or reused.

use paytick_contract_types::ttl;
use soroban_sdk::{
    contracttype, deploy::DeployerWithAddress, symbol_short, unwrap::UnwrapOptimized, xdr::ToXdr,
    Address, BytesN, Env, Symbol,
};

const CONFIG: Symbol = symbol_short!("config");

/// In the instance.
#[contracttype]
#[derive(Clone)]
pub struct Config {
    pub admin: Address,
    pub settler: Address,
    pub token: Address,
    pub fee_account: Address,
    pub bps_cap: u32,
    pub meter_wasm_hash: BytesN<32>,
    pub initial_allowance: i128,
    pub refund_delay_s: u64,
    pub treasury: Address,
}

/// Persistent entries, one each.
#[contracttype]
enum Key {
    /// A meter that this router deployed; the value is its viewer.
    Meter(Address),
    /// A wallet that may be paid; the value is `true`.
    Creator(Address),
}

impl Config {
    pub fn load(env: &Env) -> Self {
        env.storage().instance().get(&CONFIG).unwrap_optimized()
    }

    /// Loads, and pays the rent ahead.
    pub fn touch(env: &Env) -> Self {
        ttl::extend_instance(env);
        Self::load(env)
    }

    pub fn save(&self, env: &Env) {
        env.storage().instance().set(&CONFIG, self);
    }
}

/// A viewer's meter has one address under this router, known before it is deployed.
pub fn deployer(env: &Env, viewer: &Address) -> DeployerWithAddress {
    let salt: BytesN<32> = env.crypto().sha256(&viewer.to_xdr(env)).to_bytes();
    env.deployer().with_current_contract(salt)
}

pub fn meter_address(env: &Env, viewer: &Address) -> Address {
    deployer(env, viewer).deployed_address()
}

pub fn viewer_of(env: &Env, meter: &Address) -> Option<Address> {
    env.storage().persistent().get(&Key::Meter(meter.clone()))
}

pub fn touch_meter(env: &Env, meter: &Address) -> Option<Address> {
    let viewer = viewer_of(env, meter)?;
    ttl::extend(env, &Key::Meter(meter.clone()));
    Some(viewer)
}

pub fn set_meter(env: &Env, meter: &Address, viewer: &Address) {
    let key = Key::Meter(meter.clone());
    env.storage().persistent().set(&key, viewer);
    ttl::extend(env, &key);
}

pub fn is_creator(env: &Env, creator: &Address) -> bool {
    env.storage().persistent().has(&Key::Creator(creator.clone()))
}

pub fn touch_creator(env: &Env, creator: &Address) -> bool {
    let known = is_creator(env, creator);
    if known {
        ttl::extend(env, &Key::Creator(creator.clone()));
    }
    known
}

pub fn set_creator(env: &Env, creator: &Address) {
    let key = Key::Creator(creator.clone());
    env.storage().persistent().set(&key, &true);
    ttl::extend(env, &key);
}

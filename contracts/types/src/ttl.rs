//! Entries live on rent. What is touched is extended to ninety days once it has less than
//! thirty left: one extension a quarter for a busy entry, and a network whose longest
//! lifetime is shorter simply gives that. What nobody touches is archived and can be
//! restored by anyone; nothing is lost.

use soroban_sdk::{Env, IntoVal, Val};

/// Ledgers a day, at the five seconds that a ledger takes.
const DAY: u32 = 17_280;
pub const THRESHOLD: u32 = 30 * DAY;
pub const EXTEND_TO: u32 = 90 * DAY;

/// Extends the running contract's instance and its code.
pub fn extend_instance(env: &Env) {
    env.storage().instance().extend_ttl(THRESHOLD, EXTEND_TO);
}

/// Extends a persistent entry, which must exist.
pub fn extend<K: IntoVal<Env, Val>>(env: &Env, key: &K) {
    env.storage().persistent().extend_ttl(key, THRESHOLD, EXTEND_TO);
}

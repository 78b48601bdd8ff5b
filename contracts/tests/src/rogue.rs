//! Contracts of someone who wishes us ill.

use crate::Totals;
use soroban_sdk::{contract, contractimpl, symbol_short, Address, Env, IntoVal, Symbol, Val, Vec};

/// Claims to be a meter, repeats the router's events word for word, and calls a meter as if
/// it were the router.
#[contract]
pub struct Rogue;

#[contractimpl]
impl Rogue {
    /// Emits what the router would emit, byte for byte, but for the contract id.
    pub fn forge(env: Env, meter: Address, totals: Totals) {
        #[allow(deprecated)]
        env.events().publish((symbol_short!("meter"), meter), totals);
    }

    /// Reports totals for itself.
    pub fn lie(env: Env, router: Address, totals: Totals) {
        Self::call(&env, &router, "report", (env.current_contract_address(), totals));
    }

    /// Reports totals for another's meter.
    pub fn frame(env: Env, router: Address, victim: Address, totals: Totals) {
        Self::call(&env, &router, "report", (victim, totals));
    }

    /// Withdraws a hundred from a meter, of which it need not be the router.
    pub fn loot(env: Env, meter: Address, payee: Address, bps: u32, fee_account: Address) {
        Self::call(&env, &meter, "withdraw", (payee, bps, 100i128, fee_account));
    }

    /// Has a meter credited out of another's pocket without being the router.
    pub fn endow(env: Env, meter: Address, pocket: Address) {
        Self::call(&env, &meter, "credit", (pocket, 100i128));
    }

    /// Releases a refund without being the router.
    pub fn release(env: Env, meter: Address) {
        Self::call(&env, &meter, "release_refund", ());
    }
}

impl Rogue {
    fn call(env: &Env, contract: &Address, function: &str, args: impl IntoVal<Env, Vec<Val>>) {
        env.invoke_contract::<Val>(contract, &Symbol::new(env, function), args.into_val(env));
    }
}

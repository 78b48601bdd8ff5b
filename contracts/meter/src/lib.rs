//! The personal meter: one contract per viewer, holding what the viewer has prepaid.
//!
//! It pays out at the router's word only, cumulative sums only, and never more than the
//! viewer has signed. Its totals go to the router, which is the one that emits events.
#![no_std]

mod storage;

use paytick_contract_types::{amount, ttl, Credited, Error, RouterClient, Totals, Withdrawal};
use soroban_sdk::{contract, contractimpl, token::TokenClient, Address, Env};
use storage::{Config, State};

#[contract]
pub struct Meter;

#[contractimpl]
impl Meter {
    /// Runs once, at deployment, by the router; the host refuses it ever after.
    pub fn __constructor(
        env: Env,
        router: Address,
        viewer: Address,
        token: Address,
        initial_allowance: i128,
        refund_delay_s: u64,
    ) -> Result<(), Error> {
        let allowance = amount::non_negative(initial_allowance)?;
        Config { router, viewer, token, refund_delay_s }.save(&env);
        State::new(allowance).save(&env);
        ttl::extend_instance(&env);
        Ok(())
    }

    /// Anyone may fund a meter. Returns the new balance.
    pub fn deposit(env: Env, from: Address, amount: i128) -> Result<i128, Error> {
        from.require_auth();
        let amount = amount::positive(amount)?;
        let config = Config::load(&env);
        transfer(&env, &config, &from, &env.current_contract_address(), amount as i128)?;
        let mut state = State::load(&env);
        let balance = observe(&env, &config, &mut state);
        if state.deposited > i64::MAX as i128 {
            return Err(Error::Overflow);
        }
        save_and_report(&env, &config, &state);
        Ok(balance)
    }

    /// Anyone may have the totals reported again; a plain transfer becomes a deposit here.
    pub fn sync(env: Env) -> Totals {
        let config = Config::load(&env);
        let mut state = State::load(&env);
        observe(&env, &config, &mut state);
        save_and_report(&env, &config, &state)
    }

    /// The router's `sync`: it may not be called back while it calls.
    pub fn refresh(env: Env) -> Totals {
        let config = Config::load(&env);
        config.router.require_auth();
        let mut state = State::load(&env);
        observe(&env, &config, &mut state);
        save(&env, &config, &state)
    }

    /// Pays what `cumulative` exceeds the sum already paid for (creator, bps): the
    /// platform's share, rounded down on the sum, to the fee account, the rest to the
    /// creator. An older or equal sum pays nothing. The router only.
    pub fn withdraw(
        env: Env,
        creator: Address,
        bps: u32,
        cumulative: i128,
        fee_account: Address,
    ) -> Result<Withdrawal, Error> {
        let config = Config::load(&env);
        config.router.require_auth();
        let cumulative = amount::positive(cumulative)?;
        if bps > amount::BPS_WHOLE {
            return Err(Error::BpsAboveCap);
        }
        let this = env.current_contract_address();
        if creator == this || fee_account == this {
            return Err(Error::PayeeIsMeter);
        }
        let mut state = State::load(&env);
        let balance = observe(&env, &config, &mut state);
        let before = storage::paid(&env, &creator, bps);
        if cumulative <= before {
            let totals = save(&env, &config, &state);
            return Ok(Withdrawal(before, 0, 0, totals));
        }
        let moved = cumulative - before;
        let paid = state.paid.checked_add(moved).ok_or(Error::Overflow)?;
        if paid > state.allowance {
            return Err(Error::AboveAllowance);
        }
        if moved as i128 > balance {
            return Err(Error::AboveBalance);
        }
        let fee = amount::share(cumulative, bps) - amount::share(before, bps);
        state.paid = paid;
        state.version += 1;
        storage::set_paid(&env, &creator, bps, cumulative);
        let totals = save(&env, &config, &state);
        if moved > fee {
            transfer(&env, &config, &this, &creator, (moved - fee) as i128)?;
        }
        if fee > 0 {
            transfer(&env, &config, &this, &fee_account, fee as i128)?;
        }
        Ok(Withdrawal(cumulative, moved, fee, totals))
    }

    /// Takes from the treasury what `cumulative` exceeds the sum it has paid in already. An
    /// older or equal sum takes nothing. The router only, under the treasury's signature.
    pub fn credit(env: Env, treasury: Address, cumulative: i128) -> Result<Credited, Error> {
        let config = Config::load(&env);
        config.router.require_auth();
        let cumulative = amount::positive(cumulative)?;
        let this = env.current_contract_address();
        if treasury == this {
            return Err(Error::PayeeIsMeter);
        }
        let mut state = State::load(&env);
        let moved = cumulative.saturating_sub(state.credited).max(0);
        if moved > 0 {
            transfer(&env, &config, &treasury, &this, moved as i128)?;
            state.credited = cumulative;
        }
        observe(&env, &config, &mut state);
        // Rolled back with the call, the transfer included.
        if moved > 0 && state.deposited > i64::MAX as i128 {
            return Err(Error::Overflow);
        }
        let totals = save(&env, &config, &state);
        Ok(Credited(state.credited, moved, totals))
    }

    /// The viewer signs the most that may ever be paid out, over all creators. Only rises.
    pub fn allow(env: Env, total: i128) -> Result<Totals, Error> {
        let config = Config::load(&env);
        config.viewer.require_auth();
        let total = amount::non_negative(total)?;
        let mut state = State::load(&env);
        if total < state.allowance {
            return Err(Error::AllowanceFalls);
        }
        observe(&env, &config, &mut state);
        if total > state.allowance {
            state.allowance = total;
            state.version += 1;
        }
        Ok(save_and_report(&env, &config, &state))
    }

    /// The viewer asks for what is left. A second request does not restart the delay.
    /// Returns the unix second that the delay counts from.
    pub fn request_refund(env: Env) -> u64 {
        let config = Config::load(&env);
        config.viewer.require_auth();
        let mut state = State::load(&env);
        observe(&env, &config, &mut state);
        if state.refund_at == 0 {
            state.refund_at = env.ledger().timestamp().max(1);
            state.version += 1;
        }
        let totals = save(&env, &config, &state);
        RouterClient::new(&env, &config.router)
            .report_refund(&env.current_contract_address(), &totals);
        state.refund_at
    }

    /// The viewer takes what is left, once the delay since the request has passed, whoever
    /// else has gone. Returns the amount.
    pub fn refund(env: Env) -> Result<i128, Error> {
        let config = Config::load(&env);
        config.viewer.require_auth();
        let mut state = State::load(&env);
        if state.refund_at == 0 {
            return Err(Error::NoRefundPending);
        }
        if env.ledger().timestamp() < state.refund_at.saturating_add(config.refund_delay_s) {
            return Err(Error::RefundEarly);
        }
        let left = pay_back(&env, &config, &mut state)?;
        save_and_report(&env, &config, &state);
        Ok(left)
    }

    /// The same at once, if a request is pending: the settler says that all is settled. The
    /// router only.
    pub fn release_refund(env: Env) -> Result<Totals, Error> {
        let config = Config::load(&env);
        config.router.require_auth();
        let mut state = State::load(&env);
        if state.refund_at == 0 {
            return Err(Error::NoRefundPending);
        }
        pay_back(&env, &config, &mut state)?;
        Ok(save(&env, &config, &state))
    }

    /// What the meter holds, in the token's smallest unit.
    pub fn balance(env: Env) -> i128 {
        held(&env, &Config::load(&env))
    }

    /// The totals as the next report would give them.
    pub fn totals(env: Env) -> Totals {
        let config = Config::load(&env);
        let mut state = State::load(&env);
        observe(&env, &config, &mut state);
        state.totals(config.viewer)
    }

    /// The cumulative sum paid for (creator, bps), the platform's share included.
    pub fn paid(env: Env, creator: Address, bps: u32) -> i128 {
        storage::paid(&env, &creator, bps) as i128
    }

    /// The cumulative sum that the treasury has paid in.
    pub fn credited(env: Env) -> i128 {
        State::load(&env).credited as i128
    }

    /// Router, viewer, token, and the refund's delay in seconds.
    pub fn config(env: Env) -> Config {
        Config::load(&env)
    }
}

fn held(env: &Env, config: &Config) -> i128 {
    TokenClient::new(env, &config.token).balance(&env.current_contract_address())
}

/// Brings `deposited` up to what the token says. Returns the balance.
fn observe(env: &Env, config: &Config, state: &mut State) -> i128 {
    let balance = held(env, config);
    let deposited = balance.saturating_add(state.paid as i128).saturating_add(state.refunded);
    if deposited != state.deposited {
        state.deposited = deposited;
        state.version += 1;
    }
    balance
}

fn pay_back(env: &Env, config: &Config, state: &mut State) -> Result<i128, Error> {
    let left = observe(env, config, state);
    state.refunded = state.refunded.saturating_add(left);
    state.refund_at = 0;
    state.version += 1;
    if left > 0 {
        transfer(env, config, &env.current_contract_address(), &config.viewer, left)?;
    }
    Ok(left)
}

fn save(env: &Env, config: &Config, state: &State) -> Totals {
    state.save(env);
    ttl::extend_instance(env);
    state.totals(config.viewer.clone())
}

fn save_and_report(env: &Env, config: &Config, state: &State) -> Totals {
    let totals = save(env, config, state);
    RouterClient::new(env, &config.router).report(&env.current_contract_address(), &totals);
    totals
}

fn transfer(
    env: &Env,
    config: &Config,
    from: &Address,
    to: &Address,
    amount: i128,
) -> Result<(), Error> {
    match TokenClient::new(env, &config.token).try_transfer(from, to, &amount) {
        Ok(Ok(())) => Ok(()),
        _ => Err(Error::TransferFailed),
    }
}

//! The router: deploys the meters, knows the payees, settles in batches, and emits every
//! event itself, so that a reader who follows one contract id sees all and can be told no lie.
//!
//! It never holds money: a payment goes from the viewer's meter straight to the payee.
#![no_std]

mod events;
mod storage;

use paytick_contract_types::{
    amount, ttl, Credited, Error, MeterClient, Totals, Withdrawal, CODE_NOTHING_NEW, CODE_PAID,
};
use soroban_sdk::{
    contract, contractimpl, symbol_short, token::TokenClient, xdr::ToXdr, Address, Bytes, BytesN,
    ContractExecutable, Env, IntoVal, Vec,
};
use storage::Config;

#[contract]
pub struct Router;

#[contractimpl]
impl Router {
    /// Runs once, at deployment; the host refuses it ever after. Token, cap, meter code,
    /// first allowance and refund delay are fixed for good.
    #[allow(clippy::too_many_arguments)]
    pub fn __constructor(
        env: Env,
        admin: Address,
        settler: Address,
        token: Address,
        fee_account: Address,
        treasury: Address,
        bps_cap: u32,
        meter_wasm_hash: BytesN<32>,
        initial_allowance: i128,
        refund_delay_s: u64,
    ) -> Result<(), Error> {
        if bps_cap > amount::BPS_WHOLE || amount::non_negative(initial_allowance).is_err() {
            return Err(Error::InvalidConfig);
        }
        Config {
            admin,
            settler,
            token,
            fee_account,
            bps_cap,
            meter_wasm_hash,
            initial_allowance,
            refund_delay_s,
            treasury,
        }
        .save(&env);
        ttl::extend_instance(&env);
        Ok(())
    }

    /// Deploys and registers the viewer's meter, or returns the one there is. By anyone.
    pub fn deploy_meter(env: Env, viewer: Address) -> Address {
        let config = Config::touch(&env);
        deploy(&env, &config, viewer)
    }

    /// The same for many, in order.
    pub fn deploy_meters(env: Env, viewers: Vec<Address>) -> Vec<Address> {
        let config = Config::touch(&env);
        let mut meters = Vec::new(&env);
        for viewer in viewers.iter() {
            meters.push_back(deploy(&env, &config, viewer));
        }
        meters
    }

    /// Where the viewer's meter is, or would be, deployed.
    pub fn meter_address(env: Env, viewer: Address) -> Address {
        storage::meter_address(&env, &viewer)
    }

    /// The viewer's meter, if it is deployed.
    pub fn meter_of(env: Env, viewer: Address) -> Option<Address> {
        let meter = storage::meter_address(&env, &viewer);
        storage::viewer_of(&env, &meter).map(|_| meter)
    }

    /// Whose meter it is, if this router deployed it.
    pub fn viewer_of(env: Env, meter: Address) -> Option<Address> {
        storage::viewer_of(&env, &meter)
    }

    /// Funds many meters with one signature. All or nothing.
    pub fn deposit_many(
        env: Env,
        from: Address,
        deposits: Vec<(Address, i128)>,
    ) -> Result<(), Error> {
        from.require_auth();
        let config = Config::touch(&env);
        let token = TokenClient::new(&env, &config.token);
        for (meter, amount) in deposits.iter() {
            let amount = amount::positive(amount)?;
            let viewer = storage::viewer_of(&env, &meter).ok_or(Error::UnknownMeter)?;
            match token.try_transfer(&from, &meter, &(amount as i128)) {
                Ok(Ok(())) => {}
                _ => return Err(Error::TransferFailed),
            }
            let totals = MeterClient::new(&env, &meter).refresh();
            if totals.deposited() == i64::MAX {
                return Err(Error::Overflow);
            }
            events::meter(&env, meter, viewer, &totals);
        }
        Ok(())
    }

    /// Names a wallet that may be paid. The admin only.
    pub fn register_creator(env: Env, creator: Address) {
        Config::touch(&env).admin.require_auth();
        register(&env, creator);
    }

    /// The same for many.
    pub fn register_creators(env: Env, creators: Vec<Address>) {
        Config::touch(&env).admin.require_auth();
        for creator in creators.iter() {
            register(&env, creator);
        }
    }

    pub fn is_registered(env: Env, creator: Address) -> bool {
        storage::is_creator(&env, &creator)
    }

    /// Settles (meter, creator, bps, cumulative), in order. The settler only, who signs the
    /// batch's SHA-256 and not the batch: the auth entry stays small, and still nobody can
    /// put another batch under it. One result byte an item: 0 paid, 1 nothing new, else an
    /// error code; a bad item leaves no trace but its `skipped` event.
    pub fn settle(env: Env, batch: Vec<(Address, Address, u32, i128)>) -> Bytes {
        let config = Config::touch(&env);
        let digest: BytesN<32> = env.crypto().sha256(&batch.clone().to_xdr(&env)).to_bytes();
        config.settler.require_auth_for_args((digest,).into_val(&env));
        let mut codes = Bytes::new(&env);
        for (meter, creator, bps, cumulative) in batch.iter() {
            let code = match pay(&env, &config, &meter, &creator, bps, cumulative) {
                Ok((viewer, paid)) => {
                    let code = if paid.1 > 0 { CODE_PAID } else { CODE_NOTHING_NEW };
                    events::settled(&env, meter, creator, bps, viewer, &paid);
                    code
                }
                Err(error) => {
                    events::skipped(&env, meter, creator, bps, cumulative, error);
                    error as u32
                }
            };
            codes.push_back(code as u8);
        }
        codes
    }

    /// Pays (meter, cumulative) in, in order, out of the treasury's own money: the difference
    /// to what was credited to that meter so far. The treasury only, who signs the batch's
    /// SHA-256 as the settler does, and below it each transfer as the token asks. One result
    /// byte an item: 0 paid in, 1 nothing new, else an error code; a bad item leaves no trace
    /// but its `uncredited` event.
    pub fn credit(env: Env, batch: Vec<(Address, i128)>) -> Bytes {
        let config = Config::touch(&env);
        let digest: BytesN<32> = env.crypto().sha256(&batch.clone().to_xdr(&env)).to_bytes();
        config.treasury.require_auth_for_args((digest,).into_val(&env));
        let mut codes = Bytes::new(&env);
        for (meter, cumulative) in batch.iter() {
            let code = match pay_in(&env, &config, &meter, cumulative) {
                Ok((viewer, credited)) => {
                    let code = if credited.1 > 0 { CODE_PAID } else { CODE_NOTHING_NEW };
                    events::credited(&env, meter, viewer, &credited);
                    code
                }
                Err(error) => {
                    events::uncredited(&env, meter, cumulative, error);
                    error as u32
                }
            };
            codes.push_back(code as u8);
        }
        codes
    }

    /// The settler says that all of a meter is settled: a pending refund is paid at once.
    pub fn release_refund(env: Env, meter: Address) -> Result<Totals, Error> {
        let config = Config::touch(&env);
        config.settler.require_auth();
        let viewer = storage::touch_meter(&env, &meter).ok_or(Error::UnknownMeter)?;
        match MeterClient::new(&env, &meter).try_release_refund() {
            Ok(Ok(totals)) => {
                events::meter(&env, meter, viewer, &totals);
                Ok(totals)
            }
            Err(Ok(error)) => Err(error),
            _ => Err(Error::MeterFailed),
        }
    }

    /// A meter tells its own totals. Registered meters only, each for itself.
    pub fn report(env: Env, meter: Address, totals: Totals) -> Result<(), Error> {
        let viewer = reporting(&env, &meter)?;
        events::meter(&env, meter, viewer, &totals);
        Ok(())
    }

    /// A meter tells that its viewer has asked for a refund.
    pub fn report_refund(env: Env, meter: Address, totals: Totals) -> Result<(), Error> {
        let viewer = reporting(&env, &meter)?;
        events::refund(&env, meter, viewer, &totals);
        Ok(())
    }

    /// By the admin, and by the new admin, so that the key is known to work.
    pub fn set_admin(env: Env, admin: Address) {
        let mut config = Config::touch(&env);
        config.admin.require_auth();
        admin.require_auth();
        config.admin = admin.clone();
        config.save(&env);
        events::key(&env, symbol_short!("admin"), admin);
    }

    pub fn set_settler(env: Env, settler: Address) {
        let mut config = Config::touch(&env);
        config.admin.require_auth();
        config.settler = settler.clone();
        config.save(&env);
        events::key(&env, symbol_short!("settler"), settler);
    }

    pub fn set_fee_account(env: Env, fee_account: Address) {
        let mut config = Config::touch(&env);
        config.admin.require_auth();
        config.fee_account = fee_account.clone();
        config.save(&env);
        events::key(&env, symbol_short!("fee"), fee_account);
    }

    pub fn set_treasury(env: Env, treasury: Address) {
        let mut config = Config::touch(&env);
        config.admin.require_auth();
        config.treasury = treasury.clone();
        config.save(&env);
        events::key(&env, symbol_short!("treasury"), treasury);
    }

    pub fn config(env: Env) -> Config {
        Config::load(&env)
    }
}

fn deploy(env: &Env, config: &Config, viewer: Address) -> Address {
    let meter = storage::meter_address(env, &viewer);
    if storage::touch_meter(env, &meter).is_some() {
        return meter;
    }
    let meter = storage::deployer(env, &viewer).deploy_contract(
        ContractExecutable::Wasm(config.meter_wasm_hash.clone()),
        (
            env.current_contract_address(),
            viewer.clone(),
            config.token.clone(),
            config.initial_allowance,
            config.refund_delay_s,
        ),
    );
    storage::set_meter(env, &meter, &viewer);
    // The address is known beforehand, so money may have been there before the meter.
    let totals = MeterClient::new(env, &meter).refresh();
    events::meter(env, meter.clone(), viewer, &totals);
    meter
}

fn register(env: &Env, creator: Address) {
    if storage::is_creator(env, &creator) {
        return;
    }
    storage::set_creator(env, &creator);
    events::creator(env, creator);
}

fn reporting(env: &Env, meter: &Address) -> Result<Address, Error> {
    meter.require_auth();
    Config::touch(env);
    storage::touch_meter(env, meter).ok_or(Error::UnknownMeter)
}

/// One item. Refused before the meter is called, or rolled back with the meter's call.
fn pay(
    env: &Env,
    config: &Config,
    meter: &Address,
    creator: &Address,
    bps: u32,
    cumulative: i128,
) -> Result<(Address, Withdrawal), Error> {
    amount::positive(cumulative)?;
    if bps > config.bps_cap {
        return Err(Error::BpsAboveCap);
    }
    let viewer = storage::touch_meter(env, meter).ok_or(Error::UnknownMeter)?;
    if !storage::touch_creator(env, creator) {
        return Err(Error::UnknownCreator);
    }
    match MeterClient::new(env, meter).try_withdraw(creator, &bps, &cumulative, &config.fee_account)
    {
        Ok(Ok(paid)) => Ok((viewer, paid)),
        Err(Ok(error)) => Err(error),
        _ => Err(Error::MeterFailed),
    }
}

/// One item of a credit. Refused before the meter is called, or rolled back with its call.
fn pay_in(
    env: &Env,
    config: &Config,
    meter: &Address,
    cumulative: i128,
) -> Result<(Address, Credited), Error> {
    amount::positive(cumulative)?;
    let viewer = storage::touch_meter(env, meter).ok_or(Error::UnknownMeter)?;
    match MeterClient::new(env, meter).try_credit(&config.treasury, &cumulative) {
        Ok(Ok(credited)) => Ok((viewer, credited)),
        Err(Ok(error)) => Err(error),
        _ => Err(Error::MeterFailed),
    }
}

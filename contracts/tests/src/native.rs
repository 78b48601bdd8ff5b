//! XLM itself and real accounts, for tests where the size of things must be the real one.

use crate::World;
use soroban_sdk::testutils::{EnvTestConfig, Ledger as _};
use soroban_sdk::xdr::{self, ScVal};
use soroban_sdk::{Address, Env, TryFromVal};
use std::rc::Rc;

/// A world whose token is XLM. Its fee account and its treasury are accounts.
pub fn world() -> World {
    let env = Env::new_with_config(EnvTestConfig { capture_snapshot_at_drop: false });
    env.ledger().set_timestamp(crate::NOW);
    env.ledger().set_sequence_number(1_000);
    env.mock_all_auths();
    let create = xdr::HostFunction::CreateContract(xdr::CreateContractArgs {
        contract_id_preimage: xdr::ContractIdPreimage::Asset(xdr::Asset::Native),
        executable: xdr::ContractExecutable::StellarAsset,
    });
    let sac = env.host().invoke_function(create).expect("the native asset's contract");
    let token = Address::try_from_val(&env, &sac).expect("an address");
    let mut w = World::with_token(env, token, i64::MAX as i128);
    let fee_account = account(&w.env, 9_000, 100 * crate::XLM as i64);
    w.router().set_fee_account(&fee_account);
    w.fee_account = fee_account;
    let treasury = account(&w.env, 9_001, 100 * crate::XLM as i64);
    w.router().set_treasury(&treasury);
    w.treasury = treasury;
    w
}

/// The account number `n`, holding `balance` stroops.
pub fn account(env: &Env, n: u32, balance: i64) -> Address {
    let mut key = [7; 32];
    key[..4].copy_from_slice(&n.to_be_bytes());
    let id = xdr::AccountId(xdr::PublicKey::PublicKeyTypeEd25519(xdr::Uint256(key)));
    let ledger_key =
        Rc::new(xdr::LedgerKey::Account(xdr::LedgerKeyAccount { account_id: id.clone() }));
    let entry = Rc::new(xdr::LedgerEntry {
        data: xdr::LedgerEntryData::Account(xdr::AccountEntry {
            account_id: id.clone(),
            balance,
            flags: 0,
            home_domain: Default::default(),
            inflation_dest: None,
            num_sub_entries: 0,
            seq_num: xdr::SequenceNumber(0),
            thresholds: xdr::Thresholds([1; 4]),
            signers: xdr::VecM::default(),
            ext: xdr::AccountEntryExt::V0,
        }),
        last_modified_ledger_seq: 0,
        ext: xdr::LedgerEntryExt::V0,
    });
    env.host().add_ledger_entry(&ledger_key, &entry, None).expect("an account");
    let address = ScVal::Address(xdr::ScAddress::Account(id));
    Address::try_from_val(env, &address).expect("an address")
}

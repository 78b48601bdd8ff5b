//! How long entries live, and what brings them back.

mod common;

use common::{address, call, failure, i128_value, key, raw, refusal, restores, Net};
use ed25519_dalek::SigningKey;
use localnet::wire::{account_id, encode};
use soroban_env_host::xdr::{
    ContractId, ExtendFootprintTtlOp, ExtensionPoint, Hash, HostFunction, LedgerFootprint,
    LedgerKey, OperationBody, RestoreFootprintOp, ScAddress, ScVal, SorobanResources,
    SorobanTransactionData, SorobanTransactionDataExt,
};

/// Longer than the lumen contract keeps anything alive by itself.
const LONG: u32 = 600_000;

struct Setup {
    net: Net,
    payer: SigningKey,
    token: ScAddress,
    transfer: HostFunction,
    /// The contract's entries that the transfer touches.
    keys: Vec<LedgerKey>,
}

fn setup(name: &str) -> Setup {
    let mut net = Net::standard(name);
    let payer = key(1);
    net.fund(&[&payer]);
    let token = net.native_token(&payer);
    let to = ScVal::Address(ScAddress::Contract(ContractId(Hash([7; 32]))));
    let transfer = call(&token, "transfer", vec![address(&payer), to, i128_value(5)]);
    assert!(net.invoke(&payer, transfer.clone()).succeeded);
    let footprint = net.simulate(&payer, &transfer).transaction_data.unwrap().resources.footprint;
    let all = footprint.read_only.iter().chain(footprint.read_write.iter());
    let keys = all.filter(|key| matches!(key, LedgerKey::ContractData(_))).cloned().collect();
    Setup { net, payer, token, transfer, keys }
}

impl Setup {
    fn live_until(&self, key: &LedgerKey) -> u32 {
        self.net.ledger.state.slot(&encode(key)).unwrap().live_until.unwrap()
    }

    fn data(
        &self,
        read_only: Vec<LedgerKey>,
        read_write: Vec<LedgerKey>,
    ) -> SorobanTransactionData {
        SorobanTransactionData {
            resources: SorobanResources {
                footprint: LedgerFootprint {
                    read_only: read_only.try_into().unwrap(),
                    read_write: read_write.try_into().unwrap(),
                },
                instructions: 0,
                disk_read_bytes: 2_000,
                write_bytes: 2_000,
            },
            resource_fee: 50_000_000,
            ext: SorobanTransactionDataExt::V0,
        }
    }

    fn restore(
        &mut self,
        keys: Vec<LedgerKey>,
        edit: impl FnOnce(&mut SorobanTransactionData),
    ) -> localnet::ledger::record::TransactionRecord {
        let mut data = self.data(vec![], keys);
        edit(&mut data);
        let body = OperationBody::RestoreFootprint(RestoreFootprintOp { ext: ExtensionPoint::V0 });
        let envelope = self.net.soroban(&self.payer, body, data);
        self.net.apply(envelope)
    }
}

#[test]
fn an_archived_entry_is_refused_until_an_operation_restores_it() {
    let mut setup = setup("restore");
    setup.net.close(LONG);
    let function = setup.transfer.clone();
    let envelope = setup.net.invocation(&setup.payer, function.clone(), |data| {
        assert!(restores(data) > 0);
        data.ext = SorobanTransactionDataExt::V0;
    });
    assert!(failure(&setup.net.apply(envelope)).contains("EntryArchived"));

    let keys = setup.keys.clone();
    let too_little = setup.restore(keys.clone(), |data| data.resources.disk_read_bytes = 10);
    assert!(failure(&too_little).contains("ResourceLimitExceeded"));
    assert!(setup.restore(keys.clone(), |_| {}).succeeded);
    let lifetime = setup.net.ledger.settings.config.min_persistent_entry_ttl;
    for key in &keys {
        assert_eq!(setup.live_until(key), setup.net.ledger.sequence() + lifetime - 1);
    }
    let envelope = setup.net.invocation(&setup.payer, function, |data| {
        assert_eq!(restores(data), 0);
    });
    assert!(setup.net.apply(envelope).succeeded);
}

#[test]
fn a_transaction_restores_what_it_says_it_restores() {
    let mut setup = setup("auto-restore");
    setup.net.close(LONG);
    let function = setup.transfer.clone();
    let envelope = setup.net.invocation(&setup.payer, function, |data| {
        assert_eq!(restores(data), 2);
    });
    let before = setup.net.balance(&setup.payer);
    let record = setup.net.apply(envelope);
    assert!(record.succeeded);
    assert!(common::result(&record).fee_charged > 50_000, "rent is paid anew");
    assert_eq!(setup.net.balance(&setup.payer), before - 5 - common::result(&record).fee_charged);
    for key in &setup.keys {
        assert!(setup.live_until(key) > setup.net.ledger.sequence());
    }
}

#[test]
fn only_persistent_entries_are_restored_and_indices_point_at_them() {
    let mut setup = setup("indices");
    let function = setup.transfer.clone();
    for indices in [vec![9], vec![1, 0], vec![0, 0]] {
        let envelope = setup.net.invocation(&setup.payer, function.clone(), |data| {
            data.ext =
                SorobanTransactionDataExt::V1(soroban_env_host::xdr::SorobanResourcesExtV0 {
                    archived_soroban_entries: indices.try_into().unwrap(),
                });
        });
        assert!(refusal(setup.net.submit(envelope)).contains("indices"));
    }
}

#[test]
fn an_extension_moves_the_end_and_pays_rent() {
    let mut setup = setup("extend");
    let keys = setup.keys.clone();
    let before: Vec<u32> = keys.iter().map(|key| setup.live_until(key)).collect();
    let extend = |setup: &mut Setup, extend_to: u32| {
        let body = OperationBody::ExtendFootprintTtl(ExtendFootprintTtlOp {
            ext: ExtensionPoint::V0,
            extend_to,
        });
        let data = setup.data(setup.keys.clone(), vec![]);
        let envelope = setup.net.soroban(&setup.payer, body, data);
        let record = setup.net.apply(envelope);
        assert!(record.succeeded);
        common::result(&record).fee_charged
    };
    let idle = extend(&mut setup, 10);
    assert_eq!(keys.iter().map(|key| setup.live_until(key)).collect::<Vec<_>>(), before);
    let paid = extend(&mut setup, 2 * LONG);
    assert!(paid > idle + 10_000);
    let until = setup.net.ledger.sequence() + 2 * LONG;
    assert!(keys.iter().all(|key| setup.live_until(key) == until));
    setup.net.close(LONG);
    let function = setup.transfer.clone();
    let envelope = setup.net.invocation(&setup.payer, function, |data| {
        assert_eq!(restores(data), 0);
    });
    assert!(setup.net.apply(envelope).succeeded);
}

#[test]
fn a_temporary_entry_vanishes_after_its_last_ledger() {
    let mut setup = setup("temporary");
    let spender = ScVal::Address(ScAddress::Account(account_id(raw(&key(2)))));
    let last = setup.net.ledger.sequence() + 100;
    let arguments = vec![address(&setup.payer), spender, i128_value(5), ScVal::U32(last)];
    let approve = call(&setup.token, "approve", arguments);
    let envelope = setup.net.invocation(&setup.payer, approve, |_| {});
    let frame = setup.net.ledger.frame(envelope.clone()).unwrap();
    let written = &frame.soroban_data().unwrap().resources.footprint.read_write;
    let allowance = encode(&written[0]);
    assert!(setup.net.apply(envelope).succeeded);
    let found = setup.net.ledger.state.slot(&allowance).unwrap();
    let until = found.live_until.unwrap();
    assert!(until >= last);
    setup.net.close(until - setup.net.ledger.sequence());
    assert!(setup.net.ledger.state.slot(&allowance).is_some());
    setup.net.close(1);
    assert!(setup.net.ledger.state.slot(&allowance).is_none());
    let net = setup.net.reopen();
    assert!(net.ledger.state.slot(&allowance).is_none());
}

//! Each of the network's limits on one transaction, at the limit and one above it.

mod common;

use common::{call, failure, i128_value, key, options, raw, refusal, Net};
use ed25519_dalek::SigningKey;
use localnet::{ledger::Submission, settings::Settings, wire::account_ledger_key};
use soroban_env_host::xdr::{
    ContractDataDurability, ContractId, ExtendFootprintTtlOp, ExtensionPoint, Hash, HostFunction,
    LedgerKey, LedgerKeyContractData, OperationBody, ScAddress, ScBytes, ScVal,
    SorobanTransactionData, TransactionEnvelope,
};

struct Setup {
    net: Net,
    payer: SigningKey,
    transfer: HostFunction,
}

fn setup(name: &str, change: impl FnOnce(&mut Settings)) -> Setup {
    let mut settings = Settings::public_network().unwrap();
    change(&mut settings);
    let mut net = Net::new(name, settings, options());
    let payer = key(1);
    net.fund(&[&payer]);
    let token = net.native_token(&payer);
    let to = ScVal::Address(ScAddress::Contract(ContractId(Hash([7; 32]))));
    let from = common::address(&payer);
    let transfer = call(&token, "transfer", vec![from, to, i128_value(5)]);
    Setup { net, payer, transfer }
}

impl Setup {
    fn edited(&mut self, edit: impl FnOnce(&mut SorobanTransactionData)) -> TransactionEnvelope {
        let function = self.transfer.clone();
        self.net.invocation(&self.payer, function, |data| {
            data.resource_fee = 50_000_000;
            edit(data);
        })
    }

    fn submit(&mut self, edit: impl FnOnce(&mut SorobanTransactionData)) -> Submission {
        let envelope = self.edited(edit);
        self.net.submit(envelope)
    }

    fn failure(&mut self, edit: impl FnOnce(&mut SorobanTransactionData)) -> String {
        let envelope = self.edited(edit);
        failure(&self.net.apply(envelope))
    }
}

fn other_key(number: u32, bytes: usize) -> LedgerKey {
    let mut content = vec![0; bytes];
    content[..4].copy_from_slice(&number.to_be_bytes());
    LedgerKey::ContractData(LedgerKeyContractData {
        contract: ScAddress::Contract(ContractId(Hash([9; 32]))),
        key: ScVal::Bytes(ScBytes(content.try_into().unwrap())),
        durability: ContractDataDurability::Persistent,
    })
}

fn push(list: &mut soroban_env_host::xdr::VecM<LedgerKey>, keys: impl Iterator<Item = LedgerKey>) {
    let mut all = list.to_vec();
    all.extend(keys);
    all.sort();
    *list = all.try_into().unwrap();
}

#[test]
fn declared_resources_are_limited() {
    type Edit = fn(&mut SorobanTransactionData, u32);
    let cases: [(&str, u32, Edit); 4] = [
        ("instructions", 400_000_000, |data, value| data.resources.instructions = value),
        ("write bytes", 132_096, |data, value| data.resources.write_bytes = value),
        ("disk read bytes", 200_000, |data, value| data.resources.disk_read_bytes = value),
        ("write entries", 200, |data, value| {
            let have = data.resources.footprint.read_write.len() as u32;
            let keys = (have..value).map(|number| other_key(number, 4));
            push(&mut data.resources.footprint.read_write, keys);
        }),
    ];
    for (name, limit, edit) in cases {
        let mut setup = setup(&name.replace(' ', "-"), |_| {});
        let refused = refusal(setup.submit(|data| edit(data, limit + 1)));
        assert!(refused.starts_with("TxSorobanInvalid") && refused.contains(name), "{refused}");
        let accepted = setup.submit(|data| edit(data, limit));
        assert!(matches!(accepted, Submission::Pending), "{name}: {accepted:?}");
    }
}

#[test]
fn footprint_entries_are_limited() {
    let mut setup = setup("footprint", |_| {});
    let fill = |data: &mut SorobanTransactionData, total: usize| {
        let have =
            data.resources.footprint.read_only.len() + data.resources.footprint.read_write.len();
        let keys = (have..total).map(|number| other_key(number as u32, 4));
        push(&mut data.resources.footprint.read_only, keys);
    };
    assert!(refusal(setup.submit(|data| fill(data, 401))).contains("footprint entries"));
    assert!(matches!(setup.submit(|data| fill(data, 400)), Submission::Pending));
}

#[test]
fn disk_read_entries_are_limited() {
    let mut setup = setup("disk-entries", |_| {});
    // The payer's account is one of them.
    let fill = |data: &mut SorobanTransactionData, total: u32| {
        let keys = (1..total).map(|number| account_ledger_key(raw(&key(1_000 + number))));
        push(&mut data.resources.footprint.read_only, keys);
    };
    assert!(refusal(setup.submit(|data| fill(data, 201))).contains("disk read entries"));
    assert!(matches!(setup.submit(|data| fill(data, 200)), Submission::Pending));
}

#[test]
fn transaction_size_is_limited() {
    let mut setup = setup("size", |settings| {
        settings.transaction.data_key_bytes = 1_000_000;
    });
    let base = {
        let envelope = setup.edited(|data| {
            push(&mut data.resources.footprint.read_only, [other_key(0, 100_000)].into_iter());
        });
        setup.net.ledger.frame(envelope).unwrap().size_bytes as usize
    };
    let bytes = 100_000 + 132_096 - base;
    let fill = |data: &mut SorobanTransactionData, bytes: usize| {
        push(&mut data.resources.footprint.read_only, [other_key(0, bytes)].into_iter());
    };
    assert!(refusal(setup.submit(|data| fill(data, bytes + 4))).contains("transaction size"));
    assert!(matches!(setup.submit(|data| fill(data, bytes)), Submission::Pending));
}

#[test]
fn key_size_is_limited() {
    let mut setup = setup("key", |_| {});
    let length = |key: &LedgerKey| localnet::wire::encode(key).len();
    let overhead = length(&other_key(0, 100)) - 100;
    let fitting = (250 - overhead) / 4 * 4;
    assert!(length(&other_key(0, fitting)) <= 250);
    let add = |data: &mut SorobanTransactionData, bytes: usize| {
        push(&mut data.resources.footprint.read_only, [other_key(0, bytes)].into_iter());
    };
    assert!(refusal(setup.submit(|data| add(data, fitting + 4))).contains("above the limit 250"));
    assert!(matches!(setup.submit(|data| add(data, fitting)), Submission::Pending));
}

#[test]
fn a_footprint_names_each_key_once_and_only_what_contracts_may_touch() {
    let mut setup = setup("twice", |_| {});
    let twice = setup.submit(|data| {
        let keys = data.resources.footprint.read_write.to_vec();
        push(&mut data.resources.footprint.read_only, keys.into_iter());
    });
    assert!(refusal(twice).contains("twice"));
    let setting = setup.submit(|data| {
        let key = LedgerKey::ConfigSetting(Default::default());
        push(&mut data.resources.footprint.read_only, [key].into_iter());
    });
    assert!(refusal(setting).contains("ConfigSetting"));
}

#[test]
fn events_and_return_value_are_limited() {
    let mut setup = setup("events", |settings| settings.transaction.events_bytes = 100);
    assert!(setup.failure(|_| {}).contains("ResourceLimitExceeded"));
}

#[test]
fn entry_size_is_limited() {
    let mut setup = setup("entry", |_| {});
    setup.net.ledger.settings.transaction.data_entry_bytes = 100;
    assert!(setup.failure(|_| {}).contains("ResourceLimitExceeded"));
}

#[test]
fn what_is_used_stays_within_what_is_declared() {
    let mut setup = setup("declared", |_| {});
    for edit in [
        (|data| data.resources.instructions = 1_000) as fn(&mut SorobanTransactionData),
        |data| data.resources.write_bytes = 10,
        |data| data.resources.disk_read_bytes = 10,
    ] {
        assert!(setup.failure(edit).contains("ResourceLimitExceeded"));
    }
    let outside = setup.failure(|data| data.resources.footprint.read_write = Default::default());
    assert!(outside.contains("Trapped"), "{outside}");
}

#[test]
fn too_small_a_fee_is_refused_or_fails_and_gives_back_the_refundable_part() {
    let mut setup = setup("fee", |_| {});
    let envelope = {
        let function = setup.transfer.clone();
        setup.net.invocation(&setup.payer, function, |data| data.resource_fee = 10)
    };
    assert!(refusal(setup.net.submit(envelope)).contains("non-refundable fee"));

    let function = setup.transfer.clone();
    let simulated = setup.net.simulate(&setup.payer, &function).transaction_data.unwrap();
    let envelope = setup.net.invocation(&setup.payer, function, |data| {
        let frame_fee = simulated.resource_fee;
        data.resource_fee = frame_fee / 2;
    });
    let before = setup.net.balance(&setup.payer);
    let record = setup.net.apply(envelope);
    assert!(failure(&record).contains("InsufficientRefundableFee"), "{}", failure(&record));
    let charged = common::result(&record).fee_charged;
    assert_eq!(setup.net.balance(&setup.payer), before - charged);
    assert!(charged < simulated.resource_fee / 2);
}

#[test]
fn an_extension_is_not_longer_than_the_network_allows() {
    let mut setup = setup("extend", |_| {});
    let most = setup.net.ledger.settings.config.max_entry_ttl - 1;
    let extend = |setup: &Setup, extend_to: u32| {
        let body = OperationBody::ExtendFootprintTtl(ExtendFootprintTtlOp {
            ext: ExtensionPoint::V0,
            extend_to,
        });
        let data = SorobanTransactionData { resource_fee: 1_000_000, ..Default::default() };
        setup.net.soroban(&setup.payer, body, data)
    };
    let too_long = extend(&setup, most + 1);
    assert!(refusal(setup.net.submit(too_long)).contains("extends for too long"));
    let longest = extend(&setup, most);
    assert!(matches!(setup.net.submit(longest), Submission::Pending));
}

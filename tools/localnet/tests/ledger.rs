//! Whole ledgers: what fits, what lasts, what order things happen in.

mod common;

use common::{address, call, create_account, i128_value, key, options, raw, refusal, Net};
use ed25519_dalek::SigningKey;
use localnet::{
    ledger::{Options, Submission},
    settings::Settings,
};
use soroban_env_host::xdr::{
    ContractId, Duration, Hash, LedgerBounds, Preconditions, PreconditionsV2, ScAddress, ScVal,
    SequenceNumber, SignerKey, TimeBounds, TimePoint, Uint256,
};

/// A ledger on which each of several accounts has a transfer waiting; all of them to the same
/// contract when `shared`.
fn waiting(
    name: &str,
    shared: bool,
    options: Options,
    change: impl FnOnce(&mut Settings, i64),
) -> Net {
    let mut net = Net::new(name, Settings::public_network().unwrap(), options);
    let payers: Vec<SigningKey> = (1..=5).map(key).collect();
    net.fund(&payers.iter().collect::<Vec<_>>());
    let token = net.native_token(&payers[0]);
    let mut most = 0;
    for (index, payer) in payers.iter().enumerate() {
        let id = if shared { 7 } else { index as u8 };
        let to = ScVal::Address(ScAddress::Contract(ContractId(Hash([id; 32]))));
        let transfer = call(&token, "transfer", vec![address(payer), to, i128_value(5)]);
        let envelope = net.invocation(payer, transfer, |data| {
            most = most.max(i64::from(data.resources.instructions));
        });
        assert!(matches!(net.submit(envelope), Submission::Pending));
    }
    change(&mut net.ledger.settings, most);
    net
}

fn counts(net: &mut Net) -> Vec<usize> {
    (0..6).map(|_| net.close(1).len()).take_while(|count| *count > 0).collect()
}

#[test]
fn what_does_not_fit_waits_for_the_next_ledger() {
    type Change = fn(&mut Settings);
    let changes: [(&str, Change); 6] = [
        ("transactions", |settings| settings.ledger.transactions = 2),
        ("write-entries", |settings| settings.ledger.write_entries = 5),
        ("write-bytes", |settings| settings.ledger.write_bytes = 1_100),
        ("disk-entries", |settings| settings.ledger.disk_read_entries = 2),
        ("disk-bytes", |settings| settings.ledger.disk_read_bytes = 400),
        ("size", |settings| settings.ledger.size_bytes = 1_700),
    ];
    for (name, change) in changes {
        let mut net = waiting(name, false, options(), |settings, _| change(settings));
        let seen = counts(&mut net);
        assert_eq!(seen.iter().sum::<usize>(), 5, "{name}");
        assert!(seen.len() >= 3, "{name}: {seen:?}");
    }
}

#[test]
fn instructions_are_limited_by_cluster_and_lane() {
    let limit = |settings: &mut Settings, most: i64| {
        settings.ledger.cluster_instructions = 2 * most;
    };
    let mut dependent = waiting("dependent", true, options(), limit);
    assert_eq!(counts(&mut dependent), [2, 2, 1]);
    let mut independent = waiting("independent", false, options(), limit);
    assert_eq!(counts(&mut independent), [4, 1]);
}

#[test]
fn without_ledger_limits_everything_fits() {
    let lifted = Options { ledger_limits: false, ..options() };
    let mut net = waiting("lifted", false, lifted, |settings, _| settings.ledger.transactions = 1);
    assert_eq!(counts(&mut net), [5]);
}

#[test]
fn transactions_are_applied_in_order_and_leave_the_reserve() {
    let mut net = Net::standard("reserve");
    let (poor, rich) = (key(1), key(2));
    net.fund(&[&poor, &rich]);
    let before = net.balance(&poor);
    let first = net.transaction(&rich, vec![create_account(&key(3), 5)]);
    let second = net.transaction(&poor, vec![create_account(&key(4), 9_999)]);
    for (key, transaction) in [(&rich, first), (&poor, second)] {
        let envelope = net.sign(key, transaction);
        assert!(matches!(net.submit(envelope), Submission::Pending));
    }
    let records = net.close(1);
    assert_eq!(records.iter().map(|record| record.order).collect::<Vec<_>>(), [1, 2]);
    assert!(records[0].succeeded && !records[1].succeeded, "the reserve is kept");
    assert_eq!(net.balance(&poor), before - 100);
}

#[test]
fn preconditions_hold() {
    let mut net = Net::standard("preconditions");
    let payer = key(1);
    net.fund(&[&payer]);
    let none = PreconditionsV2 {
        time_bounds: None,
        ledger_bounds: None,
        min_seq_num: None,
        min_seq_age: Duration(0),
        min_seq_ledger_gap: 0,
        extra_signers: Default::default(),
    };
    let mut next_account = 100;
    let mut send = |net: &mut Net, conditions: PreconditionsV2, ahead: i64| {
        next_account += 1;
        let operation = create_account(&key(next_account), 5);
        let mut transaction = net.transaction(&payer, vec![operation]);
        transaction.cond = Preconditions::V2(conditions);
        transaction.seq_num.0 += ahead;
        let envelope = net.sign(&payer, transaction);
        net.submit(envelope)
    };
    let sequence = net.ledger.sequence();
    let ledgers = |min_ledger, max_ledger| PreconditionsV2 {
        ledger_bounds: Some(LedgerBounds { min_ledger, max_ledger }),
        ..none.clone()
    };
    assert!(refusal(send(&mut net, ledgers(sequence + 2, 0), 0)).starts_with("TxTooEarly"));
    assert!(refusal(send(&mut net, ledgers(0, sequence + 1), 0)).starts_with("TxTooLate"));
    let times = PreconditionsV2 {
        time_bounds: Some(TimeBounds { min_time: TimePoint(0), max_time: TimePoint(5) }),
        ..none.clone()
    };
    assert!(refusal(send(&mut net, times, 0)).starts_with("TxTooLate"));
    let signers = PreconditionsV2 {
        extra_signers: vec![SignerKey::Ed25519(Uint256([1; 32]))].try_into().unwrap(),
        ..none.clone()
    };
    assert!(refusal(send(&mut net, signers, 0)).starts_with("TxNotSupported"));

    assert!(refusal(send(&mut net, none.clone(), 5)).starts_with("TxBadSeq"));
    let jump = PreconditionsV2 { min_seq_num: Some(SequenceNumber(1)), ..none.clone() };
    assert!(matches!(send(&mut net, jump, 5), Submission::Pending));
    assert!(net.close(1)[0].succeeded);
    let gap = PreconditionsV2 { min_seq_ledger_gap: 2, ..none.clone() };
    assert!(refusal(send(&mut net, gap.clone(), 0)).starts_with("TxBadMinSeqAgeOrGap"));
    let age = PreconditionsV2 { min_seq_age: Duration(2), ..none.clone() };
    assert!(refusal(send(&mut net, age.clone(), 0)).starts_with("TxBadMinSeqAgeOrGap"));
    net.close(1);
    assert!(matches!(send(&mut net, gap, 0), Submission::Pending));
    net.close(1);
    net.close(1);
    assert!(matches!(send(&mut net, age, 0), Submission::Pending));
}

#[test]
fn the_ledger_goes_on_where_it_stopped() {
    let mut net = Net::standard("reopen");
    let payer = key(1);
    net.fund(&[&payer]);
    let token = net.native_token(&payer);
    let to = ScVal::Address(ScAddress::Contract(ContractId(Hash([7; 32]))));
    let transfer = call(&token, "transfer", vec![address(&payer), to, i128_value(5)]);
    let record = net.invoke(&payer, transfer.clone());
    let events = |net: &Net| {
        let mut ids = vec![];
        let all = (0, 0)..(u64::MAX, 0);
        net.ledger
            .store()
            .visit_events(all, |id, _| {
                ids.push(id);
                true
            })
            .unwrap();
        ids
    };
    let before = (net.ledger.header().clone(), net.balance(&payer), events(&net));
    assert!(!before.2.is_empty());
    let mut net = net.reopen();
    assert_eq!((net.ledger.header().clone(), net.balance(&payer), events(&net)), before);
    assert_eq!(net.ledger.store().transaction(&record.hash).unwrap(), Some(record));
    assert!(net.invoke(&payer, transfer).succeeded);
    assert_eq!(net.ledger.sequence(), before.0.ledger_seq + 1);
}

#[test]
fn close_times_never_decrease() {
    let mut net = Net::standard("times");
    let time = net.ledger.close_time();
    net.ledger.close(1, time - 100, None).unwrap();
    assert_eq!(net.ledger.close_time(), time);
    net.ledger.close(1, time + 7, None).unwrap();
    assert_eq!(net.ledger.close_time(), time + 7);
}

#[test]
fn lumens_are_neither_made_nor_lost() {
    let mut net = Net::standard("coins");
    let payers: Vec<SigningKey> = (1..=3).map(key).collect();
    net.fund(&payers.iter().collect::<Vec<_>>());
    let token = net.native_token(&payers[0]);
    let transfer =
        call(&token, "transfer", vec![address(&payers[0]), address(&payers[1]), i128_value(5)]);
    assert!(net.invoke(&payers[0], transfer).succeeded);
    let network = net.ledger.network.clone();
    let accounts = payers
        .iter()
        .map(raw)
        .chain([network.root_account(), localnet::ledger::friendbot::account(&network)]);
    let held: i64 =
        accounts.map(|account| net.ledger.state.account(account).unwrap().balance).sum();
    assert_eq!(held + net.ledger.header().fee_pool, net.ledger.header().total_coins);
}

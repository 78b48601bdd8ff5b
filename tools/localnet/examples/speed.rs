//! How fast the ledger is: `cargo run --release --example speed -- [viewers [batch]]` deploys a
//! meter for each viewer through the router, then funds it, a batch a transaction, and prints
//! what each step takes.

#[path = "../tests/common/mod.rs"]
mod common;

use common::{
    address, call,
    contracts::{create_router, list},
    i128_value, key, open, options, return_value, Net,
};
use ed25519_dalek::SigningKey;
use localnet::{
    ledger::{Options, Submission},
    settings::Settings,
};
use soroban_env_host::xdr::{HostFunction, ScVal};
use std::time::{Duration, Instant};

/// Transactions in one ledger, each of another account.
const LEDGER_TRANSACTIONS: usize = 100;

/// Sends the calls, a hundred a ledger, prints their times and gives their results.
fn run(
    net: &mut Net,
    what: &str,
    payers: &[SigningKey],
    calls: Vec<impl Fn(&SigningKey) -> HostFunction>,
) -> Vec<ScVal> {
    let (mut simulate, mut submit, mut close) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut results = Vec::new();
    for ledger in calls.chunks(LEDGER_TRANSACTIONS) {
        for (payer, call) in payers.iter().zip(ledger) {
            let started = Instant::now();
            let envelope = net.invocation(payer, call(payer), |_| {});
            simulate += started.elapsed();
            let started = Instant::now();
            assert!(matches!(net.submit(envelope), Submission::Pending));
            submit += started.elapsed();
        }
        let started = Instant::now();
        let records = net.close(1);
        close += started.elapsed();
        for record in &records {
            assert!(record.succeeded, "{}", common::failure(record));
            results.push(return_value(record));
        }
    }
    let each = |total: Duration| total.as_secs_f64() * 1e3 / calls.len() as f64;
    println!(
        "{what:<10} {} transactions, each: simulate {:.2} ms, queue {:.2} ms, apply and commit {:.2} ms",
        calls.len(),
        each(simulate),
        each(submit),
        each(close)
    );
    results
}

fn main() {
    let argument = |index| std::env::args().nth(index).map(|text| text.parse().unwrap());
    let viewers: u32 = argument(1).unwrap_or(10_000);
    let batch: u32 = argument(2).unwrap_or(10);
    let lifted = Options { ledger_limits: false, ..options() };
    let mut net = Net::new("speed", Settings::public_network().unwrap(), lifted.clone());
    let payers: Vec<_> = (1..=LEDGER_TRANSACTIONS as u32).map(key).collect();
    net.fund(&payers.iter().collect::<Vec<_>>());
    let router = create_router(&mut net, &payers[0]);

    let viewers: Vec<u32> = (0..viewers).collect();
    let deploys = viewers.chunks(batch as usize).map(|some| {
        let accounts = some.iter().map(|viewer| address(&key(1_000_000 + viewer))).collect();
        let function = call(&router, "deploy_meters", vec![list(accounts)]);
        move |_: &SigningKey| function.clone()
    });
    let deployed = run(&mut net, "deploy", &payers, deploys.collect());
    let deposits = deployed.into_iter().map(|meters| {
        let ScVal::Vec(Some(meters)) = meters else { panic!("not a list") };
        let pairs = meters.iter().map(|meter| list(vec![meter.clone(), i128_value(1_000)]));
        let pairs = list(pairs.collect());
        let router = router.clone();
        move |payer: &SigningKey| call(&router, "deposit_many", vec![address(payer), pairs.clone()])
    });
    run(&mut net, "deposit", &payers, deposits.collect());

    println!("resident {} MiB", resident_mib());
    let Net { ledger, folder, .. } = net;
    drop(ledger);
    let size = std::fs::metadata(folder.0.join("ledger.redb")).unwrap().len() >> 20;
    let started = Instant::now();
    let again = open(&folder, Settings::public_network().unwrap(), lifted);
    println!("open again {:.0} ms, {size} MiB on disk", started.elapsed().as_secs_f64() * 1e3);
    drop(again);
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) >> 10
}

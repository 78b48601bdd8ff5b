//! The largest batches that fit one transaction of the public network, measured with XLM,
//! real accounts and the committed wasm. README.md repeats the figures;
//! `cargo test --test limits -- --nocapture` prints them.

use paytick_contract_tests::*;
use soroban_sdk::testutils::Events as _;
use soroban_sdk::xdr::{Limits, ScVal, WriteXdr};
use soroban_sdk::{Address, IntoVal, TryIntoVal, Val, Vec};

/// Every item on another meter, for another creator, with a platform's share: the worst.
const SETTLE_MAX: u32 = 23;
/// The same without a platform's share.
const SETTLE_MAX_WITHOUT_SHARE: u32 = 31;
const DEPLOY_MAX: u32 = 59;
const DEPOSIT_MAX: u32 = 38;

const EVENTS_AND_RETURN_MAX: u32 = 16_384;
const INSTRUCTIONS_MAX: i64 = 400_000_000;
const WRITE_ENTRIES_MAX: u32 = 200;
const WRITE_BYTES_MAX: u32 = 132_096;
const FOOTPRINT_MAX: u32 = 400;
/// Of the 200 write entries, what the transaction's own source and a nonce may take.
const SPARE_ENTRIES: u32 = 2;

struct Use {
    events: u32,
    instructions: i64,
    write_entries: u32,
    write_bytes: u32,
    entries: u32,
}

impl Use {
    fn fits(&self) -> bool {
        self.events <= EVENTS_AND_RETURN_MAX
            && self.instructions <= INSTRUCTIONS_MAX
            && self.write_entries + SPARE_ENTRIES <= WRITE_ENTRIES_MAX
            && self.write_bytes <= WRITE_BYTES_MAX
            && self.entries + SPARE_ENTRIES <= FOOTPRINT_MAX
    }

    /// Of the last call, which returned `value`.
    fn of(w: &World, what: &str, n: u32, value: Val) -> Use {
        let value: ScVal = value.try_into_val(&w.env).expect("a value");
        let size = |bytes: std::vec::Vec<u8>| bytes.len() as u32;
        let events = w.env.events().all();
        let events: u32 =
            events.events().iter().map(|e| size(e.to_xdr(Limits::none()).unwrap())).sum();
        let r = w.env.cost_estimate().resources();
        let used = Use {
            events: events + size(value.to_xdr(Limits::none()).unwrap()),
            instructions: r.instructions,
            write_entries: r.write_entries,
            write_bytes: r.write_bytes,
            entries: r.write_entries + r.memory_read_entries + r.disk_read_entries,
        };
        println!(
            "{what:<28} n={n:<3} events+return {:>6} B  instructions {:>11}  write {:>3} entries {:>6} B  footprint {:>3}",
            used.events, used.instructions, used.write_entries, used.write_bytes, used.entries
        );
        used
    }
}

fn quiet(w: &World) {
    w.env.cost_estimate().disable_resource_limits();
    w.env.cost_estimate().budget().reset_unlimited();
}

fn settle(n: u32, bps: u32) -> Use {
    let w = native::world();
    quiet(&w);
    let mut batch = Vec::new(&w.env);
    for i in 0..n {
        let viewer = native::account(&w.env, i, 100 * XLM as i64);
        let creator = native::account(&w.env, 1_000 + i, 100 * XLM as i64);
        let meter = w.router().deploy_meter(&viewer);
        w.meter(&meter).deposit(&viewer, &(10 * XLM));
        w.router().register_creator(&creator);
        batch.push_back((meter, creator, bps, XLM));
    }
    let codes = w.router().settle(&batch);
    let used = Use::of(&w, &format!("settle, {bps} bps"), n, codes.clone().into_val(&w.env));
    assert!(codes.iter().all(|c| c == 0));
    used
}

fn deploy(n: u32) -> Use {
    let w = native::world();
    quiet(&w);
    let mut viewers: Vec<Address> = Vec::new(&w.env);
    for i in 0..n {
        viewers.push_back(native::account(&w.env, i, 100 * XLM as i64));
    }
    let meters = w.router().deploy_meters(&viewers);
    Use::of(&w, "deploy_meters", n, meters.into_val(&w.env))
}

fn deposit(n: u32) -> Use {
    let w = native::world();
    quiet(&w);
    let from = native::account(&w.env, 9_001, 100_000 * XLM as i64);
    let mut deposits = Vec::new(&w.env);
    for i in 0..n {
        let meter = w.router().deploy_meter(&native::account(&w.env, i, 100 * XLM as i64));
        deposits.push_back((meter, 10 * XLM));
    }
    w.router().deposit_many(&from, &deposits);
    Use::of(&w, "deposit_many", n, ().into_val(&w.env))
}

#[test]
fn the_largest_settlement_is_the_documented_one() {
    assert!(settle(SETTLE_MAX, 2_000).fits());
    assert!(!settle(SETTLE_MAX + 1, 2_000).fits());
    assert!(settle(SETTLE_MAX_WITHOUT_SHARE, 0).fits());
    assert!(!settle(SETTLE_MAX_WITHOUT_SHARE + 1, 0).fits());
}

#[test]
fn the_largest_deployment_and_funding_are_the_documented_ones() {
    assert!(deploy(DEPLOY_MAX).fits());
    assert!(!deploy(DEPLOY_MAX + 1).fits());
    assert!(deposit(DEPOSIT_MAX).fits());
    assert!(!deposit(DEPOSIT_MAX + 1).fits());
}

#[test]
fn a_batch_of_one() {
    assert!(settle(1, 0).fits());
    assert!(settle(1, 2_000).fits());
}

//! What is used does not expire, and what has expired comes back as it was.

use paytick_contract_tests::*;
use paytick_contract_types::ttl::{EXTEND_TO, THRESHOLD};
use soroban_sdk::testutils::storage::{Instance as _, Persistent as _};
use soroban_sdk::testutils::Ledger as _;
use soroban_sdk::{Address, Map, Val};

/// A network whose entries may live long enough and start with little.
fn world() -> World {
    let w = World::open();
    w.env.ledger().set_max_entry_ttl(EXTEND_TO * 2);
    w.env.ledger().set_min_persistent_entry_ttl(THRESHOLD / 2);
    w
}

fn instance_ttl(w: &World, contract: &Address) -> u32 {
    w.env.as_contract(contract, || w.env.storage().instance().get_ttl())
}

fn shortest_persistent_ttl(w: &World, contract: &Address) -> u32 {
    w.env.as_contract(contract, || {
        let storage = w.env.storage().persistent();
        let all: Map<Val, Val> = storage.all();
        // `all` may list other contracts' keys too.
        let own = all.keys().iter().filter(|k| storage.has(k));
        own.map(|k| storage.get_ttl(&k)).min().expect("an entry")
    })
}

fn pass(w: &World, ledgers: u32) {
    w.env.ledger().set_sequence_number(w.env.ledger().sequence() + ledgers);
}

#[test]
fn a_settlement_extends_all_that_it_touches() {
    let w = world();
    let creator = w.creator();
    let (_, meter) = w.funded(1_000);
    w.settle(&[(&meter, &creator, 0, 10)]);
    pass(&w, EXTEND_TO - THRESHOLD + 1);
    w.settle(&[(&meter, &creator, 0, 20)]);
    assert_eq!(instance_ttl(&w, &w.router), EXTEND_TO);
    assert_eq!(instance_ttl(&w, &meter), EXTEND_TO);
    assert_eq!(shortest_persistent_ttl(&w, &meter), EXTEND_TO);
    assert_eq!(shortest_persistent_ttl(&w, &w.router), EXTEND_TO);
}

#[test]
fn early_touches_cost_no_rent() {
    let w = world();
    let creator = w.creator();
    let (_, meter) = w.funded(1_000);
    w.settle(&[(&meter, &creator, 0, 10)]);
    pass(&w, 1_000);
    w.settle(&[(&meter, &creator, 0, 20)]);
    assert_eq!(instance_ttl(&w, &meter), EXTEND_TO - 1_000);
    assert_eq!(shortest_persistent_ttl(&w, &w.router), EXTEND_TO - 1_000);
}

#[test]
fn an_archived_meter_comes_back_with_its_sums() {
    let w = world();
    let creator = w.creator();
    let (viewer, meter) = w.funded(1_000);
    w.settle(&[(&meter, &creator, 0, 10)]);
    pass(&w, EXTEND_TO + 1);
    // The host restores what a footprint names, as the network does for a simulated call.
    assert_eq!(w.settle(&[(&meter, &creator, 0, 10)]), [CODE_NOTHING_NEW as u8]);
    assert_eq!(w.settle(&[(&meter, &creator, 0, 30)]), [0]);
    assert_eq!(w.router().meter_of(&viewer), Some(meter.clone()));
    assert_eq!(w.meter(&meter).balance(), 970);
}

#[test]
fn a_network_with_short_lives_is_served_too() {
    let w = World::open();
    w.env.ledger().set_max_entry_ttl(THRESHOLD);
    w.env.ledger().set_min_persistent_entry_ttl(100);
    let creator = w.creator();
    let (_, meter) = w.funded(1_000);
    assert_eq!(w.settle(&[(&meter, &creator, 0, 10)]), [0]);
    assert!(instance_ttl(&w, &meter) <= THRESHOLD);
}

//! What the contracts are for, told once from end to end.

use paytick_contract_tests::*;
use soroban_sdk::vec;
use soroban_sdk::xdr::ScVal;

#[test]
fn twelve_ticks_of_a_cent_leave_4_88_of_5() {
    let w = World::open();
    let creator = w.creator();
    let (_, meter) = w.funded(5 * XLM);
    for tick in 1..=12 {
        assert_eq!(w.settle(&[(&meter, &creator, 0, tick * XLM / 100)]), [0]);
    }
    assert_eq!(w.meter(&meter).balance(), 48_800_000);
    assert_eq!(w.token().balance(&creator), 1_200_000);
    assert_eq!(w.meter(&meter).paid(&creator, &0), 1_200_000);
    w.assert_conserved(&meter);
}

#[test]
fn the_platforms_share_is_rounded_down_on_the_sum() {
    let w = World::open();
    let creator = w.creator();
    let (_, meter) = w.funded(1_000);
    // 10 % of 19, in three steps, is 1 and not 0 + 0 + 0.
    for sum in [9, 10, 19] {
        w.settle(&[(&meter, &creator, 1_000, sum)]);
    }
    assert_eq!(w.token().balance(&w.fee_account), 1);
    assert_eq!(w.token().balance(&creator), 18);
    w.assert_conserved(&meter);
}

#[test]
fn sums_are_kept_per_creator_and_share() {
    let w = World::open();
    let (a, b) = (w.creator(), w.creator());
    let (_, meter) = w.funded(1_000);
    assert_eq!(
        w.settle(&[(&meter, &a, 0, 10), (&meter, &a, 2_000, 10), (&meter, &b, 0, 10)]),
        [0, 0, 0]
    );
    assert_eq!(w.token().balance(&a), 18);
    assert_eq!(w.token().balance(&b), 10);
    assert_eq!(w.token().balance(&w.fee_account), 2);
    assert_eq!(w.meter(&meter).totals().3, 30);
}

#[test]
fn a_viewer_has_one_meter_and_anyone_may_deploy_it() {
    let w = World::open();
    w.unsigned();
    let (a, b) = (w.someone(), w.someone());
    assert_eq!(w.router().meter_of(&a), None);
    let meter = w.router().deploy_meter(&a);
    assert_eq!(w.router().meter_address(&a), meter);
    assert_eq!(w.router().deploy_meter(&a), meter);
    assert!(w.events().is_empty(), "a second deployment is none");
    let both = w.router().deploy_meters(&vec![&w.env, a.clone(), b.clone()]);
    assert_eq!(both.get(0), Some(meter.clone()));
    assert_ne!(both.get(1), Some(meter.clone()));
    assert_eq!(w.router().meter_of(&b), both.get(1));
    assert_eq!(w.router().viewer_of(&meter), Some(a.clone()));
    assert_eq!(w.meter(&meter).config().viewer, a);
}

#[test]
fn plain_transfers_count_as_deposits_once_someone_looks() {
    let w = World::open();
    let viewer = w.someone();
    // Even before the meter is there: its address is known.
    w.mint(&w.router().meter_address(&viewer), 100);
    let meter = w.router().deploy_meter(&viewer);
    assert_eq!(w.events()[0].fields(), w.totals_of(&meter));
    assert_eq!(w.meter(&meter).totals().1, 100);
    w.mint(&meter, 50);
    w.unsigned();
    let before = w.meter(&meter).totals();
    w.meter(&meter).sync();
    assert_eq!(w.events().len(), 1);
    let after = w.meter(&meter).totals();
    assert_eq!((after.1, after.5), (150, before.5), "the view had foretold it");
    w.meter(&meter).sync();
    assert_eq!(w.meter(&meter).totals(), after, "nothing new, no new version");
}

#[test]
fn a_settlement_takes_a_plain_transfer_into_account() {
    let w = World::open();
    let creator = w.creator();
    let (_, meter) = w.funded(0);
    w.mint(&meter, 100);
    assert_eq!(w.settle(&[(&meter, &creator, 0, 60)]), [0]);
    let t = w.meter(&meter).totals();
    assert_eq!((t.1, t.3), (100, 60));
    w.assert_conserved(&meter);
}

#[test]
fn many_meters_are_funded_with_one_signature() {
    let w = World::open();
    let from = w.someone();
    w.mint(&from, 100);
    let (_, a) = w.funded(0);
    let (_, b) = w.funded(5);
    w.router().deposit_many(&from, &vec![&w.env, (a.clone(), 10), (b.clone(), 20), (a.clone(), 1)]);
    let events = w.events();
    assert_eq!(events.len(), 3);
    assert_eq!(events[2].fields(), w.totals_of(&a));
    assert_eq!(w.meter(&a).balance(), 11);
    assert_eq!(w.meter(&b).balance(), 25);
    assert_eq!(w.token().balance(&from), 69);
}

#[test]
fn what_is_left_goes_back_and_the_meter_lives_on() {
    let w = World::open();
    let creator = w.creator();
    let (viewer, meter) = w.funded(1_000);
    w.settle(&[(&meter, &creator, 1_000, 100)]);

    let requested = w.meter(&meter).request_refund();
    assert_eq!(requested, NOW);
    assert_eq!(w.events()[0].name(), "refund");
    w.later(5);
    assert_eq!(w.meter(&meter).request_refund(), requested, "the delay does not restart");
    // What was watched before the request is still paid.
    w.settle(&[(&meter, &creator, 1_000, 150)]);
    w.router().release_refund(&meter);
    let events = w.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].fields(), w.totals_of(&meter));
    assert_eq!(w.token().balance(&viewer), 850);
    assert_eq!(w.meter(&meter).balance(), 0);
    w.assert_conserved(&meter);

    w.mint(&viewer, 50);
    w.meter(&meter).deposit(&viewer, &900);
    assert_eq!(w.settle(&[(&meter, &creator, 1_000, 200)]), [0]);
    w.assert_conserved(&meter);
}

#[test]
fn the_viewer_alone_takes_the_rest_after_the_delay() {
    let w = World::open();
    let (viewer, meter) = w.funded(1_000);
    w.meter(&meter).request_refund();
    w.later(REFUND_DELAY_S);
    assert_eq!(w.meter(&meter).refund(), 1_000);
    assert_eq!(w.events()[0].fields(), w.totals_of(&meter));
    assert_eq!(w.token().balance(&viewer), 1_000);
    assert_eq!(w.meter(&meter).totals().6, 0);
    // An empty meter's refund is settled as well.
    w.meter(&meter).request_refund();
    w.later(REFUND_DELAY_S);
    assert_eq!(w.meter(&meter).refund(), 0);
}

#[test]
fn every_change_has_its_own_version() {
    let w = World::new(0);
    let creator = w.creator();
    let (viewer, meter) = w.funded(0);
    let m = w.meter(&meter);
    let mut seen = std::vec![m.totals().5];
    let mut note = |what: &str| {
        let v = w.meter(&meter).totals().5;
        assert!(v > *seen.last().unwrap(), "{what}");
        seen.push(v);
    };
    w.mint(&viewer, 100);
    m.deposit(&viewer, &100);
    note("deposit");
    m.allow(&90);
    note("allow");
    w.settle(&[(&meter, &creator, 0, 10)]);
    note("settle");
    m.request_refund();
    note("request");
    w.router().release_refund(&meter);
    note("refund");
    let last = m.totals();
    m.allow(&90);
    w.settle(&[(&meter, &creator, 0, 10)]);
    m.sync();
    assert_eq!(w.events()[0].fields()[5], ScVal::U64(last.5));
    assert_eq!(m.totals(), last, "what changes nothing has no version");
}

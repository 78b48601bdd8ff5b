//! The frozen layouts: exact ScVals here, exact bytes in golden/events.txt, which other
//! readers of the same events may test themselves against.

use paytick_contract_tests::*;
use soroban_sdk::testutils::Events as _;
use soroban_sdk::xdr::{Limits, ScSymbol, ScVal, WriteXdr};
use std::fmt::Write as _;

fn symbol(name: &str) -> ScVal {
    ScVal::Symbol(ScSymbol(name.try_into().unwrap()))
}

/// The last call's only event from the router, and its line in the golden file.
fn one(w: &World, golden: &mut String) -> Event {
    let events = w.env.events().all().filter_by_contract(&w.router);
    assert_eq!(events.events().len(), 1);
    let event = &events.events()[0];
    let read = Event::read(event);
    writeln!(golden, "{} {}", read.name(), event.to_xdr_base64(Limits::none()).unwrap()).unwrap();
    read
}

#[test]
fn every_event_has_its_frozen_layout() {
    let w = native::world();
    let viewer = native::account(&w.env, 1, 100 * XLM as i64);
    let creator = native::account(&w.env, 2, 100 * XLM as i64);
    let stranger = native::account(&w.env, 3, 100 * XLM as i64);
    let mut golden = String::new();

    w.router().register_creator(&creator);
    let e = one(&w, &mut golden);
    assert_eq!(e.topics, [symbol("creator"), w.val(&creator)]);
    assert_eq!(e.data, ScVal::Bool(true));
    w.router().register_creator(&creator);
    assert!(w.events().is_empty(), "once is enough");

    let meter = w.router().deploy_meter(&viewer);
    let e = one(&w, &mut golden);
    let totals = |deposited, refunded, paid, version, refund_at| {
        std::vec![
            w.val(&viewer),
            ScVal::I64(deposited),
            ScVal::I64(refunded),
            ScVal::I64(paid),
            ScVal::I64(i64::MAX),
            ScVal::U64(version),
            ScVal::U64(refund_at),
        ]
    };
    assert_eq!(e.topics, [symbol("meter"), w.val(&meter)]);
    assert_eq!(e.fields(), totals(0, 0, 0, 1, 0));

    w.meter(&meter).deposit(&viewer, &50_000_000);
    assert_eq!(one(&w, &mut golden).fields(), totals(50_000_000, 0, 0, 2, 0));

    w.settle(&[(&meter, &creator, 2_000, 1_200_001)]);
    let e = one(&w, &mut golden);
    let payment = |cumulative, amount, fee| {
        std::vec![
            ScVal::U32(2_000),
            ScVal::I64(cumulative),
            ScVal::I64(amount),
            ScVal::I64(fee)
        ]
    };
    assert_eq!(e.topics, [symbol("settled"), w.val(&meter), w.val(&creator)]);
    let expected =
        [payment(1_200_001, 1_200_001, 240_000), totals(50_000_000, 0, 1_200_001, 3, 0)].concat();
    assert_eq!(e.fields(), expected);

    w.settle(&[(&meter, &creator, 2_000, 7)]);
    let e = one(&w, &mut golden);
    let expected = [payment(1_200_001, 0, 0), totals(50_000_000, 0, 1_200_001, 3, 0)].concat();
    assert_eq!(e.fields(), expected);

    w.settle(&[(&meter, &stranger, 2_000, -7)]);
    let e = one(&w, &mut golden);
    assert_eq!(e.topics, [symbol("skipped"), w.val(&meter), w.val(&stranger)]);
    assert_eq!(e.fields(), [ScVal::U32(2_000), ScVal::I64(-7), ScVal::U32(10)]);

    let credit = |cumulative, amount| std::vec![ScVal::I64(cumulative), ScVal::I64(amount)];
    w.credit(&[(&meter, 30_000_000)]);
    let e = one(&w, &mut golden);
    assert_eq!(e.topics, [symbol("credited"), w.val(&meter)]);
    let expected =
        [credit(30_000_000, 30_000_000), totals(80_000_000, 0, 1_200_001, 4, 0)].concat();
    assert_eq!(e.fields(), expected);

    w.credit(&[(&meter, 7)]);
    let e = one(&w, &mut golden);
    assert_eq!(e.topics, [symbol("credited"), w.val(&meter)]);
    let expected = [credit(30_000_000, 0), totals(80_000_000, 0, 1_200_001, 4, 0)].concat();
    assert_eq!(e.fields(), expected);

    w.credit(&[(&meter, -7)]);
    let e = one(&w, &mut golden);
    assert_eq!(e.topics, [symbol("uncredited"), w.val(&meter)]);
    assert_eq!(e.fields(), [ScVal::I64(-7), ScVal::U32(10)]);

    w.meter(&meter).request_refund();
    let e = one(&w, &mut golden);
    assert_eq!(e.topics, [symbol("refund"), w.val(&meter)]);
    let expected =
        [std::vec![ScVal::U32(1_000)], totals(80_000_000, 0, 1_200_001, 5, NOW)].concat();
    assert_eq!(e.fields(), expected);

    w.router().release_refund(&meter);
    let e = one(&w, &mut golden);
    assert_eq!(e.topics, [symbol("meter"), w.val(&meter)]);
    assert_eq!(e.fields(), totals(80_000_000, 78_799_999, 1_200_001, 6, 0));

    let mut changed = |role: &str, w: &World| {
        let e = one(w, &mut golden);
        assert_eq!(e.topics, [symbol("key"), symbol(role)]);
        assert_eq!(e.data, w.val(&stranger));
    };
    w.router().set_settler(&stranger);
    changed("settler", &w);
    w.router().set_fee_account(&stranger);
    changed("fee", &w);
    w.router().set_treasury(&stranger);
    changed("treasury", &w);
    w.router().set_admin(&stranger);
    changed("admin", &w);

    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/events.txt");
    if std::env::var_os("PAYTICK_WRITE_GOLDEN").is_some() {
        std::fs::write(file, &golden).unwrap();
    }
    let kept = std::fs::read_to_string(file).expect("golden/events.txt");
    assert_eq!(golden, kept, "a frozen layout has changed");
}

#[test]
fn errors_have_their_frozen_numbers() {
    let numbers = [
        (Error::InvalidAmount, 10),
        (Error::BpsAboveCap, 11),
        (Error::UnknownMeter, 12),
        (Error::UnknownCreator, 13),
        (Error::AboveBalance, 14),
        (Error::AboveAllowance, 15),
        (Error::AllowanceFalls, 16),
        (Error::NoRefundPending, 17),
        (Error::RefundEarly, 18),
        (Error::Overflow, 19),
        (Error::TransferFailed, 20),
        (Error::PayeeIsMeter, 21),
        (Error::InvalidConfig, 22),
        (Error::MeterFailed, 23),
    ];
    for (error, number) in numbers {
        assert_eq!(error as u32, number);
    }
    assert_eq!((CODE_PAID, CODE_NOTHING_NEW), (0, 1));
}

//! The hostile list, first half: items and amounts that must not be paid.

use paytick_contract_tests::*;
use soroban_sdk::xdr::{self, ScVal};
use soroban_sdk::{vec, Address, TryFromVal};

/// Refused with this code of ours.
macro_rules! refused {
    ($call:expr, $error:expr) => {
        match $call {
            Err(Ok(e)) => assert_eq!(e as u32, $error as u32),
            other => panic!("not refused with {:?}: {other:?}", $error),
        }
    };
}

fn code(error: Error) -> u8 {
    error as u8
}

#[test]
fn older_equal_and_replayed_sums_pay_nothing() {
    let w = World::open();
    let creator = w.creator();
    let (_, meter) = w.funded(1_000);
    let item = (&meter, &creator, 1_000, 100);
    assert_eq!(w.settle(&[item]), [0]);
    let totals = w.meter(&meter).totals();
    assert_eq!(w.settle(&[item]), [CODE_NOTHING_NEW as u8]);
    let event = &w.events()[0];
    assert_eq!(event.name(), "settled");
    assert_eq!(
        event.fields()[..4],
        [ScVal::U32(1_000), ScVal::I64(100), ScVal::I64(0), ScVal::I64(0)]
    );
    assert_eq!(w.settle(&[(&meter, &creator, 1_000, 99)]), [1]);
    assert_eq!(w.events()[0].fields()[1], ScVal::I64(100), "the sum that stands");
    assert_eq!(w.settle(&[item, item, (&meter, &creator, 1_000, 1)]), [1, 1, 1]);
    assert_eq!(w.meter(&meter).totals(), totals);
    assert_eq!(w.token().balance(&creator), 90);
}

#[test]
fn the_same_item_twice_and_out_of_order() {
    let w = World::open();
    let creator = w.creator();
    let (_, meter) = w.funded(1_000);
    let item = (&meter, &creator, 0, 100);
    assert_eq!(w.settle(&[item, item]), [0, 1]);
    assert_eq!(w.settle(&[(&meter, &creator, 0, 300), (&meter, &creator, 0, 200)]), [0, 1]);
    assert_eq!(w.token().balance(&creator), 300);
    // Both orders end the same.
    assert_eq!(w.settle(&[(&meter, &creator, 0, 400), (&meter, &creator, 0, 500)]), [0, 0]);
    assert_eq!(w.token().balance(&creator), 500);
}

#[test]
fn above_balance() {
    let w = World::open();
    let (a, b) = (w.creator(), w.creator());
    let (_, meter) = w.funded(100);
    let short = code(Error::AboveBalance);
    assert_eq!(w.settle(&[(&meter, &a, 0, 101)]), [short]);
    assert_eq!(w.token().balance(&a), 0, "no part of it either");
    assert_eq!(w.settle(&[(&meter, &a, 0, 60), (&meter, &b, 0, 60), (&meter, &b, 0, 40)]), [0, short, 0]);
    assert_eq!(w.meter(&meter).balance(), 0);
    w.assert_conserved(&meter);
}

#[test]
fn above_allowance() {
    let w = World::new(0);
    let (a, b) = (w.creator(), w.creator());
    let (_, meter) = w.funded(1_000);
    let unsigned = code(Error::AboveAllowance);
    assert_eq!(w.settle(&[(&meter, &a, 0, 1)]), [unsigned], "nothing is allowed at first");
    w.meter(&meter).allow(&100);
    assert_eq!(w.settle(&[(&meter, &a, 0, 60), (&meter, &b, 0, 41), (&meter, &b, 0, 40)]), [0, unsigned, 0]);
    refused!(w.meter(&meter).try_allow(&99), Error::AllowanceFalls);
    refused!(w.meter(&meter).try_allow(&-1), Error::InvalidAmount);
    refused!(w.meter(&meter).try_allow(&(i64::MAX as i128 + 1)), Error::InvalidAmount);
    // A refund does not renew it.
    w.meter(&meter).request_refund();
    w.router().release_refund(&meter);
    let payer = w.someone();
    w.mint(&payer, 100);
    w.meter(&meter).deposit(&payer, &100);
    assert_eq!(w.settle(&[(&meter, &a, 0, 61)]), [unsigned]);
    w.meter(&meter).allow(&(i64::MAX as i128));
    assert_eq!(w.settle(&[(&meter, &a, 0, 61)]), [0]);
    w.assert_conserved(&meter);
}

#[test]
fn unregistered_creator_and_meter_and_share_above_the_cap() {
    let w = World::open();
    let creator = w.creator();
    let stranger = w.someone();
    let (_, meter) = w.funded(1_000);
    let cases = [
        ((&meter, &stranger, 0, 10), Error::UnknownCreator),
        ((&stranger, &creator, 0, 10), Error::UnknownMeter),
        ((&w.token, &creator, 0, 10), Error::UnknownMeter),
        ((&w.router, &creator, 0, 10), Error::UnknownMeter),
        ((&meter, &creator, BPS_CAP + 1, 10), Error::BpsAboveCap),
        ((&meter, &creator, u32::MAX, 10), Error::BpsAboveCap),
    ];
    for (item, error) in cases {
        assert_eq!(w.settle(&[item]), [code(error)]);
        let event = &w.events()[0];
        assert_eq!(event.name(), "skipped");
        assert_eq!(event.fields()[2], ScVal::U32(error as u32));
    }
    assert_eq!(w.meter(&meter).balance(), 1_000);
    assert_eq!(w.settle(&[(&meter, &creator, BPS_CAP, 10)]), [0]);
}

#[test]
fn zero_negative_and_huge_amounts() {
    let w = World::open();
    let creator = w.creator();
    let (viewer, meter) = w.funded(1_000);
    let beyond = i64::MAX as i128 + 1;
    for amount in [0, -1, i64::MIN as i128, i128::MIN, beyond, i128::MAX] {
        refused!(w.meter(&meter).try_deposit(&viewer, &amount), Error::InvalidAmount);
        refused!(
            w.router().try_deposit_many(&viewer, &vec![&w.env, (meter.clone(), amount)]),
            Error::InvalidAmount
        );
        assert_eq!(w.settle(&[(&meter, &creator, 0, amount)]), [code(Error::InvalidAmount)]);
        let clamped = amount.clamp(i64::MIN as i128, i64::MAX as i128) as i64;
        assert_eq!(w.events()[0].fields()[1], ScVal::I64(clamped));
    }
    refused!(w.meter(&meter).try_deposit(&viewer, &1), Error::TransferFailed);
    w.assert_conserved(&meter);
}

#[test]
fn overflow_at_the_edges() {
    let w = World::open();
    let (a, b) = (w.creator(), w.creator());
    let max = i64::MAX as i128;
    let (viewer, meter) = w.funded(max);
    w.mint(&viewer, 10);
    refused!(w.meter(&meter).try_deposit(&viewer, &1), Error::Overflow);
    refused!(
        w.router().try_deposit_many(&viewer, &vec![&w.env, (meter.clone(), 1)]),
        Error::Overflow
    );
    assert_eq!(w.token().balance(&viewer), 10);
    // A plain transfer cannot be refused: the total stops at the edge, the money does not.
    w.mint(&meter, max);
    w.mint(&meter, max);
    w.meter(&meter).sync();
    assert_eq!(w.events()[0].fields()[1], ScVal::I64(i64::MAX));
    assert_eq!(w.settle(&[(&meter, &a, BPS_CAP, max)]), [0]);
    assert_eq!(w.token().balance(&w.fee_account), max * BPS_CAP as i128 / 10_000);
    assert_eq!(w.settle(&[(&meter, &b, 0, 1)]), [code(Error::Overflow)]);
    w.meter(&meter).request_refund();
    w.router().release_refund(&meter);
    assert_eq!(w.meter(&meter).balance(), 0);
    assert_eq!(w.token().balance(&viewer), 10 + 2 * max);
}

#[test]
fn refund_before_its_time() {
    let w = World::open();
    let (viewer, meter) = w.funded(1_000);
    let m = w.meter(&meter);
    refused!(m.try_refund(), Error::NoRefundPending);
    refused!(w.router().try_release_refund(&meter), Error::NoRefundPending);
    m.request_refund();
    refused!(m.try_refund(), Error::RefundEarly);
    w.later(REFUND_DELAY_S - 1);
    refused!(m.try_refund(), Error::RefundEarly);
    w.later(1);
    assert_eq!(m.refund(), 1_000);
    refused!(m.try_refund(), Error::NoRefundPending);
    refused!(w.router().try_release_refund(&meter), Error::NoRefundPending);
    assert_eq!(w.token().balance(&viewer), 1_000);
}

#[test]
fn one_bad_item_among_good_ones() {
    let w = World::open();
    let creator = w.creator();
    let stranger = w.someone();
    // An account that cannot hold the token: the transfer itself fails, inside the meter.
    let id = xdr::ScAddress::Account(xdr::AccountId(
        xdr::PublicKey::PublicKeyTypeEd25519(xdr::Uint256([3; 32])),
    ));
    let nowhere = Address::try_from_val(&w.env, &ScVal::Address(id)).unwrap();
    w.router().register_creator(&nowhere);
    let (_, rich) = w.funded(1_000);
    let (_, poor) = w.funded(5);
    let codes = w.settle(&[
        (&rich, &creator, 0, 10),
        (&poor, &creator, 0, 10),
        (&rich, &nowhere, 1_000, 20),
        (&stranger, &creator, 0, 10),
        (&rich, &stranger, 0, 10),
        (&rich, &creator, 9_999, 10),
        (&rich, &creator, 0, -5),
        (&rich, &creator, 1_000, 10),
        (&poor, &creator, 0, 5),
    ]);
    let names: std::vec::Vec<_> = w.events().iter().map(Event::name).collect();
    assert_eq!(codes, [0, 14, 20, 12, 13, 11, 10, 0, 0]);
    assert_eq!(names.iter().filter(|n| *n == "skipped").count(), 6);
    assert_eq!(names.len(), 9, "an event an item, in order");
    assert_eq!((names[0].as_str(), names[2].as_str()), ("settled", "skipped"));
    assert_eq!(w.meter(&rich).totals().3, 20, "the failed transfer left no trace");
    assert_eq!(w.meter(&rich).paid(&nowhere, &1_000), 0);
    assert_eq!(w.token().balance(&w.fee_account), 1);
    w.assert_conserved(&rich);
    w.assert_conserved(&poor);
    assert!(w.settle(&[]).is_empty());
}

#[test]
fn a_meter_as_its_own_creator() {
    let w = World::open();
    let (_, meter) = w.funded(1_000);
    let (_, other) = w.funded(0);
    w.router().register_creator(&meter);
    assert_eq!(w.settle(&[(&meter, &meter, 0, 10)]), [code(Error::PayeeIsMeter)]);
    // Another's meter is a payee like any: what it gets counts as its deposit.
    assert_eq!(w.settle(&[(&other, &meter, 0, 10)]), [code(Error::AboveBalance)]);
    w.router().register_creator(&other);
    assert_eq!(w.settle(&[(&meter, &other, 0, 10)]), [0]);
    assert_eq!(w.meter(&other).totals().1, 10);
    // Nor may the fee account be the meter that pays.
    w.router().set_fee_account(&meter);
    let creator = w.creator();
    assert_eq!(w.settle(&[(&meter, &creator, 1_000, 10)]), [code(Error::PayeeIsMeter)]);
    w.assert_conserved(&meter);
}

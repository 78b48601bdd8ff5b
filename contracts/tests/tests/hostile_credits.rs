//! The hostile list of credits: a treasury's order is carried out once, out of its own money,
//! into registered meters, whatever is repeated, mixed up or forged.

use paytick_contract_tests::*;
use soroban_sdk::testutils::{MockAuth, MockAuthInvoke};
use soroban_sdk::xdr::{ScVal, ToXdr};
use soroban_sdk::{Address, BytesN, IntoVal, InvokeError, Symbol, Val, Vec};

const NOTHING_NEW: u8 = CODE_NOTHING_NEW as u8;

/// Refused by the host, for want of a signature.
macro_rules! refused_by_host {
    ($call:expr) => {
        assert!($call.is_err())
    };
}

fn code(error: Error) -> u8 {
    error as u8
}

/// A world whose treasury holds `amount`.
fn with_treasury(amount: i128) -> World {
    let w = World::open();
    w.mint(&w.treasury, amount);
    w
}

fn digest(w: &World, batch: &Vec<(Address, i128)>) -> BytesN<32> {
    w.env.crypto().sha256(&batch.clone().to_xdr(&w.env)).to_bytes()
}

/// What the treasury signs: a batch by its digest, and below it the transfers it makes.
fn sign(w: &World, who: &Address, signed: &Vec<(Address, i128)>, transfers: &[(&Address, i128)]) {
    let transfers: std::vec::Vec<MockAuthInvoke> = transfers
        .iter()
        .map(|(meter, amount)| MockAuthInvoke {
            contract: &w.token,
            fn_name: "transfer",
            args: (who, *meter, *amount).into_val(&w.env),
            sub_invokes: &[],
        })
        .collect();
    w.env.mock_auths(&[MockAuth {
        address: who,
        invoke: &MockAuthInvoke {
            contract: &w.router,
            fn_name: "credit",
            args: (digest(w, signed),).into_val(&w.env),
            sub_invokes: &transfers,
        },
    }]);
}

#[test]
fn a_credit_is_a_deposit_by_the_treasury() {
    let w = with_treasury(1_000);
    let (_, meter) = w.funded(50);
    assert_eq!(w.credit(&[(&meter, 300)]), [0]);
    let event = &w.events()[0];
    assert_eq!(event.name(), "credited");
    assert_eq!(event.fields()[..2], [ScVal::I64(300), ScVal::I64(300)]);
    assert_eq!(event.fields()[2..], w.totals_of(&meter));
    assert_eq!(w.token().balance(&w.treasury), 700);
    assert_eq!((w.meter(&meter).balance(), w.meter(&meter).credited()), (350, 300));
    assert_eq!(w.meter(&meter).totals().1, 350);
    // And it can be spent.
    let creator = w.creator();
    assert_eq!(w.settle(&[(&meter, &creator, 0, 350)]), [0]);
    assert_eq!(w.credit(&[(&meter, 400)]), [0], "spending does not touch what was credited");
    assert_eq!(w.meter(&meter).balance(), 100);
    w.assert_conserved(&meter);
}

#[test]
fn repeated_older_and_reordered_sums_pay_once() {
    let w = with_treasury(1_000);
    let (_, meter) = w.funded(0);
    let (_, other) = w.funded(0);
    assert_eq!(w.credit(&[(&meter, 100), (&meter, 100)]), [0, NOTHING_NEW]);
    let totals = w.meter(&meter).totals();
    assert_eq!(w.credit(&[(&meter, 100), (&meter, 1)]), [NOTHING_NEW; 2]);
    let event = &w.events()[1];
    assert_eq!(event.name(), "credited");
    assert_eq!(event.fields()[..2], [ScVal::I64(100), ScVal::I64(0)], "the sum that stands");
    assert_eq!(w.meter(&meter).totals(), totals, "not even a new version");
    // The later order overtakes the earlier one.
    assert_eq!(w.credit(&[(&meter, 300), (&meter, 200), (&other, 50)]), [0, NOTHING_NEW, 0]);
    assert_eq!(w.credit(&[(&other, 50), (&meter, 200), (&meter, 301)]), [NOTHING_NEW, NOTHING_NEW, 0]);
    assert_eq!(w.token().balance(&w.treasury), 1_000 - 301 - 50);
    assert_eq!((w.meter(&meter).balance(), w.meter(&other).balance()), (301, 50));
    // Not by a refund in between, either.
    w.meter(&meter).request_refund();
    w.router().release_refund(&meter);
    assert_eq!(w.credit(&[(&meter, 301)]), [NOTHING_NEW]);
    assert_eq!(w.meter(&meter).balance(), 0);
    assert!(w.credit(&[]).is_empty());
}

#[test]
fn foreign_meters_and_amounts_out_of_range() {
    let w = with_treasury(1_000);
    let (_, meter) = w.funded(0);
    let stranger = w.someone();
    let elsewhere =
        w.env.register(meter::WASM, (&w.router, &stranger, &w.token, i64::MAX as i128, 0u64));
    for foreign in [&stranger, &w.token, &w.router, &w.treasury, &elsewhere] {
        assert_eq!(w.credit(&[(foreign, 10)]), [code(Error::UnknownMeter)]);
        let event = &w.events()[0];
        assert_eq!((event.name().as_str(), event.topics.len()), ("uncredited", 2));
        assert_eq!(event.fields(), [ScVal::I64(10), ScVal::U32(Error::UnknownMeter as u32)]);
    }
    for amount in [0, -1, i64::MIN as i128, i128::MIN, i64::MAX as i128 + 1, i128::MAX] {
        assert_eq!(w.credit(&[(&meter, amount)]), [code(Error::InvalidAmount)]);
        let clamped = amount.clamp(i64::MIN as i128, i64::MAX as i128) as i64;
        assert_eq!(w.events()[0].fields()[0], ScVal::I64(clamped));
    }
    assert_eq!(w.token().balance(&w.treasury), 1_000);
    assert_eq!((w.meter(&meter).balance(), w.meter(&meter).credited()), (0, 0));
}

#[test]
fn overflow_leaves_no_trace() {
    let max = i64::MAX as i128;
    let w = with_treasury(max);
    let (_, meter) = w.funded(10);
    let (_, other) = w.funded(0);
    let codes = w.credit(&[(&meter, max - 9), (&other, 20), (&meter, max - 10)]);
    assert_eq!(codes, [code(Error::Overflow), 0, code(Error::TransferFailed)]);
    assert_eq!((w.meter(&meter).balance(), w.meter(&meter).credited()), (10, 0));
    w.mint(&w.treasury, 20);
    assert_eq!(w.credit(&[(&meter, max - 10)]), [0], "up to the edge, and no further");
    assert_eq!(w.meter(&meter).totals().1, i64::MAX);
    w.assert_conserved(&meter);
}

#[test]
fn a_treasury_short_of_money_pays_what_it_can_and_later_the_rest() {
    let w = with_treasury(100);
    let meters: std::vec::Vec<Address> = (0..3).map(|_| w.funded(0).1).collect();
    let items = [(&meters[0], 60), (&meters[1], 60), (&meters[2], 40)];
    let short = code(Error::TransferFailed);
    assert_eq!(w.credit(&items), [0, short, 0], "whole sums only, and the others are not sunk");
    assert_eq!(w.meter(&meters[1]).credited(), 0);
    assert_eq!(w.token().balance(&w.treasury), 0);
    w.mint(&w.treasury, 100);
    assert_eq!(w.credit(&items), [NOTHING_NEW, 0, NOTHING_NEW]);
    assert_eq!(w.token().balance(&w.treasury), 40);
    meters.iter().for_each(|meter| w.assert_conserved(meter));
}

#[test]
fn a_meter_under_refund_gives_it_to_its_viewer() {
    let w = with_treasury(1_000);
    let (viewer, meter) = w.funded(100);
    w.meter(&meter).request_refund();
    assert_eq!(w.credit(&[(&meter, 30)]), [0], "what is owed to who leaves is still owed");
    w.later(REFUND_DELAY_S);
    assert_eq!(w.meter(&meter).refund(), 130);
    assert_eq!(w.token().balance(&viewer), 130);
    assert_eq!(w.credit(&[(&meter, 30)]), [NOTHING_NEW]);
    assert_eq!(w.credit(&[(&meter, 31)]), [0]);
    assert_eq!(w.meter(&meter).balance(), 1);
    w.assert_conserved(&meter);
}

#[test]
fn only_the_treasury_signs_and_only_what_it_signed() {
    let w = with_treasury(1_000);
    let (viewer, meter) = w.funded(0);
    let (_, other) = w.funded(0);
    let batch = w.credits(&[(&meter, 100)]);
    for who in [&w.admin, &w.settler, &w.fee_account, &viewer] {
        w.signed().mint(who, 100);
        sign(&w, who, &batch, &[(&meter, 100)]);
        refused_by_host!(w.router().try_credit(&batch));
    }
    // Another batch under the treasury's signature, with transfers to match or without.
    let swapped = w.credits(&[(&other, 100)]);
    sign(&w, &w.treasury, &batch, &[(&other, 100)]);
    refused_by_host!(w.router().try_credit(&swapped));
    // The batch, but a larger transfer: the token asks for what was signed.
    sign(&w, &w.treasury, &batch, &[(&meter, 99)]);
    assert_eq!(codes(&w.router().credit(&batch)), [code(Error::TransferFailed)]);
    assert_eq!(w.token().balance(&w.treasury), 1_000);
    sign(&w, &w.treasury, &batch, &[(&meter, 100)]);
    assert_eq!(codes(&w.router().credit(&batch)), [0]);
    assert_eq!((w.meter(&meter).balance(), w.meter(&other).balance()), (100, 0));
}

#[test]
fn a_stolen_treasury_key_moves_no_money_but_its_own() {
    let w = with_treasury(10);
    let creator = w.creator();
    let thief = w.someone();
    let (_, meter) = w.funded(1_000);
    w.meter(&meter).request_refund();
    let batch = w.batch(&[(&meter, &creator, 0, 10)]);
    let calls: [(&Address, &str, Vec<Val>); 10] = [
        (&w.router, "settle", (batch,).into_val(&w.env)),
        (&w.router, "release_refund", (&meter,).into_val(&w.env)),
        (&w.router, "register_creator", (&thief,).into_val(&w.env)),
        (&w.router, "set_admin", (&thief,).into_val(&w.env)),
        (&w.router, "set_settler", (&thief,).into_val(&w.env)),
        (&w.router, "set_fee_account", (&thief,).into_val(&w.env)),
        (&w.router, "set_treasury", (&thief,).into_val(&w.env)),
        (&meter, "withdraw", (&creator, 0u32, 10i128, &thief).into_val(&w.env)),
        (&meter, "credit", (&w.treasury, 10i128).into_val(&w.env)),
        (&meter, "refund", ().into_val(&w.env)),
    ];
    for (contract, function, args) in calls {
        w.env.mock_auths(&[MockAuth {
            address: &w.treasury,
            invoke: &MockAuthInvoke {
                contract,
                fn_name: function,
                args: args.clone(),
                sub_invokes: &[],
            },
        }]);
        let symbol = Symbol::new(&w.env, function);
        refused_by_host!(w.env.try_invoke_contract::<Val, InvokeError>(contract, &symbol, args));
    }
    assert_eq!((w.meter(&meter).balance(), w.token().balance(&w.treasury)), (1_000, 10));
}

#[test]
fn a_new_treasury_goes_on_where_the_old_one_stopped() {
    let w = with_treasury(1_000);
    let (_, meter) = w.funded(0);
    assert_eq!(w.credit(&[(&meter, 100)]), [0]);
    let old = w.treasury.clone();
    let new = w.someone();
    w.mint(&new, 1_000);
    w.router().set_treasury(&new);
    let batch = w.credits(&[(&meter, 150)]);
    sign(&w, &old, &batch, &[(&meter, 50)]);
    refused_by_host!(w.router().try_credit(&batch));
    sign(&w, &new, &batch, &[(&meter, 50)]);
    assert_eq!(codes(&w.router().credit(&batch)), [0]);
    assert_eq!((w.token().balance(&old), w.token().balance(&new)), (900, 950));
    assert_eq!(w.router().config().treasury, new);
}

#[test]
fn a_meter_as_its_own_treasury() {
    let w = with_treasury(0);
    let (_, meter) = w.funded(1_000);
    let (_, other) = w.funded(0);
    w.router().set_treasury(&meter);
    assert_eq!(w.credit(&[(&meter, 10)]), [code(Error::PayeeIsMeter)]);
    // A contract signs for nobody; were it to, its own totals would say what left it.
    w.unsigned();
    refused_by_host!(w.router().try_credit(&w.credits(&[(&other, 10)])));
    assert_eq!(w.meter(&meter).balance(), 1_000);
    w.assert_conserved(&meter);
}

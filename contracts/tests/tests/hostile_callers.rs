//! The hostile list, second half: what each key, contract and stranger must not be able to do.

use paytick_contract_tests::rogue::{Rogue, RogueClient};
use paytick_contract_tests::*;
use soroban_sdk::testutils::{MockAuth, MockAuthInvoke};
use soroban_sdk::xdr::ToXdr;
use soroban_sdk::{vec, Address, BytesN, IntoVal, InvokeError, Symbol, Val, Vec};

/// Refused with this code of ours.
macro_rules! refused {
    ($call:expr, $error:expr) => {
        match $call {
            Err(Ok(e)) => assert_eq!(e as u32, $error as u32),
            other => panic!("not refused with {:?}: {other:?}", $error),
        }
    };
}

/// Refused by the host, for want of a signature or of a function.
macro_rules! refused_by_host {
    ($call:expr) => {
        assert!($call.is_err())
    };
}

fn code(error: Error) -> u8 {
    error as u8
}

/// Signs exactly one call and nothing else.
fn only(w: &World, who: &Address, contract: &Address, function: &str, args: Vec<Val>) {
    w.env.mock_auths(&[MockAuth {
        address: who,
        invoke: &MockAuthInvoke { contract, fn_name: function, args, sub_invokes: &[] },
    }]);
}

fn digest(w: &World, batch: &Vec<(Address, Address, u32, i128)>) -> BytesN<32> {
    w.env.crypto().sha256(&batch.clone().to_xdr(&w.env)).to_bytes()
}

#[test]
fn wrong_caller() {
    let w = World::open();
    let creator = w.creator();
    let (viewer, meter) = w.funded(1_000);
    w.mint(&viewer, 100);
    w.mint(&w.treasury, 100);
    w.meter(&meter).request_refund();
    w.later(REFUND_DELAY_S);
    let before = w.meter(&meter).totals();
    let batch = w.batch(&[(&meter, &creator, 0, 10)]);
    w.unsigned();
    let (m, r) = (w.meter(&meter), w.router());
    refused_by_host!(m.try_withdraw(&creator, &0, &10, &w.fee_account));
    refused_by_host!(m.try_refresh());
    refused_by_host!(m.try_release_refund());
    refused_by_host!(m.try_deposit(&viewer, &10));
    refused_by_host!(m.try_allow(&(i64::MAX as i128)));
    refused_by_host!(m.try_request_refund());
    refused_by_host!(m.try_refund());
    refused_by_host!(m.try_credit(&w.treasury, &10));
    refused_by_host!(r.try_credit(&w.credits(&[(&meter, 10)])));
    refused_by_host!(r.try_settle(&batch));
    refused_by_host!(r.try_release_refund(&meter));
    refused_by_host!(r.try_deposit_many(&viewer, &vec![&w.env, (meter.clone(), 10)]));
    refused_by_host!(r.try_register_creator(&viewer));
    refused_by_host!(r.try_register_creators(&vec![&w.env, viewer.clone()]));
    refused_by_host!(r.try_set_admin(&viewer));
    refused_by_host!(r.try_set_settler(&viewer));
    refused_by_host!(r.try_set_fee_account(&viewer));
    refused_by_host!(r.try_set_treasury(&viewer));
    let lie = router::Totals(viewer.clone(), 9, 0, 0, 9, 99, 0);
    refused_by_host!(r.try_report(&meter, &lie));
    refused_by_host!(r.try_report_refund(&meter, &lie));
    assert_eq!(w.meter(&meter).totals(), before);
    assert!(!w.router().is_registered(&viewer));
}

#[test]
fn a_contract_that_is_not_the_router() {
    let w = World::open();
    let (_, meter) = w.funded(1_000);
    w.meter(&meter).request_refund();
    let rogue = RogueClient::new(&w.env, &w.env.register(Rogue, ()));
    let payee = w.creator();
    w.mint(&payee, 1_000);
    w.unsigned();
    refused_by_host!(rogue.try_loot(&meter, &payee, &0, &w.fee_account));
    refused_by_host!(rogue.try_release(&meter));
    refused_by_host!(rogue.try_endow(&meter, &payee));
    assert_eq!(w.meter(&meter).balance(), 1_000);
}

#[test]
fn a_router_that_asks_for_more_than_the_whole() {
    let w = World::open();
    let rogue = RogueClient::new(&w.env, &w.env.register(Rogue, ()));
    let (viewer, payee, fees) = (w.someone(), w.someone(), w.someone());
    let allowance = i64::MAX as i128;
    let meter =
        w.env.register(meter::WASM, (&rogue.address, &viewer, &w.token, allowance, 0u64));
    w.mint(&meter, 1_000);
    w.unsigned();
    refused_by_host!(rogue.try_loot(&meter, &payee, &10_001, &fees));
    rogue.loot(&meter, &payee, &10_000, &fees);
    assert_eq!(w.token().balance(&fees), 100);
    assert_eq!(w.meter(&meter).balance(), 900);
}

#[test]
fn a_meter_that_nobody_registered() {
    let w = World::open();
    let (_, meter) = w.funded(1_000);
    let rogue = RogueClient::new(&w.env, &w.env.register(Rogue, ()));
    let lie = Totals(w.someone(), 1_000_000, 0, 0, 1_000_000, 99, 0);
    w.unsigned();
    refused_by_host!(rogue.try_lie(&w.router, &lie));
    refused_by_host!(rogue.try_frame(&w.router, &meter, &lie));
    // Our own code, deployed by a stranger with our router's name in it.
    let viewer = w.someone();
    let copy = w
        .env
        .register(meter::WASM, (&w.router, &viewer, &w.token, i64::MAX as i128, REFUND_DELAY_S));
    w.signed();
    w.mint(&viewer, 100);
    refused_by_host!(w.meter(&copy).try_deposit(&viewer, &100));
    refused_by_host!(w.meter(&copy).try_sync());
    assert_eq!(w.token().balance(&viewer), 100);
    assert_eq!(w.router().viewer_of(&copy), None);
    let creator = w.creator();
    assert_eq!(w.settle(&[(&copy, &creator, 0, 10)]), [code(Error::UnknownMeter)]);
    refused!(w.router().try_release_refund(&copy), Error::UnknownMeter);
    refused!(
        w.router().try_deposit_many(&viewer, &vec![&w.env, (copy.clone(), 10)]),
        Error::UnknownMeter
    );
}

#[test]
fn an_event_forged_by_another_contract() {
    use soroban_sdk::testutils::Events as _;
    let w = World::open();
    let (_, meter) = w.funded(1_000);
    w.meter(&meter).sync();
    let real = w.events();
    let t = w.meter(&meter).totals();
    let totals = Totals(t.0, t.1, t.2, t.3, t.4, t.5, t.6);
    let rogue = RogueClient::new(&w.env, &w.env.register(Rogue, ()));
    rogue.forge(&meter, &totals);
    let all = w.env.events().all();
    assert_eq!(Event::read(&all.events()[0]), real[0], "topics and data are the same");
    assert!(w.events().is_empty(), "a reader that filters by the router's id sees nothing");
}

#[test]
fn second_initialisation() {
    let w = World::open();
    let (viewer, meter) = w.funded(1_000);
    let thief = w.someone();
    let constructor = Symbol::new(&w.env, "__constructor");
    let args: Vec<Val> =
        (&thief, &viewer, &w.token, i64::MAX as i128, 0u64).into_val(&w.env);
    let again = w.env.try_invoke_contract::<Val, InvokeError>(&meter, &constructor, args);
    refused_by_host!(again);
    let hash = w.router().config().meter_wasm_hash;
    let args: Vec<Val> =
        (&thief, &thief, &w.token, &thief, &thief, 10_000u32, hash, 0i128, 0u64).into_val(&w.env);
    let again = w.env.try_invoke_contract::<Val, InvokeError>(&w.router, &constructor, args);
    refused_by_host!(again);
    assert_eq!(w.meter(&meter).config().router, w.router);
    assert_eq!(w.router().config().admin, w.admin);
}

#[test]
#[should_panic(expected = "Error(Contract, #22)")]
fn a_cap_above_the_whole() {
    let w = World::open();
    let a = w.someone();
    let hash = w.router().config().meter_wasm_hash;
    w.env.register(router::WASM, (&a, &a, &w.token, &a, &a, 10_001u32, hash, 0i128, 0u64));
}

#[test]
fn a_stolen_settler_key() {
    let w = World::new(0);
    let creator = w.creator();
    let thief = w.someone();
    let (viewer, meter) = w.funded(1_000);
    w.meter(&meter).allow(&300);
    let admin_calls: [(&str, Vec<Val>); 7] = [
        ("register_creator", (&thief,).into_val(&w.env)),
        ("register_creators", (vec![&w.env, thief.clone()],).into_val(&w.env)),
        ("set_admin", (&thief,).into_val(&w.env)),
        ("set_settler", (&thief,).into_val(&w.env)),
        ("set_fee_account", (&thief,).into_val(&w.env)),
        ("set_treasury", (&thief,).into_val(&w.env)),
        ("credit", (w.credits(&[(&meter, 10)]),).into_val(&w.env)),
    ];
    let call = |contract: &Address, function: &str, args: Vec<Val>| {
        only(&w, &w.settler, contract, function, args.clone());
        w.env.try_invoke_contract::<Val, InvokeError>(contract, &Symbol::new(&w.env, function), args)
    };
    for (function, args) in admin_calls {
        refused_by_host!(call(&w.router, function, args));
    }
    let meter_calls: [(&str, Vec<Val>); 5] = [
        ("withdraw", (&thief, 0u32, 10i128, &thief).into_val(&w.env)),
        ("allow", (1_000i128,).into_val(&w.env)),
        ("request_refund", ().into_val(&w.env)),
        ("refund", ().into_val(&w.env)),
        ("release_refund", ().into_val(&w.env)),
    ];
    for (function, args) in meter_calls {
        refused_by_host!(call(&meter, function, args));
    }
    // No refund without the viewer's request.
    refused_by_host!(call(&w.router, "release_refund", (&meter,).into_val(&w.env)));
    // Not to the thief, not a larger share, not more than was signed: a registered
    // creator, within the allowance, and that is all.
    let batch = w.batch(&[
        (&meter, &thief, 0, 10),
        (&meter, &creator, 10_000, 10),
        (&meter, &creator, 0, 301),
        (&meter, &creator, 0, 300),
        (&meter, &creator, 1, 1),
    ]);
    only(&w, &w.settler, &w.router, "settle", (digest(&w, &batch),).into_val(&w.env));
    assert_eq!(codes(&w.router().settle(&batch)), [13, 11, 15, 0, 15]);
    assert_eq!(w.token().balance(&thief), 0);
    assert_eq!(w.token().balance(&creator), 300);
    assert_eq!(w.meter(&meter).balance(), 700);
    // And the rest is still the viewer's.
    w.signed();
    w.meter(&meter).request_refund();
    w.later(REFUND_DELAY_S);
    w.meter(&meter).refund();
    assert_eq!(w.token().balance(&viewer), 700);
}

#[test]
fn another_batch_under_the_settlers_signature() {
    let w = World::open();
    let creator = w.creator();
    let (_, meter) = w.funded(1_000);
    let signed = w.batch(&[(&meter, &creator, 0, 10)]);
    let swapped = w.batch(&[(&meter, &creator, 0, 900)]);
    let sign = || only(&w, &w.settler, &w.router, "settle", (digest(&w, &signed),).into_val(&w.env));
    sign();
    refused_by_host!(w.router().try_settle(&swapped));
    sign();
    assert_eq!(codes(&w.router().settle(&signed)), [0]);
    assert_eq!(w.token().balance(&creator), 10);
}

#[test]
fn an_old_settler_or_admin() {
    let w = World::open();
    let creator = w.creator();
    let (_, meter) = w.funded(1_000);
    let batch = w.batch(&[(&meter, &creator, 0, 10)]);
    let (new_settler, new_admin) = (w.someone(), w.someone());
    w.router().set_settler(&new_settler);
    w.router().set_admin(&new_admin);
    only(&w, &w.settler, &w.router, "settle", (digest(&w, &batch),).into_val(&w.env));
    refused_by_host!(w.router().try_settle(&batch));
    only(&w, &w.admin, &w.router, "set_settler", (&w.admin,).into_val(&w.env));
    refused_by_host!(w.router().try_set_settler(&w.admin));
    only(&w, &new_settler, &w.router, "settle", (digest(&w, &batch),).into_val(&w.env));
    assert_eq!(codes(&w.router().settle(&batch)), [0]);
    // A new admin must sign too, lest the role go to a key that nobody holds.
    only(&w, &new_admin, &w.router, "set_admin", (&w.admin,).into_val(&w.env));
    refused_by_host!(w.router().try_set_admin(&w.admin));
    // And who only signs for himself is not made admin.
    only(&w, &w.admin, &w.router, "set_admin", (&w.admin,).into_val(&w.env));
    refused_by_host!(w.router().try_set_admin(&w.admin));
    assert_eq!(w.router().config().admin, new_admin);
}

#[test]
fn a_refund_or_allowance_by_another_viewer() {
    let w = World::new(0);
    let (_, meter) = w.funded(1_000);
    let (other, _) = w.funded(0);
    w.meter(&meter).request_refund();
    w.later(REFUND_DELAY_S);
    for (function, args) in [
        ("refund", ().into_val(&w.env)),
        ("request_refund", ().into_val(&w.env)),
        ("allow", (1_000i128,).into_val(&w.env)),
    ] {
        let args: Vec<Val> = args;
        only(&w, &other, &meter, function, args.clone());
        refused_by_host!(w.env.try_invoke_contract::<Val, InvokeError>(
            &meter,
            &Symbol::new(&w.env, function),
            args
        ));
    }
    assert_eq!(w.meter(&meter).balance(), 1_000);
}

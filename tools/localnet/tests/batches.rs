//! The largest batches of the project's contracts that the network simulates and applies, with its limits on.
//! contracts/README.md repeats the figures; `cargo test --release --test batches -- --nocapture` prints them.

mod common;

use common::{address, call, contracts, contracts::list, i128_value, key, return_value, Net};
use ed25519_dalek::SigningKey;
use localnet::{ledger::Submission, settings::Settings, wire::encode};
use soroban_env_host::xdr::{HostFunction, ScAddress, ScVal, TransactionMeta};

const XLM: i128 = 10_000_000;

struct World {
    net: Net,
    operator: SigningKey,
    router: ScAddress,
    made: u32,
}

impl World {
    fn new(name: &str) -> Self {
        let mut net = Net::standard(name);
        let operator = key(1);
        net.fund(&[&operator]);
        let router = contracts::create_router(&mut net, &operator);
        Self { net, operator, router, made: 1_000 }
    }

    /// Keys that were never used.
    fn fresh(&mut self, n: u32) -> Vec<SigningKey> {
        self.made += n;
        (self.made - n..self.made).map(key).collect()
    }

    fn call(&self, function: &str, arguments: Vec<ScVal>) -> HostFunction {
        call(&self.router, function, arguments)
    }

    fn deploy(&mut self, n: u32) -> HostFunction {
        let viewers = self.fresh(n);
        self.call("deploy_meters", vec![list(viewers.iter().map(address).collect())])
    }

    /// Meters made ten at a time.
    fn meters(&mut self, n: u32) -> Vec<ScVal> {
        let mut meters = vec![];
        while meters.len() < n as usize {
            let deploy = self.deploy(10);
            let ScVal::Vec(Some(made)) = return_value(&self.net.invoke(&self.operator, deploy))
            else {
                panic!("not a list")
            };
            meters.extend(made.iter().cloned());
        }
        meters.truncate(n as usize);
        meters
    }

    fn deposit(&mut self, meters: &[ScVal]) -> HostFunction {
        let pairs = meters.iter().map(|meter| list(vec![meter.clone(), i128_value(10 * XLM)]));
        self.call("deposit_many", vec![address(&self.operator), list(pairs.collect())])
    }

    /// Every item on another meter, for another creator, who is paid for the first time: the worst.
    fn settle(&mut self, n: u32, bps: u32) -> HostFunction {
        let meters = self.meters(n);
        for some in meters.chunks(10) {
            let deposit = self.deposit(some);
            assert!(self.net.invoke(&self.operator, deposit).succeeded);
        }
        let creators = self.fresh(n);
        let accounts: Vec<_> = creators.iter().collect();
        for some in accounts.chunks(10) {
            self.net.fund(some);
            let register = list(some.iter().map(|creator| address(creator)).collect());
            let register = self.call("register_creators", vec![register]);
            assert!(self.net.invoke(&self.operator, register).succeeded);
        }
        let items = meters.into_iter().zip(&creators).map(|(meter, creator)| {
            list(vec![meter, address(creator), ScVal::U32(bps), i128_value(XLM)])
        });
        self.call("settle", vec![list(items.collect())])
    }

    /// Simulates, sends, applies, and prints what the network says.
    fn run(&mut self, what: &str, n: u32, function: HostFunction) -> Result<(), String> {
        let verdict = self.attempt(function);
        let words = verdict.as_ref().map_or_else(Clone::clone, Clone::clone);
        println!("{what:<22} {n:>3} items: {words}");
        verdict.map(|_| ())
    }

    fn attempt(&mut self, function: HostFunction) -> Result<String, String> {
        let simulated = self.net.simulate(&self.operator, &function);
        if let Err(error) = &simulated.invoke_result {
            return Err(format!("the simulation fails: {:?}", error.error));
        }
        let resources = simulated.transaction_data.expect("resources").resources;
        let envelope = self.net.invocation(&self.operator, function, |_| {});
        let bytes = encode(&envelope).len();
        match self.net.submit(envelope) {
            Submission::Pending => {}
            other => return Err(common::refusal(other)),
        }
        let record = self.net.close(1).pop().expect("the transaction is in the ledger");
        if !record.succeeded {
            return Err(common::failure(&record));
        }
        let footprint = &resources.footprint;
        Ok(format!(
            "fits, with {} B of memory, {} instructions, {} B of events and result, {} entries of {} \
             written with {} B, {bytes} B sent",
            simulated.simulated_memory,
            resources.instructions,
            output_bytes(&record.meta),
            footprint.read_write.len(),
            footprint.read_write.len() + footprint.read_only.len(),
            resources.write_bytes,
        ))
    }
}

fn meta(bytes: &[u8]) -> soroban_env_host::xdr::TransactionMetaV4 {
    match localnet::wire::decode(bytes).unwrap() {
        TransactionMeta::V4(meta) => meta,
        other => panic!("{other:?}"),
    }
}

fn output_bytes(bytes: &[u8]) -> usize {
    let meta = meta(bytes);
    let events = meta.operations.iter().flat_map(|operation| operation.events.iter());
    let value = meta.soroban_meta.and_then(|soroban| soroban.return_value);
    events.map(|event| encode(event).len()).sum::<usize>() + value.map_or(0, |v| encode(&v).len())
}

/// `most` items fit, and no more, until the limit that binds is lifted.
fn expect_most(
    name: &str,
    most: u32,
    function: impl Fn(&mut World, u32) -> HostFunction,
    lift: impl Fn(&mut Settings),
) {
    let mut world = World::new(name);
    let fitting = function(&mut world, most);
    world.run(name, most, fitting).unwrap();
    let too_many = function(&mut world, most + 1);
    world.run(name, most + 1, too_many.clone()).expect_err("one more fits, too");
    lift(&mut world.net.ledger.settings);
    world.run(name, most + 1, too_many).expect("another limit binds");
}

fn events(settings: &mut Settings) {
    settings.transaction.events_bytes *= 2;
}

/// The simulation asks the one, the ledger the other.
fn memory(settings: &mut Settings) {
    settings.config.tx_memory_limit *= 2;
    settings.transaction.memory_bytes *= 2;
}

#[test]
fn settlements_are_bound_by_their_events() {
    expect_most("settle with a share", 23, |w, n| w.settle(n, 2_000), events);
    expect_most("settle at 0 bps", 31, |w, n| w.settle(n, 0), events);
}

#[test]
fn deployments_are_bound_by_memory() {
    expect_most("deploy_meters", 25, World::deploy, memory);
}

#[test]
fn deposits_are_bound_by_their_events() {
    let deposits = |w: &mut World, n| {
        let meters = w.meters(n);
        w.deposit(&meters)
    };
    expect_most("deposit_many", 38, deposits, events);
}

/// Each into another meter, the first of its credits: the worst.
#[test]
fn credits_are_bound_by_their_events() {
    let credits = |w: &mut World, n| {
        let items = w.meters(n).into_iter().map(|meter| list(vec![meter, i128_value(XLM)]));
        let items = list(items.collect());
        w.call("credit", vec![items])
    };
    expect_most("credit", 36, credits, events);
}

//! Random deposits, transfers, credits, allowances, settlements and refunds, held against a plain
//! model: every code, every total and every balance, after every step. Money is conserved.

use paytick_contract_tests::*;
use soroban_sdk::xdr::ScVal;
use soroban_sdk::Address;
use std::collections::BTreeMap;

const VIEWERS: usize = 3;
const CREATORS: usize = 3;
const SHARES: [u32; 4] = [0, 333, 1_000, BPS_CAP];
const SEEDS: u64 = 24;
const STEPS: usize = 120;
/// So little that it runs short now and then.
const TREASURY: i128 = 5_000;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }
}

#[derive(Default, Clone)]
struct ModelMeter {
    balance: i128,
    deposited: i128,
    refunded: i128,
    allowance: i128,
    requested: bool,
    credited: i128,
    sums: BTreeMap<(usize, u32), i128>,
}

impl ModelMeter {
    fn paid(&self) -> i128 {
        self.sums.values().sum()
    }

    /// What the contract must answer, written from the rule and not from its code.
    fn settle(&mut self, creator: usize, bps: u32, sum: i128) -> u8 {
        if sum <= 0 {
            return Error::InvalidAmount as u8;
        }
        let before = *self.sums.get(&(creator, bps)).unwrap_or(&0);
        if sum <= before {
            return CODE_NOTHING_NEW as u8;
        }
        if self.paid() + sum - before > self.allowance {
            return Error::AboveAllowance as u8;
        }
        if sum - before > self.balance {
            return Error::AboveBalance as u8;
        }
        self.balance -= sum - before;
        self.sums.insert((creator, bps), sum);
        CODE_PAID as u8
    }

    fn give_back(&mut self) -> i128 {
        let left = self.balance;
        self.refunded += left;
        self.balance = 0;
        self.requested = false;
        left
    }
}

struct Run {
    w: World,
    random: Random,
    viewers: std::vec::Vec<Address>,
    meters: std::vec::Vec<Address>,
    creators: std::vec::Vec<Address>,
    model: std::vec::Vec<ModelMeter>,
    purses: std::vec::Vec<i128>,
    treasury: i128,
    /// The newest totals of each meter that a reader of events has seen.
    reader: BTreeMap<usize, (u64, std::vec::Vec<ScVal>)>,
}

impl Run {
    fn new(seed: u64) -> Run {
        let w = World::new(0);
        let viewers: std::vec::Vec<_> = (0..VIEWERS).map(|_| w.someone()).collect();
        for viewer in &viewers {
            w.mint(viewer, 1_000_000);
        }
        w.mint(&w.treasury, TREASURY);
        let meters = viewers.iter().map(|v| w.router().deploy_meter(v)).collect();
        let creators = (0..CREATORS).map(|_| w.creator()).collect();
        Run {
            w,
            random: Random(seed),
            meters,
            creators,
            model: std::vec![ModelMeter::default(); VIEWERS],
            purses: std::vec![1_000_000; VIEWERS],
            treasury: TREASURY,
            viewers,
            reader: BTreeMap::new(),
        }
    }

    fn step(&mut self) {
        let i = self.random.index(VIEWERS);
        let amount = 1 + self.random.below(5_000) as i128;
        let meter = self.meters[i].clone();
        let viewer = self.viewers[i].clone();
        match self.random.below(12) {
            0 | 1 if amount <= self.purses[i] => {
                self.w.meter(&meter).deposit(&viewer, &amount);
                self.read_events();
                self.pay_in(i, amount);
            }
            2 if amount <= self.purses[i] => {
                self.w.token().transfer(&viewer, &meter, &amount);
                self.pay_in(i, amount);
            }
            3 => {
                self.w.meter(&meter).sync();
                self.read_events();
            }
            4 => {
                let total = self.model[i].allowance + amount;
                self.w.meter(&meter).allow(&total);
                self.read_events();
                self.model[i].allowance = total;
            }
            5 if self.random.below(3) == 0 => {
                self.w.meter(&meter).request_refund();
                self.read_events();
                self.model[i].requested = true;
            }
            6 => {
                let answer = self.w.router().try_release_refund(&meter).is_ok();
                self.read_events();
                assert_eq!(answer, self.model[i].requested);
                if answer {
                    self.purses[i] += self.model[i].give_back();
                }
            }
            7 if self.model[i].requested => {
                self.w.later(REFUND_DELAY_S);
                let left = self.w.meter(&meter).refund();
                self.read_events();
                assert_eq!(left, self.model[i].give_back());
                self.purses[i] += left;
            }
            10 | 11 => self.credit(),
            _ => self.settle(),
        }
        self.check(i);
    }

    fn pay_in(&mut self, i: usize, amount: i128) {
        self.purses[i] -= amount;
        self.model[i].balance += amount;
        self.model[i].deposited += amount;
    }

    fn settle(&mut self) {
        let mut picks = std::vec::Vec::new();
        for _ in 0..self.random.below(6) {
            let meter = self.random.index(VIEWERS);
            let creator = self.random.index(CREATORS);
            let bps = SHARES[self.random.index(SHARES.len())];
            let before = *self.model[meter].sums.get(&(creator, bps)).unwrap_or(&0);
            let sum = before + self.random.below(1_500) as i128 - 200;
            picks.push((meter, creator, bps, sum));
        }
        let items: std::vec::Vec<_> = picks
            .iter()
            .map(|&(m, c, bps, sum)| (&self.meters[m], &self.creators[c], bps, sum))
            .collect();
        let codes = self.w.settle(&items);
        self.read_events();
        let expected: std::vec::Vec<_> = picks
            .iter()
            .map(|&(m, c, bps, sum)| self.model[m].settle(c, bps, sum))
            .collect();
        assert_eq!(codes, expected);
    }

    fn credit(&mut self) {
        let mut items = std::vec::Vec::new();
        let mut expected = std::vec::Vec::new();
        for _ in 0..self.random.below(4) {
            let i = self.random.index(VIEWERS);
            let sum = self.model[i].credited + self.random.below(1_500) as i128 - 400;
            items.push((self.meters[i].clone(), sum));
            let moved = sum - self.model[i].credited;
            expected.push(if sum <= 0 {
                Error::InvalidAmount as u8
            } else if moved <= 0 {
                CODE_NOTHING_NEW as u8
            } else if moved > self.treasury {
                Error::TransferFailed as u8
            } else {
                self.treasury -= moved;
                self.model[i].credited = sum;
                self.model[i].balance += moved;
                self.model[i].deposited += moved;
                CODE_PAID as u8
            });
        }
        let items: std::vec::Vec<_> = items.iter().map(|(meter, sum)| (meter, *sum)).collect();
        let codes = self.w.credit(&items);
        self.read_events();
        assert_eq!(codes, expected);
    }

    /// Directly after a call, whose events these are.
    fn read_events(&mut self) {
        for event in self.w.events() {
            let skip = match event.name().as_str() {
                "meter" => 0,
                "refund" => 1,
                "credited" => 2,
                "settled" => 4,
                _ => continue,
            };
            let totals = event.fields()[skip..].to_vec();
            let i = self.meters.iter().position(|m| self.w.val(m) == event.topics[1]).unwrap();
            let ScVal::U64(version) = totals[5] else { panic!("a version") };
            let seen = self.reader.entry(i).or_insert((version, totals.clone()));
            if version == seen.0 {
                assert_eq!(totals, seen.1, "equal versions, equal totals");
            } else if version > seen.0 {
                *seen = (version, totals);
            }
        }
    }

    fn check(&self, i: usize) {
        let m = &self.model[i];
        self.w.assert_conserved(&self.meters[i]);
        let t = self.w.meter(&self.meters[i]).totals();
        assert_eq!((t.1 as i128, t.2 as i128, t.3 as i128), (m.deposited, m.refunded, m.paid()));
        assert_eq!((t.4 as i128, t.6 != 0), (m.allowance, m.requested));
        assert_eq!(self.w.token().balance(&self.meters[i]), m.balance);
        assert_eq!(self.w.meter(&self.meters[i]).credited(), m.credited);
        assert_eq!(self.w.token().balance(&self.w.treasury), self.treasury);
        assert_eq!(self.w.token().balance(&self.viewers[i]), self.purses[i]);
    }

    fn check_shares(&self) {
        let mut fees = 0;
        for (c, creator) in self.creators.iter().enumerate() {
            let mut earned = 0;
            for (i, m) in self.model.iter().enumerate() {
                for bps in SHARES {
                    let sum = *m.sums.get(&(c, bps)).unwrap_or(&0);
                    let fee = sum * bps as i128 / 10_000;
                    assert_eq!(self.w.meter(&self.meters[i]).paid(creator, &bps), sum);
                    fees += fee;
                    earned += sum - fee;
                }
            }
            assert_eq!(self.w.token().balance(creator), earned);
        }
        assert_eq!(self.w.token().balance(&self.w.fee_account), fees);
    }

    /// Who follows the router's events knows what the chain knows.
    fn check_reader(&mut self) {
        for i in 0..VIEWERS {
            self.w.meter(&self.meters[i]).sync();
            self.read_events();
            assert_eq!(self.reader[&i].1, self.w.totals_of(&self.meters[i]));
        }
    }
}

#[test]
fn money_is_conserved() {
    let mut seen = [0u32; 256];
    for seed in 0..SEEDS {
        let mut run = Run::new(seed);
        run.w.env.cost_estimate().budget().reset_unlimited();
        for _ in 0..STEPS {
            run.step();
        }
        run.check_shares();
        run.check_reader();
        for m in &run.model {
            seen[0] += m.sums.len() as u32;
            seen[1] += (m.refunded > 0) as u32;
            seen[2] += (m.credited > 0) as u32;
        }
        seen[3] += (run.treasury < 500) as u32;
    }
    assert!(seen[0] > 100 && seen[1] > 20, "the walk must reach payments and refunds");
    assert!(seen[2] > 50 && seen[3] > 5, "and credits, and a treasury run short");
}

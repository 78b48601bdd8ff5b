//! One small chain for every test: the committed wasm on the real host, a token, a router,
//! and helpers that read events as a stranger would, from their XDR.

use soroban_sdk::testutils::{Address as _, EnvTestConfig, Events as _, Ledger as _};
use soroban_sdk::token::{StellarAssetClient, TokenClient};
use soroban_sdk::xdr::{self, ScVal};
use soroban_sdk::{Address, Bytes, Env, Vec};

pub mod native;
pub mod rogue;

pub use paytick_contract_types::{Error, Totals, CODE_NOTHING_NEW, CODE_PAID};

pub mod meter {
    soroban_sdk::contractimport!(file = "../wasm/meter.wasm");
}
pub mod router {
    soroban_sdk::contractimport!(file = "../wasm/router.wasm");
}

/// One XLM in stroops, and the settings of a production router.
pub const XLM: i128 = 10_000_000;
pub const BPS_CAP: u32 = 3_000;
pub const REFUND_DELAY_S: u64 = 72 * 3_600;
pub const NOW: u64 = 1_760_000_000;

pub struct World {
    pub env: Env,
    pub admin: Address,
    pub settler: Address,
    pub fee_account: Address,
    pub treasury: Address,
    pub token: Address,
    pub router: Address,
}

impl World {
    /// A router whose meters start with `initial_allowance`. Every signature is given
    /// unless a test says otherwise with `unsigned`.
    pub fn new(initial_allowance: i128) -> World {
        let env = Env::new_with_config(EnvTestConfig { capture_snapshot_at_drop: false });
        env.ledger().set_timestamp(NOW);
        env.ledger().set_sequence_number(1_000);
        env.mock_all_auths();
        let token =
            env.register_stellar_asset_contract_v2(Address::generate(&env)).address();
        Self::with_token(env, token, initial_allowance)
    }

    pub fn with_token(env: Env, token: Address, initial_allowance: i128) -> World {
        let admin = Address::generate(&env);
        let settler = Address::generate(&env);
        let fee_account = Address::generate(&env);
        let treasury = Address::generate(&env);
        let hash = env.deployer().upload_contract_wasm(meter::WASM);
        let router = env.register(
            router::WASM,
            (
                &admin,
                &settler,
                &token,
                &fee_account,
                &treasury,
                BPS_CAP,
                hash,
                initial_allowance,
                REFUND_DELAY_S,
            ),
        );
        World { env, admin, settler, fee_account, treasury, token, router }
    }

    /// What a development network has: nothing to sign first.
    pub fn open() -> World {
        Self::new(i64::MAX as i128)
    }

    pub fn someone(&self) -> Address {
        Address::generate(&self.env)
    }

    pub fn router(&self) -> router::Client<'_> {
        router::Client::new(&self.env, &self.router)
    }

    pub fn meter<'a>(&'a self, meter: &Address) -> meter::Client<'a> {
        meter::Client::new(&self.env, meter)
    }

    pub fn token(&self) -> TokenClient<'_> {
        TokenClient::new(&self.env, &self.token)
    }

    pub fn mint(&self, to: &Address, amount: i128) {
        StellarAssetClient::new(&self.env, &self.token).mint(to, &amount);
    }

    pub fn creator(&self) -> Address {
        let creator = self.someone();
        self.router().register_creator(&creator);
        creator
    }

    /// A viewer's meter holding `amount`.
    pub fn funded(&self, amount: i128) -> (Address, Address) {
        let viewer = self.someone();
        let meter = self.router().deploy_meter(&viewer);
        if amount > 0 {
            self.mint(&viewer, amount);
            self.meter(&meter).deposit(&viewer, &amount);
        }
        (viewer, meter)
    }

    pub fn settle(&self, items: &[(&Address, &Address, u32, i128)]) -> std::vec::Vec<u8> {
        let batch = self.batch(items);
        codes(&self.router().settle(&batch))
    }

    pub fn batch(
        &self,
        items: &[(&Address, &Address, u32, i128)],
    ) -> Vec<(Address, Address, u32, i128)> {
        let mut batch = Vec::new(&self.env);
        for (meter, creator, bps, cumulative) in items {
            batch.push_back(((*meter).clone(), (*creator).clone(), *bps, *cumulative));
        }
        batch
    }

    /// The treasury's orders, out of what it was given.
    pub fn credit(&self, items: &[(&Address, i128)]) -> std::vec::Vec<u8> {
        codes(&self.router().credit(&self.credits(items)))
    }

    pub fn credits(&self, items: &[(&Address, i128)]) -> Vec<(Address, i128)> {
        let mut batch = Vec::new(&self.env);
        for (meter, cumulative) in items {
            batch.push_back(((*meter).clone(), *cumulative));
        }
        batch
    }

    /// From here on nobody signs anything.
    pub fn unsigned(&self) -> &World {
        self.env.set_auths(&[]);
        self
    }

    pub fn signed(&self) -> &World {
        self.env.mock_all_auths();
        self
    }

    pub fn later(&self, seconds: u64) {
        self.env.ledger().set_timestamp(self.env.ledger().timestamp() + seconds);
    }

    /// The router's events of the last call, as a reader filters them: by contract id.
    pub fn events(&self) -> std::vec::Vec<Event> {
        self.env
            .events()
            .all()
            .filter_by_contract(&self.router)
            .events()
            .iter()
            .map(Event::read)
            .collect()
    }

    pub fn val(&self, address: &Address) -> ScVal {
        ScVal::Address(address.into())
    }

    /// The fields of a `Totals` as they stand at the end of an event.
    pub fn totals_of(&self, meter: &Address) -> std::vec::Vec<ScVal> {
        let t = self.meter(meter).totals();
        std::vec![
            self.val(&t.0),
            ScVal::I64(t.1),
            ScVal::I64(t.2),
            ScVal::I64(t.3),
            ScVal::I64(t.4),
            ScVal::U64(t.5),
            ScVal::U64(t.6),
        ]
    }

    /// deposited = balance + paid + refunded.
    pub fn assert_conserved(&self, meter: &Address) {
        let t = self.meter(meter).totals();
        let balance = self.meter(meter).balance();
        assert_eq!(t.1 as i128, balance + t.3 as i128 + t.2 as i128);
        assert_eq!(balance, self.token().balance(meter));
        assert!(t.3 <= t.4, "paid beyond the allowance");
    }
}

pub fn codes(bytes: &Bytes) -> std::vec::Vec<u8> {
    bytes.iter().collect()
}

/// An event as it stands in the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub topics: std::vec::Vec<ScVal>,
    pub data: ScVal,
}

impl Event {
    pub fn read(event: &xdr::ContractEvent) -> Event {
        let xdr::ContractEventBody::V0(body) = &event.body;
        Event { topics: body.topics.to_vec(), data: body.data.clone() }
    }

    pub fn name(&self) -> std::string::String {
        match &self.topics[0] {
            ScVal::Symbol(s) => s.to_utf8_string_lossy(),
            other => panic!("a topic that is no symbol: {other:?}"),
        }
    }

    pub fn fields(&self) -> std::vec::Vec<ScVal> {
        match &self.data {
            ScVal::Vec(Some(v)) => v.to_vec(),
            other => panic!("data that are no vector: {other:?}"),
        }
    }
}

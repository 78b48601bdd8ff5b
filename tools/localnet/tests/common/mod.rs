//! A ledger in a temporary folder, and transactions made by hand for it.
#![allow(dead_code)]

pub mod contracts;

use ed25519_dalek::SigningKey;
use localnet::{
    ledger::{
        fees::archived_indices, friendbot, record::TransactionRecord, validity::At, Ledger,
        Options, Submission,
    },
    network::{Network, STANDALONE_PASSPHRASE},
    settings::Settings,
    wire::{account_id, decode, sha256, RawKey},
};
use soroban_env_host::{
    e2e_invoke::RecordingInvocationAuthMode,
    xdr::{
        AccountId, Asset, ContractExecutable, ContractIdPreimage, CreateAccountOp,
        CreateContractArgs, HostFunction, Int128Parts, InvokeContractArgs, InvokeHostFunctionOp,
        Memo, MuxedAccount, Operation, OperationBody, Preconditions, ScAddress, ScSymbol, ScVal,
        SequenceNumber, SorobanTransactionData, Transaction, TransactionEnvelope, TransactionExt,
        TransactionResult, TransactionResultResult, Uint256,
    },
};
use soroban_simulation::simulation::{
    simulate_invoke_host_function_op, InvokeHostFunctionSimulationResult,
    SimulationAdjustmentConfig,
};
use std::{path::PathBuf, rc::Rc};

pub const START: u64 = 1_800_000_000;
const XLM: i64 = 10_000_000;

/// A folder that is removed with the value.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("localnet-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Net {
    pub ledger: Ledger,
    pub folder: Folder,
    simulations: u64,
}

pub fn options() -> Options {
    Options { retention_ledgers: 1_000_000, ledger_limits: true }
}

pub fn open(folder: &Folder, settings: Settings, options: Options) -> Ledger {
    let network = Network::new(STANDALONE_PASSPHRASE).unwrap();
    Ledger::open(&folder.0, settings, network, options, START).unwrap()
}

pub fn key(number: u32) -> SigningKey {
    SigningKey::from_bytes(&sha256(&number.to_be_bytes()))
}

pub fn raw(key: &SigningKey) -> RawKey {
    key.verifying_key().to_bytes()
}

pub fn address(key: &SigningKey) -> ScVal {
    ScVal::Address(ScAddress::Account(account_id(raw(key))))
}

pub fn i128_value(value: i128) -> ScVal {
    ScVal::I128(Int128Parts { hi: (value >> 64) as i64, lo: value as u64 })
}

pub fn call(contract: &ScAddress, function: &str, arguments: Vec<ScVal>) -> HostFunction {
    HostFunction::InvokeContract(InvokeContractArgs {
        contract_address: contract.clone(),
        function_name: ScSymbol(function.try_into().unwrap()),
        args: arguments.try_into().unwrap(),
    })
}

impl Net {
    pub fn new(name: &str, settings: Settings, options: Options) -> Self {
        let folder = Folder::new(name);
        let ledger = open(&folder, settings, options);
        Self { ledger, folder, simulations: 0 }
    }

    pub fn standard(name: &str) -> Self {
        Self::new(name, Settings::public_network().unwrap(), options())
    }

    /// Closes the process's ledger and opens it again from disk.
    pub fn reopen(self) -> Self {
        let Self { ledger, folder, simulations } = self;
        let options =
            Options { retention_ledgers: ledger.retention_ledgers(), ledger_limits: true };
        drop(ledger);
        let ledger = open(&folder, Settings::public_network().unwrap(), options);
        Self { ledger, folder, simulations }
    }

    pub fn next(&self) -> At {
        self.ledger.next(self.ledger.close_time() + 1)
    }

    pub fn balance(&self, key: &SigningKey) -> i64 {
        self.ledger.state.account(raw(key)).map_or(0, |account| account.balance)
    }

    /// Closes ledgers and returns the records of the last.
    pub fn close(&mut self, ledgers: u32) -> Vec<TransactionRecord> {
        let time = self.ledger.close_time() + 1;
        self.ledger.close(ledgers, time, None).unwrap().applied.transactions
    }

    pub fn fund(&mut self, keys: &[&SigningKey]) {
        let accounts: Vec<RawKey> = keys.iter().map(|key| raw(key)).collect();
        let frame = friendbot::fund(&self.ledger, &accounts).unwrap();
        let time = self.ledger.close_time() + 1;
        let closed = self.ledger.close(1, time, Some(frame)).unwrap();
        assert!(closed.applied.transactions[0].succeeded);
    }

    pub fn transaction(&self, source: &SigningKey, operations: Vec<Operation>) -> Transaction {
        let sequence = self.ledger.state.account(raw(source)).map_or(0, |found| found.seq_num.0);
        Transaction {
            source_account: MuxedAccount::Ed25519(Uint256(raw(source))),
            fee: 100 * operations.len() as u32,
            seq_num: SequenceNumber(sequence + 1),
            cond: Preconditions::None,
            memo: Memo::None,
            operations: operations.try_into().unwrap(),
            ext: TransactionExt::V0,
        }
    }

    pub fn sign(&self, key: &SigningKey, transaction: Transaction) -> TransactionEnvelope {
        friendbot::sign(&self.ledger.network, key, transaction)
    }

    pub fn submit(&mut self, envelope: TransactionEnvelope) -> Submission {
        let frame = self.ledger.frame(envelope).unwrap();
        let at = self.next();
        self.ledger.submit(frame, at).unwrap()
    }

    /// Submits, closes, and gives the record.
    pub fn apply(&mut self, envelope: TransactionEnvelope) -> TransactionRecord {
        let submission = self.submit(envelope);
        assert!(matches!(submission, Submission::Pending), "{submission:?}");
        self.close(1).pop().expect("the transaction is in the ledger")
    }

    pub fn simulate(
        &mut self,
        source: &SigningKey,
        function: &HostFunction,
    ) -> InvokeHostFunctionSimulationResult {
        self.simulations += 1;
        let info = self.ledger.ledger_info(self.next());
        simulate_invoke_host_function_op(
            Rc::new(self.ledger.state.clone()),
            &self.ledger.settings.config,
            &SimulationAdjustmentConfig::default_adjustment(),
            &info,
            function.clone(),
            RecordingInvocationAuthMode::recording(true, false),
            &AccountId(account_id(raw(source)).0),
            sha256(&self.simulations.to_be_bytes()),
            true,
        )
        .unwrap()
    }

    /// A signed invocation as simulated, with its resources changed by `edit`.
    pub fn invocation(
        &mut self,
        source: &SigningKey,
        function: HostFunction,
        edit: impl FnOnce(&mut SorobanTransactionData),
    ) -> TransactionEnvelope {
        let simulated = self.simulate(source, &function);
        let mut data = simulated.transaction_data.unwrap_or_else(|| {
            panic!("simulation failed: {:?}", simulated.invoke_result);
        });
        edit(&mut data);
        let auth = simulated.auth.try_into().unwrap();
        let operation = OperationBody::InvokeHostFunction(InvokeHostFunctionOp {
            host_function: function,
            auth,
        });
        self.soroban(source, operation, data)
    }

    pub fn soroban(
        &self,
        source: &SigningKey,
        body: OperationBody,
        data: SorobanTransactionData,
    ) -> TransactionEnvelope {
        let mut transaction =
            self.transaction(source, vec![Operation { source_account: None, body }]);
        transaction.fee += data.resource_fee as u32;
        transaction.ext = TransactionExt::V1(data);
        self.sign(source, transaction)
    }

    pub fn invoke(&mut self, source: &SigningKey, function: HostFunction) -> TransactionRecord {
        let envelope = self.invocation(source, function, |_| {});
        self.apply(envelope)
    }

    /// The contract of lumens, deployed.
    pub fn native_token(&mut self, source: &SigningKey) -> ScAddress {
        let record = self.invoke(
            source,
            HostFunction::CreateContract(CreateContractArgs {
                contract_id_preimage: ContractIdPreimage::Asset(Asset::Native),
                executable: ContractExecutable::StellarAsset,
            }),
        );
        assert!(record.succeeded);
        match return_value(&record) {
            ScVal::Address(address) => address,
            other => panic!("{other:?}"),
        }
    }
}

pub fn return_value(record: &TransactionRecord) -> ScVal {
    match decode(&record.meta).unwrap() {
        soroban_env_host::xdr::TransactionMeta::V4(meta) => {
            meta.soroban_meta.unwrap().return_value.unwrap()
        }
        other => panic!("{other:?}"),
    }
}

pub fn result(record: &TransactionRecord) -> TransactionResult {
    decode(&record.result).unwrap()
}

/// The name of the operation's result in a failed transaction, such as `EntryArchived`.
pub fn failure(record: &TransactionRecord) -> String {
    assert!(!record.succeeded);
    match result(record).result {
        TransactionResultResult::TxFailed(results) => format!("{:?}", results[0]),
        other => panic!("{other:?}"),
    }
}

pub fn refusal(submission: Submission) -> String {
    match submission {
        Submission::Refused(invalid) => format!("{} {}", invalid.code.name(), invalid.reason),
        other => panic!("not refused: {other:?}"),
    }
}

pub fn create_account(destination: &SigningKey, lumens: i64) -> Operation {
    Operation {
        source_account: None,
        body: OperationBody::CreateAccount(CreateAccountOp {
            destination: account_id(raw(destination)),
            starting_balance: lumens * XLM,
        }),
    }
}

pub fn restores(data: &SorobanTransactionData) -> usize {
    archived_indices(data).len()
}

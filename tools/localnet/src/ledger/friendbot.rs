//! Friendbot's transactions: ordinary ones, signed with a key that the passphrase gives.

use super::{frame::Frame, Ledger};
use crate::{
    network::Network,
    settings::{BASE_FEE, FRIENDBOT_BALANCE},
    wire::{account_id, sha256, transaction_hash, RawKey},
};
use ed25519_dalek::{Signer, SigningKey};
use soroban_env_host::xdr::{
    CreateAccountOp, DecoratedSignature, Memo, MuxedAccount, Operation, OperationBody,
    Preconditions, SequenceNumber, Signature, SignatureHint, Transaction, TransactionEnvelope,
    TransactionExt, TransactionSignaturePayloadTaggedTransaction, TransactionV1Envelope, Uint256,
};

fn key(network: &Network) -> SigningKey {
    SigningKey::from_bytes(&sha256(&[&network.id[..], b"friendbot"].concat()))
}

pub fn account(network: &Network) -> RawKey {
    key(network).verifying_key().to_bytes()
}

/// One transaction that creates the given accounts, at most `OPERATIONS_MAX` of them.
pub fn fund(ledger: &Ledger, accounts: &[RawKey]) -> Option<Frame> {
    let key = key(&ledger.network);
    let source = key.verifying_key().to_bytes();
    let operations: Vec<Operation> = accounts
        .iter()
        .map(|account| Operation {
            source_account: None,
            body: OperationBody::CreateAccount(CreateAccountOp {
                destination: account_id(*account),
                starting_balance: FRIENDBOT_BALANCE,
            }),
        })
        .collect();
    let sequence = ledger.state.account(source)?.seq_num.0;
    let transaction = Transaction {
        source_account: MuxedAccount::Ed25519(Uint256(source)),
        fee: BASE_FEE as u32 * accounts.len() as u32,
        seq_num: SequenceNumber(sequence + 1),
        cond: Preconditions::None,
        memo: Memo::None,
        operations: operations.try_into().ok()?,
        ext: TransactionExt::V0,
    };
    ledger.frame(sign(&ledger.network, &key, transaction))
}

/// Signs a transaction with one key.
pub fn sign(network: &Network, key: &SigningKey, transaction: Transaction) -> TransactionEnvelope {
    let tagged = TransactionSignaturePayloadTaggedTransaction::Tx(transaction.clone());
    let hash = transaction_hash(network.id, tagged);
    let public = key.verifying_key().to_bytes();
    let signature = DecoratedSignature {
        hint: SignatureHint([public[28], public[29], public[30], public[31]]),
        signature: Signature(key.sign(&hash).to_bytes().to_vec().try_into().unwrap_or_default()),
    };
    TransactionEnvelope::Tx(TransactionV1Envelope {
        tx: transaction,
        signatures: vec![signature].try_into().unwrap_or_default(),
    })
}

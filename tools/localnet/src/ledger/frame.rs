//! A submitted transaction, taken apart once: hashes, sizes, who pays, who signed.

use crate::{
    settings::BASE_FEE,
    wire::{encode, muxed_key, transaction_hash, Hash32, RawKey},
};
use ed25519_dalek::{Signature, VerifyingKey};
use soroban_env_host::xdr::{
    DecoratedSignature, FeeBumpTransactionInnerTx, Operation, OperationBody,
    SorobanTransactionData, Transaction, TransactionEnvelope, TransactionExt,
    TransactionSignaturePayloadTaggedTransaction as Tagged, TransactionV1Envelope,
};

/// The outer part of a fee bump.
struct Bump {
    fee: i64,
    source: RawKey,
    inner_hash: Hash32,
    signatures: Vec<DecoratedSignature>,
}

pub struct Frame {
    pub envelope: TransactionEnvelope,
    pub hash: Hash32,
    /// Size of the inner transaction's envelope, which the network prices.
    pub size_bytes: u32,
    inner: TransactionV1Envelope,
    bump: Option<Bump>,
}

impl Frame {
    /// `None` for the envelopes from before protocol 13, which nothing makes any more.
    pub fn new(envelope: TransactionEnvelope, network_id: Hash32) -> Option<Self> {
        let (inner, bump) = match &envelope {
            TransactionEnvelope::TxV0(_) => return None,
            TransactionEnvelope::Tx(inner) => (inner.clone(), None),
            TransactionEnvelope::TxFeeBump(outer) => {
                let FeeBumpTransactionInnerTx::Tx(inner) = &outer.tx.inner_tx;
                let bump = Bump {
                    fee: outer.tx.fee,
                    source: muxed_key(&outer.tx.fee_source),
                    inner_hash: transaction_hash(network_id, Tagged::Tx(inner.tx.clone())),
                    signatures: outer.signatures.to_vec(),
                };
                (inner.clone(), Some(bump))
            }
        };
        let hash = match &envelope {
            TransactionEnvelope::TxFeeBump(outer) => {
                transaction_hash(network_id, Tagged::TxFeeBump(outer.tx.clone()))
            }
            _ => transaction_hash(network_id, Tagged::Tx(inner.tx.clone())),
        };
        let size_bytes = encode(&TransactionEnvelope::Tx(inner.clone())).len() as u32;
        Some(Self { envelope, hash, size_bytes, inner, bump })
    }

    pub fn transaction(&self) -> &Transaction {
        &self.inner.tx
    }

    pub fn operations(&self) -> &[Operation] {
        self.inner.tx.operations.as_slice()
    }

    pub fn inner_hash(&self) -> Option<Hash32> {
        self.bump.as_ref().map(|bump| bump.inner_hash)
    }

    /// The account whose sequence number the transaction takes.
    pub fn source(&self) -> RawKey {
        muxed_key(&self.inner.tx.source_account)
    }

    pub fn fee_source(&self) -> RawKey {
        self.bump.as_ref().map_or(self.source(), |bump| bump.source)
    }

    /// The account an operation acts for.
    pub fn operation_source(&self, operation: &Operation) -> RawKey {
        operation.source_account.as_ref().map_or(self.source(), muxed_key)
    }

    /// The most that the sender pays.
    pub fn fee_bid(&self) -> i64 {
        self.bump.as_ref().map_or(i64::from(self.inner.tx.fee), |bump| bump.fee)
    }

    /// The fee bid of the transaction inside a fee bump.
    pub fn inner_fee_bid(&self) -> Option<i64> {
        self.bump.as_ref().map(|_| i64::from(self.inner.tx.fee))
    }

    /// How many times the base fee is due for being included.
    pub fn inclusion_units(&self) -> i64 {
        self.operations().len().max(1) as i64 + i64::from(self.bump.is_some())
    }

    /// What being included costs. The ledger is never so full that it costs more.
    pub fn inclusion_fee(&self) -> i64 {
        self.inclusion_units() * BASE_FEE
    }

    pub fn is_soroban(&self) -> bool {
        self.operations().iter().any(is_soroban)
    }

    pub fn soroban_data(&self) -> Option<&SorobanTransactionData> {
        match &self.inner.tx.ext {
            TransactionExt::V1(data) => Some(data),
            TransactionExt::V0 => None,
        }
    }

    /// The declared resource fee, 0 where there is none.
    pub fn resource_fee(&self) -> i64 {
        self.soroban_data().map_or(0, |data| data.resource_fee)
    }

    /// Whether the fee source has signed the fee bump and nobody else has; true without one.
    pub fn bump_signatures(&self) -> Signers {
        match &self.bump {
            None => Signers::default(),
            Some(bump) => Signers::of(&bump.signatures, &self.hash),
        }
    }

    pub fn is_bump(&self) -> bool {
        self.bump.is_some()
    }

    pub fn signatures(&self) -> Signers {
        let hash = self.inner_hash().unwrap_or(self.hash);
        Signers::of(&self.inner.signatures, &hash)
    }
}

pub fn is_soroban(operation: &Operation) -> bool {
    matches!(
        operation.body,
        OperationBody::InvokeHostFunction(_)
            | OperationBody::ExtendFootprintTtl(_)
            | OperationBody::RestoreFootprint(_)
    )
}

/// The signatures of an envelope, each to be used by an account's master key.
#[derive(Default)]
pub struct Signers {
    hash: Hash32,
    signatures: Vec<(DecoratedSignature, bool)>,
}

impl Signers {
    fn of(signatures: &[DecoratedSignature], hash: &Hash32) -> Self {
        Self {
            hash: *hash,
            signatures: signatures.iter().map(|signature| (signature.clone(), false)).collect(),
        }
    }

    /// Whether the account has signed; remembers which signature said so.
    pub fn signed_by(&mut self, account: RawKey) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&account) else { return false };
        let hash = self.hash;
        let found = self.signatures.iter_mut().find(|(signature, _)| {
            signature.hint.0 == account[28..32]
                && Signature::from_slice(signature.signature.0.as_slice())
                    .is_ok_and(|bytes| key.verify_strict(&hash, &bytes).is_ok())
        });
        found.map(|(_, used)| *used = true).is_some()
    }

    pub fn all_used(&self) -> bool {
        self.signatures.iter().all(|(_, used)| *used)
    }
}

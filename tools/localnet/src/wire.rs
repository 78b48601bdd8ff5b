//! XDR and hash helpers shared by every module.

use sha2::{Digest, Sha256};
use soroban_env_host::xdr::{
    AccountId, Error, Hash, LedgerKey, LedgerKeyAccount, Limits, MuxedAccount, PublicKey, ReadXdr,
    TransactionSignaturePayload, TransactionSignaturePayloadTaggedTransaction, Uint256, WriteXdr,
};

/// A hash of a transaction, a ledger header or a network passphrase.
pub type Hash32 = [u8; 32];
/// The raw bytes of an ed25519 public key.
pub type RawKey = [u8; 32];

/// Deepest nesting accepted from outside; the host itself refuses more than 500.
const DEPTH_MAX: u32 = 500;
/// Largest XDR value accepted or produced: well above any transaction, entry or meta.
const LENGTH_MAX: usize = 16 << 20;

pub fn limits() -> Limits {
    Limits { depth: DEPTH_MAX, len: LENGTH_MAX }
}

pub fn sha256(bytes: &[u8]) -> Hash32 {
    Sha256::digest(bytes).into()
}

/// Encodes a value that this process built or decoded itself, hence within the limits.
pub fn encode<T: WriteXdr>(value: &T) -> Vec<u8> {
    value.to_xdr(limits()).expect("a ledger value encodes")
}

/// Encodes to base64, as Soroban RPC carries XDR.
pub fn encode_base64<T: WriteXdr>(value: &T) -> String {
    value.to_xdr_base64(limits()).expect("a ledger value encodes")
}

pub fn decode<T: ReadXdr>(bytes: &[u8]) -> Result<T, Error> {
    T::from_xdr(bytes, limits())
}

pub fn decode_base64<T: ReadXdr>(text: &str) -> Result<T, Error> {
    T::from_xdr_base64(text, limits())
}

pub fn account_id(key: RawKey) -> AccountId {
    AccountId(PublicKey::PublicKeyTypeEd25519(Uint256(key)))
}

pub fn raw_key(id: &AccountId) -> RawKey {
    let PublicKey::PublicKeyTypeEd25519(Uint256(key)) = &id.0;
    *key
}

pub fn account_ledger_key(key: RawKey) -> LedgerKey {
    LedgerKey::Account(LedgerKeyAccount { account_id: account_id(key) })
}

/// The ed25519 key under a plain or a multiplexed account.
pub fn muxed_key(account: &MuxedAccount) -> RawKey {
    match account {
        MuxedAccount::Ed25519(Uint256(key)) => *key,
        MuxedAccount::MuxedEd25519(muxed) => muxed.ed25519.0,
    }
}

pub fn transaction_hash(
    network_id: Hash32,
    tagged: TransactionSignaturePayloadTaggedTransaction,
) -> Hash32 {
    sha256(&encode(&TransactionSignaturePayload {
        network_id: Hash(network_id),
        tagged_transaction: tagged,
    }))
}

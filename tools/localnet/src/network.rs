//! The identity of a local network: its passphrase, and the root account derived from it.

use crate::wire::{sha256, Hash32, RawKey};
use ed25519_dalek::SigningKey;

/// The passphrase that Stellar tools use for a network on one machine.
pub const STANDALONE_PASSPHRASE: &str = "Standalone Network ; February 2017";

/// Networks with other people on them. A local ledger that signs for one of these would
/// make signatures that are valid there.
const PUBLIC_PASSPHRASES: [&str; 3] = [
    "Public Global Stellar Network ; September 2015",
    "Test SDF Network ; September 2015",
    "Test SDF Future Network ; October 2022",
];

#[derive(Clone)]
pub struct Network {
    pub passphrase: String,
    pub id: Hash32,
}

impl Network {
    /// Refuses the passphrase of a public network, and an empty one.
    pub fn new(passphrase: &str) -> Result<Self, String> {
        if PUBLIC_PASSPHRASES.contains(&passphrase.trim()) {
            return Err(format!("refused: \"{passphrase}\" is the passphrase of a public network"));
        }
        if passphrase.trim().is_empty() {
            return Err("refused: the network passphrase is empty".into());
        }
        Ok(Self { passphrase: passphrase.to_string(), id: sha256(passphrase.as_bytes()) })
    }

    /// The key that holds every lumen at genesis. As in stellar-core, its seed is the network
    /// id: anyone who knows the passphrase can sign with it.
    pub fn root_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.id)
    }

    pub fn root_account(&self) -> RawKey {
        self.root_key().verifying_key().to_bytes()
    }
}

//! Network settings: the config-setting entries of the public network, and the limits and
//! prices read from them.

use crate::wire::{encode, RawKey};
use soroban_env_host::{
    budget::Budget,
    storage::{EntryWithLiveUntil, SnapshotSource},
    xdr::{
        ConfigSettingEntry, ConfigUpgradeSet, LedgerEntry, LedgerEntryData, LedgerEntryExt,
        LedgerKey, LedgerKeyConfigSetting,
    },
    HostError, LedgerInfo,
};
use soroban_simulation::NetworkConfig;
use std::{collections::HashMap, rc::Rc};

pub const PROTOCOL_VERSION: u32 = 29;
/// Smallest inclusion fee of an operation, in stroops.
pub const BASE_FEE: i64 = 100;
/// What an account must keep for each of the two base reserves it holds, in stroops.
pub const BASE_RESERVE: u32 = 5_000_000;
/// A transaction holds at most this many operations (a bound of the XDR definition).
pub const OPERATIONS_MAX: usize = 100;
/// Lumens at genesis, in stroops.
pub const TOTAL_COINS: i64 = 1_000_000_000_000_000_000;
/// What friendbot gives a new account, in stroops.
pub const FRIENDBOT_BALANCE: i64 = 100_000_000_000;

const NETWORK_SETTINGS: &str = include_str!("../settings/network.json");

/// Limits of one transaction.
#[derive(Clone, Debug, Default)]
pub struct TransactionLimits {
    pub instructions: i64,
    pub memory_bytes: u32,
    pub footprint_entries: u32,
    pub write_entries: u32,
    pub write_bytes: u32,
    pub disk_read_entries: u32,
    pub disk_read_bytes: u32,
    pub size_bytes: u32,
    /// Contract events and the return value together.
    pub events_bytes: u32,
    pub data_key_bytes: u32,
    pub data_entry_bytes: u32,
    pub code_entry_bytes: u32,
}

/// Limits of all Soroban transactions of one ledger together.
#[derive(Clone, Debug, Default)]
pub struct LedgerLimits {
    /// Of each cluster of transactions that depend on one another.
    pub cluster_instructions: i64,
    pub clusters: u32,
    pub write_entries: u32,
    pub write_bytes: u32,
    pub disk_read_entries: u32,
    pub disk_read_bytes: u32,
    pub size_bytes: u32,
    pub transactions: u32,
}

pub struct Settings {
    pub config: NetworkConfig,
    pub transaction: TransactionLimits,
    pub ledger: LedgerLimits,
    entries: Vec<ConfigSettingEntry>,
}

struct SettingEntries(HashMap<LedgerKey, Rc<LedgerEntry>>);

impl SnapshotSource for SettingEntries {
    fn get(&self, key: &Rc<LedgerKey>) -> Result<Option<EntryWithLiveUntil>, HostError> {
        Ok(self.0.get(key.as_ref()).map(|entry| (entry.clone(), None)))
    }
}

impl Settings {
    /// The public network's settings, as shipped with this program.
    pub fn public_network() -> Result<Self, String> {
        let upgrade: ConfigUpgradeSet = serde_json::from_str(NETWORK_SETTINGS)
            .map_err(|error| format!("network settings: {error}"))?;
        Self::from_entries(upgrade.updated_entry.to_vec())
    }

    pub fn from_entries(entries: Vec<ConfigSettingEntry>) -> Result<Self, String> {
        let source = SettingEntries(
            entries
                .iter()
                .map(|setting| (setting_key(setting), Rc::new(setting_entry(setting))))
                .collect(),
        );
        let config = NetworkConfig::load_from_snapshot(&source)
            .map_err(|error| format!("network settings: {error:#}"))?;
        let (transaction, ledger) = read_limits(&entries);
        Ok(Self { config, transaction, ledger, entries })
    }

    /// The settings as ledger entries, for genesis and for clients that read them.
    pub fn encoded_entries(&self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> + '_ {
        self.entries
            .iter()
            .map(|setting| (encode(&setting_key(setting)), encode(&setting_entry(setting))))
    }

    pub fn ledger_info(&self, sequence: u32, close_time: u64, network_id: RawKey) -> LedgerInfo {
        let mut info = LedgerInfo {
            protocol_version: PROTOCOL_VERSION,
            sequence_number: sequence,
            timestamp: close_time,
            network_id,
            base_reserve: BASE_RESERVE,
            ..Default::default()
        };
        self.config.fill_config_fields_in_ledger_info(&mut info);
        info
    }

    /// A budget with the network's prices and the given caps.
    pub fn budget(&self, instructions: u64, memory_bytes: u64) -> Result<Budget, HostError> {
        Budget::try_from_configs(
            instructions,
            memory_bytes,
            self.config.cpu_cost_params.clone(),
            self.config.memory_cost_params.clone(),
        )
    }

    /// A budget for work that the network does not charge to anyone.
    pub fn unmetered_budget(&self) -> Budget {
        self.budget(u64::MAX, u64::MAX).expect("the network's cost parameters are valid")
    }
}

fn setting_key(setting: &ConfigSettingEntry) -> LedgerKey {
    LedgerKey::ConfigSetting(LedgerKeyConfigSetting { config_setting_id: setting.discriminant() })
}

fn setting_entry(setting: &ConfigSettingEntry) -> LedgerEntry {
    LedgerEntry {
        last_modified_ledger_seq: 1,
        data: LedgerEntryData::ConfigSetting(setting.clone()),
        ext: LedgerEntryExt::V0,
    }
}

fn read_limits(entries: &[ConfigSettingEntry]) -> (TransactionLimits, LedgerLimits) {
    let mut tx = TransactionLimits::default();
    let mut ledger = LedgerLimits { clusters: 1, ..Default::default() };
    for entry in entries {
        match entry {
            ConfigSettingEntry::ContractComputeV0(compute) => {
                tx.instructions = compute.tx_max_instructions;
                tx.memory_bytes = compute.tx_memory_limit;
                ledger.cluster_instructions = compute.ledger_max_instructions;
            }
            ConfigSettingEntry::ContractLedgerCostV0(cost) => {
                tx.write_entries = cost.tx_max_write_ledger_entries;
                tx.write_bytes = cost.tx_max_write_bytes;
                tx.disk_read_entries = cost.tx_max_disk_read_entries;
                tx.disk_read_bytes = cost.tx_max_disk_read_bytes;
                ledger.write_entries = cost.ledger_max_write_ledger_entries;
                ledger.write_bytes = cost.ledger_max_write_bytes;
                ledger.disk_read_entries = cost.ledger_max_disk_read_entries;
                ledger.disk_read_bytes = cost.ledger_max_disk_read_bytes;
            }
            ConfigSettingEntry::ContractLedgerCostExtV0(cost) => {
                tx.footprint_entries = cost.tx_max_footprint_entries;
            }
            ConfigSettingEntry::ContractBandwidthV0(bandwidth) => {
                tx.size_bytes = bandwidth.tx_max_size_bytes;
                ledger.size_bytes = bandwidth.ledger_max_txs_size_bytes;
            }
            ConfigSettingEntry::ContractEventsV0(events) => {
                tx.events_bytes = events.tx_max_contract_events_size_bytes;
            }
            ConfigSettingEntry::ContractDataKeySizeBytes(bytes) => tx.data_key_bytes = *bytes,
            ConfigSettingEntry::ContractDataEntrySizeBytes(bytes) => tx.data_entry_bytes = *bytes,
            ConfigSettingEntry::ContractMaxSizeBytes(bytes) => tx.code_entry_bytes = *bytes,
            ConfigSettingEntry::ContractExecutionLanes(lanes) => {
                ledger.transactions = lanes.ledger_max_tx_count;
            }
            ConfigSettingEntry::ContractParallelComputeV0(parallel) => {
                ledger.clusters = parallel.ledger_max_dependent_tx_clusters;
            }
            _ => {}
        }
    }
    (tx, ledger)
}

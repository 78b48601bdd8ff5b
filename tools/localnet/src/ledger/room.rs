//! How much of a ledger the chosen transactions fill, against the network's limits.

use super::{fees::disk_read_entries, frame::Frame};
use crate::{settings::LedgerLimits, wire::encode};
use std::collections::{HashMap, HashSet};

/// Most classic operations in one ledger.
const CLASSIC_OPERATIONS_MAX: usize = 1_000;

#[derive(Clone, Default)]
struct Totals {
    transactions: u64,
    size_bytes: u64,
    write_entries: u64,
    write_bytes: u64,
    disk_read_entries: u64,
    disk_read_bytes: u64,
}

/// Transactions that touch the same entries, and so run one after another.
struct Cluster {
    instructions: i64,
    reads: HashSet<Vec<u8>>,
    writes: HashSet<Vec<u8>>,
}

pub struct Room<'a> {
    limits: Option<&'a LedgerLimits>,
    totals: Totals,
    classic_operations: usize,
    clusters: HashMap<usize, Cluster>,
    next_cluster: usize,
}

impl<'a> Room<'a> {
    /// An empty ledger; without limits everything fits.
    pub fn new(limits: Option<&'a LedgerLimits>) -> Self {
        Self {
            limits,
            totals: Totals::default(),
            classic_operations: 0,
            clusters: HashMap::new(),
            next_cluster: 0,
        }
    }

    /// Takes the transaction in if it fits.
    pub fn take(&mut self, frame: &Frame) -> bool {
        let Some(limits) = self.limits else { return true };
        if !frame.is_soroban() {
            let operations = self.classic_operations + frame.operations().len();
            let fits = operations <= CLASSIC_OPERATIONS_MAX;
            if fits {
                self.classic_operations = operations;
            }
            return fits;
        }
        let Some(totals) = self.add(frame, limits) else { return false };
        if !self.take_instructions(frame, limits) {
            return false;
        }
        self.totals = totals;
        true
    }

    fn add(&self, frame: &Frame, limits: &LedgerLimits) -> Option<Totals> {
        let data = frame.soroban_data()?;
        let resources = &data.resources;
        let mut sum = self.totals.clone();
        sum.transactions += 1;
        sum.size_bytes += u64::from(frame.size_bytes);
        sum.write_entries += resources.footprint.read_write.len() as u64;
        sum.write_bytes += u64::from(resources.write_bytes);
        sum.disk_read_entries += u64::from(disk_read_entries(frame, data));
        sum.disk_read_bytes += u64::from(resources.disk_read_bytes);
        let fits = sum.transactions <= u64::from(limits.transactions)
            && sum.size_bytes <= u64::from(limits.size_bytes)
            && sum.write_entries <= u64::from(limits.write_entries)
            && sum.write_bytes <= u64::from(limits.write_bytes)
            && sum.disk_read_entries <= u64::from(limits.disk_read_entries)
            && sum.disk_read_bytes <= u64::from(limits.disk_read_bytes);
        fits.then_some(sum)
    }

    /// Joins the transaction with the clusters it depends on; false when the clusters no
    /// longer fit into the ledger's parallel lanes.
    fn take_instructions(&mut self, frame: &Frame, limits: &LedgerLimits) -> bool {
        let Some(data) = frame.soroban_data() else { return false };
        let footprint = &data.resources.footprint;
        let mut joined = Cluster {
            instructions: i64::from(data.resources.instructions),
            reads: footprint.read_only.iter().map(encode).collect(),
            writes: footprint.read_write.iter().map(encode).collect(),
        };
        let dependent: Vec<usize> = self
            .clusters
            .iter()
            .filter(|(_, other)| joined.conflicts(other))
            .map(|(id, _)| *id)
            .collect();
        let mut loads: Vec<i64> = self
            .clusters
            .iter()
            .filter(|(id, _)| !dependent.contains(id))
            .map(|(_, cluster)| cluster.instructions)
            .collect();
        let together = dependent.iter().map(|id| self.clusters[id].instructions).sum::<i64>()
            + joined.instructions;
        loads.push(together);
        if !fits_lanes(loads, limits.clusters, limits.cluster_instructions) {
            return false;
        }
        for id in dependent {
            if let Some(other) = self.clusters.remove(&id) {
                joined.instructions += other.instructions;
                joined.reads.extend(other.reads);
                joined.writes.extend(other.writes);
            }
        }
        self.clusters.insert(self.next_cluster, joined);
        self.next_cluster += 1;
        true
    }
}

impl Cluster {
    fn conflicts(&self, other: &Cluster) -> bool {
        !self.writes.is_disjoint(&other.writes)
            || !self.writes.is_disjoint(&other.reads)
            || !self.reads.is_disjoint(&other.writes)
    }
}

/// Whether loads, largest first, each into the emptiest lane, stay within every lane.
fn fits_lanes(mut loads: Vec<i64>, lanes: u32, capacity: i64) -> bool {
    let mut filled = vec![0_i64; lanes.max(1) as usize];
    loads.sort_unstable_by(|a, b| b.cmp(a));
    for load in loads {
        let emptiest = filled.iter_mut().min().expect("there is at least one lane");
        *emptiest += load;
        if *emptiest > capacity {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::fits_lanes;

    #[test]
    fn loads_are_spread_over_the_lanes() {
        assert!(fits_lanes(vec![400, 180, 400, 180], 2, 580));
        assert!(!fits_lanes(vec![400, 200, 400], 2, 580));
        assert!(!fits_lanes(vec![581], 2, 580));
        assert!(fits_lanes(vec![], 2, 580));
    }
}

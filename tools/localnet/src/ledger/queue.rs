//! Transactions that wait for a ledger: one per source account, first come, first served.

use super::{frame::Frame, room::Room};
use crate::{
    settings::LedgerLimits,
    wire::{Hash32, RawKey},
};
use std::collections::HashSet;

/// Most transactions waiting; a node's own queue is a few ledgers deep, too.
pub const WAITING_MAX: usize = 10_000;

#[derive(Default)]
pub struct Queue {
    waiting: Vec<Frame>,
    hashes: HashSet<Hash32>,
    sources: HashSet<RawKey>,
}

impl Queue {
    pub fn holds(&self, hash: &Hash32) -> bool {
        self.hashes.contains(hash)
    }

    /// Whether the account has to wait for an earlier transaction, or everyone for room.
    pub fn is_busy(&self, source: &RawKey) -> bool {
        self.sources.contains(source) || self.waiting.len() >= WAITING_MAX
    }

    pub fn push(&mut self, frame: Frame) {
        self.hashes.insert(frame.hash);
        self.sources.insert(frame.source());
        self.waiting.push(frame);
    }

    /// Takes out what fits into the next ledger; the rest keeps its order.
    pub fn take(&mut self, limits: Option<&LedgerLimits>) -> Vec<Frame> {
        let mut room = Room::new(limits);
        let (chosen, left) =
            std::mem::take(&mut self.waiting).into_iter().partition(|frame| room.take(frame));
        self.waiting = left;
        self.hashes = self.waiting.iter().map(|frame| frame.hash).collect();
        self.sources = self.waiting.iter().map(Frame::source).collect();
        chosen
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

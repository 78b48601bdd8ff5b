//! A local Stellar network of one node: a durable ledger on the real Soroban host, and
//! Soroban RPC over it. See README.md for what it covers and what it leaves out.

pub mod cli;
pub mod faults;
pub mod http;
pub mod ledger;
pub mod network;
pub mod rpc;
pub mod service;
pub mod settings;
pub mod wire;

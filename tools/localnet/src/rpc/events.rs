//! getEvents: pages over the events of closed ledgers, by ledger or by cursor.
//!
//! An event's id is its place and index, so that ids sort in the order of events and are the
//! same after a restart.

use super::{event_filter::Filters, params, time::rfc3339, RpcError};
use crate::{
    ledger::{record::EventRecord, store::ledger_start, Ledger},
    wire::{decode, encode_base64},
};
use serde_json::{json, Value};
use soroban_env_host::xdr::{ContractEvent, ContractEventBody, ContractEventType};

const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 10_000;
/// Ledgers that one call looks through, as in Soroban RPC; the cursor leads on.
const SCAN_LEDGERS: u32 = 10_000;

type Id = (u64, u32);

pub fn get(ledger: &Ledger, request: &Value) -> Result<Value, RpcError> {
    let pagination = &request["pagination"];
    let count = params::limit(pagination, PAGE_DEFAULT, PAGE_MAX)?;
    let filters = Filters::parse(request)?;
    let from = first_id(ledger, request)?;
    let (oldest, oldest_time) = ledger.oldest();
    let latest = ledger.sequence();
    let start = (from.0 >> 32) as u32;
    if start < oldest || start > latest {
        return Err(RpcError::request(format!(
            "startLedger must be within the ledger range: {oldest} - {latest}"
        )));
    }
    let mut end = start.saturating_add(SCAN_LEDGERS).min(latest + 1);
    if let Some(asked) = params::number(request, "endLedger")? {
        if asked <= start {
            return Err(RpcError::request("endLedger must be greater than startLedger"));
        }
        end = end.min(asked);
    }
    let mut found: Vec<(Id, Value)> = Vec::new();
    let mut damaged = false;
    ledger.store().visit_events(from..(ledger_start(end), 0), |id, record| {
        match decode::<ContractEvent>(&record.event) {
            Ok(event) if filters.accept(&event) => found.push((id, describe(id, &record, &event))),
            Ok(_) => {}
            Err(_) => damaged = true,
        }
        found.len() < count && !damaged
    })?;
    if damaged {
        return Err(RpcError::internal("an event is damaged"));
    }
    // A page that is not full has seen everything up to the end of what it looked through.
    let seen = (ledger_start(end) - 1, u32::MAX - 1);
    let cursor = found.last().filter(|_| found.len() == count).map_or(seen, |(id, _)| *id);
    Ok(json!({
        "events": found.into_iter().map(|(_, event)| event).collect::<Vec<_>>(),
        "cursor": text(cursor),
        "latestLedger": latest,
        "oldestLedger": oldest,
        "latestLedgerCloseTime": ledger.close_time().to_string(),
        "oldestLedgerCloseTime": oldest_time.to_string(),
    }))
}

fn text((place, index): Id) -> String {
    format!("{place:019}-{index:010}")
}

fn first_id(ledger: &Ledger, request: &Value) -> Result<Id, RpcError> {
    let start = params::number(request, "startLedger")?.filter(|start| *start > 0);
    let end = params::number(request, "endLedger")?;
    match (params::text(&request["pagination"], "cursor")?, start) {
        (Some(_), _) if start.is_some() || end.is_some() => {
            Err(RpcError::params("ledger ranges and cursor cannot both be set"))
        }
        (Some(cursor), _) => {
            let (place, index) = parse(cursor)
                .ok_or_else(|| RpcError::params("cursor must be one that this server gave"))?;
            // One who has seen everything starts with the ledger that closes next.
            let next = (place, index + 1);
            let next_ledger = ledger_start(ledger.sequence() + 1);
            Ok(if next.0 >= next_ledger { (next_ledger - 1, u32::MAX) } else { next })
        }
        (None, Some(start)) => Ok((ledger_start(start), 0)),
        (None, None) => Err(RpcError::request("startLedger must be positive")),
    }
}

fn parse(cursor: &str) -> Option<Id> {
    let (place, index) = cursor.split_once('-')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(place) || !digits(index) {
        return None;
    }
    let index: u32 = index.parse().ok().filter(|index| *index < u32::MAX)?;
    Some((place.parse().ok()?, index))
}

fn describe((place, index): Id, record: &EventRecord, event: &ContractEvent) -> Value {
    let ContractEventBody::V0(body) = &event.body;
    let kind = match event.type_ {
        ContractEventType::System => "system",
        ContractEventType::Contract => "contract",
        ContractEventType::Diagnostic => "diagnostic",
    };
    let contract = event.contract_id.as_ref().map(|id| stellar_strkey::Contract(id.0 .0));
    json!({
        "type": kind,
        "ledger": (place >> 32) as u32,
        "ledgerClosedAt": rfc3339(record.close_time),
        "contractId": contract.map_or(String::new(), |id| id.to_string()),
        "id": text((place, index)),
        "operationIndex": place & 0xfff,
        "transactionIndex": place >> 12 & 0xf_ffff,
        "txHash": hex::encode(record.transaction),
        "inSuccessfulContractCall": true,
        "topic": body.topics.iter().map(encode_base64).collect::<Vec<_>>(),
        "value": encode_base64(&body.data),
    })
}

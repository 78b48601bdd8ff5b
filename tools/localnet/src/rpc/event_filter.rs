//! The filters of getEvents.

use super::{params, RpcError};
use serde_json::Value;
use soroban_env_host::xdr::{ContractEvent, ContractEventBody, ContractEventType, ScVal};

const FILTERS_MAX: usize = 5;
const CONTRACTS_MAX: usize = 5;
const TOPICS_MAX: usize = 5;
const SEGMENTS_MAX: usize = 4;

enum Segment {
    Any,
    Exactly(Box<ScVal>),
}

/// A pattern for all topics of an event.
struct TopicFilter {
    segments: Vec<Segment>,
    /// Ends in `**`: more topics may follow.
    open: bool,
}

#[derive(Default)]
struct Filter {
    types: Vec<ContractEventType>,
    contracts: Vec<[u8; 32]>,
    topics: Vec<TopicFilter>,
}

/// An event passes when it fits any filter, or when there are none.
pub struct Filters(Vec<Filter>);

impl Filters {
    pub fn parse(request: &Value) -> Result<Self, RpcError> {
        let list = bounded(request, "filters", FILTERS_MAX)?;
        list.iter().map(Filter::parse).collect::<Result<_, _>>().map(Self)
    }

    pub fn accept(&self, event: &ContractEvent) -> bool {
        self.0.is_empty() || self.0.iter().any(|filter| filter.accepts(event))
    }
}

impl Filter {
    fn parse(value: &Value) -> Result<Self, RpcError> {
        if !value.is_object() {
            return Err(RpcError::params("filters must hold objects"));
        }
        let mut filter = Self::default();
        for name in params::text(value, "type")?.unwrap_or("").split(',').map(str::trim) {
            match name {
                "" => {}
                "contract" => filter.types.push(ContractEventType::Contract),
                "system" => filter.types.push(ContractEventType::System),
                _ => return Err(RpcError::params("filter type must be contract or system")),
            }
        }
        for id in bounded(value, "contractIds", CONTRACTS_MAX)? {
            let parsed = id.as_str().and_then(|id| id.parse::<stellar_strkey::Contract>().ok());
            let contract = parsed.ok_or_else(|| RpcError::params("contractIds: invalid id"))?;
            filter.contracts.push(contract.0);
        }
        for topics in bounded(value, "topics", TOPICS_MAX)? {
            filter.topics.push(TopicFilter::parse(topics)?);
        }
        Ok(filter)
    }

    fn accepts(&self, event: &ContractEvent) -> bool {
        let ContractEventBody::V0(body) = &event.body;
        let contract = event.contract_id.as_ref().map(|id| id.0 .0);
        (self.types.is_empty() || self.types.contains(&event.type_))
            && (self.contracts.is_empty()
                || contract.is_some_and(|contract| self.contracts.contains(&contract)))
            && (self.topics.is_empty()
                || self.topics.iter().any(|filter| filter.accepts(&body.topics)))
    }
}

impl TopicFilter {
    fn parse(value: &Value) -> Result<Self, RpcError> {
        let mut parts =
            value.as_array().ok_or_else(|| RpcError::params("topics must hold arrays"))?.as_slice();
        let open = parts.last().is_some_and(|last| last == "**");
        if open {
            parts = &parts[..parts.len() - 1];
        }
        if parts.len() > SEGMENTS_MAX || (parts.is_empty() && !open) {
            return Err(RpcError::params("a topic filter has one to four segments"));
        }
        let segment = |part: &Value| match part.as_str() {
            Some("*") => Ok(Segment::Any),
            _ => params::xdr(part, "topics").map(|value| Segment::Exactly(Box::new(value))),
        };
        Ok(Self { segments: parts.iter().map(segment).collect::<Result<_, _>>()?, open })
    }

    fn accepts(&self, topics: &[ScVal]) -> bool {
        let length = if self.open {
            topics.len() >= self.segments.len()
        } else {
            topics.len() == self.segments.len()
        };
        length
            && self.segments.iter().zip(topics).all(|(segment, topic)| match segment {
                Segment::Any => true,
                Segment::Exactly(value) => value.as_ref() == topic,
            })
    }
}

fn bounded<'a>(value: &'a Value, name: &str, max: usize) -> Result<&'a [Value], RpcError> {
    let items = params::array(value, name)?;
    if items.len() > max {
        return Err(RpcError::params(format!("maximum {max} {name}")));
    }
    Ok(items)
}

//! Reading the parameters of a call.

use super::RpcError;
use crate::wire::{decode_base64, Hash32};
use serde_json::Value;
use soroban_env_host::xdr::ReadXdr;

/// An optional whole number of 32 bits.
pub fn number(params: &Value, name: &str) -> Result<Option<u32>, RpcError> {
    let value = &params[name];
    if value.is_null() {
        return Ok(None);
    }
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.map(Some).ok_or_else(|| RpcError::params(format!("{name} must be a whole number")))
}

/// An optional string; an empty one counts as absent, as in Soroban RPC.
pub fn text<'a>(params: &'a Value, name: &str) -> Result<Option<&'a str>, RpcError> {
    match &params[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        _ => Err(RpcError::params(format!("{name} must be a string"))),
    }
}

/// An optional array; nothing where it is absent.
pub fn array<'a>(params: &'a Value, name: &str) -> Result<&'a [Value], RpcError> {
    match &params[name] {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        _ => Err(RpcError::params(format!("{name} must be an array"))),
    }
}

/// XDR in base64.
pub fn xdr<T: ReadXdr>(value: &Value, name: &str) -> Result<T, RpcError> {
    let text =
        value.as_str().ok_or_else(|| RpcError::params(format!("{name} must be a string")))?;
    decode_base64(text).map_err(|error| RpcError::params(format!("{name}: invalid XDR: {error}")))
}

/// A page size between 1 and `max`.
pub fn limit(pagination: &Value, default: usize, max: usize) -> Result<usize, RpcError> {
    match number(pagination, "limit")? {
        None | Some(0) => Ok(default),
        Some(limit) if limit as usize <= max => Ok(limit as usize),
        Some(_) => Err(RpcError::params(format!("limit must not exceed {max}"))),
    }
}

pub fn hash(params: &Value) -> Result<Hash32, RpcError> {
    let text = params["hash"].as_str().ok_or_else(|| RpcError::params("hash must be a string"))?;
    let bytes = hex::decode(text).map_err(|error| RpcError::params(format!("hash: {error}")))?;
    bytes.try_into().map_err(|_| RpcError::params("hash must be 32 bytes in hex"))
}

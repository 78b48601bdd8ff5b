//! Faults that tests order: calls that are refused, delayed, or answered by silence.

use serde_json::{json, Value};
use std::{sync::Mutex, time::Duration};

/// Most faults ordered at one time.
const FAULTS_MAX: usize = 100;
const DELAY_MAX: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call is carried out, and the connection closed without an answer.
    ApplyDrop,
    /// The call is carried out at once, its answer comes later.
    Delay(Duration),
    /// sendTransaction answers TRY_AGAIN_LATER and does nothing.
    TryAgainLater,
    /// HTTP 503; nothing happens.
    Refuse,
    /// The connection is closed; nothing happens.
    GoAway,
    /// sendTransaction answers PENDING and forgets the transaction.
    Forget,
}

struct Order {
    method: String,
    fault: Fault,
    /// Calls that pass before the fault begins.
    skip: u64,
    count: u64,
}

#[derive(Default)]
pub struct Faults(Mutex<Vec<Order>>);

impl Faults {
    /// Orders a fault from its JSON form; the README lists the fields.
    pub fn add(&self, order: &Value) -> Result<(), String> {
        let method = order["method"].as_str().ok_or("method must be a string, or \"*\"")?;
        let name = order["fault"].as_str().ok_or("fault must be a string")?;
        let number = |field: &str, default: u64| match &order[field] {
            Value::Null => Ok(default),
            value => value.as_u64().ok_or(format!("{field} must be a whole number")),
        };
        let delay = Duration::from_millis(number("delay_ms", 1_000)?);
        let fault = match name {
            "apply_drop" => Fault::ApplyDrop,
            "delay" => Fault::Delay(delay.min(DELAY_MAX)),
            "try_again_later" => Fault::TryAgainLater,
            "refuse" => Fault::Refuse,
            "go_away" => Fault::GoAway,
            "forget" => Fault::Forget,
            _ => return Err(format!("unknown fault {name}")),
        };
        if matches!(fault, Fault::TryAgainLater | Fault::Forget) && method != "sendTransaction" {
            return Err(format!("{name} is a fault of sendTransaction"));
        }
        let (skip, count) = (number("skip", 0)?, number("count", 1)?);
        let mut orders = self.lock();
        if orders.len() >= FAULTS_MAX {
            return Err(format!("at most {FAULTS_MAX} faults at one time"));
        }
        orders.push(Order { method: method.to_string(), fault, skip, count });
        Ok(())
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The fault of the next call of `method`, counted down.
    pub fn take(&self, method: &str) -> Option<Fault> {
        let mut orders = self.lock();
        let mut hit = None;
        for order in orders.iter_mut().filter(|order| order.method == "*" || order.method == method)
        {
            if order.skip > 0 {
                order.skip -= 1;
            } else if hit.is_none() && order.count > 0 {
                order.count -= 1;
                hit = Some(order.fault);
            }
        }
        orders.retain(|order| order.count > 0);
        hit
    }

    /// What is still to come, for tests that wait until a fault has fired.
    pub fn list(&self) -> Value {
        let orders = self.lock();
        let describe = |order: &Order| {
            json!({
                "method": order.method,
                "fault": format!("{:?}", order.fault),
                "skip": order.skip,
                "count": order.count,
            })
        };
        json!({ "faults": orders.iter().map(describe).collect::<Vec<_>>() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Order>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_skips_fires_so_often_and_is_over() {
        let faults = Faults::default();
        let order = json!({"method": "getEvents", "fault": "refuse", "skip": 1, "count": 2});
        faults.add(&order).unwrap();
        let seen: Vec<_> = (0..4).map(|_| faults.take("getEvents")).collect();
        assert_eq!(seen, [None, Some(Fault::Refuse), Some(Fault::Refuse), None]);
        assert_eq!(faults.take("getHealth"), None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let faults = Faults::default();
        for order in [
            json!({}),
            json!({"method": "getEvents", "fault": "melt"}),
            json!({"method": "getEvents", "fault": "forget"}),
            json!({"method": "getEvents", "fault": "refuse", "count": -1}),
        ] {
            assert!(faults.add(&order).is_err());
        }
    }
}

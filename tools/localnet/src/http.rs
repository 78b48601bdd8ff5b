//! The HTTP server: JSON-RPC on `/`, friendbot, and the switches of tests.

use crate::{
    faults::{Fault, Faults},
    rpc::{transactions::horizon, RpcError, HASH_ONLY},
    service::{Funded, Request, ADVANCE_MAX},
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    body::{Bytes, Incoming},
    header::HeaderValue,
    server::conn::http1,
    service::service_fn,
    Method, Response, StatusCode,
};
use hyper_util::rt::TokioIo;
use serde_json::{json, Value};
use std::sync::{
    mpsc::{SyncSender, TrySendError},
    Arc,
};
use tokio::{net::TcpListener, sync::oneshot, sync::Semaphore};

/// Largest request: a batch of the largest transactions still fits.
const BODY_BYTES_MAX: usize = 2 << 20;
/// Most calls in one batch.
const BATCH_MAX: usize = 50;
/// Connections served at one time; more wait to be accepted.
const CONNECTIONS_MAX: usize = 1_024;

type Answer = Response<Full<Bytes>>;

/// The connection is closed without an answer.
#[derive(Debug)]
struct HangUp;

impl std::fmt::Display for HangUp {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        out.write_str("a fault closed the connection")
    }
}

impl std::error::Error for HangUp {}

pub struct Server {
    pub requests: SyncSender<Request>,
    /// Present when faults may be ordered.
    pub faults: Option<Faults>,
}

/// Accepts connections for as long as the process lives.
pub async fn serve(listener: TcpListener, server: Arc<Server>) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(_) => {
                // Out of files, most likely: wait for some connection to end.
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let server = server.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let server = server.clone();
                async move { server.answer(request).await }
            });
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
            drop(slot);
        });
    }
}

fn respond(status: StatusCode, body: &Value) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    answer
}

fn problem(status: StatusCode, detail: &str) -> Answer {
    let title = status.canonical_reason().unwrap_or("Error");
    respond(status, &json!({ "title": title, "status": status.as_u16(), "detail": detail }))
}

/// Pages of any origin may read the ledger and send transactions, as on a public node.
fn open_to_pages(mut answer: Answer) -> Answer {
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-headers", "*"),
        ("access-control-allow-methods", "GET, POST, OPTIONS"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

impl Server {
    async fn answer(&self, request: hyper::Request<Incoming>) -> Result<Answer, HangUp> {
        let path = request.uri().path().to_string();
        let method = request.method().clone();
        match (method, path.as_str()) {
            (Method::OPTIONS, "/" | "/friendbot") => {
                Ok(open_to_pages(respond(StatusCode::OK, &Value::Null)))
            }
            (Method::POST, "/") => match read(request).await {
                Ok(body) => Ok(open_to_pages(self.json_rpc(&body).await?)),
                Err(answer) => Ok(answer),
            },
            (Method::GET | Method::POST, "/friendbot") => {
                let query = request.uri().query().unwrap_or("").to_string();
                Ok(open_to_pages(self.friendbot(&query).await))
            }
            (_, "/close" | "/faults" | "/pace") if request.headers().contains_key("origin") => {
                Ok(problem(StatusCode::FORBIDDEN, "not for web pages"))
            }
            (Method::POST, "/close") => match read(request).await {
                Ok(body) => Ok(self.close(&body).await),
                Err(answer) => Ok(answer),
            },
            (Method::POST, "/pace") => match read(request).await {
                Ok(body) => Ok(self.pace(&body).await),
                Err(answer) => Ok(answer),
            },
            (method, "/faults") => match read(request).await {
                Ok(body) => Ok(self.order_fault(&method, &body)),
                Err(answer) => Ok(answer),
            },
            (_, "/" | "/friendbot" | "/close" | "/pace") => {
                Ok(problem(StatusCode::METHOD_NOT_ALLOWED, "POST JSON-RPC here"))
            }
            _ => Ok(problem(StatusCode::NOT_FOUND, "there is nothing here")),
        }
    }

    async fn json_rpc(&self, body: &[u8]) -> Result<Answer, HangUp> {
        let request: Value = match serde_json::from_slice(body) {
            Ok(request) => request,
            Err(error) => {
                let error = RpcError::parse(format!("parse error: {error}"));
                return Ok(respond(StatusCode::OK, &envelope(&Value::Null, Err(error))));
            }
        };
        let Value::Array(batch) = request else {
            return Ok(match self.one(&request).await? {
                Reply::Answer(answer) => respond(StatusCode::OK, &answer),
                Reply::Silent => respond(StatusCode::NO_CONTENT, &Value::Null),
                Reply::Unavailable => problem(StatusCode::SERVICE_UNAVAILABLE, "try again later"),
            });
        };
        if batch.is_empty() || batch.len() > BATCH_MAX {
            let error = RpcError::request(format!("a batch holds 1 to {BATCH_MAX} calls"));
            return Ok(respond(StatusCode::OK, &envelope(&Value::Null, Err(error))));
        }
        let mut answers = Vec::new();
        for request in &batch {
            match self.one(request).await? {
                Reply::Answer(answer) => answers.push(answer),
                Reply::Silent => {}
                Reply::Unavailable => {
                    return Ok(problem(StatusCode::SERVICE_UNAVAILABLE, "try again later"))
                }
            }
        }
        Ok(respond(StatusCode::OK, &Value::Array(answers)))
    }

    /// Answers one call, with the fault that is ordered for it.
    async fn one(&self, request: &Value) -> Result<Reply, HangUp> {
        let id = &request["id"];
        let valid_id = id.is_null() || id.is_string() || id.is_number();
        let method = request["method"]
            .as_str()
            .filter(|method| request["jsonrpc"] == "2.0" && !method.starts_with('\0'));
        let (Some(method), true) = (method, valid_id) else {
            let error = RpcError::request("not a JSON-RPC 2.0 request");
            return Ok(Reply::Answer(envelope(&Value::Null, Err(error))));
        };
        let fault = self.faults.as_ref().and_then(|faults| faults.take(method));
        match fault {
            Some(Fault::GoAway) => return Err(HangUp),
            Some(Fault::Refuse) => return Ok(Reply::Unavailable),
            _ => {}
        }
        // A harmless stand-in tells the hash of a transaction that is not to be taken.
        let sent = match fault {
            Some(Fault::TryAgainLater | Fault::Forget) => HASH_ONLY,
            _ => method,
        };
        let params = request["params"].clone();
        let Some(mut result) = self.ask(sent, params).await else { return Ok(Reply::Unavailable) };
        match (fault, &mut result) {
            (Some(Fault::ApplyDrop), _) => return Err(HangUp),
            (Some(Fault::Delay(delay)), _) => tokio::time::sleep(delay).await,
            (Some(Fault::TryAgainLater), Ok(value)) => value["status"] = json!("TRY_AGAIN_LATER"),
            (Some(Fault::Forget), Ok(value)) => value["status"] = json!("PENDING"),
            _ => {}
        }
        match request.get("id") {
            Some(id) => Ok(Reply::Answer(envelope(id, result))),
            None => Ok(Reply::Silent),
        }
    }

    /// `None` when the ledger cannot take any more calls.
    async fn ask(&self, method: &str, params: Value) -> Option<Result<Value, RpcError>> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Call { method: method.to_string(), params, reply })?;
        answer.await.ok()
    }

    fn send(&self, request: Request) -> Option<()> {
        match self.requests.try_send(request) {
            Ok(()) => Some(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => None,
        }
    }

    async fn friendbot(&self, query: &str) -> Answer {
        let address = query.split('&').find_map(|pair| pair.strip_prefix("addr="));
        let parsed = address.map(str::parse::<stellar_strkey::ed25519::PublicKey>);
        let Some(Ok(account)) = parsed else {
            return problem(StatusCode::BAD_REQUEST, "addr must be an account address (G…)");
        };
        let (reply, answer) = oneshot::channel();
        if self.send(Request::Fund { account: account.0, reply }).is_none() {
            return problem(StatusCode::SERVICE_UNAVAILABLE, "try again later");
        }
        match answer.await {
            Ok(Funded::Created(record)) => respond(StatusCode::OK, &horizon(&record)),
            Ok(Funded::AlreadyExists) => problem(
                StatusCode::BAD_REQUEST,
                "createAccountAlreadyExist: the account is already funded",
            ),
            Ok(Funded::Failed(record)) => respond(StatusCode::BAD_GATEWAY, &horizon(&record)),
            Err(_) => problem(StatusCode::SERVICE_UNAVAILABLE, "the ledger has stopped"),
        }
    }

    async fn close(&self, body: &[u8]) -> Answer {
        let options: Value = match body {
            [] => json!({}),
            body => serde_json::from_slice(body).unwrap_or(Value::Null),
        };
        let number = |name: &str| match &options[name] {
            Value::Null => Some(1),
            value => value.as_u64(),
        };
        let (Some(ledgers), Some(seconds), true) =
            (number("ledgers"), number("seconds"), options.is_object())
        else {
            return problem(StatusCode::BAD_REQUEST, "ledgers and seconds are whole numbers");
        };
        if !(1..=u64::from(ADVANCE_MAX)).contains(&ledgers) || seconds > u64::from(u32::MAX) {
            return problem(StatusCode::BAD_REQUEST, "ledgers or seconds out of range");
        }
        self.order(|reply| Request::Close { ledgers: ledgers as u32, seconds, reply }).await
    }

    async fn pace(&self, body: &[u8]) -> Answer {
        let options: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let Some(on_demand) = options["onDemand"].as_bool() else {
            return problem(StatusCode::BAD_REQUEST, "onDemand must be true or false");
        };
        self.order(|reply| Request::Pace { on_demand, reply }).await
    }

    /// Has the ledger thread carry out what its clock may refuse.
    async fn order(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<Value, RpcError>>) -> Request,
    ) -> Answer {
        let (reply, answer) = oneshot::channel();
        if self.send(request(reply)).is_none() {
            return problem(StatusCode::SERVICE_UNAVAILABLE, "try again later");
        }
        match answer.await {
            Ok(Ok(done)) => respond(StatusCode::OK, &done),
            Ok(Err(error)) => problem(StatusCode::CONFLICT, &error.message),
            Err(_) => problem(StatusCode::SERVICE_UNAVAILABLE, "the ledger has stopped"),
        }
    }

    fn order_fault(&self, method: &Method, body: &[u8]) -> Answer {
        let Some(faults) = &self.faults else {
            return problem(StatusCode::FORBIDDEN, "start with --faults to order faults");
        };
        match *method {
            Method::GET => {}
            Method::DELETE => faults.clear(),
            Method::POST => {
                let order = serde_json::from_slice(body).unwrap_or(Value::Null);
                if let Err(why) = faults.add(&order) {
                    return problem(StatusCode::BAD_REQUEST, &why);
                }
            }
            _ => return problem(StatusCode::METHOD_NOT_ALLOWED, "GET, POST or DELETE"),
        }
        respond(StatusCode::OK, &faults.list())
    }
}

enum Reply {
    Answer(Value),
    /// The call was a notification.
    Silent,
    Unavailable,
}

fn envelope(id: &Value, result: Result<Value, RpcError>) -> Value {
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error.to_value() }),
    }
}

/// The whole body, or the answer that refuses it.
async fn read(request: hyper::Request<Incoming>) -> Result<Bytes, Answer> {
    match Limited::new(request.into_body(), BODY_BYTES_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(problem(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large"))
        }
        Err(_) => Err(problem(StatusCode::BAD_REQUEST, "the request ended early")),
    }
}

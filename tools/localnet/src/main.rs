//! paytick-localnet: parses the command line, opens the ledger, serves until SIGTERM.

use localnet::{
    cli::{self, Command, Options},
    faults::Faults,
    http,
    ledger::{self, Ledger},
    network::Network,
    rpc,
    service::{wall_seconds, Clock, Request, Service, WAITING_CALLS_MAX},
    settings::Settings,
};
use std::{
    io::Read,
    os::unix::process::parent_id,
    path::Path,
    process::ExitCode,
    sync::{mpsc::sync_channel, Arc},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    signal::unix::{signal, SignalKind},
    sync::oneshot,
};

/// How often `--exit-with-parent` looks.
const PARENT_POLL: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let outcome = match cli::parse(std::env::args_os().skip(1)) {
        Ok(Command::Help) => {
            print!("{}", cli::HELP);
            Ok(())
        }
        Ok(Command::Version) => {
            println!("paytick-localnet {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        Ok(Command::Run(options)) => run(*options),
        Err(error) => {
            eprintln!("paytick-localnet: {error}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("paytick-localnet: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), String> {
    let parent = parent_id();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        tokio::select! {
            outcome = serve(&options) => outcome,
            () = parent_gone(parent), if options.exit_with_parent => Ok(()),
        }
    })
}

/// Ends when the parent is another process than at the start.
async fn parent_gone(parent: u32) {
    while parent_id() == parent {
        tokio::time::sleep(PARENT_POLL).await;
    }
}

async fn serve(options: &Options) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let network = Network::new(&options.passphrase)?;
    let listener = TcpListener::bind(options.listen)
        .await
        .map_err(|error| format!("{}: {error}", options.listen))?;
    let address = listener.local_addr().map_err(failed)?;
    let rpc_url = format!("http://{address}");
    let friendbot_url = format!("{rpc_url}/friendbot");

    let (requests, receiver) = sync_channel(WAITING_CALLS_MAX);
    let (opened, open) = oneshot::channel();
    let (stopped, mut stop) = oneshot::channel();
    let owned = (options.clone(), network.clone(), friendbot_url.clone());
    // The host's values are bound to one thread: the ledger is opened on the one that owns it.
    std::thread::spawn(move || {
        let (options, network, friendbot_url) = owned;
        let outcome = match open_ledger(&options, network, friendbot_url) {
            Err(error) => Err(error),
            Ok(service) => {
                let _ = opened.send(());
                service.run(&receiver).map_err(|error| error.to_string())
            }
        };
        let _ = stopped.send(outcome);
    });
    let opened = tokio::select! {
        opened = open => opened.is_ok(),
        _ = terminate.recv() => return Ok(()),
    };
    if !opened {
        return stop.await.unwrap_or_else(|_| Err("the ledger thread panicked".into()));
    }

    let faults = options.faults.then(Faults::default);
    let server = Arc::new(http::Server { requests: requests.clone(), faults });
    tokio::spawn(http::serve(listener, server));
    if let Some(path) = &options.ready_file {
        write_ready_file(path, &rpc_url, &friendbot_url, &network.passphrase)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    eprintln!("serving {rpc_url}, \"{}\"", network.passphrase);
    tokio::select! {
        outcome = &mut stop => {
            outcome.unwrap_or_else(|_| Err("the ledger thread panicked".into()))
        }
        _ = terminate.recv() => finish(requests, stop).await,
        _ = interrupt.recv() => finish(requests, stop).await,
    }
}

/// Lets the ledger thread end what it is at, so that the file is closed in order.
async fn finish(
    requests: std::sync::mpsc::SyncSender<Request>,
    stop: oneshot::Receiver<Result<(), String>>,
) -> Result<(), String> {
    tokio::task::spawn_blocking(move || requests.send(Request::Stop).is_ok())
        .await
        .map_err(|error| error.to_string())?;
    stop.await.unwrap_or_else(|_| Err("the ledger thread panicked".into()))
}

fn open_ledger(
    options: &Options,
    network: Network,
    friendbot_url: String,
) -> Result<Service, String> {
    let settings = Settings::public_network()?;
    let limits = ledger::Options {
        retention_ledgers: options.retention_ledgers,
        ledger_limits: options.ledger_limits,
    };
    let ledger = Ledger::open(&options.data, settings, network, limits, wall_seconds())
        .map_err(|error| error.to_string())?;
    let mut seed = [0; 32];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut seed))
        .map_err(|error| format!("/dev/urandom: {error}"))?;
    let clock = match options.manual {
        true => Clock::Manual,
        false => Clock::Wall(options.ledger_interval),
    };
    Ok(Service::new(ledger, rpc::Server::new(friendbot_url, seed), clock))
}

fn write_ready_file(
    path: &Path,
    rpc_url: &str,
    friendbot_url: &str,
    passphrase: &str,
) -> std::io::Result<()> {
    let content = serde_json::json!({
        "rpcUrl": rpc_url,
        "friendbotUrl": friendbot_url,
        "networkPassphrase": passphrase,
    });
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let temporary = path.with_file_name(name);
    std::fs::write(&temporary, format!("{content}\n"))?;
    std::fs::rename(&temporary, path)
}

//! The command line.

use crate::network::STANDALONE_PASSPHRASE;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub const HELP: &str = "\
paytick-localnet: a local Stellar network of one node, speaking Soroban RPC

Usage: paytick-localnet --data DIR [options]

  --data DIR              where the ledger lives; created if missing
  --listen ADDRESS        address and port to serve on (default 127.0.0.1:0, a free port)
  --ledger-ms N           time between ledgers in milliseconds (default 1000)
  --manual                close a ledger only on POST /close (and for friendbot)
  --passphrase TEXT       network passphrase (default \"Standalone Network ; February 2017\")
  --ready-file PATH       written, atomically, once it serves: rpcUrl, friendbotUrl,
                          networkPassphrase
  --retention-ledgers N   ledgers whose transactions and events are kept (default: 7 days)
  --no-ledger-limits      lift the limits on a whole ledger, for loading in bulk
  --faults                allow POST /faults, for tests
  --exit-with-parent      end when the process that started this one ends
  --help, --version
";

const WEEK: Duration = Duration::from_secs(7 * 86_400);
/// Days of very short ledgers would keep little but empty ones.
const RETENTION_DEFAULT_MAX: u128 = 1_000_000;
const LEDGER_MS_MAX: u64 = 3_600_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub ledger_interval: Duration,
    pub manual: bool,
    pub passphrase: String,
    pub ready_file: Option<PathBuf>,
    pub retention_ledgers: u32,
    pub ledger_limits: bool,
    pub faults: bool,
    pub exit_with_parent: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Run(Box<Options>),
    Help,
    Version,
}

/// Reads the arguments without the program's name.
pub fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Command, String> {
    use lexopt::{Arg::Long, ValueExt};
    let mut parser = lexopt::Parser::from_args(arguments);
    let fail = |error: lexopt::Error| error.to_string();
    let mut data = None;
    let mut retention = None;
    let mut options = Options {
        data: PathBuf::new(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ledger_interval: Duration::from_secs(1),
        manual: false,
        passphrase: STANDALONE_PASSPHRASE.to_string(),
        ready_file: None,
        retention_ledgers: 0,
        ledger_limits: true,
        faults: false,
        exit_with_parent: false,
    };
    while let Some(argument) = parser.next().map_err(fail)? {
        match argument {
            Long("help") => return Ok(Command::Help),
            Long("version") => return Ok(Command::Version),
            Long("data") => data = Some(PathBuf::from(parser.value().map_err(fail)?)),
            Long("listen") => {
                options.listen = parser.value().and_then(|value| value.parse()).map_err(fail)?;
            }
            Long("ledger-ms") => {
                let ms: u64 = parser.value().and_then(|value| value.parse()).map_err(fail)?;
                if !(1..=LEDGER_MS_MAX).contains(&ms) {
                    return Err(format!("--ledger-ms must be 1 to {LEDGER_MS_MAX}"));
                }
                options.ledger_interval = Duration::from_millis(ms);
            }
            Long("passphrase") => {
                options.passphrase =
                    parser.value().and_then(|value| value.string()).map_err(fail)?;
            }
            Long("ready-file") => {
                options.ready_file = Some(PathBuf::from(parser.value().map_err(fail)?));
            }
            Long("retention-ledgers") => {
                let ledgers: u32 = parser.value().and_then(|value| value.parse()).map_err(fail)?;
                if ledgers == 0 {
                    return Err("--retention-ledgers must be at least 1".into());
                }
                retention = Some(ledgers);
            }
            Long("manual") => options.manual = true,
            Long("no-ledger-limits") => options.ledger_limits = false,
            Long("faults") => options.faults = true,
            Long("exit-with-parent") => options.exit_with_parent = true,
            other => return Err(other.unexpected().to_string()),
        }
    }
    options.data = data.ok_or("--data is missing; --help lists the options")?;
    options.retention_ledgers =
        retention.unwrap_or_else(|| default_retention(options.ledger_interval));
    Ok(Command::Run(Box::new(options)))
}

fn default_retention(interval: Duration) -> u32 {
    (WEEK.as_millis() / interval.as_millis().max(1)).clamp(1, RETENTION_DEFAULT_MAX) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(arguments: &[&str]) -> Result<Command, String> {
        parse(arguments.iter().map(Into::into))
    }

    #[test]
    fn options_have_defaults() {
        let Ok(Command::Run(options)) = run(&["--data", "d"]) else { panic!("not a run") };
        assert_eq!(options.ledger_interval, Duration::from_secs(1));
        assert_eq!(options.retention_ledgers, 604_800);
        assert!(options.ledger_limits && !options.manual && !options.faults);
    }

    #[test]
    fn wrong_options_are_refused() {
        for arguments in [
            &[][..],
            &["--data"],
            &["--data", "d", "--ledger-ms", "0"],
            &["--data", "d", "--ledger-ms", "soon"],
            &["--data", "d", "--listen", "here"],
            &["--data", "d", "--retention-ledgers", "0"],
            &["--data", "d", "more"],
        ] {
            assert!(run(arguments).is_err(), "{arguments:?}");
        }
    }
}

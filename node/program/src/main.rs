//! A chain for auditors, with Polkadot Hub's contracts: one process, no peers, blocks when they are wanted, a clock
//! that can be moved; and, as `sit-node eth-rpc`, the Ethereum JSON-RPC server in front of it. `sit-node genesis`
//! prints the chain's first state, with which a start compiles the runtime once and not twice (`--chain FILE`).
//!
//! Both listen on loopback alone: all keys of the chain are public, and whoever reaches it may move its clock.

mod chain;
mod clock;
mod seal;

use std::{io::Write, process::ExitCode};

use clap::Parser;
use pallet_revive_eth_rpc::cli::CliCommand;
use sc_chain_spec::{GenericChainSpec, Properties};
use sc_cli::{Database, PrometheusParams, RpcParams, SubstrateCli};
use sc_service::{ChainSpec, ChainType};

use crate::seal::Seal;

/// The runtime that a new chain begins with.
const RUNTIME: &[u8] = include_bytes!(env!("SIT_RUNTIME_WASM"));

/// The words after which the rest of the command line is the Ethereum server's.
const SERVER: &str = "eth-rpc";

/// The word that prints the chain's first state.
const GENESIS: &str = "genesis";

/// What is said to whoever wants others to reach the chain.
const LOOPBACK: &str = "the keys of this chain are public and its clock can be moved: it listens on loopback alone. \
                        Reach it from elsewhere through a tunnel of your own, such as ssh -L";

#[derive(Debug, Parser)]
struct Cli {
    #[clap(flatten)]
    run: sc_cli::RunCmd,
    /// When there is a block: `instant` (for each transaction), `manual` (when `evm_mine` or `engine_createBlock`
    /// asks), or so many milliseconds after the one before.
    #[arg(long, default_value = "instant")]
    seal: Seal,
}

impl SubstrateCli for Cli {
    fn impl_name() -> String {
        "SIT node".into()
    }

    fn impl_version() -> String {
        env!("CARGO_PKG_VERSION").into()
    }

    fn description() -> String {
        "A chain for auditors with Polkadot Hub's contracts. The Ethereum JSON-RPC server: sit-node eth-rpc --help"
            .into()
    }

    fn author() -> String {
        env!("CARGO_PKG_AUTHORS").into()
    }

    fn support_url() -> String {
        "the project's SECURITY.md".into()
    }

    fn copyright_start_year() -> i32 {
        2026
    }

    fn load_spec(&self, id: &str) -> Result<Box<dyn ChainSpec>, String> {
        if !matches!(id, "" | "dev") {
            return Ok(Box::new(GenericChainSpec::<Option<()>>::from_json_file(id.into())?));
        }
        Ok(Box::new(development()))
    }
}

/// A new chain, with its first state as the runtime's preset.
fn development() -> GenericChainSpec<Option<()>> {
    let mut properties = Properties::new();
    properties.insert("tokenSymbol".into(), "DOT".into());
    properties.insert("tokenDecimals".into(), 10.into());
    GenericChainSpec::builder(RUNTIME, None)
        .with_name("SIT development")
        .with_id("sit-development")
        .with_chain_type(ChainType::Development)
        .with_properties(properties)
        .with_genesis_config_preset_name("development")
        .build()
}

/// Prints a new chain with its first state as keys and values.
fn print_genesis() -> Result<(), String> {
    let chain = development().as_json(true)?;
    std::io::stdout().write_all(chain.as_bytes()).map_err(|error| error.to_string())
}

/// Refuses what would have a server listen to others than this machine, and turns the figures' server off.
fn keep_to_loopback(rpc: &RpcParams, figures: &mut PrometheusParams) -> Result<(), String> {
    if rpc.rpc_external
        || rpc.unsafe_rpc_external
        || !rpc.experimental_rpc_endpoint.is_empty()
        || figures.prometheus_external
    {
        return Err(LOOPBACK.into());
    }
    figures.no_prometheus = true;
    Ok(())
}

fn serve_ethereum() -> Result<(), String> {
    let mut command = CliCommand::parse_from(std::env::args().skip(1));
    keep_to_loopback(&command.rpc_params, &mut command.prometheus_params)?;
    pallet_revive_eth_rpc::cli::run(command).map_err(|error| format!("{error:#}"))
}

fn run_chain() -> Result<(), String> {
    let mut cli = Cli::from_args();
    keep_to_loopback(&cli.run.rpc_params, &mut cli.run.prometheus_params)?;
    // There is no other database in this program, but `sc-cli` would choose one.
    cli.run.import_params.database_params.database.get_or_insert(Database::ParityDb);
    let seal = cli.seal;
    let runner = cli.create_runner(&cli.run).map_err(|error| error.to_string())?;
    runner
        .run_node_until_exit(|config| async move { chain::start(config, seal).map_err(sc_cli::Error::Service) })
        .map_err(|error: sc_cli::Error| error.to_string())
}

fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some(SERVER) => serve_ethereum(),
        Some(GENESIS) => print_genesis(),
        _ => run_chain(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

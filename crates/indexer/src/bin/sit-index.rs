//! The index as a program of its own: `sit-index --help`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sit_indexer::program::{Options, run};

/// The index of an exchange: follow it into tables; serve them, and the page, over HTTP and WebSocket
#[derive(Parser)]
#[command(name = "sit-index", version)]
struct Program {
    /// The node's JSON-RPC address
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    rpc: String,
    /// Record of the deployment; without it the node is asked, which a development chain answers
    #[arg(long)]
    deployment: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    let mut say = |line: &str| {
        // A reader that has gone is no error.
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    };
    let Program { rpc, deployment, options } = Program::parse();
    match run(&rpc, deployment.as_deref(), &options, &mut say) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

//! What each message of the story costs on Polkadot Hub, and how many fit into a block.

use anyhow::Result;
use clap::Parser;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use sit_demo::weights;
use std::io::Write;
use std::process::ExitCode;

/// Tells the story and prints the worst cost of each message.
#[derive(Parser)]
#[command(name = "sit-weights", version)]
struct Arguments {
    /// Print the table as comma-separated text and nothing else
    #[arg(long)]
    csv: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let record = weights::measure()?;
    if arguments.csv {
        return write(&weights::csv(&record.weights));
    }
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table.set_header([
        "message",
        "ref_time, ms",
        "proof, kB",
        "deposit, mDOT",
        "cells",
        "blob, kB",
        "calls a block",
        "by Ethereum",
        "by its time",
        "recorded, kB",
        "the Hub's, kB",
        "calls by it",
    ]);
    for row in &record.weights {
        let contract = row.message.split('.').next().unwrap_or_default();
        let blob = record.contracts.iter().find(|known| known.name == contract).map_or(0, |known| known.blob_bytes);
        table.add_row([
            row.message.clone(),
            format!("{:.2}", row.ref_time as f64 / 1e9),
            format!("{:.1}", row.proof_size as f64 / 1e3),
            format!("{:.2}", row.deposit as f64 / 1e7),
            row.cells.to_string(),
            format!("{:.1}", blob as f64 / 1e3),
            row.per_block.to_string(),
            row.ethereum.per_block.to_string(),
            row.ethereum.per_block_by_time.to_string(),
            match (row.ethereum.recorded_nodes, row.ethereum.recorded_code) {
                (Some(nodes), Some(code)) => format!("{:.1} + {:.1}", nodes as f64 / 1e3, code as f64 / 1e3),
                _ => String::new(),
            },
            row.ethereum.hub_proof_size.map_or_else(String::new, |bytes| format!("{:.1}", bytes as f64 / 1e3)),
            row.ethereum.hub_per_block.map_or_else(String::new, |calls| calls.to_string()),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    write(&format!("{table}\n"))
}

/// Writes to standard output; a reader that has seen enough is no error.
fn write(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

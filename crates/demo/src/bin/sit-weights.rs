//! What each message of the story costs on Polkadot Hub, how many fit into a block, and what one of them spends it on.

use anyhow::{Context, Result, ensure};
use clap::Parser;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use sit_client::Artifact;
use sit_demo::weights;
use sit_devnet::elsewhere::Elsewhere;
use sit_devnet::profile::Profile;
use std::io::Write;
use std::process::{Command, ExitCode};

/// Functions that stand in the table of a profile by themselves.
const FUNCTIONS: usize = 40;

/// Functions of ours that are named for a function of a library.
const LIBRARY: usize = 12;

/// Tells the story and prints the worst cost of each message.
#[derive(Parser)]
#[command(name = "sit-weights", version)]
struct Arguments {
    /// Print the table as comma-separated text and nothing else
    #[arg(long)]
    csv: bool,
    /// Print what a message spends its time on: a row of the table, or the dearest of its rows, such as clearing.place
    #[arg(long, value_name = "MESSAGE", conflicts_with = "csv")]
    profile: Option<String>,
    /// Send the messages of the table's order book to a new node, which answers Ethereum's JSON-RPC there, and hold
    /// what each weighs there to what it weighs in process
    #[arg(long, value_name = "URL", requires = "clock", conflicts_with_all = ["csv", "profile"])]
    onto: Option<String>,
    /// The node's own JSON-RPC, which moves its clock
    #[arg(long, value_name = "URL", requires = "onto")]
    clock: Option<String>,
    /// Those of the makers' programme and of designated makers instead
    #[arg(long, requires = "onto")]
    programme: bool,
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
    if let Some(message) = &arguments.profile {
        return profile(message);
    }
    if let (Some(ethereum), Some(node)) = (&arguments.onto, &arguments.clock) {
        let mut there = Elsewhere::new(ethereum, node).map_err(anyhow::Error::msg)?;
        weights::sent(arguments.programme, Some(&mut there))?;
        write(&there.told())?;
        return there.check().map_err(anyhow::Error::msg);
    }
    let record = weights::measure()?;
    if arguments.csv {
        return write(&weights::csv(&record.weights));
    }
    let mut table = table([
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
    write(&shown(table))
}

/// Prints what a message spends its time on.
fn profile(message: &str) -> Result<()> {
    let weights::Recorded { row, recording } = weights::record(message)?;
    let contracts = recording.contracts();
    // A precompile, such as the token, is no program, and has no functions that could be named.
    if !contracts.is_empty() {
        // The builder of contracts lies beside this program.
        let builder = std::env::current_exe()?.with_file_name("sit-contracts");
        let built = Command::new(&builder)
            .arg("symbols")
            .args(&contracts)
            .status()
            .with_context(|| format!("{} cannot be started", builder.display()))?;
        ensure!(
            built.success(),
            "the names of the functions of {} were not found: the reason is above",
            contracts.join(", ")
        );
    }
    let profile = recording.profile(|contract| Artifact::symbols(contract).ok())?;
    write(&report(&row, &profile))
}

fn report(row: &str, profile: &Profile) -> String {
    let all = profile.metered.ref_time as f64;
    let share = |picoseconds: u64| format!("{:.1} %", 100.0 * picoseconds as f64 / all);
    let milliseconds = |picoseconds: u64| format!("{:.3}", picoseconds as f64 / 1e9);
    let mut text = format!("{row}: {} ms of ref_time metered\n\n", milliseconds(profile.metered.ref_time));

    let mut parts = table(["spent on", "ms", "share", "of what"]);
    let calls: u64 = profile.host.iter().map(|host| host.calls).sum();
    for (name, charged, what) in [
        ("instructions", profile.of_instructions(), format!("{} at {} ps", profile.instructions, profile.price)),
        ("the host", profile.of_host(), format!("{calls} calls")),
        ("the rest", profile.of_the_rest(), "code that is loaded, frames, precompiles".to_owned()),
    ] {
        parts.add_row([name.to_owned(), milliseconds(charged), share(charged), what]);
    }
    text += &shown_but(parts, &[3]);

    let instructions = |count: u64| share(count.saturating_mul(profile.price));
    let mut functions = table(["function", "own", "share", "within", "share", "entered"]);
    // By own instructions, and those in which most happens even if others do it.
    let named = |place: usize, within: u64| place < FUNCTIONS || within >= profile.instructions / 50;
    let (mut others, mut left_out) = (0, 0_u32);
    for (place, function) in profile.functions.iter().enumerate() {
        if !named(place, function.within) {
            (others, left_out) = (others + function.own, left_out + 1);
            continue;
        }
        functions.add_row([
            function.name.clone(),
            function.own.to_string(),
            instructions(function.own),
            function.within.to_string(),
            instructions(function.within),
            function.calls.to_string(),
        ]);
    }
    if left_out > 0 {
        let name = format!("{left_out} others");
        functions.add_row([
            name,
            others.to_string(),
            instructions(others),
            String::new(),
            String::new(),
            String::new(),
        ]);
    }
    text += &format!("\n{}", shown(functions));

    let mut wanted = table(["of a library", "wanted by", "instructions", "share"]);
    for function in profile.functions.iter().filter(|function| function.own >= profile.instructions / 50) {
        for (by, own) in function.wanted_by.iter().take(LIBRARY) {
            wanted.add_row([function.name.clone(), by.clone(), own.to_string(), instructions(*own)]);
        }
    }
    if wanted.row_count() > 0 {
        text += &format!("\n{}", shown_but(wanted, &[1]));
    }

    let mut host = table(["the host's", "calls", "ms", "share"]);
    for function in &profile.host {
        host.add_row([
            function.name.clone(),
            function.calls.to_string(),
            milliseconds(function.charged),
            share(function.charged),
        ]);
    }
    text += &format!("\n{}", shown(host));
    let own: u64 = profile.functions.iter().map(|function| function.own).sum();
    text += &format!(
        "\ncheck: {} instructions were run again, stretch by stretch as many as the chain metered; {own} of them belong to \
         functions, {} were paid for and not run\n",
        profile.instructions, profile.not_run
    );
    text
}

fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(header);
    table
}

/// A table with all columns but the first to the right.
fn shown(table: Table) -> String {
    shown_but(table, &[])
}

/// A table with all columns but the first and some others to the right.
fn shown_but(mut table: Table, texts: &[usize]) -> String {
    for (place, column) in table.column_iter_mut().enumerate().skip(1) {
        if !texts.contains(&place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{table}\n")
}

/// Writes to standard output; a reader that has seen enough is no error.
fn write(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

//! `sit-contracts`: builds the contracts of the workspace to PolkaVM blobs and Solidity ABIs.
//!
//! ```text
//! contracts/<name>  ->  $SIT_CACHE/contracts/<name>/<name>.polkavm   the code
//!                                                  /<name>.abi       Solidity ABI, JSON
//!                                                  /build.json       what it was built from
//!                                                  /<name>.symbols.polkavm  the code with names of functions, if asked for
//! ```
//!
//! The compiler work is done by `contract-build`, the library behind `cargo contract build`. This program adds what
//! that library leaves open: one target directory for all contracts, the committed `Cargo.lock` (see [`locked_cargo`]),
//! and nothing done at all when nothing has changed (see [`inputs`]). It also holds what it built against the committed
//! manifest of blobs (see [`manifest`]).

mod builder;
mod cache;
mod inputs;
mod locked_cargo;
mod manifest;
mod mutability;
mod report;
mod staged;
mod workspace;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::{builder::Builder, cache::Cache, workspace::Workspace};

/// Builds the contracts to PolkaVM blobs and Solidity ABIs.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the named contracts (all when none is named) that changed since their last build.
    Build(Build),
    /// Links the named contracts with the names of their functions too, for profiles (scripts/weights --profile).
    Symbols(Symbols),
    /// Builds all contracts and holds them against the manifest of blobs, `contracts/blobs.toml`.
    Verify(Verify),
}

#[derive(Args)]
struct Verify {
    /// Writes the manifest instead.
    #[arg(long)]
    write: bool,
}

#[derive(Args)]
struct Symbols {
    /// Names of folders under `contracts/`, for example `vault`.
    #[arg(required = true)]
    names: Vec<String>,
}

#[derive(Args)]
struct Build {
    /// Names of folders under `contracts/`, for example `vault`.
    names: Vec<String>,
    /// Prints the result as JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Builds even what is up to date.
    #[arg(long)]
    force: bool,
}

fn main() -> ExitCode {
    let result = match locked_cargo::Role::from_env() {
        Some(role) => role.run(std::env::args_os().skip(1)),
        None => match Cli::parse().command {
            Command::Build(args) => build(args),
            Command::Symbols(args) => symbols(args),
            Command::Verify(args) => verify(args),
        },
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn verify(args: Verify) -> Result<ExitCode> {
    let here = std::env::current_dir().context("the current directory cannot be read")?;
    let workspace = Workspace::find(&here)?;
    let cache = Cache::from_env()?;
    let built = Builder::new(&workspace, &cache, false)?.build_all(&workspace.contracts)?;
    if args.write {
        manifest::Manifest::of(&built)?.write(&workspace)?;
        eprintln!("{} was written", manifest::path(&workspace).display());
    } else {
        manifest::check(&workspace, &built)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn symbols(args: Symbols) -> Result<ExitCode> {
    let here = std::env::current_dir().context("the current directory cannot be read")?;
    let workspace = Workspace::find(&here)?;
    let contracts = workspace.select(&args.names)?;
    Builder::new(&workspace, &Cache::from_env()?, false)?.link_symbols(&contracts)?;
    Ok(ExitCode::SUCCESS)
}

fn build(args: Build) -> Result<ExitCode> {
    let here = std::env::current_dir().context("the current directory cannot be read")?;
    let workspace = Workspace::find(&here)?;
    let contracts = workspace.select(&args.names)?;
    let cache = Cache::from_env()?;
    let results = Builder::new(&workspace, &cache, args.force)?.build_all(&contracts)?;
    if args.json {
        println!("{}", report::json(&results)?);
    } else {
        println!("{}", report::table(&results));
    }
    Ok(ExitCode::SUCCESS)
}

//! `sit abi CONTRACT`: the interface of the contracts for programs that are not ours, without a build.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sit_client::rpc::to_hex;
use sit_client::{codec, interface};
use sit_native::{AbiEntry, Contract};

use crate::commands::explain::selector;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::{Field, Report, Table, column, optional, pretty};

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Contract: clearing, vault, oracle, incentives, governance, clearing-office, oracle-office; token for what the
    /// exchange uses of it. Without one all seven
    contract: Option<String>,
    /// Write an ABI file for each contract into this folder, with errors.json and events.json
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints or writes it.
///
/// # Errors
/// A contract that there is not; a folder that cannot be written.
pub fn run(context: &Context, args: &Args) -> Result {
    let contracts = match &args.contract {
        None => Contract::ALL.to_vec(),
        Some(name) => vec![named(name)?],
    };
    if let Some(folder) = &args.out {
        return written(context, folder, &contracts);
    }
    let mut functions = Table::new(
        "functions",
        "It has no messages.",
        &[
            column("contract", "contract"),
            column("function", "message or view"),
            column("selector", "selector"),
            column("mutability", "is"),
            optional("returns", "returns"),
        ],
    );
    let columns = [column("contract", "contract"), column("event", "event"), column("topic", "first topic")];
    let mut events = Table::new("events", "It has no events.", &columns);
    let columns = [
        column("error", "error"),
        column("contract", "contract"),
        column("selector", "selector"),
        column("sentence", "what it means and what to do"),
    ];
    let mut errors = Table::new("errors", "It has no errors.", &columns);
    for contract in &contracts {
        // An office speaks for its house: what is the house's already is not said twice.
        let told = contracts.len() > 1 && contract.house() != *contract;
        for interface::Function { entry, is_view } in interface::functions(*contract).into_iter().filter(|_| !told) {
            functions.row(vec![
                Field::text(contract.name()),
                Field::text(with_names(&entry)),
                Field::text(to_hex(&codec::selector(&entry))),
                Field::text(if is_view { "view" } else { "nonpayable" }),
                entry.returns.map_or_else(Field::none, Field::text),
            ]);
        }
        for event in interface::events(*contract).into_iter().filter(|_| !told) {
            let fields: Vec<String> = event
                .fields
                .iter()
                .map(|field| {
                    let indexed = if field.indexed { " indexed" } else { "" };
                    format!("{}{indexed} {}", field.solidity, field.name)
                })
                .collect();
            events.row(vec![
                Field::text(contract.name()),
                Field::text(format!("{}({})", event.name, fields.join(", "))),
                Field::text(topic(&event.signature())),
            ]);
        }
        for error in interface::errors(*contract).into_iter().filter(|_| !told) {
            errors.row(vec![
                Field::text(error.name()),
                Field::text(contract.name()),
                Field::text(selector(error)),
                Field::text(error.sentence()),
            ]);
        }
    }
    let mut report = Report::new();
    if let [contract] = contracts.as_slice() {
        // For people the tables say it.
        let mut abi = Field::text("");
        abi.value = interface::json(*contract);
        report.fact("abi", "", abi);
    }
    report.table(functions).table(events).table(errors);
    context.output.print(&report)
}

fn named(name: &str) -> Result<Contract> {
    Contract::from_name(name).ok_or_else(|| {
        let all: Vec<&str> = Contract::ALL.into_iter().chain([Contract::Token]).map(Contract::name).collect();
        Failure::usage(format!("there is no contract `{name}`: there are {}", all.join(", ")))
    })
}

/// A message with the types and the names of what it takes.
fn with_names(entry: &AbiEntry) -> String {
    let named: Vec<String> =
        entry.parameters.iter().map(|parameter| format!("{} {}", parameter.solidity, parameter.name)).collect();
    format!("{}({})", entry.name, named.join(", "))
}

/// The first topic of an event by its signature.
fn topic(signature: &str) -> String {
    to_hex(&sit_sim::keccak256(signature.as_bytes()))
}

/// Errors by their selectors: name, contracts that refuse by it, and what each of them means by it.
fn errors(contracts: &[Contract]) -> Value {
    let mut errors: BTreeMap<String, (&str, BTreeMap<&str, &str>)> = BTreeMap::new();
    for contract in contracts {
        for error in interface::errors(*contract) {
            let (_, sentences) = errors.entry(selector(error)).or_insert_with(|| (error.name(), BTreeMap::new()));
            sentences.insert(contract.house().name(), error.sentence());
        }
    }
    let row = |(name, contracts): (&str, BTreeMap<&str, &str>)| json!({ "error": name, "contracts": contracts });
    errors.into_iter().map(|(selector, error)| (selector, row(error))).collect()
}

/// Events by their first topic: signature, and the contracts that emit it.
fn events(contracts: &[Contract]) -> Value {
    let mut events: BTreeMap<String, (String, Vec<&str>)> = BTreeMap::new();
    for contract in contracts {
        for event in interface::events(*contract) {
            let signature = event.signature();
            let (_, of) = events.entry(topic(&signature)).or_insert_with(|| (signature, Vec::new()));
            if !of.contains(&event.contract.name()) {
                of.push(event.contract.name());
            }
        }
    }
    let row = |(event, contracts): (String, Vec<&str>)| json!({ "event": event, "contracts": contracts });
    events.into_iter().map(|(topic, event)| (topic, row(event))).collect()
}

/// Writes the files.
fn written(context: &Context, folder: &Path, contracts: &[Contract]) -> Result {
    let mut files: Vec<(String, Value)> =
        contracts.iter().map(|contract| (format!("{}.json", contract.name()), interface::json(*contract))).collect();
    files.push(("errors.json".to_owned(), errors(contracts)));
    files.push(("events.json".to_owned(), events(contracts)));
    let mut table = Table::new("files", "", &[column("file", "file"), column("bytes", "bytes")]);
    for (name, value) in files {
        let (path, text) = (folder.join(name), pretty(&value) + "\n");
        if !context.global.dry_run {
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(&path, &text))
                .map_err(|error| Failure::local(format!("{} cannot be written: {error}", path.display())))?;
        }
        table.row(vec![Field::text(path.display().to_string()), Field::count(text.len())]);
    }
    let mut report = Report::new();
    report.table(table);
    context.output.print(&report)
}

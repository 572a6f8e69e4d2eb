//! `sit record`: the record of the deployment.

use clap::Subcommand;
use serde_json::Value;
use sit_native::Contract;

use crate::context::Context;
use crate::failure::Result;
use crate::output::{Field, Format, Report, Table, column, optional, pretty, say};
use crate::plan::keep_known;
use crate::session::Session;
use sit_client::rpc::to_hex;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What is done.
#[derive(Subcommand, Debug)]
enum What {
    /// Show where the contracts are, and whether the chain has the code that the record says
    Show,
}

/// Prints it.
///
/// # Errors
/// A record that cannot be read; those of the node.
pub fn run(context: &Context, args: &Args) -> Result {
    let What::Show = args.what;
    let mut session = Session::open_unchecked(context)?;
    if context.output.format == Format::Json {
        // The record itself, whole, with the hashes of the code that stands there, as --deployment takes it.
        let mut record = session.record().clone();
        for (contract, (address, hash)) in &mut record.contracts {
            if hash.is_none() && *contract != Contract::Token {
                *hash = session.code_hash(*address)?;
            }
        }
        let mut record = record.to_json();
        if session.document().is_object() {
            keep_known(&mut record, session.document());
        }
        return say(&(pretty(&record) + "\n"));
    }
    // A development chain, and a record of an older layout, do not say what made the contracts.
    let document = session.document().clone();
    let told = |of: &Value, key: &str| match &of[key] {
        Value::Null => Field::none(),
        Value::String(text) => Field::text(&**text),
        other => Field::text(other.to_string()),
    };
    let mut table = Table::new(
        "contracts",
        "The record names no contract.",
        &[
            column("contract", "contract"),
            column("address", "address"),
            optional("block", "block"),
            optional("code_hash", "code hash on the chain"),
            optional("transaction", "transaction"),
        ],
    );
    let contracts: Vec<_> = session.client.deployment.iter().collect();
    for (contract, address) in contracts {
        let hash = session.code_hash(address)?;
        table.row(vec![
            Field::text(contract.name()),
            Field::text(to_hex(&address)),
            told(&document["contracts"][contract.name()], "block"),
            hash.map_or_else(|| Field::none().shown("no code"), |hash| Field::text(to_hex(&hash))),
            told(&document["contracts"][contract.name()], "transaction"),
        ]);
    }
    let mut report = Report::new();
    report
        .fact("source", "record", Field::text(session.record_source()))
        .fact("chain_id", "chain id", Field::number(session.chain_id()))
        .fact("first_block", "first block", Field::number(session.first_block()))
        .fact("deployer", "deployer", told(&document, "deployer"))
        .fact("commit", "commit of the source", told(&document["source"], "git"))
        .fact("dirty", "changed since", told(&document["source"], "dirty"))
        .fact("blobs_are_named", "its manifest names the code", told(&document["source"], "blobs_are_named"))
        .fact("previous", "follows", told(&document["previous"], "name"))
        .table(table);
    context.output.print(&report)
}

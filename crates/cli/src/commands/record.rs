//! `sit record`: the record of the deployment.

use clap::Subcommand;
use sit_native::Contract;

use crate::context::Context;
use crate::failure::Result;
use crate::output::{Field, Format, Report, Table, column, optional, pretty, say};
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
        // The record itself, with the hashes of the code that stands there, as --deployment takes it.
        let mut record = session.record().clone();
        for (contract, (address, hash)) in &mut record.contracts {
            if hash.is_none() && *contract != Contract::Token {
                *hash = session.code_hash(*address)?;
            }
        }
        return say(&(pretty(&record.to_json()) + "\n"));
    }
    let mut table = Table::new(
        "contracts",
        "The record names no contract.",
        &[
            column("contract", "contract"),
            column("address", "address"),
            optional("code_hash", "code hash on the chain"),
        ],
    );
    let contracts: Vec<_> = session.client.deployment.iter().collect();
    for (contract, address) in contracts {
        let hash = session.code_hash(address)?;
        table.row(vec![
            Field::text(contract.name()),
            Field::text(to_hex(&address)),
            hash.map_or_else(|| Field::none().shown("no code"), |hash| Field::text(to_hex(&hash))),
        ]);
    }
    let mut report = Report::new();
    report
        .fact("source", "record", Field::text(session.record_source()))
        .fact("chain_id", "chain id", Field::number(session.chain_id()))
        .fact("first_block", "first block", Field::number(session.first_block()))
        .table(table);
    context.output.print(&report)
}

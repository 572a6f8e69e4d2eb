//! `sit settlements`: variation paid and received, day by day.

use sit_native::event::clearing::{Settled, SettlementFee};

use super::input::Since;
use crate::context::Context;
use crate::failure::Result;
use crate::history::Past;
use crate::output::{Field, Report, Table, column, optional};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    since: Since,
}

/// Prints the settlements, oldest first.
///
/// # Errors
/// Those of the node.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let past = Past::read(&mut session, args.since.since)?;
    let values = past.tick_values(&mut session)?;
    let Past { seat, markets, entries, .. } = past;
    let mut table = Table::new(
        "settlements",
        "Nothing has been settled yet.",
        &[
            column("time", "time"),
            column("month", "month"),
            column("kind", "kind"),
            column("paid", "received, USD"),
            column("unpaid", "still owed, USD"),
            optional("block", "block"),
            optional("transaction", "transaction"),
        ],
    );
    for entry in &entries {
        let (instrument, kind, paid, unpaid) = if let Some(settled) = entry.event.read::<Settled>() {
            let Some(value) = values.get(&settled.instrument) else { continue };
            (settled.instrument, "variation", settled.paid * *value, Field::usd(settled.unpaid * *value))
        } else if let Some(fee) = entry.event.read::<SettlementFee>() {
            (fee.instrument, "settlement-fee", -crate::act::atoms(fee.amount), Field::none())
        } else {
            continue;
        };
        if entry.event.get("seat") != Some(seat) {
            continue;
        }
        table.row(vec![
            Field::time(entry.time),
            Field::text(markets.name(instrument)),
            Field::text(kind),
            Field::usd(paid),
            unpaid,
            Field::number(entry.block),
            Field::text(&*entry.transaction),
        ]);
    }
    let mut report = Report::new();
    report.table(table);
    context.output.print(&report)
}

//! `sit fills`: every trade of an account, as taker and as maker.

use sit_engine::units::Seconds;
use sit_native::event::clearing::Filled;

use super::input::Since;
use super::order::side_name;
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

/// Prints the fills, oldest first.
///
/// # Errors
/// Those of the node.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let Past { seat, markets, entries, .. } = Past::read(&mut session, args.since.since)?;
    let mut table = Table::new(
        "fills",
        "No trade yet.",
        &[
            column("time", "time"),
            column("month", "month"),
            column("side", "side"),
            column("lots", "lots"),
            column("price", "price"),
            column("fee", "fee, USD"),
            column("role", "role"),
            optional("order", "order"),
            optional("block", "block"),
            optional("transaction", "transaction"),
            optional("log", "log"),
        ],
    );
    for entry in &entries {
        let Some(fill) = entry.event.read::<Filled>() else { continue };
        let sides = [
            (fill.taker, fill.side, "taker", fill.taker_fee, Field::none()),
            (fill.maker, fill.side.opposite(), "maker", fill.maker_fee, Field::number(fill.number)),
        ];
        for (whose, side, role, fee, number) in sides {
            if whose != seat {
                continue;
            }
            let price = match markets.month(fill.instrument) {
                Some(listed) => Field::price(fill.price, listed.sizes()),
                None => Field::text(format!("{}ticks", fill.price.0)),
            };
            table.row(vec![
                Field::time(entry.time.max(Seconds(1))),
                Field::text(markets.name(fill.instrument)),
                Field::text(side_name(side)),
                Field::lots(fill.lots),
                price,
                Field::usd(crate::act::atoms(fee)),
                Field::text(role),
                number,
                Field::number(entry.block),
                Field::text(&*entry.transaction),
                Field::number(entry.index),
            ]);
        }
    }
    let mut report = Report::new();
    report.table(table);
    context.output.print(&report)
}

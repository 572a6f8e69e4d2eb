//! `sit book MONTH`: what stands on both sides.

use sit_engine::units::{Lots, Side};

use crate::chain::{self, Level, Markets};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::{Field, Report, Table, column, optional};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Month, such as DEC26
    month: String,
    /// Prices on each side
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=500))]
    depth: u16,
}

/// Prints the book: asks above bids, the best nearest to the middle. Programs get the best first of each side.
///
/// # Errors
/// An unknown month; those of the node.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let now = session.now();
    let markets = Markets::read(&mut session.client)?;
    let listed = markets.find(&args.month, now)?;
    let instrument = listed.month.instrument;
    let market = chain::markets_of(&mut session.client, &[instrument])?.pop().flatten();
    let market = market.ok_or_else(|| Failure::usage(format!("{} has no market", listed.name())))?;
    let own = session.seat_if_known()?;
    let depth = usize::from(args.depth);
    let book = chain::book(&mut session.client, &listed.month, &market, now, depth)?;
    let sizes = listed.sizes();
    let mut table = Table::new(
        "book",
        "The book is empty.",
        &[
            column("side", "side"),
            column("price", "price"),
            column("lots", "lots"),
            column("total", "total"),
            optional("own", "own"),
            optional("orders", "orders"),
        ],
    );
    let totals = |levels: Vec<Level>| {
        let mut total = Lots::ZERO;
        let with_total = levels.into_iter().map(|level| {
            total += level.lots;
            (level, total)
        });
        with_total.collect::<Vec<_>>()
    };
    let mut asks = totals(book.levels(Side::Sell, own));
    if context.output.for_people() {
        asks.reverse();
    }
    let bids = totals(book.levels(Side::Buy, own));
    for (side, levels) in [("ask", asks), ("bid", bids)] {
        for (level, total) in levels {
            let mine = if level.own == Lots::ZERO { Field::number(0).shown("") } else { Field::lots(level.own) };
            table.row(vec![
                Field::text(side),
                Field::price(level.price, sizes),
                Field::lots(level.lots),
                Field::lots(total),
                mine,
                Field::number(level.orders),
            ]);
        }
    }
    let mut report = Report::new();
    let (state, _) =
        markets.curve(instrument).map_or(("", now), |curve| super::markets::state(curve, &listed, &market, now));
    report
        .fact("month", "month", Field::text(listed.name()))
        .fact("state", "state", Field::text(state))
        .fact("mark", "mark", Field::price(listed.month.mark, sizes))
        .fact("block", "block", Field::number(session.head.number))
        .table(table);
    context.output.print(&report)
}

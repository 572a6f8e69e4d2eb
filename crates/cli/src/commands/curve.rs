//! `sit curve`: the term structure of a product.

use sit_engine::units::QuoteAtoms;

use crate::amount;
use crate::chain::{self, Listed, Markets};
use crate::context::Context;
use crate::failure::Result;
use crate::output::{Field, Report, Table, column, optional};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Prints marks by expiry, each against the index and against the month before it.
///
/// # Errors
/// Those of the node.
pub fn run(context: &Context, _: &Args) -> Result {
    let mut session = Session::open(context)?;
    let now = session.now();
    let markets = Markets::read(&mut session.client)?;
    let mut report = Report::new();
    let mut table = Table::new(
        "curve",
        "No month is listed.",
        &[
            column("month", "month"),
            column("days", "days"),
            column("mark", "mark"),
            column("basis", "mark - index"),
            column("spread", "to the month before"),
            optional("settlement", "settlement"),
            optional("slow", "slow mark"),
            optional("index", "index"),
            optional("expiry", "last trading time"),
        ],
    );
    for (product, curve) in &markets.curves {
        let index = QuoteAtoms(curve.index_price.into());
        let mut before: Option<QuoteAtoms> = None;
        for month in curve.months() {
            let listed = Listed { product: *product, month: *month };
            let sizes = listed.sizes();
            let mark = QuoteAtoms(i128::from(month.mark.0) * i128::from(month.tick_size));
            table.row(vec![
                Field::text(listed.name()),
                Field::number(month.expiry.since(now) / sit_engine::calendar::DAY),
                Field::price(month.mark, sizes),
                Field::usd(mark - index),
                before.map_or_else(Field::none, |before| Field::usd(mark - before)),
                Field::price(month.settle, sizes),
                Field::price(month.slow, sizes),
                Field::usd(index).shown(amount::show_atoms(index.0)),
                Field::time(month.expiry),
            ]);
            before = Some(mark);
        }
        report.note(format!(
            "{}: index {} USD per million SIT, of {}.",
            chain::product_name(*product),
            amount::show_atoms(index.0),
            super::markets::day(curve.index_day)
        ));
    }
    report.table(table);
    context.output.print(&report)
}

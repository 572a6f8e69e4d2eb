//! `sit units`: how amounts are written.

use crate::context::Context;
use crate::failure::Result;
use crate::output::{Field, Report, Table, column};

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {}

const ROWS: [(&str, &str, &str); 7] = [
    ("price", "2.625, 2.625usd, 2625ticks", "US dollars per million SIT, a whole number of the month's ticks"),
    ("size", "5lots, 500MSIT, 0.5GSIT, 500000000SIT", "always with its unit, a whole number of the month's lots"),
    ("money", "1000.50, 1000.50usd, 1000.50usdc, 5atoms", "US dollars; an atom is 0.000001 USD"),
    ("DOT", "1.5dot, 5planck", "a planck is 0.0000000001 DOT, 100,000,000 wei in Ethereum's tools"),
    ("share", "0.5%, 50bps", "a basis point is 0.01 %"),
    ("time", "90s, 15m, 2h, 3d", "from the time of the chain's newest block"),
    ("month", "DEC26, TPI-DEC26, front", "by its last trading month; front is the nearest that trades"),
];

/// Prints the table.
///
/// # Errors
/// When standard output is closed.
pub fn run(context: &Context, _: &Args) -> Result {
    let mut table = Table::new(
        "units",
        "",
        &[column("amount", "amount"), column("written", "written"), column("meaning", "meaning")],
    );
    for (amount, written, meaning) in ROWS {
        table.row([amount, written, meaning].map(Field::text).to_vec());
    }
    let mut report = Report::new();
    report.table(table).note(
        "An amount between two valid ones is refused with both; --round down or --round near takes one and says which. \
         `sit markets` shows what a tick and a lot are in each month.",
    );
    context.output.print(&report)
}

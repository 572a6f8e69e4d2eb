//! `sit markets`: every listed month with its best prices, mark, limits and state.

use sit_engine::clearing::limits::Limits;
use sit_engine::clearing::opening::{WITH_THE_SETTLEMENT, opens_at};
use sit_engine::clearing::{Curve, Market, Status, guard};
use sit_engine::units::{Lots, Seconds, Side};

use crate::amount::show_sit;
use crate::chain::{self, Listed, Markets};
use crate::context::Context;
use crate::failure::Result;
use crate::output::{Field, Report, Table, column, optional};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// What may be done in a month now, in a word that stays.
#[must_use]
pub fn state(curve: &Curve, listed: &Listed, market: &Market, now: Seconds) -> (&'static str, Seconds) {
    let month = &listed.month;
    if month.status == Status::Settled {
        return ("settled", Seconds::ZERO);
    }
    if now >= month.expiry {
        return ("expired", Seconds::ZERO);
    }
    if !curve.holidays.is_session(now) {
        return ("closed", curve.holidays.next_session(now));
    }
    if now < market.halted_until {
        return ("halted", market.halted_until);
    }
    let opens = opens_at(curve, month, market, now);
    if now < opens {
        // Of a settlement that waits nobody knows when it comes.
        return ("opening", if opens == WITH_THE_SETTLEMENT { Seconds::ZERO } else { opens });
    }
    if month.status == Status::ReduceOnly || guard::keeps_risk_out(curve, now) {
        return ("reduce-only", Seconds::ZERO);
    }
    ("trading", Seconds::ZERO)
}

/// Prints the months.
///
/// # Errors
/// Those of the node.
pub fn run(context: &Context, _: &Args) -> Result {
    let mut session = Session::open(context)?;
    let now = session.now();
    let markets = Markets::read(&mut session.client)?;
    let months: Vec<Listed> = markets.months().collect();
    let instruments: Vec<_> = months.iter().map(|listed| listed.month.instrument).collect();
    let cells = chain::markets_of(&mut session.client, &instruments)?;
    let mut table = Table::new(
        "markets",
        "No month is listed.",
        &[
            column("month", "month"),
            column("bid", "bid"),
            column("ask", "ask"),
            column("mark", "mark"),
            column("state", "state"),
            optional("state_until", "until"),
            optional("last", "last"),
            optional("low", "low limit"),
            optional("high", "high limit"),
            optional("open_interest", "open int."),
            optional("expiry", "last trading time"),
            optional("lot_sit", "SIT a lot"),
            optional("tick", "tick"),
            optional("taker_fee_ppm", "taker ppm"),
            optional("maker_fee_ppm", "maker ppm"),
        ],
    );
    for (listed, market) in months.iter().zip(cells) {
        let (Some(market), Some(curve)) = (market, markets.curve(listed.month.instrument)) else { continue };
        let (month, sizes) = (&listed.month, listed.sizes());
        let book = chain::book(&mut session.client, month, &market, now, 1)?;
        let limits = Limits::today(curve, month, &market, now);
        let (state, until) = state(curve, listed, &market, now);
        let last = (market.last_at > Seconds::ZERO).then_some(market.last_price);
        table.row(vec![
            Field::text(listed.name()),
            Field::price_or(book.best(Side::Buy), sizes),
            Field::price_or(book.best(Side::Sell), sizes),
            Field::price(month.mark, sizes),
            Field::text(state),
            Field::time(until),
            Field::price_or(last, sizes),
            Field::price(limits.low, sizes),
            Field::price(limits.high, sizes),
            Field::lots(market.open_interest),
            Field::time(month.expiry),
            Field::text(show_sit(Lots(1), sizes)),
            Field::price(sit_engine::units::Ticks(1), sizes),
            Field::number(market.terms.taker_fee_ppm),
            Field::number(market.terms.maker_fee_ppm),
        ]);
    }
    let mut report = Report::new();
    for (product, curve) in &markets.curves {
        if context.output.for_people() {
            report.note(format!(
                "{}: index {} USD per million SIT, of {}; round {}.",
                chain::product_name(*product),
                crate::amount::show_atoms(curve.index_price.into()),
                day(curve.index_day),
                curve.round
            ));
        }
    }
    report.fact("block", "block", Field::number(session.head.number)).fact("time", "chain time", Field::time(now));
    report.table(table);
    context.output.print(&report)
}

/// A day as people write it.
#[must_use]
pub fn day(day: u32) -> String {
    let date = sit_engine::calendar::Day(day).date();
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

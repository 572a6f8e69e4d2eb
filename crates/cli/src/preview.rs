//! What a message would do, by the engine itself on cells read from the chain, as people and programs see it before
//! anything is signed.

use sit_client::{Client, Transport};
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::margin::Health;
use sit_engine::clearing::{ClearingError, Event, Instrument, RiskArray, SCENARIOS, Status};
use sit_engine::units::{BPS, Lots, Points, QuoteAtoms, Seat, Seconds, Side, Ticks};
use sit_native::preview::{Preview, Standing, admit, preview_message, preview_next};
use sit_native::{Answer, Message, Overlay, Refusal, stored};

use crate::amount::Sizes;
use crate::chain::{Markets, cells};
use crate::failure::Result;
use crate::output::{Field, Report, Table, column, optional};

/// What a scenario of a margin set is called, by its place: the first two move the whole curve, the others were found
/// jointly.
#[must_use]
pub fn scenario_name(scenario: u8) -> String {
    match scenario {
        0 => "level-up".to_owned(),
        1 => "level-down".to_owned(),
        other => format!("joint-{:02}", u16::from(other) + 1),
    }
}

/// Runs a message on the cells of the chain as its owner, and forgets what it did.
///
/// # Errors
/// When a cell could not be read: what the engine said then is not to be trusted, and is not returned.
pub fn run<T: Transport>(
    client: &mut Client<T>,
    owner: Address,
    now: Seconds,
    seat: Seat,
    message: &Message,
) -> Result<Preview<Answer>> {
    let mut state = client.state();
    let preview = preview_message(&mut state, Env { caller: owner, now }, seat, message);
    state.failure().map_or(Ok(preview), |failure| Err(failure.into()))
}

/// A message of an account, as somebody is about to send it.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'m> {
    /// Who sends it: the owner, or who trades for them.
    pub sender: Address,
    /// The account.
    pub seat: Seat,
    /// The message.
    pub message: &'m Message,
}

/// Runs messages that are sent one after the other, each on the cells of the chain as those before it leave them, and
/// forgets what they did. One that is refused leaves nothing. Whether a delegate may send it is not asked ([`admit`]).
///
/// # Errors
/// As [`run`].
pub fn run_all<T: Transport>(
    client: &mut Client<T>,
    now: Seconds,
    sendings: &[Sending<'_>],
) -> Result<Vec<Preview<Answer>>> {
    let mut state = client.state();
    let mut left = Overlay::new(&mut state);
    let mut found = Vec::with_capacity(sendings.len());
    for Sending { sender, seat, message } in sendings {
        admit(&mut left, *seat, *sender);
        found.push(preview_next(&mut left, Env { caller: *sender, now }, *seat, message));
    }
    state.failure().map_or(Ok(found), |failure| Err(failure.into()))
}

/// How much a preview says that an order trades and rests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traded {
    /// Lots that trade at once.
    pub lots: Lots,
    /// What they trade for, lots times price.
    pub value: Points,
    /// Fees of the account, quote atoms.
    pub fee: u64,
    /// Lots that rest.
    pub rests: Lots,
}

/// What the events of a message say of an account's own trades.
#[must_use]
pub fn traded(events: &[Event], seat: Seat) -> Traded {
    let mut traded = Traded::default();
    for event in events {
        match *event {
            Event::Filled { taker, price, lots, taker_fee, .. } if taker == seat => {
                traded.lots += lots;
                traded.value += lots * price;
                traded.fee += taker_fee;
            }
            Event::Placed { seat: whose, lots, .. } if whose == seat => traded.rests += lots,
            _ => {}
        }
    }
    traded
}

/// An average price in ticks: rounded against the trader, up for what is bought and down for what is sold.
#[must_use]
pub fn average(value: Points, lots: Lots, side: Side) -> Option<Ticks> {
    let (value, lots) = (u64::try_from(value.0).ok()?, u64::from(lots.0));
    let ticks = match side {
        Side::Buy => value.checked_add(lots.checked_sub(1)?)?.checked_div(lots)?,
        Side::Sell => value.checked_div(lots)?,
    };
    u32::try_from(ticks).ok().map(Ticks)
}

/// A figure of an account.
type Figure = fn(&Health) -> QuoteAtoms;

/// The figures of an account that a preview shows before and after.
const FIGURES: [(&str, Figure); 6] = [
    ("equity", |health| health.equity),
    ("equity for initial margin", |health| health.initial_equity),
    ("initial margin", |health| health.initial),
    ("free collateral", free),
    ("maintenance margin", |health| health.maintenance),
    ("notional value", |health| health.notional),
];

/// What may be taken out, or used for new orders: equity that counts for initial margin, less what it asks.
#[must_use]
pub fn free(health: &Health) -> QuoteAtoms {
    -health.shortfall()
}

/// The most that may be withdrawn now, found by asking the engine: zero when nothing may.
///
/// # Errors
/// When a cell could not be read.
pub fn withdrawable<T: Transport>(
    client: &mut Client<T>,
    owner: Address,
    now: Seconds,
    seat: Seat,
    cash: u64,
) -> Result<u64> {
    let mut state = client.state();
    let env = Env { caller: owner, now };
    let mut may = |amount| preview_message(&mut state, env, seat, &Message::Withdraw { seat, amount }).outcome.is_ok();
    // Whoever may withdraw an amount may withdraw less.
    let (mut low, mut high) = (0, cash);
    if may(high) {
        low = high;
    }
    while high.saturating_sub(low) > 1 {
        let middle = low.midpoint(high);
        if may(middle) { low = middle } else { high = middle }
    }
    state.failure().map_or(Ok(low), |failure| Err(failure.into()))
}

/// The margin of an account before and after, with the binding scenario and the liquidation prices.
///
/// # Errors
/// Those of the transport.
pub fn margin_report<T: Transport>(
    client: &mut Client<T>,
    markets: &Markets,
    before: &Standing,
    after: &Standing,
) -> Result<Report> {
    let mut report = Report::new();
    let mut table =
        Table::new("margin", "", &[column("figure", "USD"), column("before", "before"), column("after", "after")]);
    for (name, of) in FIGURES {
        table.row(vec![Field::text(name), Field::usd(of(&before.health)), Field::usd(of(&after.health))]);
    }
    report.table(table);
    let risks = risks(client, markets)?;
    for (key, title, standing) in
        [("scenario_before", "binds before", before), ("scenario_after", "binds after", after)]
    {
        report.fact(key, title, scenario(markets, &risks, standing));
    }
    let mut prices = Table::new(
        "liquidation",
        "No position, so no liquidation price.",
        &[
            column("month", "liquidation"),
            column("below_before", "below, before"),
            column("below_after", "below, after"),
            column("above_before", "above, before"),
            column("above_after", "above, after"),
        ],
    );
    let mut held: Vec<Instrument> =
        before.liquidation.iter().chain(&after.liquidation).map(|(instrument, _)| *instrument).collect();
    held.sort_unstable();
    held.dedup();
    for instrument in held {
        let Some(listed) = markets.month(instrument) else { continue };
        let of = |standing: &Standing, below: bool| {
            let found = standing.liquidation.iter().find(|(of, _)| *of == instrument);
            match found {
                None => Field::none(),
                Some((_, prices)) => liquidation_price(if below { prices.below } else { prices.above }, listed.sizes()),
            }
        };
        let fields = [of(before, true), of(after, true), of(before, false), of(after, false)];
        prices.row([Field::text(listed.name())].into_iter().chain(fields).collect());
    }
    report.table(prices);
    Ok(report)
}

/// A liquidation price; there is none where no mark on that side brings a liquidation about.
#[must_use]
pub fn liquidation_price(price: Option<Ticks>, sizes: Sizes) -> Field {
    price.map_or_else(|| Field::none().shown("never"), |price| Field::price(price, sizes))
}

/// The trades of a message by month and side, with their fees; nothing when it trades nothing.
#[must_use]
pub fn trades_table(events: &[Event], seat: Seat, markets: &Markets) -> Option<Table> {
    let mut all: Vec<(Instrument, Side, Traded)> = Vec::new();
    for event in events {
        let Event::Filled { instrument, taker, side, price, lots, taker_fee, .. } = *event else { continue };
        if taker != seat {
            continue;
        }
        if !all.iter().any(|(of, way, _)| (*of, *way) == (instrument, side)) {
            all.push((instrument, side, Traded::default()));
        }
        for (_, _, traded) in all.iter_mut().filter(|(of, way, _)| (*of, *way) == (instrument, side)) {
            traded.lots += lots;
            traded.value += lots * price;
            traded.fee += taker_fee;
        }
    }
    let mut table = Table::new(
        "trades",
        "",
        &[
            column("month", "trades now"),
            column("side", "side"),
            column("lots", "lots"),
            column("average_price", "average price"),
            column("fee", "fee, USD"),
        ],
    );
    for (instrument, side, traded) in all {
        let Some(listed) = markets.month(instrument) else { continue };
        table.row(vec![
            Field::text(listed.name()),
            Field::text(crate::commands::order::side_name(side)),
            Field::lots(traded.lots),
            Field::price_or(average(traded.value, traded.lots, side), listed.sizes()),
            Field::usd(QuoteAtoms(traded.fee.into())),
        ]);
    }
    (!table.is_empty()).then_some(table)
}

/// The margin sets of all products.
fn risks<T: Transport>(client: &mut Client<T>, markets: &Markets) -> Result<Vec<Option<RiskArray>>> {
    let wanted: Vec<_> = markets.curves.iter().map(|(product, _)| stored::risk(*product)).collect();
    cells(client, &wanted)
}

/// The scenario that binds initial margin, by its name and by what it does to the months that are held.
fn scenario(markets: &Markets, risks: &[Option<RiskArray>], standing: &Standing) -> Field {
    if standing.health.initial == QuoteAtoms::ZERO {
        return Field::text("none").shown("none: no margin is needed");
    }
    let place = usize::from(standing.health.scenario).min(SCENARIOS - 1);
    let name = scenario_name(standing.health.scenario);
    let mut moves = Vec::new();
    for ((_, curve), risk) in markets.curves.iter().zip(risks) {
        let Some(risk) = risk else { continue };
        let held = |instrument| standing.liquidation.iter().any(|(of, _)| *of == instrument);
        for month in curve.months().iter().filter(|month| month.status != Status::Settled && held(month.instrument)) {
            let shock = risk.shocks(curve.slot(month.instrument).unwrap_or_default()).get(place).copied().unwrap_or(0);
            let size = shock.unsigned_abs();
            let sign = if shock < 0 { '-' } else { '+' };
            let name = crate::chain::month_name(month.expiry);
            moves.push(format!("{name} {sign}{}.{:02} %", size / (BPS / 100), size % (BPS / 100)));
        }
    }
    let shown = if moves.is_empty() { name.clone() } else { format!("{name} ({})", moves.join(", ")) };
    Field::text(name).shown(shown)
}

/// What an order would trade and leave, with its fee.
#[must_use]
pub fn order_report(traded: &Traded, asked: Lots, side: Side, sizes: Sizes) -> Report {
    let mut report = Report::new();
    let price = average(traded.value, traded.lots, side);
    let shown = match price {
        Some(price) => format!("{} lots at {} on average", traded.lots.0, crate::amount::show_price(price, sizes)),
        None => "nothing".to_owned(),
    };
    let gone = asked.0.saturating_sub(traded.lots.0).saturating_sub(traded.rests.0);
    report
        .fact("trades_lots", "trades at once", Field::lots(traded.lots).shown(shown))
        .fact("average_price", "average price", Field::price_or(price, sizes))
        .fact("rests_lots", "rests, lots", Field::lots(traded.rests))
        .fact("cancelled_lots", "neither, lots", Field::number(gone))
        .fact("fee", "trading fee, USD", Field::usd(QuoteAtoms(traded.fee.into())));
    report
}

/// The sentence of an error that the chain would return.
#[must_use]
pub fn sentence(error: ClearingError) -> String {
    let refusal = Refusal::Clearing(error);
    format!("the exchange would refuse this ({}): {}", refusal.name(), refusal.sentence())
}

/// A table of positions has these columns, wherever it stands.
#[must_use]
pub fn position_columns() -> Vec<crate::output::Column> {
    vec![
        column("month", "month"),
        column("lots", "lots"),
        optional("sit", "SIT"),
        column("mark", "mark"),
        optional("settlement", "settlement"),
        column("unsettled", "unsettled before fees"),
        column("liquidation_below", "liq. below"),
        column("liquidation_above", "liq. above"),
        optional("if_closed_now", "if closed now, after fees"),
        optional("open_bids", "open bids"),
        optional("open_asks", "open asks"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_called_as_the_simulator_calls_them() {
        let named: Vec<String> = (0..16).map(scenario_name).collect();
        assert_eq!(named, sit_sim::margin::array::NAMES);
    }

    #[test]
    fn an_average_is_rounded_against_the_trader() {
        let of = |value, lots, side| average(Points(value), Lots(lots), side).map(|ticks| ticks.0);
        assert_eq!((of(10, 3, Side::Buy), of(10, 3, Side::Sell)), (Some(4), Some(3)));
        assert_eq!((of(9, 3, Side::Buy), of(9, 3, Side::Sell), of(0, 0, Side::Buy)), (Some(3), Some(3), None));
    }
}

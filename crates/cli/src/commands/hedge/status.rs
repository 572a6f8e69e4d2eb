//! `sit hedge status PLAN`: what is locked of a plan, what that has saved or cost, and how much of the prices' move it
//! has covered. The figures are of [`sit_hedge::follow`], on the account's own trades and settlements.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sit_engine::clearing::Instrument;
use sit_engine::units::{QuoteAtoms, Seconds, Side, TickValue, Ticks};
use sit_hedge::follow::{self, Contract};
use sit_native::event::clearing as events;

use super::super::input::Since;
use super::super::orders;
use crate::amount;
use crate::chain::{self, Markets};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::history::{self, Change, Past};
use crate::output::{Field, Report, Table, column, optional};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The plan, as `sit hedge plan --json` printed it
    plan: PathBuf,
    #[command(flatten)]
    since: Since,
}

/// SIT in the million that prices are of.
const MILLION: i128 = 1_000_000;

/// What the plan says of a contract.
#[derive(Clone, Debug, Default)]
struct Planned {
    /// Its name, such as `TPI-DEC26`.
    name: String,
    /// SIT of the months that it hedges.
    sit: u128,
    /// Lots to buy; to sell below zero.
    lots: i128,
}

/// The plan that `sit hedge plan --json` wrote.
#[derive(Debug)]
struct Plan {
    side: Side,
    lot: u128,
    contracts: Vec<Planned>,
    /// Months that had no contract yet.
    unlisted: usize,
}

impl Plan {
    fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path)
            .map_err(|error| Failure::new(Kind::Local, format!("{} cannot be read: {error}", path.display())))?;
        let parsed = serde_json::from_slice(&bytes).map_err(|error| error.to_string());
        parsed.and_then(|plan| Self::of(&plan)).map_err(|reason| {
            let what = path.display();
            Failure::new(Kind::Local, format!("{what} is no plan ({reason}): write one with `sit hedge plan --json`"))
        })
    }

    fn of(plan: &Value) -> std::result::Result<Self, String> {
        let orders = plan["orders"].as_array().ok_or("it has no orders")?;
        let months = plan["months"].as_array().ok_or("it has no months")?;
        let lot = whole(&plan["lot"]).filter(|lot| *lot > 0).ok_or("it does not say how many SIT a lot has")?;
        let mut side = match plan["side"].as_str() {
            Some("buyer") => Some(Side::Buy),
            Some("provider") => Some(Side::Sell),
            _ => None,
        };
        let mut read = Self { side: Side::Buy, lot, contracts: Vec::new(), unlisted: 0 };
        for row in months {
            let (Some(contract), Some(sit)) = (row["contract"].as_str(), whole(&row["sit"])) else {
                return Err("a month lacks contract or sit".to_owned());
            };
            // What has no contract yet is told in words, with blanks.
            if contract.contains(' ') {
                read.unlisted += 1;
            } else {
                let planned = read.contract(contract);
                planned.sit = planned.sit.checked_add(sit).ok_or("its SIT are no number that fits")?;
            }
        }
        for row in orders {
            let (Some(month), Some(way), Some(lots)) =
                (row["month"].as_str(), row["side"].as_str(), whole(&row["lots"]))
            else {
                return Err("an order lacks month, side or lots".to_owned());
            };
            let of = match way {
                "buy" => Side::Buy,
                "sell" => Side::Sell,
                _ => return Err(format!("an order has the side `{way}`")),
            };
            if *side.get_or_insert(of) != of {
                return Err("its orders are not all on its side".to_owned());
            }
            let lots = i128::try_from(lots).map_err(|_| "an order has more lots than fit")?;
            read.contract(month).lots += if of == Side::Buy { lots } else { -lots };
        }
        read.side = side.unwrap_or(Side::Buy);
        Ok(read)
    }

    /// A contract by the name of its month.
    fn contract(&mut self, month: &str) -> &mut Planned {
        let name = format!("TPI-{month}");
        let place = self.contracts.iter().position(|known| known.name == name).unwrap_or_else(|| {
            self.contracts.push(Planned { name, ..Planned::default() });
            self.contracts.len() - 1
        });
        &mut self.contracts[place]
    }
}

/// A whole number, which is text where it is large.
fn whole(value: &Value) -> Option<u128> {
    value.as_u64().map(u128::from).or_else(|| value.as_str()?.parse().ok())
}

/// The instruments of months by their names, also of those that have left the curve.
fn instruments(session: &mut Session, markets: &Markets, wanted: &[Planned]) -> Result<BTreeMap<String, Instrument>> {
    let listed = |listed: chain::Listed| (listed.name(), listed.month.instrument);
    let mut names: BTreeMap<String, Instrument> = markets.months().map(listed).collect();
    if wanted.iter().all(|planned| names.contains_key(&planned.name)) {
        return Ok(names);
    }
    let sample = events::Listed { instrument: Instrument(0), expiry: Seconds::ZERO, mark: Ticks::ZERO };
    let from = session.first_block();
    for entry in history::logs(session, &history::topics(&sample.into(), 1), from)? {
        if let Some(events::Listed { instrument, expiry, .. }) = entry.event.read() {
            let name = format!("{}-{}", chain::product_name(instrument.product()), chain::month_name(expiry));
            names.entry(name).or_insert(instrument);
        }
    }
    Ok(names)
}

/// Compares the plan with what the account has done.
///
/// # Errors
/// A file that is no plan; those of the node.
pub(super) fn run(context: &Context, args: &Args) -> Result {
    let plan = Plan::read(&args.plan)?;
    let mut session = Session::open(context)?;
    let past = Past::read(&mut session, args.since.since)?;
    let values = past.tick_values(&mut session)?;
    let Past { seat, markets, entries, .. } = past;
    let account = orders::account(&mut session, seat)?;
    let names = instruments(&mut session, &markets, &plan.contracts)?;
    let value = |instrument: Instrument| values.get(&instrument).copied();
    let mut changes: BTreeMap<Instrument, Vec<Change>> = BTreeMap::new();
    for change in entries.iter().flat_map(|entry| history::changes(&entry.event, seat, &value)) {
        if let Some(instrument) = change.instrument {
            changes.entry(instrument).or_default().push(change);
        }
    }

    let mut months = Table::new(
        "months",
        "The plan has no contract.",
        &[
            column("month", "month"),
            column("planned", "planned, lots"),
            column("locked", "locked, lots"),
            column("left", "left"),
            optional("locked_at", "locked at, USD"),
            optional("price", "price now"),
            column("result", "saved, USD"),
            optional("without", "without, USD"),
            optional("with", "with, USD"),
            column("effectiveness", "effective"),
        ],
    );
    let (without, with) = match plan.side {
        Side::Buy => ("bill at today's prices without the hedge, USD", "bill with it, USD"),
        Side::Sell => ("revenue at today's prices without the hedge, USD", "revenue with it, USD"),
    };
    let mut sum = Sum::default();
    let mut notes = Vec::new();
    for planned in &plan.contracts {
        let instrument = names.get(&planned.name).copied();
        let own = instrument.and_then(|instrument| changes.remove(&instrument)).unwrap_or_default();
        let (contract, settled) = contract(&mut session, &markets, &account, &plan, planned, instrument, &own)?;
        if contract.lot != plan.lot {
            notes.push(format!(
                "A lot of {} has {} SIT, and one of the plan {}: its lots are not comparable, so plan again.",
                planned.name, contract.lot, plan.lot
            ));
        }
        let came =
            contract.outcome(plan.side).map_err(|error| Failure::usage(format!("{}: {error}", args.plan.display())))?;
        sum.add(&own, &contract, &came);
        // A lot's worth in US dollars of a million SIT, as prices are told.
        let lot = i128::try_from(contract.lot).unwrap_or(i128::MAX).max(1);
        let price = |of_lot: i128| {
            let atoms = (2 * of_lot * MILLION + lot).div_euclid(2 * lot);
            Field::text(amount::exact_atoms(atoms)).shown(amount::show_atoms(atoms))
        };
        let now = contract.price.map(|price| i128::from(price) * i128::from(contract.tick_value));
        months.row(vec![
            Field::text(&*planned.name),
            Field::number(planned.lots),
            Field::number(came.held),
            // Nothing is left to lock in a month that has its final price.
            Field::number(if settled { 0 } else { planned.lots - came.held }),
            came.locked.map_or_else(Field::none, price),
            now.map_or_else(Field::none, price),
            usd(came.result),
            came.without.map_or_else(Field::none, usd),
            came.with.map_or_else(Field::none, usd),
            share(came.against.and_then(|against| follow::effectiveness_bps(came.result, against))),
        ]);
    }
    let mut report = Report::new();
    report
        .fact("side", "who hedges", Field::text(if plan.side == Side::Buy { "buyer" } else { "provider" }))
        .fact("variation", "variation received, USD", usd(sum.variation))
        .fact("unsettled", "variation not settled yet, USD", usd(sum.unsettled))
        .fact("fees", "fees paid, USD", usd(sum.fees))
        .fact("result", "saved by the hedge, below zero cost, USD", usd(sum.result))
        .fact("without", without, usd(sum.without))
        .fact("with", with, usd(sum.with))
        .fact("against", "moved against you since locked, USD", usd(sum.against))
        .fact("effectiveness", "effectiveness so far", share(follow::effectiveness_bps(sum.of_locked, sum.against)));
    report.table(months);
    report.note(
        "Saved is variation, settled and not, less fees. Effectiveness is that over what prices have moved against all \
         that was planned, since it was locked: of the months in which something is locked. Lots are net: bought less \
         sold since the block asked for.",
    );
    if plan.unlisted > 0 {
        report.note(format!(
            "{} months of the plan had no contract yet and are not in it: plan again when they are listed.",
            plan.unlisted
        ));
    }
    if !changes.is_empty() {
        report.note("The account has traded in other months too: those are not in it. `sit statement` has all.");
    }
    for note in notes {
        report.note(note);
    }
    context.output.print(&report)
}

/// A contract of the plan with what the account has done in it, and whether it has its final price.
fn contract(
    session: &mut Session,
    markets: &Markets,
    account: &sit_engine::clearing::Account,
    plan: &Plan,
    planned: &Planned,
    instrument: Option<Instrument>,
    own: &[Change],
) -> Result<(Contract, bool)> {
    let listed = instrument.and_then(|instrument| markets.month(instrument));
    let market = match instrument {
        Some(instrument) => chain::markets_of(&mut session.client, &[instrument])?.pop().flatten(),
        None => None,
    };
    let settled = market.as_ref().and_then(|market| market.final_price);
    let price = settled.or(listed.map(|listed| listed.month.mark));
    let tick_value = market.map_or(TickValue(0), |market| market.tick_value);
    // A month that has left the curve keeps no tick: it had the plan's lot.
    let lot = listed.map(|listed| {
        let month = &listed.month;
        u128::from(month.tick_value.0) * 1_000_000 / u128::from(month.tick_size.max(1))
    });
    let position = account.positions().iter().find(|position| Some(position.instrument) == instrument);
    let unsettled =
        position.zip(price).map_or(QuoteAtoms::ZERO, |(position, price)| position.variation(price) * tick_value);
    let trades = own.iter().filter_map(|change| {
        let (side, lots, price) = (change.side?, change.lots?, change.price?);
        Some((side, lots.0, price.0))
    });
    let contract = Contract {
        sit: planned.sit,
        lot: lot.unwrap_or(plan.lot),
        tick_value: tick_value.0,
        trades: trades.collect(),
        price: price.map(|price| price.0),
        cash: own.iter().map(|change| change.amount.0).sum(),
        unsettled: unsettled.0,
    };
    Ok((contract, settled.is_some()))
}

/// All contracts together, in quote atoms.
#[derive(Clone, Copy, Default)]
struct Sum {
    variation: i128,
    unsettled: i128,
    fees: i128,
    result: i128,
    without: i128,
    with: i128,
    /// The result of the contracts in which something was locked.
    of_locked: i128,
    against: i128,
}

impl Sum {
    fn add(&mut self, own: &[Change], contract: &Contract, came: &follow::Outcome) {
        let variation: i128 =
            own.iter().filter(|change| change.kind == "variation").map(|change| change.amount.0).sum();
        self.variation += variation;
        self.unsettled += contract.unsettled;
        self.fees += variation - contract.cash;
        self.result += came.result;
        self.without += came.without.unwrap_or(0);
        self.with += came.with.unwrap_or(0);
        if let Some(against) = came.against {
            self.of_locked += came.result;
            self.against += against;
        }
    }
}

fn usd(atoms: i128) -> Field {
    Field::usd(QuoteAtoms(atoms))
}

/// A share in percent with two decimals; nothing where there is none.
fn share(bps: Option<i128>) -> Field {
    bps.map_or_else(Field::none, |bps| {
        let sign = if bps < 0 { "-" } else { "" };
        let size = bps.unsigned_abs();
        let text = format!("{sign}{}.{:02}", size / 100, size % 100);
        Field::text(&*text).shown(format!("{text} %"))
    })
}

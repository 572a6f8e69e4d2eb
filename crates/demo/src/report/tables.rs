//! The tables of the report.

use super::books::Equation;
use super::format::{grouped, moment, percent_of_bps, price, real, usd, usd_or_dash, whole};
use crate::record::{Participant, Record};
use sit_page::{Table, numbers, words};

/// Planck of one DOT.
const PLANCK_PER_DOT: f64 = 1e10;

/// Picoseconds of a millisecond.
const PICOSECONDS_PER_MILLISECOND: f64 = 1e9;

/// Margin of each month and side.
pub fn margin(record: &Record) -> Table {
    let rows = record.margin.months.iter().map(|row| {
        let days = row.tenor_days.to_string();
        vec![row.label.clone(), days, percent_of_bps(row.long_bps), percent_of_bps(row.short_bps)]
    });
    let columns = vec![words("Month"), numbers("Days left"), numbers("Long"), numbers("Short")];
    Table::new("No margin was computed.", columns, rows.collect())
}

/// Name and value of what certifies the margin set.
pub fn certificate(record: &Record) -> Vec<(&'static str, String)> {
    let margin = &record.margin;
    vec![
        ("Certificate", margin.certificate.clone()),
        ("Dataset root", margin.dataset_root.clone()),
        ("Seed", margin.seed.to_string()),
        ("Paths", grouped(margin.paths.into())),
        ("Expected shortfall at", format!("{} %", margin.confidence)),
        ("Close-out horizon", format!("{} days", margin.horizon_days)),
    ]
}

/// What the calibration found.
pub fn calibration(record: &Record) -> Table {
    let found = record.calibration.parameters.iter();
    let rows = found.map(|(name, value, remark)| vec![name.clone(), real(*value), remark.clone()]);
    Table::new("Nothing was calibrated.", vec![words("Parameter"), numbers("Value"), words("Remark")], rows.collect())
}

/// What each participant paid and got.
pub fn cash_flows(record: &Record) -> Table {
    let flows =
        |p: &Participant| [p.deposited, p.variation, -p.fees, p.rewards, p.withdrawn, p.withdrawn - p.deposited];
    let mut totals = [0_i128; 6];
    let mut rows = Vec::new();
    for participant in &record.participants {
        let flows = flows(participant);
        for (total, flow) in totals.iter_mut().zip(flows) {
            *total = total.saturating_add(flow);
        }
        let mut row = vec![participant.name.clone(), participant.role.clone()];
        row.extend(flows.map(usd_or_dash));
        rows.push(row);
    }
    let columns = vec![
        words("Participant"),
        words("Role"),
        numbers("Deposited"),
        numbers("Variation"),
        numbers("Fees"),
        numbers("Rewards"),
        numbers("Withdrawn"),
        numbers("Result"),
    ];
    let mut sum = vec!["All".to_owned(), String::new()];
    sum.extend(totals.map(usd_or_dash));
    Table::new("Nobody took part.", columns, rows).with_total(sum)
}

/// Every trade.
pub fn fills(record: &Record) -> Table {
    let rows = record.fills.iter().map(|fill| {
        let side = if fill.buyer_took { "buyer" } else { "seller" };
        vec![
            moment(fill.time),
            fill.instrument.clone(),
            fill.buyer.clone(),
            fill.seller.clone(),
            side.to_owned(),
            price(fill.price),
            grouped(fill.lots.into()),
            usd(fill.fees),
        ]
    });
    let columns = vec![
        words("Time (UTC)"),
        words("Month"),
        words("Buyer"),
        words("Seller"),
        words("Taker"),
        numbers("Price"),
        numbers("Lots"),
        numbers("Fees"),
    ];
    Table::new("Nothing was traded.", columns, rows.collect())
}

/// Every payment of variation.
pub fn settlements(record: &Record) -> Table {
    let rows = record.settlements.iter().map(|settlement| {
        vec![
            moment(settlement.time),
            settlement.instrument.clone(),
            settlement.participant.clone(),
            if settlement.last { "final" } else { "daily" }.to_owned(),
            usd(settlement.paid),
            usd_or_dash(settlement.unpaid),
        ]
    });
    let columns = vec![
        words("Time (UTC)"),
        words("Month"),
        words("Participant"),
        words("Kind"),
        numbers("Received"),
        numbers("Still owed to them"),
    ];
    Table::new("Nothing was settled.", columns, rows.collect())
}

/// Margin calls and liquidations.
pub fn waterfall(record: &Record) -> Table {
    let steps = record.waterfall.steps.iter();
    let rows =
        steps.map(|(time, text, amount)| vec![moment(*time), text.clone(), amount.map_or_else(String::new, usd)]);
    let columns = vec![words("Time (UTC)"), words("What happened"), numbers("Amount")];
    Table::new("Nobody was called for margin, and nobody was liquidated.", columns, rows.collect())
}

/// Whose the money in the vault is, to the last atom.
pub fn books(equation: &Equation) -> Table {
    let row = |name: &str, atoms: i128| vec![name.to_owned(), usd(atoms), whole(atoms)];
    let rows = equation.parts.iter().map(|(name, atoms)| row(name, *atoms)).collect();
    let columns = vec![words("The vault owes"), numbers("US dollars"), numbers("Quote atoms")];
    Table::new("", columns, rows).with_total(row("Sum", equation.owed))
}

/// The deployed contracts.
pub fn contracts(record: &Record) -> Table {
    let rows = record
        .contracts
        .iter()
        .map(|contract| vec![contract.name.clone(), grouped(contract.blob_bytes as u128), contract.address.clone()]);
    let columns = vec![words("Contract"), numbers("Bytes of code"), words("Address")];
    Table::new("Nothing was deployed.", columns, rows.collect())
}

/// What each message cost.
pub fn weights(record: &Record) -> Table {
    let rows = record.weights.iter().map(|row| {
        vec![
            row.message.clone(),
            format!("{:.3}", row.ref_time as f64 / PICOSECONDS_PER_MILLISECOND),
            grouped(row.proof_size.into()),
            real(row.deposit as f64 / PLANCK_PER_DOT),
            grouped(row.cells.into()),
            grouped(row.per_block.into()),
        ]
    });
    let columns = vec![
        words("Message"),
        numbers("Time (ms)"),
        numbers("Proof (bytes)"),
        numbers("Deposit (DOT)"),
        numbers("Cells touched"),
        numbers("Calls per block"),
    ];
    Table::new("No message was measured.", columns, rows.collect())
}

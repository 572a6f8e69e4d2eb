//! `sit statement`: every change of cash exactly once, so that the sum of the rows is the change of cash; what the
//! owner's own transactions cost in DOT beside it. Files for programs for taxes end with the newest final block.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde_json::json;
use sit_engine::units::QuoteAtoms;

use super::input::Since;
use super::order::side_name;
use super::orders;
use crate::amount;
use crate::chain::Markets;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::history::{self, Change, Entry, Past};
use crate::output::{Field, Report, Table, column, optional, say};
use crate::session::Session;
use sit_client::rpc::{hex_bytes, hex_number};
use sit_indexer::taxes::{self, Row};

/// Version of the columns and of the kinds of rows.
pub const SCHEMA: &str = "sit-statement-1";

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    since: Since,
    /// Leave out what transactions cost in DOT
    #[arg(long)]
    no_dot: bool,
    /// Tell refundable deposits apart from fees, where the node still has the states before the transactions
    #[arg(long, conflicts_with = "no_dot")]
    deposits: bool,
    /// As a file for a program for taxes, as the index gives it too
    #[arg(long, value_enum, value_name = "PROGRAM")]
    format: Option<Program>,
}

/// Whose columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Program {
    /// Koinly's universal file
    Koinly,
    /// CoinTracker's file
    Cointracker,
}

/// A row for programs for taxes, in the words and units of the index.
struct Taxed {
    block: u64,
    time: i64,
    kind: String,
    amount: i128,
    currency: &'static str,
    about: String,
    transaction: String,
}

/// What the index calls a kind.
fn name_of(kind: &str) -> String {
    match kind {
        "maker-rebate" => "rebate".to_owned(),
        "trigger-fee" => "trigger_fee_paid".to_owned(),
        "keeper-fee" => "trigger_fee_earned".to_owned(),
        other => other.replace('-', "_"),
    }
}

/// Prints the statement; with `--csv` in its canonical form.
///
/// # Errors
/// Those of the node; a sum of the rows that is not the account's cash.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    // Asked before the rows are read, which takes a while: a row of a block that is replaced meanwhile, by one that is
    // final in the end, would else pass for final.
    let last = session.final_block();
    let past = Past::read(&mut session, args.since.since)?;
    let values = past.tick_values(&mut session)?;
    let Past { seat, markets, from, entries } = past;
    let account = orders::account(&mut session, seat)?;
    let mut table = Table::new(
        "statement",
        "Nothing has happened yet.",
        &[
            column("time", "time"),
            column("kind", "kind"),
            optional("month", "month"),
            optional("side", "side"),
            optional("lots", "lots"),
            optional("price", "price"),
            column("amount", "amount"),
            column("currency", "in"),
            column("balance", "cash after"),
            optional("block", "block"),
            optional("log", "log"),
            optional("transaction", "transaction"),
            optional("schema", "schema"),
        ],
    );
    let (mut taxed, mut known) = (Vec::new(), BTreeMap::new());
    let mut balance = QuoteAtoms::ZERO;
    let mut left = entries.iter().peekable();
    while let Some(entry) = left.next() {
        for change in history::changes(&entry.event, seat, &|instrument| values.get(&instrument).copied()) {
            balance += change.amount;
            taxed.push(Taxed {
                block: entry.block,
                time: entry.time.0.into(),
                kind: name_of(change.kind),
                amount: change.amount.0,
                currency: "USDC",
                about: change.instrument.map_or_else(String::new, |of| format!(" {}", markets.name(of))),
                transaction: entry.transaction.clone(),
            });
            table.row(row(&markets, entry, &change, balance));
        }
        let last = left.peek().is_none_or(|next| next.transaction != entry.transaction);
        if !last || args.no_dot {
            continue;
        }
        let Some(cost) = own_cost(&mut session, &entry.transaction, account.owner)? else { continue };
        let deposit = args.deposits.then(|| {
            let of_block = known.entry(entry.block).or_insert_with(|| history::deposits(&mut session, entry.block));
            of_block.get(&entry.transaction).copied()
        });
        let deposit = deposit.flatten();
        let parts = match deposit.filter(|deposit| *deposit <= cost) {
            Some(deposit) => {
                vec![("network-fee", "gas", cost - deposit), ("storage-deposit", "storage_deposit", deposit)]
            }
            None => vec![("network", "gas_and_deposit", cost)],
        };
        for (kind, named, planck) in parts.into_iter().filter(|(.., planck)| *planck != 0) {
            taxed.push(Taxed {
                block: entry.block,
                time: entry.time.0.into(),
                kind: named.to_owned(),
                amount: -planck.saturating_mul(amount::WEI.cast_signed()),
                currency: "DOT",
                about: String::new(),
                transaction: entry.transaction.clone(),
            });
            let mut fields = vec![Field::time(entry.time), Field::text(kind)];
            fields.extend([Field::none(), Field::none(), Field::none(), Field::none()]);
            fields.extend([
                Field::planck(-planck),
                Field::text("DOT"),
                Field::none(),
                Field::number(entry.block),
                Field::none(),
            ]);
            fields.extend([Field::text(&*entry.transaction), Field::text(SCHEMA)]);
            table.row(fields);
        }
    }
    let mut report = Report::new();
    report
        .fact("seat", "seat", Field::number(seat.0))
        .fact("sum", "sum of the rows, USD", Field::usd(balance))
        .fact("cash", "cash, USD", Field::usd(crate::act::atoms(account.cash)))
        .fact("block", "block", Field::number(session.head.number))
        .fact("final_block", "final up to block", Field::number(last));
    report.table(table);
    // What is handed to a tax office is not replaced afterwards.
    let (taxed, open): (Vec<_>, Vec<_>) = taxed.into_iter().partition(|row| row.block <= last);
    if args.format.is_some() && !open.is_empty() {
        let left_out = open.len();
        context.output.tell(&format!("{left_out} rows of blocks after {last} are left out: those are not final yet."));
    }
    let rows = taxed.iter().map(|row| Row {
        time: row.time,
        kind: &row.kind,
        amount: row.amount,
        currency: row.currency,
        about: row.about.clone(),
        transaction: &row.transaction,
    });
    match args.format {
        None => context.output.print(&report)?,
        Some(Program::Koinly) => say(&taxes::koinly(rows))?,
        Some(Program::Cointracker) => say(&taxes::cointracker(rows))?,
    }
    if args.since.since.is_none() && balance != crate::act::atoms(account.cash) {
        // The account may have changed between the logs and the cell.
        let message = format!(
            "the rows add up to {} USD, and the account has {} USD: it has changed meanwhile, or the node keeps no logs \
             from block {from} on. Ask again, or another node",
            amount::show_atoms(balance.0),
            amount::show_atoms(account.cash.into())
        );
        return Err(Failure::new(Kind::Unreachable, message));
    }
    Ok(())
}

fn row(markets: &Markets, entry: &Entry, change: &Change, balance: QuoteAtoms) -> Vec<Field> {
    let listed = change.instrument.and_then(|instrument| markets.month(instrument));
    let price = match (change.price, listed) {
        (Some(price), Some(listed)) => Field::price(price, listed.sizes()),
        (Some(price), None) => Field::text(format!("{}ticks", price.0)),
        (None, _) => Field::none(),
    };
    vec![
        Field::time(entry.time),
        Field::text(change.kind),
        change.instrument.map_or_else(Field::none, |instrument| Field::text(markets.name(instrument))),
        change.side.map_or_else(Field::none, |side| Field::text(side_name(side))),
        change.lots.map_or_else(Field::none, Field::lots),
        price,
        Field::usd(change.amount),
        Field::text("USD"),
        Field::usd(balance),
        Field::number(entry.block),
        Field::number(entry.index),
        Field::text(&*entry.transaction),
        Field::text(SCHEMA),
    ]
}

/// What a transaction cost in planck, if the owner sent it: fee and deposit together, as the receipt has them.
fn own_cost(session: &mut Session, transaction: &str, owner: [u8; 20]) -> Result<Option<i128>> {
    let receipt = session.raw("eth_getTransactionReceipt", json!([transaction]))?;
    let from = hex_bytes(receipt.get("from"));
    if from.as_deref() != Some(&owner[..]) {
        return Ok(None);
    }
    let (gas, price) = (hex_number(receipt.get("gasUsed")), hex_number(receipt.get("effectiveGasPrice")));
    let (Some(gas), Some(price)) = (gas, price) else { return Err(history::senseless("eth_getTransactionReceipt")) };
    let wei = u128::from(gas).saturating_mul(price.into());
    Ok(Some(wei.div_ceil(amount::WEI).cast_signed()))
}

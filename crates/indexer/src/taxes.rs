//! Statements in the columns of two programs for taxes. The API of the index and `sit statement` give the same ones.
//!
//! A row without an amount, such as a trade, which moves no cash by itself, is left out: those programs take transfers.

use crate::statement::{decimal, digits, utc};

/// A change of cash, or of DOT.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row<'a> {
    /// When, in Unix seconds.
    pub time: i64,
    /// What kind, as the API calls it: `variation`, `taker_fee`, `gas`.
    pub kind: &'a str,
    /// By how much, in units of the currency: 10^-6 USDC, 10^-18 DOT.
    pub amount: i128,
    /// `USDC` or `DOT`.
    pub currency: &'static str,
    /// More of it for people: its month, the other account; with a blank before each.
    pub about: String,
    /// The transaction, in hexadecimal.
    pub transaction: &'a str,
}

/// What is sent and what is received, each with its currency; the one that is not is empty.
fn sides(row: &Row<'_>) -> [(String, &'static str); 2] {
    let size = decimal(row.amount.saturating_abs(), digits(row.currency));
    let (here, none) = ((size, row.currency), (String::new(), ""));
    if row.amount < 0 { [here, none] } else { [none, here] }
}

/// Koinly's universal file.
#[must_use]
pub fn koinly<'a>(rows: impl Iterator<Item = Row<'a>>) -> String {
    let mut text = "Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,Net Worth Amount,Net Worth Currency,Label,Description,TxHash\n".to_owned();
    for row in rows.filter(|row| row.amount != 0) {
        let (date, clock) = utc(row.time);
        let [(sent, sent_in), (received, received_in)] = sides(&row);
        let label = match row.kind {
            "variation" => "realized gain",
            "taker_fee" | "maker_fee" | "settlement_fee" | "trigger_fee_paid" => "margin fee",
            "reward" | "rebate" | "trigger_fee_earned" => "reward",
            "gas" | "gas_and_deposit" => "cost",
            _ => "",
        };
        text.push_str(&format!(
            "{date} {clock} UTC,{sent},{sent_in},{received},{received_in},,,,,{label},SIT Futures {}{},{}\n",
            row.kind.replace('_', " "),
            row.about,
            row.transaction
        ));
    }
    text
}

/// CoinTracker's file. Its tags have no word for futures, so none is set.
#[must_use]
pub fn cointracker<'a>(rows: impl Iterator<Item = Row<'a>>) -> String {
    let mut text =
        "Date,Received Quantity,Received Currency,Sent Quantity,Sent Currency,Fee Amount,Fee Currency,Tag\n".to_owned();
    for row in rows.filter(|row| row.amount != 0) {
        let (date, clock) = utc(row.time);
        let mut parts = date.split('-');
        let (year, month, day) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let [(sent, sent_in), (received, received_in)] = sides(&row);
        text.push_str(&format!("{month}/{day}/{year} {clock},{received},{received_in},{sent},{sent_in},,,\n"));
    }
    text
}

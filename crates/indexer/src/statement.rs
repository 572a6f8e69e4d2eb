//! Statements of an account as CSV: what it had, every change once, what it has. In our own columns, which have
//! everything, and in those of two programs for taxes.
//!
//! A statement ends with the newest block that is final: what is handed to a tax office is not replaced afterwards.
//!
//! Amounts of US dollars are exact decimals of six digits, of DOT of eighteen. Times are UTC.

use sit_engine::calendar::{DAY, Day};
use sit_engine::units::Seconds;

use alloy_core::primitives::hex;
use rusqlite::{OptionalExtension, params};

use crate::query::{Answer, Query, Refusal, View, apart, product};
use crate::taxes::{self, Row};

/// Rows of a statement at most: of more, a part of the time must be asked for.
const MOST_ROWS: usize = 100_000;

/// Whose columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Canonical,
    Koinly,
    CoinTracker,
}

/// A line of a statement before it has columns.
struct Line {
    time: i64,
    place: (i64, i64, i64, i64),
    transaction: String,
    kind: String,
    /// Change of cash in atoms, or of DOT in wei, by the currency.
    amount: i128,
    currency: &'static str,
    balance: Option<i64>,
    instrument: Option<u16>,
    counter: Option<i64>,
    side: &'static str,
    lots: Option<i64>,
    price: Option<i64>,
}

impl Line {
    /// What programs for taxes take of it.
    fn taxed(&self) -> Row<'_> {
        let month = self.instrument.map(|month| format!(" month {month}")).unwrap_or_default();
        let other = self.counter.map(|seat| format!(" seat {seat}")).unwrap_or_default();
        Row {
            time: self.time,
            kind: &self.kind,
            amount: self.amount,
            currency: self.currency,
            about: format!("{month}{other}"),
            transaction: &self.transaction,
        }
    }
}

impl View<'_> {
    /// `/v1/accounts/{seat}/statement`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn statement(&self, seat: i64, query: &Query) -> Answer<String> {
        let format = match query.text("format") {
            None | Some("canonical") => Format::Canonical,
            Some("koinly") => Format::Koinly,
            Some("cointracker") => Format::CoinTracker,
            Some(_) => {
                return Err(Refusal::Bad("the parameter `format` is canonical, koinly or cointracker".to_owned()));
            }
        };
        let from = query.whole("from", u32::MAX.into())?.unwrap_or(0);
        let to = query.whole("to", u32::MAX.into())?.unwrap_or(i64::from(u32::MAX));
        let owner: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT owner FROM account WHERE seat = ?1")?
            .query_row([seat], |row| row.get(0))
            .optional()?;
        let owner = owner.ok_or_else(|| Refusal::NotFound(format!("there is no account with seat {seat}")))?;
        if owner.iter().all(|byte| *byte == 0) {
            // What it had before is not known here, so that every balance would be wrong.
            return Err(Refusal::NotFound(format!(
                "there is no statement of seat {seat}: its account was not opened in the blocks of this index, and the state \
                 of the house did not tell of it"
            )));
        }
        // Nothing above what is final, at neither end: a part that begins there opens with what is final.
        let end = self.final_block.cast_signed().saturating_add(1);
        let blocks = (self.first_block_of(from)?.min(end), self.first_block_of(to)?.min(end));
        let mut lines = self.cash_lines(seat, blocks)?;
        lines.extend(self.fill_lines(seat, blocks)?);
        // A transaction of an owner may be for several of their accounts, or for none: it is paid for once.
        if self.is_first_of(seat, &owner)? {
            lines.extend(self.cost_lines(&owner, blocks)?);
        }
        if lines.len() > MOST_ROWS {
            return Err(Refusal::Bad(format!(
                "the statement has more than {MOST_ROWS} rows: ask for a part of it with `from` and `to`"
            )));
        }
        lines.sort_by_key(|line| line.place);
        let opening: i64 = self
            .db
            .prepare_cached(
                "SELECT balance FROM account_event WHERE seat = ?1 AND block < ?2 \
                 ORDER BY block DESC, log DESC, row DESC LIMIT 1",
            )?
            .query_row(params![seat, blocks.0], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        let closing = lines.iter().rev().find_map(|line| line.balance).unwrap_or(opening);
        Ok(match format {
            Format::Canonical => {
                // Up to the final block's time; where no block of this index is final yet, nothing has passed.
                let until = self.time_of(self.final_block)?.map_or(from, |time| time.saturating_add(1));
                canonical(seat, from, to.min(until), opening, closing, &lines)
            }
            Format::Koinly => taxes::koinly(lines.iter().map(Line::taxed)),
            Format::CoinTracker => taxes::cointracker(lines.iter().map(Line::taxed)),
        })
    }

    /// The first block that is not before a time. Rows are looked for by their blocks, which all indices have after the
    /// account: whatever the account has done before and after costs nothing.
    fn first_block_of(&self, time: i64) -> Answer<i64> {
        let sql = "SELECT number FROM block WHERE time >= ?1 ORDER BY time, number LIMIT 1";
        let found: Option<i64> = self.db.prepare_cached(sql)?.query_row([time], |row| row.get(0)).optional()?;
        Ok(found.unwrap_or(i64::MAX))
    }

    /// When a block was made; `None` for one that is not among those of this index.
    fn time_of(&self, block: u64) -> Answer<Option<i64>> {
        let sql = "SELECT time FROM block WHERE number = ?1";
        Ok(self.db.prepare_cached(sql)?.query_row([block.cast_signed()], |row| row.get(0)).optional()?)
    }

    /// Whether an account is the first of its owner's.
    fn is_first_of(&self, seat: i64, owner: &[u8]) -> Answer<bool> {
        let sql = "SELECT min(seat) FROM account WHERE owner = ?1";
        let first: Option<i64> = self.db.prepare_cached(sql)?.query_row([owner], |row| row.get(0))?;
        Ok(first == Some(seat))
    }

    fn cash_lines(&self, seat: i64, blocks: (i64, i64)) -> Answer<Vec<Line>> {
        let mut statement = self.db.prepare_cached(
            "SELECT t.block, t.log, t.row, t.time, x.hash, t.kind, t.amount, t.balance, t.instrument, t.counter \
             FROM account_event t JOIN raw_transaction x ON x.block = t.block AND x.position = t.position \
             WHERE t.seat = ?1 AND t.block >= ?2 AND t.block < ?3 ORDER BY t.block, t.log, t.row LIMIT ?4",
        )?;
        let rows = statement.query_map(params![seat, blocks.0, blocks.1, MOST_ROWS as i64 + 1], |row| {
            Ok(Line {
                time: row.get(3)?,
                place: (row.get(0)?, 1, row.get(1)?, row.get(2)?),
                transaction: hex::encode_prefixed(row.get_ref(4)?.as_blob().unwrap_or_default()),
                kind: row.get(5)?,
                amount: row.get::<_, i64>(6)?.into(),
                currency: "USDC",
                balance: row.get(7)?,
                instrument: row.get(8)?,
                counter: row.get(9)?,
                side: "",
                lots: None,
                price: None,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Trades of both sides. They move no cash by themselves: their fees and their variation are rows of their own.
    fn fill_lines(&self, seat: i64, blocks: (i64, i64)) -> Answer<Vec<Line>> {
        let mut statement = self.db.prepare_cached(
            "SELECT t.block, t.log, t.time, x.hash, t.instrument, t.side, t.price, t.lots, t.taker, t.maker, t.liquidation \
             FROM (SELECT * FROM (SELECT * FROM trade WHERE taker = ?1 AND block >= ?2 AND block < ?3 \
             ORDER BY block, log LIMIT ?4) UNION ALL \
             SELECT * FROM (SELECT * FROM trade WHERE maker = ?1 AND taker <> ?1 AND block >= ?2 AND block < ?3 \
             ORDER BY block, log LIMIT ?4)) t \
             JOIN raw_transaction x ON x.block = t.block AND x.position = t.position ORDER BY t.block, t.log LIMIT ?4",
        )?;
        let rows = statement.query_map(params![seat, blocks.0, blocks.1, MOST_ROWS as i64 + 1], |row| {
            let (side, taker, maker): (i64, i64, i64) = (row.get(5)?, row.get(8)?, row.get(9)?);
            let takes = taker == seat;
            let kind = match (row.get::<_, bool>(10)?, takes) {
                (false, true) => "fill_taker",
                (false, false) => "fill_maker",
                (true, true) => "takeover",
                (true, false) => "liquidated",
            };
            Ok(Line {
                time: row.get(2)?,
                place: (row.get(0)?, 1, row.get(1)?, -1),
                transaction: hex::encode_prefixed(row.get_ref(3)?.as_blob().unwrap_or_default()),
                kind: kind.to_owned(),
                amount: 0,
                currency: "USDC",
                balance: None,
                instrument: row.get(4)?,
                counter: Some(if takes { maker } else { taker }),
                side: if (side == 0) == takes { "buy" } else { "sell" },
                price: row.get(6)?,
                lots: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Fees and deposits, which the owner of the account has paid in DOT, each a row of its own; where they cannot be
    /// told apart, one for both. What a transaction was to bring stays with who sent it where it failed.
    fn cost_lines(&self, owner: &[u8], blocks: (i64, i64)) -> Answer<Vec<Line>> {
        let mut statement = self.db.prepare_cached(
            "SELECT t.block, t.position, b.time, t.hash, t.gas_used, t.gas_price, \
             CASE t.succeeded WHEN 0 THEN '0' ELSE t.value END, t.succeeded, d.planck \
             FROM raw_transaction t JOIN block b ON b.number = t.block \
             LEFT JOIN deposit d ON d.block = t.block AND d.position = t.position \
             WHERE t.sender = ?1 AND t.block >= ?2 AND t.block < ?3 ORDER BY t.block, t.position LIMIT ?4",
        )?;
        let mut lines = Vec::new();
        let mut rows = statement.query(params![owner, blocks.0, blocks.1, MOST_ROWS as i64 + 1])?;
        while let Some(row) = rows.next()? {
            let (used, price, value): (String, String, String) = (row.get(4)?, row.get(5)?, row.get(6)?);
            let paid = product(&used, &price);
            let value = value.parse::<i128>().unwrap_or(0);
            let parts = match apart(paid, row.get(7)?, row.get(8)?) {
                Some((fee, deposit)) => [("gas", fee, 0), ("storage_deposit", deposit, 1), ("dot_sent", value, 2)],
                None => [("gas_and_deposit", paid.cast_signed(), 0), ("storage_deposit", 0, 1), ("dot_sent", value, 2)],
            };
            for (kind, amount, part) in parts {
                if amount != 0 {
                    lines.push(Line {
                        time: row.get(2)?,
                        place: (row.get(0)?, 0, row.get(1)?, part),
                        transaction: hex::encode_prefixed(row.get_ref(3)?.as_blob().unwrap_or_default()),
                        kind: kind.to_owned(),
                        amount: -amount,
                        currency: "DOT",
                        balance: None,
                        instrument: None,
                        counter: None,
                        side: "",
                        lots: None,
                        price: None,
                    });
                }
            }
        }
        Ok(lines)
    }
}

/// A time as `2026-12-07 08:00:00`, in UTC.
#[must_use]
pub fn utc(time: i64) -> (String, String) {
    let seconds = Seconds(u32::try_from(time).unwrap_or(u32::MAX));
    let date = Day::of(seconds).date();
    let rest = seconds.0 % DAY;
    let clock = format!("{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60);
    (format!("{:04}-{:02}-{:02}", date.year, date.month, date.day), clock)
}

/// An exact decimal.
#[must_use]
pub fn decimal(units: i128, digits: u32) -> String {
    let one = 10_u128.pow(digits);
    let size = units.unsigned_abs();
    let sign = if units < 0 { "-" } else { "" };
    let width = digits as usize;
    format!("{sign}{}.{:0width$}", size / one, size % one)
}

pub(crate) fn digits(currency: &str) -> u32 {
    if currency == "DOT" { 18 } else { 6 }
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

const CANONICAL: &str = "schema,time_utc,block,log,row,transaction,type,currency,amount,balance,instrument,side,lots,price_ticks,counter_seat\n";

fn canonical(seat: i64, from: i64, to: i64, opening: i64, closing: i64, lines: &[Line]) -> String {
    let iso = |time: i64| {
        let (date, clock) = utc(time);
        format!("{date}T{clock}Z")
    };
    let edge = |kind: &str, time: i64, balance: i64| {
        format!("sit-statement-1,{},,,,,{kind},USDC,0.000000,{},,,,,{seat}\n", iso(time), decimal(balance.into(), 6))
    };
    let mut text = CANONICAL.to_owned();
    text.push_str(&edge("opening", from, opening));
    for line in lines {
        let (block, _, log, row) = line.place;
        let place = if line.currency == "DOT" {
            (String::new(), String::new())
        } else {
            (log.to_string(), row.max(0).to_string())
        };
        text.push_str(&format!(
            "sit-statement-1,{},{block},{},{},{},{},{},{},{},{},{},{},{},{}\n",
            iso(line.time),
            place.0,
            place.1,
            line.transaction,
            line.kind,
            line.currency,
            decimal(line.amount, digits(line.currency)),
            line.balance.map(|balance| decimal(balance.into(), 6)).unwrap_or_default(),
            shown(line.instrument),
            line.side,
            shown(line.lots),
            shown(line.price),
            shown(line.counter)
        ));
    }
    text.push_str(&edge("closing", to, closing));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal(-1, 6), "-0.000001");
        assert_eq!(decimal(1_234_567, 6), "1.234567");
        assert_eq!(decimal(10_i128.pow(18), 18), "1.000000000000000000");
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(utc(1_796_630_400), ("2026-12-07".to_owned(), "08:00:00".to_owned()));
        assert_eq!(utc(1_796_630_400 + 3_661), ("2026-12-07".to_owned(), "09:01:01".to_owned()));
    }
}

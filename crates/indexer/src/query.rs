//! Answers from the tables, as JSON. Each is read in one transaction, so that its block is the block of all of it.

use alloy_core::primitives::hex;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::{Map, Value, json};
use sit_engine::calendar::Day;
use sit_engine::clearing::{Instrument, Status};
use sit_engine::units::{Points, QuoteAtoms, Seconds, Side, TickValue};
use sit_native::Contract;

use crate::check::Books;
use crate::derive::{self, RESOLUTIONS};
use crate::store::{self, StoreError, Tip};

/// Rows of a page, where nothing is said.
const USUAL: i64 = 100;
/// Rows of a page at most.
pub const MOST: i64 = 1_000;
/// Logs that are looked through for one page of events.
const MOST_LOGS: i64 = 20_000;
/// Fills that are read for one first-in-first-out entry price.
const MOST_FILLS: i64 = 10_000;
/// Levels of a side of a book at most.
const MOST_LEVELS: usize = 400;

/// Why a question is not answered.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not understood.
    #[error("{0}")]
    Bad(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// There is nothing to answer with yet.
    #[error("the index has no block yet: ask again in a moment")]
    NotReady,
    /// The tables failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What a question is answered with.
pub type Answer<T = Page> = Result<T, Refusal>;

/// An answer, with the cursor of the next page where there are pages.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What was asked for.
    pub data: Value,
    /// `None` for what has no pages; `Some(None)` at the end of them.
    pub next: Option<Option<String>>,
}

impl From<Value> for Page {
    fn from(data: Value) -> Self {
        Self { data, next: None }
    }
}

/// What a question is asked of.
pub struct View<'v> {
    /// The tables.
    pub db: &'v Connection,
    /// The books at the newest block.
    pub books: &'v Books,
    /// Which exchange it is.
    pub identity: &'v store::Identity,
    /// The newest block of the tables.
    pub tip: Tip,
    /// The newest of them that is final: rows of blocks above it may still be replaced.
    pub final_block: u64,
}

/// The parameters of a question.
#[derive(Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads what stands behind the question mark. Only names in `known` may be there, each once.
    ///
    /// # Errors
    /// [`Refusal::Bad`].
    pub fn parse(text: Option<&str>, known: &[&str]) -> Answer<Self> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in text.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if !known.contains(&name) {
                let takes = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(Refusal::Bad(format!(
                    "the parameter `{}` is not known here; it takes {takes}",
                    clip(name)
                )));
            }
            if pairs.iter().any(|(other, _)| other == name) {
                return Err(Refusal::Bad(format!("the parameter `{name}` is given twice")));
            }
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Ok(Self { pairs })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A parameter's text, where it is given.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)
    }

    /// A parameter that is a whole number, where it is given.
    ///
    /// # Errors
    /// [`Refusal::Bad`].
    pub fn whole(&self, name: &str, most: i64) -> Answer<Option<i64>> {
        self.number(name, most)
    }

    fn number(&self, name: &str, most: i64) -> Answer<Option<i64>> {
        self.get(name).map(|value| number(name, value, most)).transpose()
    }

    fn page(&self) -> Answer<(i64, Cursor)> {
        let limit = match self.get("limit") {
            Some(limit) => number("limit", limit, MOST)?,
            None => USUAL,
        };
        if limit == 0 {
            return Err(Refusal::Bad("the parameter `limit` is at least 1".to_owned()));
        }
        let cursor = self.get("cursor").map(Cursor::read).transpose()?.unwrap_or(Cursor::NEWEST);
        Ok((limit, cursor))
    }
}

/// At most forty characters of something strange, for a sentence about it.
#[must_use]
pub fn clip(text: &str) -> String {
    let plain = text.chars().map(|letter| if letter.is_ascii_graphic() { letter } else { '?' });
    plain.take(40).collect()
}

/// A number of a path or a parameter.
///
/// # Errors
/// [`Refusal::Bad`].
pub fn number(name: &str, text: &str, most: i64) -> Answer<i64> {
    let digits = !text.is_empty() && text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse::<i64>().ok() } else { None };
    number
        .filter(|number| *number <= most)
        .ok_or_else(|| Refusal::Bad(format!("`{name}` is a whole number from 0 to {most}, and is `{}`", clip(text))))
}

/// Where a page begins: below this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor(i64, i64, i64);

impl Cursor {
    const NEWEST: Self = Self(i64::MAX, i64::MAX, i64::MAX);

    fn write(self) -> String {
        hex::encode(format!("{}-{}-{}", self.0, self.1, self.2))
    }

    fn read(text: &str) -> Answer<Self> {
        let bad = || Refusal::Bad("the parameter `cursor` is the `next` of an earlier page".to_owned());
        let bytes = if text.len() <= 120 { hex::decode(text).ok() } else { None };
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad)?;
        let mut parts = text.split('-').map(|part| part.parse::<i64>().ok().filter(|number| *number >= 0));
        let mut next = || parts.next().flatten().ok_or_else(bad);
        let cursor = Self(next()?, next()?, next()?);
        if parts.next().is_some() { Err(bad()) } else { Ok(cursor) }
    }
}

/// Rows newest first, as JSON, each with its place.
struct List<'l> {
    /// Columns, the first three the place.
    columns: &'l str,
    /// Tables with conditions; `?1` to `?3` are the cursor, `?4` the limit, further ones `values`.
    from: &'l str,
    /// Order, newest first.
    order: &'l str,
    /// Values of the conditions.
    values: Vec<Sql>,
}

impl View<'_> {
    fn list(&self, query: &Query, list: &List<'_>, each: impl Fn(&Row<'_>) -> rusqlite::Result<Value>) -> Answer<Page> {
        let (limit, cursor) = query.page()?;
        let List { columns, from, order, values } = list;
        let sql = format!("SELECT {columns} FROM {from} ORDER BY {order} LIMIT ?4");
        let mut statement = self.db.prepare_cached(&sql)?;
        let all = [cursor.0, cursor.1, cursor.2, limit].map(Sql::Integer).into_iter().chain(values.iter().cloned());
        let mut rows = statement.query(params_from_iter(all))?;
        let (mut data, mut last) = (Vec::new(), None);
        while let Some(row) = rows.next()? {
            last = Some(Cursor(row.get(0)?, row.get(1)?, row.get(2)?));
            data.push(each(row)?);
        }
        let more = data.len() as i64 == limit;
        Ok(Page { data: Value::Array(data), next: Some(last.filter(|_| more).map(Cursor::write)) })
    }

    fn tick_value(&self, instrument: u16) -> Answer<TickValue> {
        let sql = "SELECT tick_value FROM instrument WHERE instrument = ?1";
        let value: Option<u32> = self.db.prepare_cached(sql)?.query_row([instrument], |row| row.get(0)).optional()?;
        value.map(TickValue).ok_or_else(|| no_instrument(instrument.into()))
    }

    /// An account that there is.
    fn known_seat(&self, seat: i64) -> Answer<i64> {
        let sql = "SELECT 1 FROM account WHERE seat = ?1";
        let found = self.db.prepare_cached(sql)?.exists([seat])?;
        if found { Ok(seat) } else { Err(Refusal::NotFound(format!("there is no account with seat {seat}"))) }
    }

    // --- market

    /// `/v1/instruments`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn instruments(&self, query: &Query) -> Answer {
        let product = query.number("product", 15)?;
        let mut statement = self.db.prepare_cached(
            "SELECT instrument, listed, expiry, tick_value, tick_size, mark, previous_mark, round, final_price, last, \
             last_time, open_interest, halted_until FROM instrument ORDER BY expiry, instrument",
        )?;
        let mut traded = self.db.prepare_cached(
            "SELECT coalesce(sum(lots), 0), coalesce(sum(trades), 0) FROM candle \
             WHERE instrument = ?1 AND resolution = ?2 AND t >= ?3 AND t < ?4",
        )?;
        // Candles of a minute that began in a day: those up to the next full hour, and candles of hours after it.
        let begin = i64::try_from(self.tip.time).unwrap_or(i64::MAX).saturating_sub(86_399);
        let hour = begin.saturating_add(3_599).div_euclid(3_600).saturating_mul(3_600);
        let mut of_day = |instrument: u16| -> rusqlite::Result<(i64, i64)> {
            let mut sum = |resolution: u32, from: i64, to: i64| {
                traded.query_row(params![instrument, resolution, from, to], |row| Ok((row.get(0)?, row.get(1)?)))
            };
            let (minutes, hours): ((i64, i64), (i64, i64)) = (sum(60, begin, hour)?, sum(3_600, hour, i64::MAX)?);
            Ok((minutes.0 + hours.0, minutes.1 + hours.1))
        };
        let rows = statement.query_map([], |row| {
            let instrument: u16 = row.get(0)?;
            let expiry: u32 = row.get(2)?;
            let settled = row.get::<_, Option<u32>>(8)?.is_some();
            let (lots, trades) = of_day(instrument)?;
            let best = |side| self.books.side(instrument, side).next().map(|order| order.price.0);
            Ok((
                Instrument(instrument).product().0,
                json!({
                    "instrument": instrument,
                    "product": Instrument(instrument).product().0,
                    "symbol": symbol(instrument, expiry),
                    "status": self.status(instrument, settled),
                    "listed_time": row.get::<_, i64>(1)?,
                    "expiry_time": expiry,
                    "tick_value_atoms": row.get::<_, i64>(3)?.to_string(),
                    "tick_size_atoms": row.get::<_, i64>(4)?,
                    "mark_ticks": row.get::<_, i64>(5)?,
                    "previous_mark_ticks": row.get::<_, Option<i64>>(6)?,
                    "round": row.get::<_, i64>(7)?,
                    "final_price_ticks": row.get::<_, Option<i64>>(8)?,
                    "last_ticks": row.get::<_, Option<i64>>(9)?,
                    "last_time": row.get::<_, Option<i64>>(10)?,
                    "open_interest_lots": row.get::<_, i64>(11)?,
                    "halted_until": row.get::<_, Option<i64>>(12)?,
                    "volume_24h_lots": lots,
                    "trades_24h": trades,
                    "best_bid_ticks": best(Side::Buy),
                    "best_ask_ticks": best(Side::Sell),
                }),
            ))
        })?;
        let mut data = Vec::new();
        for row in rows {
            let (of, row) = row?;
            if product.is_none_or(|product| product == i64::from(of)) {
                data.push(row);
            }
        }
        Ok(Value::Array(data).into())
    }

    fn status(&self, instrument: u16, settled: bool) -> &'static str {
        match self.books.status.get(&instrument) {
            _ if settled => "settled",
            Some(Status::ReduceOnly) => "reduce_only",
            _ => "trading",
        }
    }

    /// `/v1/curve`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn curve(&self, query: &Query) -> Answer {
        let product = query.number("product", 15)?.unwrap_or(0);
        let print: Option<(i64, i64)> = self
            .db
            .prepare_cached("SELECT day, price FROM index_print WHERE id = ?1 ORDER BY block DESC, log DESC LIMIT 1")?
            .query_row([product], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let mut statement = self.db.prepare_cached(
            "SELECT instrument, expiry, mark, previous_mark, last, open_interest FROM instrument \
             WHERE final_price IS NULL AND instrument >= ?1 AND instrument < ?2 ORDER BY expiry, instrument",
        )?;
        let months = statement.query_map([product * 4_096, (product + 1) * 4_096], |row| {
            let (instrument, expiry): (u16, u32) = (row.get(0)?, row.get(1)?);
            Ok(json!({
                "instrument": instrument,
                "symbol": symbol(instrument, expiry),
                "expiry_time": expiry,
                "mark_ticks": row.get::<_, i64>(2)?,
                "previous_mark_ticks": row.get::<_, Option<i64>>(3)?,
                "last_ticks": row.get::<_, Option<i64>>(4)?,
                "open_interest_lots": row.get::<_, i64>(5)?,
            }))
        })?;
        let months = months.collect::<Result<Vec<Value>, _>>()?;
        Ok(json!({
            "product": product,
            "index_day": print.map(|(day, _)| day),
            "index_price_atoms": print.map(|(_, price)| price.to_string()),
            "months": months,
        })
        .into())
    }

    /// `/v1/book/{instrument}`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn book(&self, instrument: i64, query: &Query) -> Answer {
        let depth = query.number("depth", 400)?.unwrap_or(40);
        let depth = usize::try_from(depth).unwrap_or(MOST_LEVELS).clamp(1, MOST_LEVELS);
        let name = u16::try_from(instrument).map_err(|_| no_instrument(instrument))?;
        self.tick_value(name)?;
        let (bids, asks) = (levels(self.books, name, Side::Buy, depth), levels(self.books, name, Side::Sell, depth));
        let shown = |levels: &[Level]| -> Value {
            levels
                .iter()
                .map(|level| json!({ "price_ticks": level.price, "lots": level.lots, "orders": level.orders }))
                .collect()
        };
        Ok(json!({
            "instrument": name,
            "bids": shown(&bids),
            "asks": shown(&asks),
            "checksum": checksum(&bids, &asks),
            "verified": self.books.verified && self.books.tip == Some(self.tip),
        })
        .into())
    }

    /// `/v1/trades`, and the fills of an account.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn trades(&self, seat: Option<i64>, query: &Query) -> Answer {
        let instrument = query.number("instrument", 65_535)?;
        let seat = match seat {
            Some(seat) => Some(self.known_seat(seat)?),
            None => query.number("seat", u32::MAX.into())?,
        };
        let mut values = Vec::new();
        let of = instrument.map_or("", |instrument| {
            values.push(Sql::Integer(instrument));
            "AND t.instrument = ?5"
        });
        let below = "(t.block, t.log, 0) < (?1, ?2, ?3)";
        let newest = "ORDER BY t.block DESC, t.log DESC LIMIT ?4";
        let from = match seat {
            None => format!("(SELECT * FROM trade t WHERE {below} {of} {newest}) t"),
            Some(seat) => {
                values.push(Sql::Integer(seat));
                let who = format!("?{}", 4 + values.len());
                format!(
                    "(SELECT * FROM (SELECT * FROM trade t WHERE t.taker = {who} AND {below} {of} {newest}) \
                     UNION ALL \
                     SELECT * FROM (SELECT * FROM trade t WHERE t.maker = {who} AND t.taker <> {who} AND {below} {of} {newest})) t"
                )
            }
        };
        let from = format!(
            "{from} JOIN instrument i ON i.instrument = t.instrument \
             JOIN raw_transaction x ON x.block = t.block AND x.position = t.position"
        );
        let list = List { columns: TRADE, from: &from, order: "t.block DESC, t.log DESC", values };
        self.list(query, &list, trade)
    }

    /// `/v1/candles/{instrument}`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn candles(&self, instrument: i64, query: &Query) -> Answer {
        let name = u16::try_from(instrument).map_err(|_| no_instrument(instrument))?;
        let value = self.tick_value(name)?;
        let all = || RESOLUTIONS.map(|(name, _)| name).join(", ");
        let resolution = query
            .get("resolution")
            .and_then(|wanted| RESOLUTIONS.iter().find(|(name, _)| *name == wanted))
            .map(|(_, seconds)| *seconds)
            .ok_or_else(|| Refusal::Bad(format!("the parameter `resolution` is one of {}", all())))?;
        let limit = match query.number("limit", MOST)? {
            Some(0) => return Err(Refusal::Bad("the parameter `limit` is at least 1".to_owned())),
            limit => limit.unwrap_or(USUAL),
        };
        let from = query.number("from", u32::MAX.into())?;
        let to = query.number("to", u32::MAX.into())?.unwrap_or(i64::MAX);
        // Without a begin the newest are wanted, and they come in the order of time all the same.
        let order = if from.is_some() { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT t, open, high, low, close, lots, points, trades, open_interest, mark FROM candle \
             WHERE instrument = ?1 AND resolution = ?2 AND t >= ?3 AND t < ?4 ORDER BY t {order} LIMIT ?5"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map(params![name, resolution, from.unwrap_or(0), to, limit], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                json!({
                    "t": row.get::<_, i64>(0)?,
                    "open_ticks": row.get::<_, i64>(1)?,
                    "high_ticks": row.get::<_, i64>(2)?,
                    "low_ticks": row.get::<_, i64>(3)?,
                    "close_ticks": row.get::<_, i64>(4)?,
                    "lots": row.get::<_, i64>(5)?,
                    "notional_atoms": worth(row.get(6)?, value),
                    "trades": row.get::<_, i64>(7)?,
                    "open_interest_lots": row.get::<_, i64>(8)?,
                    "mark_ticks": row.get::<_, i64>(9)?,
                }),
            ))
        })?;
        let mut candles = rows.collect::<Result<Vec<(i64, Value)>, _>>()?;
        candles.sort_by_key(|(t, _)| *t);
        let first = candles.first().map_or(from.unwrap_or(i64::MAX), |(t, _)| *t);
        let sql =
            "SELECT close FROM candle WHERE instrument = ?1 AND resolution = ?2 AND t < ?3 ORDER BY t DESC LIMIT 1";
        let previous: Option<i64> =
            self.db.prepare_cached(sql)?.query_row(params![name, resolution, first], |row| row.get(0)).optional()?;
        let candles: Vec<Value> = candles.into_iter().map(|(_, candle)| candle).collect();
        Ok(json!({ "previous_close_ticks": previous, "candles": candles }).into())
    }

    /// `/v1/marks`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn marks(&self, query: &Query) -> Answer {
        let (of, values) = where_is(&[("t.instrument", query.number("instrument", 65_535)?)]);
        let from = format!("mark t {TRANSACTION} WHERE (t.block, t.log, 0) < (?1, ?2, ?3) {of}");
        let columns = "t.block, t.log, 0, t.time, x.hash, t.instrument, t.round, t.mark, t.epoch, t.repriced, t.final";
        let list = List { columns, from: &from, order: NEWEST, values };
        self.list(query, &list, |row| {
            place(
                row,
                json!({
                    "instrument": row.get::<_, i64>(5)?,
                    "round": row.get::<_, i64>(6)?,
                    "mark_ticks": row.get::<_, i64>(7)?,
                    "epoch": row.get::<_, i64>(8)?,
                    "repriced": row.get::<_, bool>(9)?,
                    "final": row.get::<_, bool>(10)?,
                }),
            )
        })
    }

    /// `/v1/settlements`, and those of an account.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn settlements(&self, seat: Option<i64>, query: &Query) -> Answer {
        let seat = match seat {
            Some(seat) => Some(self.known_seat(seat)?),
            None => query.number("seat", u32::MAX.into())?,
        };
        let (of, values) = where_is(&[("t.seat", seat), ("t.instrument", query.number("instrument", 65_535)?)]);
        let from = format!(
            "settlement t {TRANSACTION} JOIN instrument i ON i.instrument = t.instrument \
             WHERE (t.block, t.log, 0) < (?1, ?2, ?3) {of}"
        );
        let columns = "t.block, t.log, 0, t.time, x.hash, t.seat, t.instrument, t.paid, t.unpaid, t.mark, i.tick_value";
        let list = List { columns, from: &from, order: NEWEST, values };
        self.list(query, &list, |row| {
            let paid: i64 = row.get(7)?;
            place(
                row,
                json!({
                    "seat": row.get::<_, i64>(5)?,
                    "instrument": row.get::<_, i64>(6)?,
                    "paid_points": paid.to_string(),
                    "paid_atoms": worth(paid, TickValue(row.get(10)?)),
                    "unpaid_points": row.get::<_, i64>(8)?.to_string(),
                    "mark_ticks": row.get::<_, i64>(9)?,
                }),
            )
        })
    }

    /// `/v1/index`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn prints(&self, query: &Query) -> Answer {
        let index = query.number("index", 65_535)?.unwrap_or(0);
        let (of, values) = where_is(&[("t.id", Some(index))]);
        let computed = |column: &str| {
            format!(
                "(SELECT c.{column} FROM index_computed c WHERE c.id = t.id AND c.day = t.day \
                 AND (c.block, c.log) < (t.block, t.log) ORDER BY c.block DESC, c.log DESC LIMIT 1)"
            )
        };
        let columns = format!(
            "t.block, t.log, 0, t.time, x.hash, t.id, t.day, t.price, t.sequence, {}, {}, {}",
            computed("validity"),
            computed("reporters"),
            computed("providers")
        );
        let from = format!("index_print t {TRANSACTION} WHERE (t.block, t.log, 0) < (?1, ?2, ?3) {of}");
        let list = List { columns: &columns, from: &from, order: NEWEST, values };
        self.list(query, &list, |row| {
            place(
                row,
                json!({
                    "index": row.get::<_, i64>(5)?,
                    "day": row.get::<_, i64>(6)?,
                    "price_atoms": row.get::<_, i64>(7)?.to_string(),
                    "sequence": row.get::<_, i64>(8)?,
                    "validity": row.get::<_, Option<String>>(9)?,
                    "reporters": row.get::<_, Option<i64>>(10)?,
                    "providers": row.get::<_, Option<i64>>(11)?,
                }),
            )
        })
    }

    /// `/v1/liquidations`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn liquidations(&self, query: &Query) -> Answer {
        let (of, values) = where_is(&[
            ("t.seat", query.number("seat", u32::MAX.into())?),
            ("t.instrument", query.number("instrument", 65_535)?),
        ]);
        let from = format!("liquidation t {TRANSACTION} WHERE (t.block, t.log, t.row) < (?1, ?2, ?3) {of}");
        let columns = "t.block, t.log, t.row, t.time, x.hash, t.seat, t.kind, t.other, t.instrument, t.side, t.price, \
                       t.lots, t.amount, t.points";
        let list = List { columns, from: &from, order: NEWEST_ROW, values };
        self.list(query, &list, |row| {
            place(
                row,
                json!({
                    "seat": row.get::<_, i64>(5)?,
                    "kind": row.get::<_, String>(6)?,
                    "liquidator_seat": row.get::<_, Option<i64>>(7)?,
                    "instrument": row.get::<_, Option<i64>>(8)?,
                    "side": row.get::<_, Option<i64>>(9)?.map(side_name),
                    "price_ticks": row.get::<_, Option<i64>>(10)?,
                    "lots": row.get::<_, Option<i64>>(11)?,
                    "amount_atoms": row.get::<_, Option<i64>>(12)?.map(|amount| amount.to_string()),
                    "points": row.get::<_, Option<i64>>(13)?.map(|points| points.to_string()),
                }),
            )
        })
    }

    /// `/v1/makers`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn makers(&self, query: &Query) -> Answer {
        let (of, values) = where_is(&[
            ("t.epoch", query.number("epoch", u32::MAX.into())?),
            ("t.seat", query.number("seat", u32::MAX.into())?),
        ]);
        let from = format!(
            "maker_week t LEFT JOIN maker_epoch e ON e.epoch = t.epoch WHERE (t.epoch, t.seat, 0) < (?1, ?2, ?3) {of}"
        );
        let columns = "t.epoch, t.seat, 0, t.score, t.counted, t.uptime, t.due, t.volume, t.adjusted, t.reward, \
                       coalesce(e.closed, 0)";
        let list = List { columns, from: &from, order: "t.epoch DESC, t.seat DESC", values };
        self.list(query, &list, |row| {
            Ok(json!({
                "epoch": row.get::<_, i64>(0)?,
                "seat": row.get::<_, i64>(1)?,
                "score": row.get::<_, String>(3)?,
                "counted": row.get::<_, String>(4)?,
                "uptime_s": row.get::<_, i64>(5)?,
                "due_s": row.get::<_, i64>(6)?,
                "volume_lots": row.get::<_, i64>(7)?,
                "adjusted": row.get::<_, Option<String>>(8)?,
                "reward_atoms": row.get::<_, Option<String>>(9)?,
                "closed": row.get::<_, bool>(10)?,
            }))
        })
    }

    /// `/v1/governance`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn governance(&self, query: &Query) -> Answer {
        let columns = "id, 0, 0, state, class, target, call, payload_hash, not_before, not_after, ready_at, approvals, \
                       proposed, changed, changed_time";
        let from = "governance_action WHERE (id, 0, 0) < (?1, ?2, ?3)";
        let list = List { columns, from, order: "id DESC", values: Vec::new() };
        self.list(query, &list, |row| {
            let (target, call): ([u8; 20], Vec<u8>) = (row.get(5)?, row.get(6)?);
            Ok(json!({
                "id": row.get::<_, i64>(0)?,
                "state": row.get::<_, String>(3)?,
                "class": row.get::<_, String>(4)?,
                "target": hex::encode_prefixed(target),
                "call": hex::encode_prefixed(&call),
                "what": self.what(Some(target), &call),
                "payload_hash": blob(row, 7)?,
                "not_before": row.get::<_, i64>(8)?,
                "not_after": row.get::<_, i64>(9)?,
                "ready_at": row.get::<_, Option<i64>>(10)?,
                "approvals": row.get::<_, i64>(11)?,
                "proposed_block": row.get::<_, i64>(12)?,
                "changed_block": row.get::<_, i64>(13)?,
                "changed_time": row.get::<_, i64>(14)?,
            }))
        })
    }

    /// A message by its calldata, as `contract.message`.
    fn what(&self, to: Option<[u8; 20]>, input: &[u8]) -> Option<String> {
        let contract = self.identity.deployment.contract_at(to?)?;
        let message = sit_client::codec::message(contract, input)?;
        Some(format!("{}.{}", contract.name(), message.name()))
    }

    /// `/v1/events`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn events(&self, query: &Query) -> Answer {
        let (limit, cursor) = query.page()?;
        let contract = match query.get("contract") {
            None => None,
            Some(name) => Some(Contract::from_name(name).ok_or_else(|| {
                let all: Vec<&str> = Contract::ALL.iter().map(|contract| contract.name()).collect();
                Refusal::Bad(format!("the parameter `contract` is one of {}", all.join(", ")))
            })?),
        };
        let name = query.get("name");
        let mut statement = self.db.prepare_cached(
            "SELECT t.block, t.log, 0, b.time, x.hash, t.address, t.topics, t.data FROM raw_log t \
             JOIN block b ON b.number = t.block JOIN raw_transaction x ON x.block = t.block AND x.position = t.position \
             WHERE (t.block, t.log, 0) < (?1, ?2, ?3) ORDER BY t.block DESC, t.log DESC LIMIT ?4",
        )?;
        let mut rows = statement.query(params![cursor.0, cursor.1, cursor.2, MOST_LOGS])?;
        let (mut data, mut last, mut seen) = (Vec::new(), None, 0);
        while let Some(row) = rows.next()? {
            seen += 1;
            last = Some(Cursor(row.get(0)?, row.get(1)?, 0));
            let address: [u8; 20] = row.get(5)?;
            let topics = store::topics(row.get_ref(6)?.as_blob().unwrap_or_default());
            let of = self.identity.deployment.contract_at(address);
            if contract.is_some_and(|wanted| of != Some(wanted.house())) {
                continue;
            }
            let body: Vec<u8> = row.get(7)?;
            let event = of.and_then(|of| sit_client::codec::event(of, &topics, &body));
            let Some(event) = event.filter(|event| name.is_none_or(|name| event.name == name)) else { continue };
            let fields: Map<String, Value> =
                event.fields.iter().map(|(name, value)| ((*name).to_owned(), derive::shown(value))).collect();
            data.push(place(row, json!({ "contract": event.contract.name(), "name": event.name, "fields": fields }))?);
            if data.len() as i64 == limit {
                break;
            }
        }
        let more = data.len() as i64 == limit || seen == MOST_LOGS;
        Ok(Page { data: Value::Array(data), next: Some(last.filter(|_| more).map(Cursor::write)) })
    }

    /// `/v1/alarms`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn alarms(&self, query: &Query) -> Answer {
        let list = List {
            columns: "id, 0, 0, block, hash, kind, message",
            from: "alarm WHERE (id, 0, 0) < (?1, ?2, ?3)",
            order: "id DESC",
            values: Vec::new(),
        };
        self.list(query, &list, |row| {
            Ok(json!({
                "block": row.get::<_, i64>(3)?,
                "block_hash": blob(row, 4)?,
                "kind": row.get::<_, String>(5)?,
                "message": row.get::<_, String>(6)?,
            }))
        })
    }

    // --- accounts

    /// `/v1/accounts`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn accounts(&self, query: &Query) -> Answer {
        let owner = query
            .get("owner")
            .filter(|owner| owner.starts_with("0x"))
            .and_then(|owner| hex::decode(owner).ok())
            .filter(|owner| owner.len() == 20)
            .ok_or_else(|| Refusal::Bad("the parameter `owner` is an address, 0x and 40 digits".to_owned()))?;
        let mut statement = self.db.prepare_cached(
            "SELECT seat, owner, sub, 'owner' FROM account WHERE owner = ?1 UNION ALL \
             SELECT a.seat, a.owner, a.sub, 'delegate' FROM delegate d JOIN account a ON a.seat = d.seat \
             WHERE d.delegate = ?1 AND d.expiry > ?2 ORDER BY 4 DESC, 1 LIMIT 1000",
        )?;
        let rows = statement.query_map(params![owner, self.tip.time.cast_signed()], |row| {
            Ok(json!({
                "seat": row.get::<_, i64>(0)?,
                "owner": blob(row, 1)?,
                "sub": row.get::<_, i64>(2)?,
                "role": row.get::<_, String>(3)?,
            }))
        })?;
        Ok(rows.collect::<Result<Value, _>>()?.into())
    }

    /// `/v1/accounts/{seat}`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn account(&self, seat: i64) -> Answer {
        self.known_seat(seat)?;
        let mut statement = self.db.prepare_cached(
            "SELECT p.instrument, p.net, p.basis, p.entry, p.paid, p.fees, i.mark, i.tick_value, i.final_price \
             FROM position p JOIN instrument i ON i.instrument = p.instrument \
             WHERE p.seat = ?1 AND (p.net <> 0 OR p.basis <> 0) ORDER BY p.instrument",
        )?;
        let mut rows = statement.query([seat])?;
        let (mut positions, mut sum) = (Vec::new(), 0_i128);
        while let Some(row) = rows.next()? {
            let (instrument, net, basis): (u16, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (entry, mark): (i64, i64) = (row.get(3)?, row.get(6)?);
            let value = TickValue(row.get(7)?);
            let variation = net.saturating_mul(mark).saturating_sub(basis);
            // One that a final price makes worth nothing is closed without an event.
            if row.get::<_, Option<i64>>(8)?.is_some() && variation == 0 {
                continue;
            }
            let QuoteAtoms(atoms) = Points(variation) * value;
            sum = sum.saturating_add(atoms);
            positions.push(json!({
                "instrument": instrument,
                "net_lots": net,
                "basis_points": basis.to_string(),
                "mark_ticks": mark,
                "variation_points": variation.to_string(),
                "variation_atoms": atoms.to_string(),
                "entry_points": entry.to_string(),
                "average_entry_ticks": (net != 0).then(|| ratio(entry.into(), net.unsigned_abs().into())),
                "fifo_entry_ticks": self.first_in_first_out(seat, instrument, net)?,
                "paid_atoms": worth(row.get(4)?, value),
                "fees_atoms": row.get::<_, i64>(5)?.to_string(),
            }));
        }
        let delegates = self
            .db
            .prepare_cached(
                "SELECT delegate, max_lots, expiry FROM delegate WHERE seat = ?1 AND expiry > ?2 ORDER BY 1",
            )?
            .query_map(params![seat, self.tip.time.cast_signed()], |row| {
                Ok(json!({
                    "delegate": blob(row, 0)?,
                    "max_lots": row.get::<_, i64>(1)?,
                    "expiry": row.get::<_, i64>(2)?,
                }))
            })?
            .collect::<Result<Vec<Value>, _>>()?;
        let orders: i64 = self
            .db
            .prepare_cached("SELECT count(*) FROM resting WHERE seat = ?1")?
            .query_row([seat], |row| row.get(0))?;
        let verified = u32::try_from(seat).ok().and_then(|seat| self.books.accounts.get(&seat));
        let sql = "SELECT owner, sub, cash, tier, maker, liquidation FROM account WHERE seat = ?1";
        let data = self.db.prepare_cached(sql)?.query_row([seat], |row| {
            let cash: i64 = row.get(2)?;
            Ok(json!({
                "seat": seat,
                "owner": blob(row, 0)?,
                "sub": row.get::<_, i64>(1)?,
                "cash_atoms": cash.to_string(),
                "variation_atoms": sum.to_string(),
                "equity_atoms": sum.saturating_add(cash.into()).to_string(),
                "tier": row.get::<_, i64>(3)?,
                "maker": row.get::<_, bool>(4)?,
                "liquidation": row.get::<_, bool>(5)?,
                "positions": positions,
                "open_orders": orders,
                "delegates": delegates,
                "verified_block": verified,
            }))
        })?;
        Ok(data.into())
    }

    /// The entry price of the open lots, first in first out: those of the newest trades in the position's direction.
    fn first_in_first_out(&self, seat: i64, instrument: u16, net: i64) -> Answer<Option<String>> {
        if net == 0 {
            return Ok(None);
        }
        let direction = i64::from(net < 0);
        // Each half comes in order by an index of its own, and both are read no further than the open lots reach: an
        // account may have a million trades behind them.
        let mut statement = self.db.prepare_cached(
            "SELECT block, log, price, lots FROM trade WHERE taker = ?1 AND instrument = ?2 AND side = ?3 \
             UNION ALL SELECT block, log, price, lots FROM trade WHERE maker = ?1 AND instrument = ?2 AND side = 1 - ?3 \
             ORDER BY block DESC, log DESC LIMIT ?4",
        )?;
        let mut fills = statement.query(params![seat, instrument, direction, MOST_FILLS])?;
        let (mut left, mut cost) = (net.unsigned_abs(), 0_i128);
        while left > 0 {
            let Some(fill) = fills.next()? else { return Ok(None) };
            let (price, lots) = (fill.get::<_, i64>(2)?, fill.get::<_, i64>(3)?.unsigned_abs());
            let taken = lots.min(left);
            cost = cost.saturating_add(i128::from(price).saturating_mul(taken.into()));
            left -= taken;
        }
        Ok(Some(ratio(cost, net.unsigned_abs().into())))
    }

    /// `/v1/accounts/{seat}/orders`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn orders(&self, seat: i64, query: &Query) -> Answer {
        self.known_seat(seat)?;
        let instrument = query.number("instrument", 65_535)?;
        let mut statement = self.db.prepare_cached(
            "SELECT instrument, number, side, price, lots, placed_lots, placed_block, placed_time FROM resting \
             WHERE seat = ?1 AND (?2 IS NULL OR instrument = ?2) ORDER BY instrument, price, number LIMIT 5000",
        )?;
        let rows = statement.query_map(params![seat, instrument], |row| {
            let (instrument, number): (u16, u32) = (row.get(0)?, row.get(1)?);
            let cell = self.books.orders.get(&instrument).filter(|_| self.books.verified).and_then(|orders| {
                orders.iter().find(|order| i64::from(order.seat.0) == seat && order.number == number)
            });
            Ok(json!({
                "seat": seat,
                "instrument": instrument,
                "number": number,
                "side": side_name(row.get(2)?),
                "price_ticks": row.get::<_, i64>(3)?,
                "lots": row.get::<_, i64>(4)?,
                "placed_lots": row.get::<_, i64>(5)?,
                "placed_block": row.get::<_, i64>(6)?,
                "placed_time": row.get::<_, i64>(7)?,
                "expiry": cell.map(|order| order.expiry.0),
                "reduce_only": cell.map(|order| order.reduce_only),
            }))
        })?;
        Ok(rows.collect::<Result<Value, _>>()?.into())
    }

    /// `/v1/accounts/{seat}/triggers`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn triggers(&self, seat: i64) -> Answer {
        self.known_seat(seat)?;
        let mut statement = self
            .db
            .prepare_cached("SELECT slot, instrument, price, lots FROM trigger_order WHERE seat = ?1 ORDER BY slot")?;
        let rows = statement.query_map([seat], |row| {
            Ok(json!({
                "seat": seat,
                "slot": row.get::<_, i64>(0)?,
                "instrument": row.get::<_, i64>(1)?,
                "price_ticks": row.get::<_, i64>(2)?,
                "lots": row.get::<_, i64>(3)?,
            }))
        })?;
        Ok(rows.collect::<Result<Value, _>>()?.into())
    }

    /// `/v1/accounts/{seat}/order-events`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn order_events(&self, seat: i64, query: &Query) -> Answer {
        self.known_seat(seat)?;
        let (of, values) = where_is(&[("t.seat", Some(seat)), ("t.instrument", query.number("instrument", 65_535)?)]);
        let from = format!("order_event t {TRANSACTION} WHERE (t.block, t.log, t.row) < (?1, ?2, ?3) {of}");
        let columns = "t.block, t.log, t.row, t.time, x.hash, t.seat, t.instrument, t.kind, t.number, t.side, t.price, \
                       t.lots, t.reason, t.slot";
        let list = List { columns, from: &from, order: NEWEST_ROW, values };
        self.list(query, &list, |row| {
            place(
                row,
                json!({
                    "seat": row.get::<_, i64>(5)?,
                    "instrument": row.get::<_, i64>(6)?,
                    "kind": row.get::<_, String>(7)?,
                    "number": row.get::<_, Option<i64>>(8)?,
                    "side": row.get::<_, Option<i64>>(9)?.map(side_name),
                    "price_ticks": row.get::<_, Option<i64>>(10)?,
                    "lots": row.get::<_, Option<i64>>(11)?,
                    "reason": row.get::<_, Option<String>>(12)?,
                    "slot": row.get::<_, Option<i64>>(13)?,
                }),
            )
        })
    }

    /// `/v1/accounts/{seat}/ledger`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn ledger(&self, seat: i64, query: &Query) -> Answer {
        self.known_seat(seat)?;
        let (of, values) = where_is(&[("t.seat", Some(seat))]);
        let from = format!("account_event t {TRANSACTION} WHERE (t.block, t.log, t.row) < (?1, ?2, ?3) {of}");
        let columns =
            "t.block, t.log, t.row, t.time, x.hash, t.seat, t.kind, t.amount, t.balance, t.instrument, t.counter";
        let list = List { columns, from: &from, order: NEWEST_ROW, values };
        self.list(query, &list, |row| {
            place(
                row,
                json!({
                    "row": row.get::<_, i64>(2)?,
                    "seat": row.get::<_, i64>(5)?,
                    "kind": row.get::<_, String>(6)?,
                    "amount_atoms": row.get::<_, i64>(7)?.to_string(),
                    "balance_atoms": row.get::<_, i64>(8)?.to_string(),
                    "instrument": row.get::<_, Option<i64>>(9)?,
                    "counter_seat": row.get::<_, Option<i64>>(10)?,
                }),
            )
        })
    }

    /// `/v1/accounts/{seat}/positions-by-day`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn positions_by_day(&self, seat: i64, query: &Query) -> Answer {
        self.known_seat(seat)?;
        let (of, values) = where_is(&[("t.seat", Some(seat))]);
        let from = format!(
            "position_day t JOIN instrument i ON i.instrument = t.instrument \
             WHERE (t.day, t.instrument, 0) < (?1, ?2, ?3) {of}"
        );
        let columns = "t.day, t.instrument, 0, t.net, t.basis, t.mark, t.cash, i.tick_value";
        let list = List { columns, from: &from, order: "t.day DESC, t.instrument DESC", values };
        self.list(query, &list, |row| {
            let (net, basis, mark): (i64, i64, i64) = (row.get(3)?, row.get(4)?, row.get(5)?);
            let variation = net.saturating_mul(mark).saturating_sub(basis);
            Ok(json!({
                "day": row.get::<_, i64>(0)?,
                "seat": seat,
                "instrument": row.get::<_, i64>(1)?,
                "net_lots": net,
                "basis_points": basis.to_string(),
                "mark_ticks": mark,
                "variation_atoms": worth(variation, TickValue(row.get(7)?)),
                "cash_atoms": row.get::<_, i64>(6)?.to_string(),
            }))
        })
    }

    /// `/v1/accounts/{seat}/costs`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn costs(&self, seat: i64, query: &Query) -> Answer {
        self.known_seat(seat)?;
        let (of, values) = where_is(&[("a.seat", Some(seat))]);
        let from = format!(
            "account a JOIN raw_transaction t ON t.sender = a.owner JOIN block b ON b.number = t.block \
             LEFT JOIN deposit d ON d.block = t.block AND d.position = t.position WHERE (t.block, t.position, 0) < (?1, ?2, ?3) {of}"
        );
        let columns = "t.block, t.position, 0, b.time, t.hash, t.sender, t.succeeded, t.gas_used, t.gas_price, t.value, \
                       t.recipient, t.input, d.planck";
        let list = List { columns, from: &from, order: "t.block DESC, t.position DESC", values };
        self.list(query, &list, |row| {
            let (used, price): (String, String) = (row.get(7)?, row.get(8)?);
            let input: Vec<u8> = row.get(11)?;
            let paid = product(&used, &price);
            let apart = apart(paid, row.get(6)?, row.get(12)?);
            Ok(json!({
                "block": row.get::<_, i64>(0)?,
                "time": row.get::<_, i64>(3)?,
                "transaction": blob(row, 4)?,
                "sender": blob(row, 5)?,
                "succeeded": row.get::<_, bool>(6)?,
                "paid_wei": paid.to_string(),
                "fee_wei": apart.map(|(fee, _)| fee.to_string()),
                "deposit_wei": apart.map(|(_, deposit)| deposit.to_string()),
                "gas_used": used,
                "gas_price_wei": price,
                "value_wei": row.get::<_, String>(9)?,
                "what": self.what(row.get(10)?, &input),
            }))
        })
    }
}

/// Columns of a trade, the first three its place.
pub const TRADE: &str = "t.block, t.log, 0, t.time, x.hash, t.instrument, t.side, t.price, t.lots, t.taker, t.maker, t.number, \
                     t.taker_fee, t.maker_fee, t.rebate, t.liquidation, i.tick_value";
/// The transaction of a row.
const TRANSACTION: &str = "JOIN raw_transaction x ON x.block = t.block AND x.position = t.position";
const NEWEST: &str = "t.block DESC, t.log DESC";
const NEWEST_ROW: &str = "t.block DESC, t.log DESC, t.row DESC";

/// A trade of [`TRADE`]'s columns.
fn trade(row: &Row<'_>) -> rusqlite::Result<Value> {
    let (price, lots): (i64, i64) = (row.get(7)?, row.get(8)?);
    place(
        row,
        json!({
            "instrument": row.get::<_, i64>(5)?,
            "side": side_name(row.get(6)?),
            "price_ticks": price,
            "lots": lots,
            "notional_atoms": worth(price.saturating_mul(lots), TickValue(row.get(16)?)),
            "taker_seat": row.get::<_, i64>(9)?,
            "maker_seat": row.get::<_, i64>(10)?,
            "maker_order": row.get::<_, i64>(11)?,
            "taker_fee_atoms": row.get::<_, i64>(12)?.to_string(),
            "maker_fee_atoms": row.get::<_, i64>(13)?.to_string(),
            "maker_rebate_atoms": row.get::<_, i64>(14)?.to_string(),
            "liquidation": row.get::<_, bool>(15)?,
        }),
    )
}

/// Adds block, log, time and transaction, which stand in the columns 0, 1, 3 and 4.
fn place(row: &Row<'_>, mut value: Value) -> rusqlite::Result<Value> {
    value["block"] = row.get::<_, i64>(0)?.into();
    value["log"] = row.get::<_, i64>(1)?.into();
    value["time"] = row.get::<_, i64>(3)?.into();
    value["transaction"] = blob(row, 4)?;
    Ok(value)
}

fn blob(row: &Row<'_>, column: usize) -> rusqlite::Result<Value> {
    Ok(hex::encode_prefixed(row.get_ref(column)?.as_blob().unwrap_or_default()).into())
}

/// Conditions beyond the cursor, from `?5` on.
fn where_is(conditions: &[(&str, Option<i64>)]) -> (String, Vec<Sql>) {
    let mut values = Vec::new();
    let mut text = String::new();
    for (column, value) in conditions {
        if let Some(value) = value {
            values.push(Sql::Integer(*value));
            text.push_str(&format!(" AND {column} = ?{}", 4 + values.len()));
        }
    }
    (text, values)
}

fn no_instrument(instrument: i64) -> Refusal {
    Refusal::NotFound(format!("there is no month with number {instrument}: /v1/instruments lists them"))
}

fn side_name(side: i64) -> &'static str {
    if side == 0 { "buy" } else { "sell" }
}

/// Points in quote atoms, as decimal text.
#[must_use]
pub fn worth(points: i64, value: TickValue) -> String {
    let QuoteAtoms(atoms) = Points(points) * value;
    atoms.to_string()
}

/// Wei of a planck: DOT has ten decimals, and eighteen where Ethereum counts it.
const WEI: i128 = 100_000_000;

/// Fee and deposit of what a transaction took together, in wei, the deposit below zero where one has come back; `None`
/// where they cannot be told apart. Gas is counted in whole units, rounded up: what that adds is in the fee.
#[must_use]
pub fn apart(paid: u128, succeeded: bool, planck: Option<i64>) -> Option<(i128, i128)> {
    // What failed has stored nothing.
    let planck = if succeeded { planck? } else { 0 };
    let deposit = i128::from(planck).checked_mul(WEI)?;
    let fee = i128::try_from(paid).ok()?.checked_sub(deposit)?;
    (fee >= 0).then_some((fee, deposit))
}

/// The product of two decimal numbers.
#[must_use]
pub fn product(one: &str, other: &str) -> u128 {
    let number = |text: &str| text.parse::<u128>().unwrap_or(0);
    number(one).saturating_mul(number(other))
}

/// A quotient to four decimals, rounded half away from zero. For people; nothing is computed from it.
#[must_use]
pub fn ratio(number: i128, of: i128) -> String {
    let scaled = number.unsigned_abs().saturating_mul(10_000);
    let of = of.unsigned_abs().max(1);
    let rounded = (scaled + of / 2) / of;
    format!("{}.{:04}", rounded / 10_000, rounded % 10_000)
}

/// The name of a month: its product and the month of its last trading day.
#[must_use]
pub fn symbol(instrument: u16, expiry: u32) -> String {
    let date = Day::of(Seconds(expiry)).date();
    format!("SIT{}-{:04}-{:02}", Instrument(instrument).product().0, date.year, date.month)
}

/// A price of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Ticks.
    pub price: u32,
    /// Sum of the lots.
    pub lots: u64,
    /// How many orders.
    pub orders: u32,
}

/// The levels of a side, best first.
#[must_use]
pub fn levels(books: &Books, instrument: u16, side: Side, depth: usize) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    for order in books.side(instrument, side) {
        if let Some(level) = levels.last_mut().filter(|level| level.price == order.price.0) {
            level.lots = level.lots.saturating_add(order.lots.0.into());
            level.orders = level.orders.saturating_add(1);
        } else if levels.len() == depth {
            break;
        } else {
            levels.push(Level { price: order.price.0, lots: order.lots.0.into(), orders: 1 });
        }
    }
    levels
}

/// The checksum of the ten best levels of each side: CRC-32 of `b:PRICE:LOTS;` and `a:PRICE:LOTS;`.
#[must_use]
pub fn checksum(bids: &[Level], asks: &[Level]) -> u32 {
    let mut text = String::new();
    for (name, levels) in [("b", bids), ("a", asks)] {
        for level in levels.iter().take(10) {
            text.push_str(&format!("{name}:{}:{};", level.price, level.lots));
        }
    }
    crc32(text.as_bytes())
}

/// CRC-32 as IEEE 802.3 has it, bit by bit: twenty short levels, not files.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            let low = sum & 1;
            sum >>= 1;
            if low == 1 {
                sum ^= 0xEDB8_8320;
            }
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_crc_that_everybody_has() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        let level = |price, lots| Level { price, lots, orders: 1 };
        assert_eq!(checksum(&[level(5, 7)], &[level(6, 1)]), crc32(b"b:5:7;a:6:1;"));
    }

    #[test]
    fn quotients_are_rounded_half_away_from_zero() {
        let all = [(1, 3), (2, 3), (1, 2), (10_005, 2), (1, 20_000), (0, 5)];
        let said: Vec<String> = all.iter().map(|(number, of)| ratio(*number, *of)).collect();
        assert_eq!(said, ["0.3333", "0.6667", "0.5000", "5002.5000", "0.0001", "0.0000"]);
    }

    #[test]
    fn fee_and_deposit_are_what_was_paid_together_or_are_not_told_apart() {
        assert_eq!(apart(900_000_000, true, Some(5)), Some((400_000_000, 500_000_000)));
        assert_eq!(apart(900_000_000, true, Some(-5)), Some((1_400_000_000, -500_000_000)));
        assert_eq!(apart(900_000_000, true, None), None);
        assert_eq!(apart(900_000_000, false, None), Some((900_000_000, 0)), "what failed has stored nothing");
        // More than was paid cannot have been deposited: the count is wrong, and nothing is said rather than that.
        assert_eq!(apart(900_000_000, true, Some(10)), None);
    }

    #[test]
    fn cursors_come_back_and_others_are_refused() {
        let cursor = Cursor(12, 3, 4);
        assert_eq!(Cursor::read(&cursor.write()).ok(), Some(cursor));
        for bad in ["", "zz", "31", "2d312d312d31", &"31".repeat(200), &hex::encode("1-2-3-4"), &hex::encode("-1-2-3")]
        {
            assert!(matches!(Cursor::read(bad), Err(Refusal::Bad(_))), "{bad}");
        }
    }

    #[test]
    fn parameters_that_are_not_known_or_come_twice_are_refused() {
        assert!(Query::parse(Some("limit=5&cursor="), &["limit", "cursor"]).is_ok());
        for bad in ["limit=5&limit=6", "limits=5", "a"] {
            assert!(matches!(Query::parse(Some(bad), &["limit"]), Err(Refusal::Bad(_))), "{bad}");
        }
        for bad in ["-1", "1e3", "", " 1", "99999999999999999999", "1001"] {
            assert!(number("limit", bad, 1_000).is_err(), "{bad}");
        }
    }
}

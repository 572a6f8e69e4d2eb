//! What has happened to an account: the events of the clearing house that name its seat, each once, with block, time
//! and transaction.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sit_client::codec;
use sit_client::rpc::{hex_bytes, hex_number, to_hex};
use sit_engine::clearing::Instrument;
use sit_engine::units::{Lots, Points, QuoteAtoms, Seat, Seconds, Side, TickValue, Ticks};
use sit_indexer::deposits::in_block;
use sit_indexer::node::Node;
use sit_native::event::clearing as events;
use sit_native::{Contract, EmittedEvent, stored};

use crate::chain::{self, Markets};
use crate::failure::{Failure, Kind, Result};
use crate::session::Session;

/// Blocks that are asked for at once, at first: less when a node refuses so many, more when it answers.
const FIRST_RANGE: u64 = 50_000;

/// An event with where it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The block.
    pub block: u64,
    /// Its place among the logs of the block.
    pub index: u64,
    /// The time of the block.
    pub time: Seconds,
    /// The transaction, in hexadecimal.
    pub transaction: String,
    /// What happened.
    pub event: EmittedEvent,
}

/// The first topics of events of a sample's kind: the kind, and what of the sample is indexed.
#[must_use]
pub fn topics(sample: &EmittedEvent, count: usize) -> Vec<Value> {
    codec::log(sample)
        .into_iter()
        .flat_map(|(topics, _)| topics)
        .take(count)
        .map(|topic| json!(to_hex(&topic)))
        .collect()
}

/// The past of the account that is asked for, with what is needed to show it.
#[derive(Debug)]
pub struct Past {
    /// The account.
    pub seat: Seat,
    /// The months that are listed now.
    pub markets: Markets,
    /// The block from which on it was read.
    pub from: u64,
    /// What has happened, oldest first.
    pub entries: Vec<Entry>,
}

impl Past {
    /// Reads it, from a block on or else from the exchange's first.
    ///
    /// # Errors
    /// Those of the node.
    pub fn read(session: &mut Session, since: Option<u64>) -> Result<Self> {
        let seat = session.seat()?;
        let markets = Markets::read(&mut session.client)?;
        let from = since.unwrap_or(session.first_block());
        Ok(Self { seat, markets, from, entries: of_seat(session, seat, from)? })
    }

    /// Tick values of the instruments in it, of months that have gone too.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn tick_values(&self, session: &mut Session) -> Result<BTreeMap<Instrument, TickValue>> {
        tick_values(session, &instruments(&self.entries))
    }
}

/// Every event of the clearing house that names a seat from a block on, oldest first.
///
/// # Errors
/// Those of the node.
fn of_seat(session: &mut Session, seat: Seat, from: u64) -> Result<Vec<Entry>> {
    let word = format!("0x{:064x}", seat.0);
    let mut found: BTreeMap<(u64, u64), Entry> = BTreeMap::new();
    let mut asked: Vec<Vec<Value>> = (1..=3)
        .map(|place| {
            let mut topics = vec![Value::Null; place];
            topics.push(word.clone().into());
            topics
        })
        .collect();
    // The event of its opening has the owner among its topics, and the seat beside them only.
    if let Some(account) = chain::cells(&mut session.client, &[stored::account(seat)])?.pop().flatten() {
        asked.push(topics(&events::Opened { owner: account.owner, seat, sub: 0 }.into(), 2));
    }
    for topics in asked {
        let named = logs(session, &topics, from)?.into_iter().filter(|entry| names(&entry.event, seat));
        found.extend(named.map(|entry| ((entry.block, entry.index), entry)));
    }
    let mut entries: Vec<Entry> = found.into_values().collect();
    let mut times: BTreeMap<u64, Seconds> = BTreeMap::new();
    for entry in &mut entries {
        if let Some(time) = times.get(&entry.block) {
            entry.time = *time;
            continue;
        }
        entry.time = session.time_of(entry.block)?;
        times.insert(entry.block, entry.time);
    }
    Ok(entries)
}

/// The deposits of a block's transactions in planck, by their hashes in hexadecimal, below zero for what has come
/// back: by the engine on the state before the block. Those of which it cannot be told are not among them, and none
/// where the node has forgotten that state.
pub fn deposits(session: &mut Session, block: u64) -> BTreeMap<String, i128> {
    let deployment = session.client.deployment.clone();
    let mut node = Node::behind(&mut session.client.transport.rpc);
    let found = in_block(&mut node, &deployment, block).unwrap_or_default();
    found.into_iter().map(|(hash, planck)| (to_hex(&hash), planck)).collect()
}

/// The events of the clearing house with these topics, without their times.
///
/// # Errors
/// Those of the node.
pub fn logs(session: &mut Session, topics: &[Value], from: u64) -> Result<Vec<Entry>> {
    logs_of(session, Contract::Clearing, topics, from)
}

/// The events of a contract with these topics, without their times. `null` stands for any topic.
///
/// # Errors
/// Those of the node.
pub fn logs_of(session: &mut Session, contract: Contract, topics: &[Value], from: u64) -> Result<Vec<Entry>> {
    let address = to_hex(&session.client.address(contract)?);
    let head = session.head.number;
    let mut entries = Vec::new();
    let (mut next, mut range) = (from, FIRST_RANGE);
    // Servers of pallet-revive take no `null` (eth-rpc 0.20): they are asked for what comes before it, and the rest is
    // looked at here.
    let closed = topics.iter().position(Value::is_null).unwrap_or(topics.len());
    let (before, _) = topics.split_at(closed);
    let mut asked = if session.takes_open_topics { topics } else { before };
    while next <= head {
        let last = next.saturating_add(range - 1).min(head);
        let filter = json!([{
            "address": address, "topics": asked, "fromBlock": format!("0x{next:x}"), "toBlock": format!("0x{last:x}"),
        }]);
        let answer = match session.raw("eth_getLogs", filter) {
            Ok(answer) => answer,
            // Nodes bound the range or the number of logs, each by an error of its own.
            Err(failure) if range > 1 && failure.kind != Kind::Unreachable => {
                range = (range / 4).max(1);
                continue;
            }
            // A single block is not too long, so it is the question that it does not take.
            Err(failure) if asked.len() > closed && failure.kind != Kind::Unreachable => {
                (asked, range) = (before, FIRST_RANGE);
                continue;
            }
            Err(failure) => return Err(failure),
        };
        // It is the question that it did not take, and no passing fault: without the open part it has answered.
        session.takes_open_topics &= asked.len() == topics.len();
        for log in answer.as_array().into_iter().flatten() {
            if asked.len() == topics.len() || has(log, topics) {
                entries.extend(entry(contract, log));
            }
        }
        let Some(after) = last.checked_add(1) else { break };
        next = after;
        range = range.saturating_mul(2);
    }
    Ok(entries)
}

/// Whether a log has these topics; `null` stands for any.
fn has(log: &Value, topics: &[Value]) -> bool {
    let same = |one: &Value, other: &Value| {
        one.as_str().zip(other.as_str()).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
    };
    topics.iter().enumerate().all(|(place, wanted)| {
        let topic = log.get("topics").and_then(|all| all.get(place));
        topic.is_some_and(|topic| wanted.is_null() || same(wanted, topic))
    })
}

fn entry(contract: Contract, log: &Value) -> Option<Entry> {
    let topics: Vec<[u8; 32]> = log
        .get("topics")?
        .as_array()?
        .iter()
        .map(|topic| hex_bytes(Some(topic))?.try_into().ok())
        .collect::<Option<_>>()?;
    let event = codec::event(contract, &topics, &hex_bytes(log.get("data"))?)?;
    Some(Entry {
        block: hex_number(log.get("blockNumber"))?,
        index: hex_number(log.get("logIndex"))?,
        time: Seconds::ZERO,
        transaction: log.get("transactionHash")?.as_str()?.to_owned(),
        event,
    })
}

/// Whether an event names a seat as a seat, and not as another number that looks like it.
fn names(event: &EmittedEvent, seat: Seat) -> bool {
    ["seat", "taker", "maker", "from", "to", "keeper", "liquidator", "one", "other"]
        .iter()
        .any(|field| event.get::<Seat>(field) == Some(seat))
}

/// A change of an account's cash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What kind, stable.
    pub kind: &'static str,
    /// The month, where there is one.
    pub instrument: Option<Instrument>,
    /// The side on which the account traded.
    pub side: Option<Side>,
    /// The lots traded.
    pub lots: Option<Lots>,
    /// The price of a trade, in ticks.
    pub price: Option<Ticks>,
    /// By how much cash changed.
    pub amount: QuoteAtoms,
}

/// The kinds of [`Change`] with what they are. Together they are every way in which cash changes.
pub const KINDS: [(&str, &str); 14] = [
    ("deposit", "collateral paid in"),
    ("withdrawal", "collateral paid out"),
    ("transfer-in", "from another account of the owner"),
    ("transfer-out", "to another account of the owner"),
    ("trade", "a trade: no cash moves, the price counts from the next settlement on"),
    ("taker-fee", "fee of a trade that took"),
    ("maker-fee", "fee of a trade that rested"),
    ("maker-rebate", "part of the taker's fee"),
    ("variation", "settlement of a position at the day's mark or the final price"),
    ("settlement-fee", "fee of the final settlement"),
    ("trigger-fee", "paid to the keeper who executed a trigger"),
    ("keeper-fee", "for executing a trigger"),
    ("reward", "from the market-maker programme"),
    ("liquidation", "lots that a liquidation moved: no cash moves"),
];

/// What an event changed in the cash of a seat: nothing, one thing, or several.
#[must_use]
pub fn changes(event: &EmittedEvent, seat: Seat, value: &impl Fn(Instrument) -> Option<TickValue>) -> Vec<Change> {
    let atoms = |amount: u64| QuoteAtoms(amount.into());
    let plain = |kind, amount| Change { kind, instrument: None, side: None, lots: None, price: None, amount };
    let of = |kind, instrument, amount| Change { instrument: Some(instrument), ..plain(kind, amount) };
    let mut found = Vec::new();
    if let Some(events::Deposited { seat: whose, amount }) = event.read()
        && whose == seat
    {
        found.push(plain("deposit", atoms(amount)));
    } else if let Some(events::Withdrawn { seat: whose, amount }) = event.read()
        && whose == seat
    {
        found.push(plain("withdrawal", -atoms(amount)));
    } else if let Some(events::Transferred { from, to, amount }) = event.read() {
        found.extend((from == seat).then(|| plain("transfer-out", -atoms(amount))));
        found.extend((to == seat).then(|| plain("transfer-in", atoms(amount))));
    } else if let Some(fill) = event.read::<events::Filled>() {
        for (whose, side, kind, fee) in [
            (fill.taker, fill.side, "taker-fee", fill.taker_fee),
            (fill.maker, fill.side.opposite(), "maker-fee", fill.maker_fee),
        ] {
            if whose == seat {
                let (lots, price) = (Some(fill.lots), Some(fill.price));
                let trade = Change { side: Some(side), lots, price, ..of("trade", fill.instrument, QuoteAtoms::ZERO) };
                found.push(trade);
                found.extend((fee > 0).then(|| of(kind, fill.instrument, -atoms(fee))));
            }
        }
    } else if let Some(events::Rebated { seat: whose, instrument, amount }) = event.read()
        && whose == seat
    {
        found.push(of("maker-rebate", instrument, atoms(amount)));
    } else if let Some(events::Settled { seat: whose, instrument, paid, .. }) = event.read()
        && whose == seat
        && paid != Points::ZERO
        && let Some(value) = value(instrument)
    {
        found.push(of("variation", instrument, paid * value));
    } else if let Some(events::SettlementFee { seat: whose, instrument, amount }) = event.read()
        && whose == seat
    {
        found.push(of("settlement-fee", instrument, -atoms(amount)));
    } else if let Some(events::Triggered { seat: whose, keeper, fee, .. }) = event.read() {
        found.extend((whose == seat && fee > 0).then(|| plain("trigger-fee", -atoms(fee))));
        found.extend((keeper == seat && fee > 0).then(|| plain("keeper-fee", atoms(fee))));
    } else if let Some(events::Rewarded { seat: whose, amount }) = event.read()
        && whose == seat
    {
        found.push(plain("reward", atoms(amount)));
    } else if let Some(taken) = event.read::<events::Liquidated>() {
        for (whose, side) in [(taken.seat, taken.side), (taken.liquidator, taken.side.opposite())] {
            if whose == seat {
                let (lots, price) = (Some(taken.lots), Some(taken.price));
                found.push(Change {
                    side: Some(side),
                    lots,
                    price,
                    ..of("liquidation", taken.instrument, QuoteAtoms::ZERO)
                });
            }
        }
    }
    found
}

/// Tick values of these instruments, for months that have gone too.
///
/// # Errors
/// Those of the transport.
fn tick_values(session: &mut Session, instruments: &[Instrument]) -> Result<BTreeMap<Instrument, TickValue>> {
    let markets = chain::markets_of(&mut session.client, instruments)?;
    Ok(instruments.iter().zip(markets).filter_map(|(of, market)| Some((*of, market?.tick_value))).collect())
}

/// The instruments that events name.
fn instruments(entries: &[Entry]) -> Vec<Instrument> {
    let mut named: Vec<Instrument> = entries.iter().filter_map(|entry| entry.event.get("instrument")).collect();
    named.sort_unstable();
    named.dedup();
    named
}

/// A failure of a node that does not answer with what it should.
#[must_use]
pub fn senseless(method: &str) -> Failure {
    Failure::new(
        Kind::Unreachable,
        format!("the node answered {method} with something else than it should: ask another one"),
    )
}

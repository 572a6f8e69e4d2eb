//! The tables held against the chain's own cells at the newest block, and the books as the chain has them.
//!
//! Events say enough for lots, prices and cash, and that is what the tables follow from. What a cell says besides, an
//! order's time and its place in the queue, is taken from the cell. Wherever both say something, they must say the
//! same: a difference is an alarm, never a correction.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rusqlite::Connection;
use sit_engine::clearing::{Account, Curve, Instrument, Market, Order, Page, Status, page_of};
use sit_engine::codec::Cell;
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use sit_native::stored;

use crate::derive::Touched;
use crate::follow::{FollowError, read_cells};
use crate::source::Source;
use crate::store::{Identity, StoreError, Tip, Writer};

/// Accounts that are looked at in one block at most; the rest follows with the next blocks.
const MOST_ACCOUNTS: usize = 500;

/// The books of all months at one block.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// The block; `None` before the first.
    pub tip: Option<Tip>,
    /// Whether pages and events agree at this block.
    pub verified: bool,
    /// Orders that stand, in the order in which they trade: by side, price and time. Their time may be over.
    pub orders: BTreeMap<u16, Vec<Order>>,
    /// What may be done, by month.
    pub status: BTreeMap<u16, Status>,
    /// The newest block at which each account's cell was found to agree.
    pub accounts: Arc<HashMap<u32, u64>>,
}

impl Books {
    /// The orders of a month on one side that stand and whose time is not over, best first.
    pub fn side(&self, instrument: u16, side: Side) -> impl Iterator<Item = &Order> {
        let now = Seconds(self.tip.map_or(0, |tip| u32::try_from(tip.time).unwrap_or(u32::MAX)));
        let orders = self.orders.get(&instrument).map_or(&[][..], Vec::as_slice);
        orders.iter().filter(move |order| order.side == side && !order.expired(now))
    }
}

/// An order by the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Resting {
    seat: u32,
    number: u32,
    side: Side,
    price: Ticks,
    lots: Lots,
}

/// Looks at the chain's cells.
pub struct Checker {
    deployment: sit_client::Deployment,
    pages: HashMap<(u16, u32), Page>,
    whole: bool,
    unseen: BTreeSet<u32>,
    books: Arc<Books>,
}

impl Checker {
    /// One that has seen nothing yet.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        Self {
            deployment: identity.deployment.clone(),
            pages: HashMap::new(),
            whole: false,
            unseen: BTreeSet::new(),
            books: Arc::new(Books::default()),
        }
    }

    /// The books, as of the last look.
    #[must_use]
    pub fn books(&self) -> Arc<Books> {
        Arc::clone(&self.books)
    }

    /// Whether the last look was at this block.
    #[must_use]
    pub fn is_of(&self, tip: &Tip) -> bool {
        self.books.tip == Some(*tip)
    }

    /// Forgets every cell: the chain has other blocks now.
    pub fn forget(&mut self) {
        self.pages.clear();
        self.whole = false;
        let books = Books { verified: false, accounts: Arc::default(), ..(*self.books).clone() };
        self.books = Arc::new(books);
    }

    /// The books by the events alone, where the cells could not be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unverified(&mut self, writer: &Writer, tip: &Tip) -> Result<(), StoreError> {
        self.whole = false;
        let mut orders: BTreeMap<u16, Vec<Order>> = BTreeMap::new();
        for (instrument, all) in resting(writer.connection(), None)? {
            let all = all.into_iter().map(|order| Order {
                price: order.price,
                side: order.side,
                seat: Seat(order.seat),
                number: order.number,
                lots: order.lots,
                ..Order::default()
            });
            orders.insert(instrument, sorted(all.collect()));
        }
        let books = Books { tip: Some(*tip), verified: false, orders, ..(*self.books).clone() };
        self.books = Arc::new(books);
        Ok(())
    }

    /// Looks at what has changed since the last time; at everything, the first time.
    ///
    /// # Errors
    /// [`FollowError`].
    pub fn look<S: Source + ?Sized>(
        &mut self,
        source: &mut S,
        writer: &Writer,
        tip: &Tip,
        touched: &Touched,
    ) -> Result<(), FollowError> {
        let db = writer.connection();
        let standing = resting(db, None)?;
        let mut pages: BTreeSet<(u16, u32)> = touched.pages.clone();
        let mut instruments: BTreeSet<u16> = touched.instruments.clone();
        self.unseen.extend(&touched.seats);
        if !self.whole {
            self.pages.clear();
            instruments.extend(known_instruments(db)?);
            for (instrument, orders) in &standing {
                pages.extend(orders.iter().map(|order| (*instrument, page_of(order.price))));
            }
            self.unseen.extend(known_seats(db)?);
        }
        let seats: Vec<u32> = self.unseen.iter().copied().take(MOST_ACCOUNTS).collect();
        let products: BTreeSet<u8> = known_instruments(db)?.into_iter().map(|of| Instrument(of).product().0).collect();

        let cell = |question: sit_native::view::ClearingCell| (question.kind, question.a, question.b);
        let mut wanted: Vec<(u8, u32, u32)> = Vec::new();
        wanted.extend(pages.iter().map(|(of, page)| cell(stored::page(Instrument(*of), *page).question)));
        wanted.extend(instruments.iter().map(|of| cell(stored::market(Instrument(*of)).question)));
        wanted.extend(products.iter().map(|of| cell(stored::curve(sit_engine::clearing::Product(*of)).question)));
        wanted.extend(seats.iter().map(|seat| cell(stored::account(Seat(*seat)).question)));
        let mut answers = read_cells(source, &self.deployment, tip.hash, &wanted)?.into_iter();
        let mut next = || answers.next().unwrap_or_default();

        let mut alarms: Vec<(&str, String)> = Vec::new();
        for place in &pages {
            let bytes = next();
            let page = if bytes.is_empty() { Page::new(place.1, 0) } else { Page::from_cell(&bytes) };
            self.pages.insert(*place, page);
        }
        for instrument in &instruments {
            let bytes = next();
            if !bytes.is_empty() {
                alarms.extend(check_market(db, *instrument, &Market::from_cell(&bytes))?);
            }
        }
        let mut status = BTreeMap::new();
        for _ in &products {
            let bytes = next();
            if !bytes.is_empty() {
                let curve = Curve::from_cell(&bytes);
                status.extend(curve.months().iter().map(|month| (month.instrument.0, month.status)));
            }
        }
        let mut accounts = (*self.books.accounts).clone();
        for seat in &seats {
            let bytes = next();
            let found = check_account(db, *seat, &bytes)?;
            if found.is_empty() {
                accounts.insert(*seat, tip.number);
            } else {
                accounts.remove(seat);
            }
            alarms.extend(found);
            self.unseen.remove(seat);
        }

        let books_before = alarms.len();
        let doubtful = self.compare_pages(&standing, &pages, &mut alarms, db)?;
        self.judge(source, tip, db, &doubtful, &mut alarms)?;
        let verified = !alarms[books_before..].iter().any(|(kind, _)| *kind == "book");

        let mut orders: BTreeMap<u16, Vec<Order>> = BTreeMap::new();
        for (instrument, of) in &standing {
            let live: BTreeSet<(u32, u32)> = of.iter().map(|order| (order.seat, order.number)).collect();
            let places: BTreeSet<u32> = of.iter().map(|order| page_of(order.price)).collect();
            let found = places
                .iter()
                .filter_map(|page| self.pages.get(&(*instrument, *page)))
                .flat_map(|page| page.orders().iter().copied())
                .filter(|order| live.contains(&(order.seat.0, order.number)));
            orders.insert(*instrument, sorted(found.collect()));
        }
        for (kind, message) in alarms {
            writer.alarm(tip.number, tip.hash, kind, &message)?;
        }
        self.whole = true;
        // Pages without an order that stands are forgotten, so that the cache is as large as the books are.
        let kept: BTreeSet<(u16, u32)> = standing
            .iter()
            .flat_map(|(instrument, orders)| orders.iter().map(|order| (*instrument, page_of(order.price))))
            .collect();
        self.pages.retain(|place, _| kept.contains(place));
        self.books = Arc::new(Books { tip: Some(*tip), verified, orders, status, accounts: Arc::new(accounts) });
        Ok(())
    }

    /// Compares the orders of pages with those of the events, both ways. Returns orders of the cells that the events do
    /// not have: they must be dead.
    fn compare_pages(
        &self,
        standing: &BTreeMap<u16, Vec<Resting>>,
        pages: &BTreeSet<(u16, u32)>,
        alarms: &mut Vec<(&'static str, String)>,
        db: &Connection,
    ) -> Result<Vec<(u16, Order)>, StoreError> {
        let mut doubtful = Vec::new();
        for (instrument, place) in pages {
            let Some(page) = self.pages.get(&(*instrument, *place)) else { continue };
            let epoch = epoch_of(db, *instrument)?;
            let none = Vec::new();
            let ours = standing.get(instrument).unwrap_or(&none);
            let live = page.epoch == epoch;
            let in_page = |order: &&Resting| page_of(order.price) == *place;
            for order in ours.iter().filter(in_page) {
                let found = page.find(Seat(order.seat), order.number).filter(|_| live).map(|(_, found)| found);
                let same = found.is_some_and(|found| {
                    (found.side, found.price, found.lots) == (order.side, order.price, order.lots)
                });
                if !same {
                    let (seat, number) = (order.seat, order.number);
                    alarms.push((
                        "book",
                        format!(
                            "order {number} of seat {seat} in month {instrument}: the events say {order:?}, \
                             the page says {found:?}"
                        ),
                    ));
                }
            }
            if live {
                let known = |order: &&Order| {
                    ours.iter().any(|other| (other.seat, other.number) == (order.seat.0, order.number))
                };
                doubtful.extend(page.orders().iter().filter(|order| !known(order)).map(|order| (*instrument, *order)));
            }
        }
        Ok(doubtful)
    }

    /// An order in a page that no event knows must be void by its owner's account.
    fn judge<S: Source + ?Sized>(
        &self,
        source: &mut S,
        tip: &Tip,
        db: &Connection,
        doubtful: &[(u16, Order)],
        alarms: &mut Vec<(&'static str, String)>,
    ) -> Result<(), FollowError> {
        let seats: Vec<u32> =
            doubtful.iter().map(|(_, order)| order.seat.0).collect::<BTreeSet<_>>().into_iter().collect();
        if seats.is_empty() {
            return Ok(());
        }
        let question = |seat: &u32| {
            let cell = stored::account(Seat(*seat)).question;
            (cell.kind, cell.a, cell.b)
        };
        let wanted: Vec<_> = seats.iter().map(question).collect();
        let cells = read_cells(source, &self.deployment, tip.hash, &wanted)?;
        let accounts: HashMap<u32, Account> = seats
            .iter()
            .zip(cells)
            .filter(|(_, bytes)| !bytes.is_empty())
            .map(|(seat, bytes)| (*seat, Account::from_cell(&bytes)))
            .collect();
        for (instrument, order) in doubtful {
            let month = sit_engine::clearing::Month {
                instrument: Instrument(*instrument),
                epoch: epoch_of(db, *instrument)?,
                ..Default::default()
            };
            let settled = final_price(db, *instrument)?.is_some();
            if !settled && order.stands(&month, accounts.get(&order.seat.0)) {
                alarms.push(("book", format!("month {instrument}: {order:?} stands, and no event says so")));
            }
        }
        Ok(())
    }
}

/// By side, then best price first; orders of one price keep the order of their page, which is time's.
fn sorted(mut orders: Vec<Order>) -> Vec<Order> {
    orders.sort_by_key(|order| match order.side {
        Side::Buy => (0, u32::MAX - order.price.0),
        Side::Sell => (1, order.price.0),
    });
    orders
}

fn resting(db: &Connection, of: Option<u16>) -> Result<BTreeMap<u16, Vec<Resting>>, StoreError> {
    let sql = "SELECT instrument, seat, number, side, price, lots FROM resting WHERE ?1 IS NULL OR instrument = ?1";
    let mut found: BTreeMap<u16, Vec<Resting>> = BTreeMap::new();
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([of])?;
    while let Some(row) = rows.next()? {
        let order = Resting {
            seat: row.get(1)?,
            number: row.get(2)?,
            side: if row.get::<_, i64>(3)? == 0 { Side::Buy } else { Side::Sell },
            price: Ticks(row.get(4)?),
            lots: Lots(row.get(5)?),
        };
        found.entry(row.get(0)?).or_default().push(order);
    }
    Ok(found)
}

fn known_instruments(db: &Connection) -> Result<Vec<u16>, StoreError> {
    let mut statement = db.prepare_cached("SELECT instrument FROM instrument")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn known_seats(db: &Connection) -> Result<Vec<u32>, StoreError> {
    let mut statement = db.prepare_cached("SELECT seat FROM account")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn epoch_of(db: &Connection, instrument: u16) -> Result<u16, StoreError> {
    let mut statement = db.prepare_cached("SELECT epoch FROM instrument WHERE instrument = ?1")?;
    Ok(statement.query_row([instrument], |row| row.get(0)).or_else(none_is_zero)?)
}

fn none_is_zero(error: rusqlite::Error) -> rusqlite::Result<u16> {
    if error == rusqlite::Error::QueryReturnedNoRows { Ok(0) } else { Err(error) }
}

fn final_price(db: &Connection, instrument: u16) -> Result<Option<u32>, StoreError> {
    let mut statement = db.prepare_cached("SELECT final_price FROM instrument WHERE instrument = ?1")?;
    let mut rows = statement.query([instrument])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?.flatten())
}

fn check_market(db: &Connection, instrument: u16, market: &Market) -> Result<Vec<(&'static str, String)>, StoreError> {
    let sql = "SELECT tick_value, open_interest, final_price FROM instrument WHERE instrument = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([instrument])?;
    let Some(row) = rows.next()? else { return Ok(Vec::new()) };
    let (value, open, price): (u32, i64, Option<u32>) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let mut alarms = Vec::new();
    let mut hold = |what: &str, ours: i64, theirs: i64| {
        if ours != theirs {
            let text = format!("{what} of month {instrument}: {ours} by the events, {theirs} by the market's cell");
            alarms.push(("market", text));
        }
    };
    hold("the value of a tick", value.into(), market.tick_value.0.into());
    hold("the final price", price.map_or(-1, i64::from), market.final_price.map_or(-1, |price| price.0.into()));
    // Lots that a final settlement closed without paying anything leave no event.
    if price.is_none() {
        hold("open interest", open, market.open_interest.0.into());
    }
    Ok(alarms)
}

fn check_account(db: &Connection, seat: u32, bytes: &[u8]) -> Result<Vec<(&'static str, String)>, StoreError> {
    let account = if bytes.is_empty() { Account::new([0; 20]) } else { Account::from_cell(bytes) };
    let mut statement = db.prepare_cached("SELECT owner, cash, tier, maker FROM account WHERE seat = ?1")?;
    let mut rows = statement.query([seat])?;
    let Some(row) = rows.next()? else { return Ok(Vec::new()) };
    let (owner, cash, tier, maker): ([u8; 20], i64, u8, bool) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    let mut alarms: Vec<(&'static str, String)> = Vec::new();
    let mut hold = |what: String, ours: i64, theirs: i64| {
        if ours != theirs {
            let text = format!("{what} of seat {seat}: {ours} by the events, {theirs} by the account's cell");
            alarms.push(("account", text));
        }
    };
    if account.owner != owner {
        hold("the owner (1 by the events)".to_owned(), 1, 0);
    }
    hold("cash".to_owned(), cash, i64::try_from(account.cash).unwrap_or(i64::MAX));
    hold("the tier".to_owned(), tier.into(), account.tier.into());
    hold("being a maker".to_owned(), maker.into(), account.maker.into());
    let sql = "SELECT p.instrument, p.net, p.basis, i.final_price FROM position p \
               JOIN instrument i ON i.instrument = p.instrument WHERE p.seat = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([seat])?;
    let mut ours: BTreeMap<u16, (i64, i64)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (instrument, net, basis, price): (u16, i64, i64, Option<i64>) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        // A position that a final price makes worth nothing is closed without an event.
        let nothing = price.is_some_and(|price| net.saturating_mul(price) == basis);
        if !nothing && (net, basis) != (0, 0) {
            ours.insert(instrument, (net, basis));
        }
    }
    let mut theirs: BTreeMap<u16, (i64, i64)> = BTreeMap::new();
    for position in account.positions() {
        let held = (i64::from(position.net.0), position.basis.0);
        let price = final_price(db, position.instrument.0)?.map(i64::from);
        let nothing = price.is_some_and(|price| held.0.saturating_mul(price) == held.1);
        if !nothing && held != (0, 0) {
            theirs.insert(position.instrument.0, held);
        }
    }
    for instrument in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let (one, other) = (ours.get(instrument).copied(), theirs.get(instrument).copied());
        let ((net, basis), (their_net, their_basis)) = (one.unwrap_or_default(), other.unwrap_or_default());
        hold(format!("lots in month {instrument}"), net, their_net);
        hold(format!("the basis in month {instrument}"), basis, their_basis);
    }
    Ok(alarms)
}

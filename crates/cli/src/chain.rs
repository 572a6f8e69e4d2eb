//! What is read off the chain: months by their names, books as they stand, accounts with their seats. Many cells cost
//! one round trip.

use std::collections::{BTreeMap, BTreeSet};

use sit_client::rpc::{NodeError, RpcError};
use sit_client::{Client, Failure as ClientFailure, Transport};
use sit_engine::calendar::Day;
use sit_engine::clearing::{Account, Curve, Instrument, Market, Month, Order, Page, Product, Status, live, page_of};
use sit_engine::codec::Cell;
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use sit_native::stored::{self, OfClearing};

use crate::amount::Sizes;
use crate::failure::{Failure, Kind, Result};

/// Names of products by their numbers; others are called `P` and their number.
const PRODUCTS: [&str; 2] = ["TPI", "SCU"];

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Pages of a book that are asked for at once.
const PAGES_AT_ONCE: usize = 32;

impl From<ClientFailure> for Failure {
    fn from(failure: ClientFailure) -> Self {
        let kind = match &failure {
            ClientFailure::Refused { .. } => Kind::Refused,
            ClientFailure::NotDeployed(_) => Kind::WrongChain,
            ClientFailure::Artifact(_) => Kind::Local,
            ClientFailure::Unreadable { .. } => Kind::WrongChain,
            ClientFailure::AnswerUnknown(_) => Kind::Unknown,
            ClientFailure::Transport { why, .. } => why.downcast_ref().map_or(Kind::Unreachable, of_node),
        };
        let name = failure.refused().map(|refused| refused.name().to_owned());
        Self { kind, message: failure.to_string(), name }
    }
}

/// The kind of a node's failure.
#[must_use]
pub fn of_node(error: &NodeError) -> Kind {
    match error {
        NodeError::Rpc(error) => of_rpc(error),
        NodeError::Key(_) | NodeError::Journal(_) => Kind::Local,
        NodeError::NoReceipt { .. } | NodeError::Unwatched { .. } => Kind::Unknown,
        NodeError::TooLittle { .. } => Kind::Refused,
        NodeError::Behind { .. } | NodeError::OffClock { .. } => Kind::Unreachable,
        _ => Kind::Other,
    }
}

/// The kind of a failure of a request.
#[must_use]
pub fn of_rpc(error: &RpcError) -> Kind {
    match error {
        RpcError::Refused { .. } => Kind::Other,
        RpcError::Address(_) => Kind::Local,
        _ => Kind::Unreachable,
    }
}

/// Cells of the clearing house, in the order in which they were asked for, in one round trip.
///
/// # Errors
/// Those of the transport.
pub fn cells<T: Transport, C: Cell>(client: &mut Client<T>, wanted: &[OfClearing<C>]) -> Result<Vec<Option<C>>> {
    client.cells_of(wanted).map_err(|failure| match failure {
        ClientFailure::NotDeployed(_) => failure.into(),
        ClientFailure::Transport { why, .. } => Failure::new(Kind::Unreachable, why.to_string()),
        _ => not_the_contract(),
    })
}

fn not_the_contract() -> Failure {
    Failure::new(
        Kind::WrongChain,
        "what stands at the address of the clearing house does not answer as it should: the record of the deployment is \
         of another chain or version",
    )
}

/// What a product is called.
#[must_use]
pub fn product_name(product: Product) -> String {
    PRODUCTS.get(usize::from(product.0)).map_or_else(|| format!("P{}", product.0), |name| (*name).to_owned())
}

/// What a month is called by its last trading time, without its product: `DEC26`.
#[must_use]
pub fn month_name(expiry: Seconds) -> String {
    let date = Day::of(expiry).date();
    let month = date.month.checked_sub(1).and_then(|month| MONTHS.get(usize::try_from(month).ok()?)).unwrap_or(&"???");
    format!("{month}{:02}", date.year % 100)
}

/// A listed month.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// Its product.
    pub product: Product,
    /// What the curve says.
    pub month: Month,
}

impl Listed {
    /// What it is called: `TPI-DEC26`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-{}", product_name(self.product), month_name(self.month.expiry))
    }

    /// What a tick and a lot are.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        Sizes { tick_size: self.month.tick_size, tick_value: self.month.tick_value }
    }
}

/// All curves.
#[derive(Clone, Debug)]
pub struct Markets {
    /// The products with their curves.
    pub curves: Vec<(Product, Curve)>,
}

impl Markets {
    /// Reads them.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn read<T: Transport>(client: &mut Client<T>) -> Result<Self> {
        let products: Vec<Product> = (0..=Product::MAX.0).map(Product).collect();
        let wanted: Vec<_> = products.iter().map(|product| stored::curve(*product)).collect();
        let read = cells(client, &wanted)?;
        let curves = products.into_iter().zip(read).filter_map(|(product, curve)| Some((product, curve?)));
        Ok(Self { curves: curves.collect() })
    }

    /// Every listed month, in the order of its product and its last trading time.
    pub fn months(&self) -> impl Iterator<Item = Listed> {
        self.curves
            .iter()
            .flat_map(|(product, curve)| curve.months().iter().map(|month| Listed { product: *product, month: *month }))
    }

    /// The curve of a month.
    #[must_use]
    pub fn curve(&self, instrument: Instrument) -> Option<&Curve> {
        self.curves.iter().find(|(product, _)| *product == instrument.product()).map(|(_, curve)| curve)
    }

    /// A month by its instrument.
    #[must_use]
    pub fn month(&self, instrument: Instrument) -> Option<Listed> {
        self.months().find(|listed| listed.month.instrument == instrument)
    }

    /// What an instrument is called; by its number when its month has gone.
    #[must_use]
    pub fn name(&self, instrument: Instrument) -> String {
        self.month(instrument).map_or_else(|| number_name(instrument), |listed| listed.name())
    }

    /// A month by what somebody calls it: `DEC26`, `TPI-DEC26`, `front`, `#3`.
    ///
    /// # Errors
    /// An unknown name, with those that there are.
    pub fn find(&self, name: &str, now: Seconds) -> Result<Listed> {
        let wanted = name.trim().to_uppercase();
        let trades = |listed: &Listed| listed.month.status != Status::Settled && now < listed.month.expiry;
        let called = |listed: &Listed| {
            let full = listed.name();
            full == wanted
                || full.split_once('-').is_some_and(|(_, month)| month == wanted)
                || number_name(listed.month.instrument) == wanted
        };
        let found: Vec<Listed> = match wanted.as_str() {
            "FRONT" => self.months().filter(trades).take(1).collect(),
            _ => self.months().filter(called).collect(),
        };
        match found.as_slice() {
            [one] => Ok(*one),
            [] => {
                let known: Vec<String> = self.months().map(|listed| listed.name()).collect();
                let known = if known.is_empty() {
                    "no month is listed".to_owned()
                } else {
                    format!("there are {}", known.join(", "))
                };
                Err(Failure::usage(format!("there is no month `{name}`: {known}")))
            }
            several => {
                let names: Vec<String> = several.iter().map(Listed::name).collect();
                Err(Failure::usage(format!("`{name}` is a month of more than one product: say {}", names.join(" or "))))
            }
        }
    }
}

/// What an instrument is called by its number.
#[must_use]
pub fn number_name(instrument: Instrument) -> String {
    format!("#{}", instrument.0)
}

/// An order as it stands, and whether it is somebody's own.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The order.
    pub order: Order,
    /// Its month.
    pub instrument: Instrument,
}

/// A price of a book with all that stands there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// The price.
    pub price: Ticks,
    /// Lots of all orders.
    pub lots: Lots,
    /// How many orders.
    pub orders: u32,
    /// Lots of one account among them.
    pub own: Lots,
}

/// A month's book: orders that can trade, best first.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Bids.
    pub bids: Vec<Standing>,
    /// Asks.
    pub asks: Vec<Standing>,
}

impl Book {
    /// The orders of a side.
    #[must_use]
    pub fn side(&self, side: Side) -> &[Standing] {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// The best price of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Ticks> {
        self.side(side).first().map(|standing| standing.order.price)
    }

    /// The prices of a side, best first, with the lots of an account among them.
    #[must_use]
    pub fn levels(&self, side: Side, own: Option<Seat>) -> Vec<Level> {
        let mut levels: Vec<Level> = Vec::new();
        for Standing { order, .. } in self.side(side) {
            let mine = if Some(order.seat) == own { order.lots } else { Lots::ZERO };
            match levels.last_mut().filter(|level| level.price == order.price) {
                Some(level) => {
                    level.lots += order.lots;
                    level.orders += 1;
                    level.own += mine;
                }
                None => levels.push(Level { price: order.price, lots: order.lots, orders: 1, own: mine }),
            }
        }
        levels
    }
}

/// The months' own cells, in the order in which they were asked for.
///
/// # Errors
/// Those of the transport.
pub fn markets_of<T: Transport>(client: &mut Client<T>, instruments: &[Instrument]) -> Result<Vec<Option<Market>>> {
    let wanted: Vec<_> = instruments.iter().map(|instrument| stored::market(*instrument)).collect();
    cells(client, &wanted)
}

/// Accounts by their seats; those that there are not are missing.
///
/// # Errors
/// Those of the transport.
pub fn accounts<T: Transport>(client: &mut Client<T>, seats: &[Seat]) -> Result<BTreeMap<Seat, Account>> {
    let mut found = BTreeMap::new();
    for some in seats.chunks(PAGES_AT_ONCE * 4) {
        let wanted: Vec<_> = some.iter().map(|seat| stored::account(*seat)).collect();
        for (seat, account) in some.iter().zip(cells(client, &wanted)?) {
            found.extend(account.and_then(live).map(|account| (*seat, account)));
        }
    }
    Ok(found)
}

/// The book of a month as it would trade now, up to so many price levels a side.
///
/// # Errors
/// Those of the transport.
pub fn book<T: Transport>(
    client: &mut Client<T>,
    month: &Month,
    market: &Market,
    now: Seconds,
    depth: usize,
) -> Result<Book> {
    let mut market = *market;
    market.enter_epoch(month.epoch, month.reference);
    let mut book = Book::default();
    let mut known: BTreeMap<Seat, Account> = BTreeMap::new();
    for side in [Side::Buy, Side::Sell] {
        let mut next = first_page(&market, side);
        let mut levels = BTreeSet::new();
        while levels.len() < depth {
            let mut numbers = Vec::new();
            while let (Some(page), true) = (next, numbers.len() < PAGES_AT_ONCE) {
                numbers.push(page);
                next = market.next_page(side, page);
            }
            if numbers.is_empty() {
                break;
            }
            let wanted: Vec<_> = numbers.iter().map(|page| stored::page(month.instrument, *page)).collect();
            let pages: Vec<Page> =
                cells(client, &wanted)?.into_iter().flatten().filter(|page| page.epoch == month.epoch).collect();
            let orders =
                |page: &Page| page.orders().iter().copied().filter(|order| order.side == side).collect::<Vec<Order>>();
            let seats: BTreeSet<Seat> = pages.iter().flat_map(orders).map(|order| order.seat).collect();
            let missing: Vec<Seat> = seats.into_iter().filter(|seat| !known.contains_key(seat)).collect();
            known.extend(accounts(client, &missing)?);
            for page in &pages {
                let mut standing: Vec<Order> = orders(page);
                standing.retain(|order| !order.expired(now) && order.stands(month, known.get(&order.seat)));
                // Within a page orders stand in the order in which they came, and a stable sort keeps that at a price.
                match side {
                    Side::Buy => standing.sort_by_key(|order| std::cmp::Reverse(order.price)),
                    Side::Sell => standing.sort_by_key(|order| order.price),
                }
                for order in standing {
                    levels.insert(order.price);
                    if levels.len() <= depth {
                        let standing = Standing { order, instrument: month.instrument };
                        match side {
                            Side::Buy => book.bids.push(standing),
                            Side::Sell => book.asks.push(standing),
                        }
                    }
                }
            }
            if next.is_none() {
                break;
            }
        }
    }
    Ok(book)
}

/// The page at which a search of a side begins.
fn first_page(market: &Market, side: Side) -> Option<u32> {
    let bound = market.bound(side);
    if bound == Ticks::ZERO || bound >= Ticks::MAX {
        return None; // nothing has been placed on this side
    }
    // The page of the bound itself, and then those beyond it.
    Some(page_of(bound))
}

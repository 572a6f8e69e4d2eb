//! What the messages of the order book cost by what they meet there: a resting place, one maker or fifty orders, ten
//! months in the account, ten levels on each side.

use super::field::{Field, Measured, signed};
use anyhow::{Context, Result};
use sit_client::{Signer, permit};
use sit_devnet::WeightTable;
use sit_devnet::elsewhere::Elsewhere;
use sit_devnet::profile::Recording;
use sit_engine::calendar::{self, DAY, Day};
use sit_engine::clearing::{Instrument, Level, MAX_FILLS, Place, Roll, Trigger};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use sit_market::TPI;
use sit_market::sequence::{PEOPLE, World, listing};
use sit_native::answers::PlacedOrder;
use sit_native::message::limit_order;
use sit_native::{Message, message};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// A message that was sent to a field.
pub(super) type Done<F> = sit_client::Done<<F as Field>::Cost>;

/// Collateral of each account of the book: a million US dollars.
const COLLATERAL: u64 = 1_000_000_000_000;

/// Mark of the first month, in ticks.
pub(super) const MARK: u32 = 2_600;

/// Levels of a quote on each side.
const LEVELS: u32 = 10;

/// Orders that one message may take.
const SWEEP: u32 = MAX_FILLS as u32;

/// The messages of a book on deployed contracts, and what each has cost.
///
/// # Errors
/// When a contract is not built, or refuses.
pub fn costs() -> Result<WeightTable> {
    let mut book = Book::open()?;
    book.field.measure();
    Ok(messages(book)?.field.costs)
}

/// The recordings of one message of a book, `contract.message`, by their rows of the table.
///
/// # Errors
/// As [`costs`].
pub fn recordings(message: &str) -> Result<Vec<(String, Recording)>> {
    let mut book = Book::open()?;
    book.field.record(message);
    Ok(messages(book)?.field.recordings)
}

/// Sends the messages of the book to a development chain, which a node may follow. Returns the rows that they are.
///
/// # Errors
/// As [`costs`], and those of the node.
pub fn on_a_chain(there: Option<&mut Elsewhere>) -> Result<BTreeSet<String>> {
    signed(false, there, |world, field| Ok(messages(Book::begin(world, field, &|_| false)?)?.field))
}

/// Sends the messages of the book.
fn messages<F: Field>(mut book: Book<F>) -> Result<Book<F>> {
    let [taker, makers @ ..] = book.seats;
    let front = Instrument::new(TPI, 0);
    let next = Instrument::new(TPI, 1);

    let depositor = book.field.newcomer(2 * COLLATERAL)?;
    let (now, deadline) = (book.now, book.now.later(DAY));
    let seat: Seat = book.field.send(now, depositor.address(), &Message::OpenAccount { sub: 0 })??.answer()?;
    let digest = book.field.permit(depositor.address(), COLLATERAL, deadline)?;
    let signature = depositor.sign_digest(&digest).context("a known key signs")?;
    let deposit = permit::deposit(seat, COLLATERAL, deadline, &signature);
    let paid = book.field.send(now, depositor.address(), &deposit)??;
    book.note("vault.deposit_with_permit", &paid);

    // One page of the book has an order already: what follows rests beside it.
    book.place(makers[0], front, Side::Buy, MARK - 20, 5)?;
    let (mark, rests) = ("clearing.place (rests)", book.place(taker, front, Side::Buy, MARK - 20, 5)?);
    book.note(mark, &rests);
    let PlacedOrder { number, .. } = rests.answer()?;
    let order = order(taker, front, Side::Buy, MARK - 20, 3);
    let replaced = book.send(taker, &Message::Replace { price: Ticks(MARK - 20), number, order })?;
    book.note("clearing.replace", &replaced);
    let PlacedOrder { number, .. } = replaced.answer()?;
    let price = Ticks(MARK - 20);
    let cancelled = book.send(taker, &Message::Cancel { seat: taker, instrument: front, price, number })?;
    book.note("clearing.cancel", &cancelled);

    for count in [1, 4] {
        for maker in &makers[..count] {
            book.place(*maker, front, Side::Sell, MARK + 2, 5)?;
        }
        let lots = 5 * count as u32;
        let taken = book.place(taker, front, Side::Buy, MARK + 2, lots)?;
        let against = if count == 1 { "1 maker".to_owned() } else { format!("{count} makers") };
        book.note(&format!("clearing.place (against {against})"), &taken);
    }
    for step in 0..SWEEP {
        book.place(makers[1], front, Side::Sell, MARK + 10 + step / 3, 1)?;
    }
    let swept = book.place(taker, front, Side::Buy, MARK + 40, SWEEP)?;
    book.note(&format!("clearing.place (against {SWEEP} orders of 1 maker)"), &swept);

    let quote = book.quote(makers[2], next)?;
    book.note(&format!("clearing.quote ({LEVELS} + {LEVELS} levels; first)"), &quote);
    let quote = book.quote(makers[2], next)?;
    book.note(&format!("clearing.quote ({LEVELS} + {LEVELS} levels; again)"), &quote);
    let roll = Roll {
        seat: taker,
        near: front,
        far: next,
        lots: Lots(5),
        near_limit: Ticks(MARK - 25),
        far_limit: Ticks(MARK),
        spread: 0,
    };
    let rolled = book.send(taker, &Message::Roll { roll })?;
    book.note("clearing.roll", &rolled);

    // The account of the taker holds all ten months.
    for serial in 2..u16::try_from(book.months)? {
        let month = Instrument::new(TPI, serial);
        book.place(makers[3], month, Side::Sell, MARK, 2)?;
        book.place(taker, month, Side::Buy, MARK, 2)?;
    }
    let rests = book.place(taker, front, Side::Buy, MARK - 20, 1)?;
    book.note(&format!("clearing.place (rests; {} months held)", book.months), &rests);

    let trigger = Trigger {
        instrument: front,
        price: Ticks(MARK + 100),
        limit: Ticks(MARK - 25),
        lots: Lots(2),
        fee: 1_000_000,
        ..Trigger::default()
    }
    .with_flags(1); // sells when the mark is at or below
    let set = book.send(taker, &Message::SetTrigger { seat: taker, slot: 0, trigger })?;
    book.note("clearing.set_trigger", &set);
    // The roll has taken the bids there were, and the taker's own one rests below this.
    book.place(makers[0], front, Side::Buy, MARK - 19, 5)?;
    let executed = book.send(makers[0], &Message::ExecuteTrigger { keeper: makers[0], seat: taker, slot: 0 })?;
    book.note("clearing.execute_trigger", &executed);
    let delegate = Message::SetDelegate {
        seat: taker,
        delegate: book.world.stranger,
        max_lots: Lots(10),
        day_lots: Lots::ZERO,
        expiry: book.now.later(DAY),
        instruments: Vec::new(),
    };
    let set = book.send(taker, &delegate)?;
    book.note("clearing.set_delegate", &set);
    let moved = book.send(taker, &Message::Transfer { from: taker, to: Seat(0), amount: 1_000_000 })?;
    book.note("clearing.transfer", &moved);
    let tier = book.send(taker, &Message::RefreshTier { seat: taker })?;
    book.note("clearing.refresh_tier", &tier);
    Ok(book)
}

/// A deployed exchange with ten months and an account of its own for each person.
pub(super) struct Book<F> {
    pub field: F,
    pub world: World,
    pub now: Seconds,
    /// The second account of each person.
    pub seats: [Seat; PEOPLE],
    pub months: usize,
}

impl Book<Measured> {
    fn open() -> Result<Self> {
        let (world, field) = Measured::deploy(false)?;
        Self::begin(world, field, &|_| false)
    }
}

impl<F: Field> Book<F> {
    /// Opens a book without the messages of the genesis that `skip` names.
    pub fn begin(world: World, mut field: F, skip: &dyn Fn(&Message) -> bool) -> Result<Self> {
        let genesis = world.genesis(skip);
        let now = genesis.last().context("a genesis has messages")?.at;
        for step in genesis {
            field.send(step.at, step.by, &step.message)??;
        }
        let seats = std::array::from_fn(|number| Seat((PEOPLE + number) as u32));
        let mut book = Self { field, world, now, seats, months: 0 };
        let listed = calendar::listing(Day::of(World::start()));
        book.months = listed.len();
        for day in listed.into_iter().skip(2) {
            let listing = listing(day, MARK);
            book.field.send(now, world.addresses.governance, &Message::List { listing })??;
        }
        for seat in seats {
            book.open_account(seat, 1)?;
        }
        Ok(book)
    }

    /// Opens the next account with a number among its owner's, and pays in.
    pub fn open_account(&mut self, seat: Seat, sub: u8) -> Result<()> {
        self.send(seat, &Message::OpenAccount { sub })?;
        self.send(seat, &Message::Deposit { seat, amount: COLLATERAL })?;
        Ok(())
    }

    /// The owner of a seat: accounts are opened by one person after the other.
    pub fn owner(&self, seat: Seat) -> [u8; 20] {
        self.world.people[seat.0 as usize % PEOPLE]
    }

    /// The owner of a seat sends a message.
    pub fn send(&mut self, seat: Seat, message: &Message) -> Result<Done<F>> {
        let owner = self.owner(seat);
        let answer = self.field.send(self.now, owner, message)?;
        answer.with_context(|| format!("{message:?}"))
    }

    pub fn place(&mut self, seat: Seat, instrument: Instrument, side: Side, price: u32, lots: u32) -> Result<Done<F>> {
        self.send(seat, &Message::Place { order: order(seat, instrument, side, price, lots) })
    }

    /// Ten levels of five lots on each side, a tick apart.
    pub fn quote(&mut self, seat: Seat, instrument: Instrument) -> Result<Done<F>> {
        self.quote_at(seat, instrument, 1..=LEVELS, 5)
    }

    /// Levels on each side of a month's mark, so many ticks from it.
    pub fn quote_at(
        &mut self,
        seat: Seat,
        instrument: Instrument,
        steps: RangeInclusive<u32>,
        lots: u32,
    ) -> Result<Done<F>> {
        let level = |price: u32| Level { price: Ticks(price), lots: Lots(lots) };
        // The genesis lists the second month below the others.
        let mark = if instrument.serial() == 1 { MARK - 100 } else { MARK };
        let bids: Vec<Level> = steps.clone().map(|step| level(mark - step)).collect();
        let asks: Vec<Level> = steps.map(|step| level(mark + step)).collect();
        let levels = message::levels(&bids, &asks);
        self.send(seat, &Message::Quote { seat, instrument, levels, expiry: Seconds::ZERO })
    }

    pub fn note(&mut self, row: &str, done: &Done<F>) {
        self.field.note(row, done);
    }
}

fn order(seat: Seat, instrument: Instrument, side: Side, price: u32, lots: u32) -> Place {
    limit_order(seat, instrument, side, Ticks(price), Lots(lots))
}

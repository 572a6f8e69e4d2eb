//! What the makers' programme costs: its own messages, and what a designation adds to those of the order book.

use super::book::{Book, Done, MARK};
use super::field::{Field, Measured, signed};
use anyhow::Result;
use sit_devnet::WeightTable;
use sit_devnet::elsewhere::Elsewhere;
use sit_devnet::profile::Recording;
use sit_engine::clearing::{Instrument, MAX_ASKED, Purpose};
use sit_engine::incentives::{CURE_SECONDS, Parameters, end_of, epoch_of};
use sit_engine::units::{Seat, Side, Ticks};
use sit_market::TPI;
use sit_market::sequence::{PEOPLE, World};
use sit_native::Message;
use sit_native::answers::PlacedOrder;
use std::collections::BTreeSet;

/// What a week shares out, in quote atoms: 5,000 US dollars.
const BUDGET: u64 = sit_engine::launch::WEEKLY_BUDGET;

/// The messages of the programme and of the book around designated makers, and what each has cost.
///
/// # Errors
/// When a contract is not built, or refuses.
pub fn costs() -> Result<WeightTable> {
    let mut programme = Programme::open()?;
    programme.book.field.measure();
    Ok(programme.all()?.field.costs)
}

/// The recordings of one message of the programme or the book, `contract.message`, by their rows of the table.
///
/// # Errors
/// As [`costs`].
pub fn recordings(message: &str) -> Result<Vec<(String, Recording)>> {
    let mut programme = Programme::open()?;
    programme.book.field.record(message);
    Ok(programme.all()?.field.recordings)
}

/// Sends the messages of the programme to a development chain, which a node may follow. Returns the rows that they are.
///
/// # Errors
/// As [`costs`], and those of the node.
pub fn on_a_chain(there: Option<&mut Elsewhere>) -> Result<BTreeSet<String>> {
    signed(true, there, |world, field| Ok(Programme::begin(world, field)?.all()?.field))
}

/// A book whose incentives contract is deployed, and the seats of those who may be makers: as many as one closing
/// visits.
struct Programme<F> {
    book: Book<F>,
    seats: [Seat; MAX_ASKED],
}

impl Programme<Measured> {
    fn open() -> Result<Self> {
        let (world, field) = Measured::deploy(true)?;
        Self::begin(world, field)
    }
}

impl<F: Field> Programme<F> {
    fn begin(world: World, field: F) -> Result<Self> {
        let book = Book::begin(world, field, &|message| matches!(message, Message::SetMaker { .. }))?;
        // The second accounts of all people, and the third of some.
        let mut programme = Self { book, seats: std::array::from_fn(|number| Seat((PEOPLE + number) as u32)) };
        for seat in programme.seats.into_iter().skip(PEOPLE) {
            programme.book.open_account(seat, 2)?;
        }
        let endow = Message::Endow { purpose: Purpose::Incentives, amount: 2 * BUDGET };
        programme.book.send(Seat(0), &endow)?;
        Ok(programme)
    }

    /// Sends all of it.
    fn all(mut self) -> Result<Book<F>> {
        self.messages()?;
        self.orders()?;
        self.week()?;
        Ok(self.book)
    }

    /// Somebody sends a message to the programme; its cost is noted.
    fn say(&mut self, who: [u8; 20], message: &Message) -> Result<Done<F>> {
        let done = self.book.field.send(self.book.now, who, message)??;
        self.book.note(&format!("incentives.{} ({MAX_ASKED} makers)", message.name()), &done);
        Ok(done)
    }

    fn governance(&self) -> [u8; 20] {
        self.book.world.addresses.governance
    }

    /// Everything that happens to a designation, and the makers of the week.
    fn messages(&mut self) -> Result<()> {
        let governance = self.governance();
        let clearing = self.book.world.addresses.clearing;
        self.say(governance, &Message::ConnectProgramme { clearing })?;
        self.say(governance, &Message::SetParameters { parameters: Parameters::INITIAL })?;
        self.say(governance, &Message::SetBudget { amount: BUDGET })?;
        for seat in self.seats {
            let owner = self.book.owner(seat);
            self.say(owner, &Message::Apply { seat })?;
            self.say(governance, &Message::Accept { seat })?;
        }
        let [poor, .., leaving, dismissed] = self.seats;
        let owner = self.book.owner(poor);
        let amount = self.book.field.cash(poor)? - Parameters::INITIAL.capital + 1;
        self.book.send(poor, &Message::Withdraw { seat: poor, amount })?;
        // Warned, and suspended an hour later.
        self.say(governance, &Message::Suspend { seat: poor })?;
        self.book.now = self.book.now.later(CURE_SECONDS);
        self.say(governance, &Message::Suspend { seat: poor })?;
        self.book.send(poor, &Message::Deposit { seat: poor, amount })?;
        self.say(owner, &Message::Resume { seat: poor })?;
        self.say(self.book.owner(leaving), &Message::Exit { seat: leaving })?;
        self.say(governance, &Message::Dismiss { seat: dismissed })?;
        // Both again, so that a week has as many makers as one closing visits.
        self.say(self.book.owner(dismissed), &Message::Apply { seat: dismissed })?;
        self.say(governance, &Message::Accept { seat: dismissed })?;
        Ok(())
    }

    /// The messages of the order book that meet a designated maker.
    fn orders(&mut self) -> Result<()> {
        let [maker, ..] = self.seats;
        let taker = Seat(0);
        let front = Instrument::new(TPI, 0);
        let book = &mut self.book;
        book.place(maker, front, Side::Buy, MARK - 20, 5)?;
        let rests = book.place(maker, front, Side::Buy, MARK - 20, 5)?;
        book.note("clearing.place (rests; designated maker)", &rests);
        let PlacedOrder { number, .. } = rests.answer()?;
        let cancel = Message::Cancel { seat: maker, instrument: front, price: Ticks(MARK - 20), number };
        let cancelled = book.send(maker, &cancel)?;
        book.note("clearing.cancel (designated maker)", &cancelled);
        book.place(maker, front, Side::Sell, MARK + 2, 5)?;
        let taken = book.place(taker, front, Side::Buy, MARK + 2, 5)?;
        book.note("clearing.place (against 1 designated maker)", &taken);
        for name in ["first", "again"] {
            let quoted = book.quote(maker, Instrument::new(TPI, 1))?;
            book.note(&format!("clearing.quote (10 + 10 levels; {name}; designated maker)"), &quoted);
        }
        Ok(())
    }

    /// A week in which everybody quotes every month behind the front, its closing and a claim.
    fn week(&mut self) -> Result<()> {
        for (step, seat) in (1..).zip(self.seats) {
            for serial in 1..u16::try_from(self.book.months)? {
                self.book.quote_at(seat, Instrument::new(TPI, serial), step..=step, 50)?;
            }
        }
        let week = epoch_of(self.book.now);
        self.book.now = end_of(week);
        let makers = MAX_ASKED as u8;
        // Makers are measured first and paid then.
        let close = Message::CloseEpoch { epoch: week, makers };
        while !self.say(self.book.world.stranger, &close)?.answer::<bool>()? {}
        // The first was suspended for a while, so the week pays them nothing.
        let [_, maker, ..] = self.seats;
        self.say(self.book.owner(maker), &Message::Claim { seat: maker })?;
        Ok(())
    }
}

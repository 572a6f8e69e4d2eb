//! What is due: messages that anybody may send, and that the exchange would do now.
//!
//! Nothing here is a rule of the exchange. Candidates follow from what is stored (the months that are listed, the
//! accounts that there are), and whether one is due is the engine's word: it is run on an overlay of the cells
//! ([`found`]), or, where other contracts have a say, asked of the chain ([`to_ask`]).

mod accounts;
mod bid;
mod debts;

pub use bid::Limits;

use std::{collections::BTreeSet, fmt};

use sit_client::{Client, Failure, Transport};
use sit_engine::calendar::Day;
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{self, ClearingError, Event, Execute, Instrument, Status, Store, Triggers, peers::Given};
use sit_engine::oracle::SUBMISSION_DAYS;
use sit_engine::units::Seat;
use sit_native::{Message, Overlay, answers::TakenOver, message};

use crate::snapshot::{Snapshot, would_do};

macro_rules! duties {
    ($($(#[$doc:meta])* $duty:ident = $name:literal;)+) => {
        /// Something that the keeper does, the most urgent first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Duty {
            $($(#[$doc])* $duty,)+
        }

        impl Duty {
            /// All of them, the most urgent first.
            pub const ALL: &'static [Self] = &[$(Self::$duty),+];

            /// Its name in logs, metrics and the journal.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$duty => $name,)+ }
            }

            /// The duty of a name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$duty),)+ _ => None }
            }
        }
    };
}

duties! {
    /// Publishes a day of an index.
    Publish = "publish";
    /// Proposes the final price of an expiry.
    ProposeFinal = "propose-final";
    /// Sets the final price of an expiry.
    FinalisePrice = "finalise-price";
    /// Brings the state of an index to the clearing house.
    NoteIndex = "note-index";
    /// Settles a product by the newest print.
    SettleDay = "settle-day";
    /// Brings the final price to an instrument.
    Finalise = "finalise";
    /// Starts a liquidation, or starts it again at new marks.
    StartLiquidation = "start-liquidation";
    /// Takes over a position in liquidation, within limits.
    Bid = "bid";
    /// Pays variation and final claims.
    Settle = "settle";
    /// Reports what an account in liquidation lacks.
    ReportDeficit = "report-deficit";
    /// Has the insurance fund pay.
    Cover = "cover";
    /// Has two accounts give up what each owes the other.
    Offset = "offset";
    /// Has the fund set a circle of debts going.
    Bridge = "bridge";
    /// Makes a debt that nobody pays the instrument's loss.
    WriteOff = "write-off";
    /// Counts holders for an instrument's loss.
    Allocate = "allocate";
    /// Executes a stop or take-profit order.
    ExecuteTrigger = "execute-trigger";
    /// Calls margin.
    MarginCall = "margin-call";
    /// Closes a makers' week.
    CloseEpoch = "close-epoch";
    /// Suspends a maker who lacks capital.
    Suspend = "suspend";
    /// Lists the months that the calendar lists.
    RollListing = "roll-listing";
    /// Distributes the fees of an instrument.
    SweepFees = "sweep-fees";
    /// Has the makers' programme follow the clearing house.
    Follow = "follow";
    /// Settles a month at its last mark when everything else has failed.
    Sunset = "sunset";
}

impl Duty {
    /// Whether the exchange or somebody's money waits for it: index, settlement, liquidation, default. What can wait
    /// spends half of a day's cap at most: triggers, margin calls and the like are as many as somebody makes.
    #[must_use]
    pub fn is_urgent(self) -> bool {
        self <= Self::Allocate
    }
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A message that is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// What it does.
    pub duty: Duty,
    /// What it is about: with the duty, at most one message of a keeper is under way.
    pub subject: String,
    /// The message.
    pub message: Message,
    /// The account in whose name it is sent, for a bid.
    pub account: Option<Seat>,
}

impl Due {
    fn new(duty: Duty, subject: impl fmt::Display, message: Message) -> Self {
        Self { duty, subject: subject.to_string(), message, account: None }
    }

    /// Duty and subject.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.duty, self.subject)
    }
}

/// Accounts that a keeper leaves to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excluded {
    /// One, by its seat.
    Seat(Seat),
    /// All of an owner.
    Owner(Address),
}

/// What a keeper cares about.
#[derive(Clone, Debug, PartialEq)]
pub struct Cares {
    /// Duties that it leaves to others.
    pub without: Vec<Duty>,
    /// Accounts that it leaves to others: it sends nothing that is about them, be it good or bad for them, but counts
    /// them where all holders of a month are counted.
    pub excluded: Vec<Excluded>,
    /// The account that is paid for triggers. Without one they are executed for nothing.
    pub seat: Option<Seat>,
    /// Up to where it takes over positions; `None` for never.
    pub limits: Option<Limits>,
    /// Fees of an instrument, in quote atoms, from which on they are distributed.
    pub least_sweep: u64,
}

impl Default for Cares {
    /// Everything but takeovers, which risk money of one's own, and sunsets, which end a month early where governance
    /// may still act.
    fn default() -> Self {
        Self { without: vec![Duty::Sunset], excluded: Vec::new(), seat: None, limits: None, least_sweep: 10_000_000 }
    }
}

impl Cares {
    /// Whether it cares for a duty.
    #[must_use]
    pub fn about(&self, duty: Duty) -> bool {
        !self.without.contains(&duty) && (duty != Duty::Bid || self.limits.is_some())
    }

    /// The accounts that it leaves to others.
    fn left(&self, snapshot: &Snapshot) -> BTreeSet<Seat> {
        let mut left = BTreeSet::new();
        for excluded in &self.excluded {
            match excluded {
                Excluded::Seat(seat) => {
                    left.insert(*seat);
                }
                Excluded::Owner(owner) => {
                    let accounts = snapshot.house.accounts().filter(|(_, account)| account.owner == *owner);
                    left.extend(accounts.map(|(seat, _)| seat));
                }
            }
        }
        left
    }

    /// What of these it cares about.
    fn of(&self, snapshot: &Snapshot, due: Vec<Due>) -> Vec<Due> {
        let left = self.left(snapshot);
        due.into_iter().filter(|due| self.about(due.duty)).filter_map(|due| beyond(&left, due)).collect()
    }
}

/// A message that is due without the accounts that are left to others; nothing where it is about no other one. Of many
/// accounts at once those are left out; a circle of debts goes through each of its accounts, and cannot do without one.
///
/// An allocation counts all holders, whoever they are: it is about the month, moves nothing of theirs, and as long as
/// one of them is not counted nobody trades there and nobody is paid.
fn beyond(left: &BTreeSet<Seat>, mut due: Due) -> Option<Due> {
    let is_left = match &due.message {
        Message::StartLiquidation { seat }
        | Message::Bid { seat, .. }
        | Message::ReportDeficit { seat }
        | Message::Cover { seat, .. }
        | Message::Bridge { seat, .. }
        | Message::WriteOff { seat, .. }
        | Message::ExecuteTrigger { seat, .. }
        | Message::MarginCall { seat }
        | Message::Suspend { seat } => left.contains(seat),
        Message::Offset { circle } => clearing::parse_circle(circle).any(|(seat, _)| left.contains(&seat)),
        Message::Settle { instrument, seats } => {
            let instrument = *instrument;
            let all: Vec<Seat> = clearing::parse_seats(seats).collect();
            let kept: Vec<Seat> = all.iter().copied().filter(|seat| !left.contains(seat)).collect();
            if let Some(first) = kept.first().filter(|_| kept.len() < all.len()) {
                due.subject = format!("{} {}", instrument.0, first.0);
                due.message = Message::Settle { instrument, seats: message::seats(kept.iter().copied()) };
            }
            kept.is_empty() && !all.is_empty()
        }
        _ => false,
    };
    (!is_left).then_some(due)
}

/// All that is due now, the most urgent first.
///
/// # Errors
/// [`Failure`] when the chain cannot be asked.
pub fn all<T: Transport>(client: &mut Client<T>, snapshot: &mut Snapshot, cares: &Cares) -> Result<Vec<Due>, Failure> {
    let mut due = found(snapshot, cares);
    let candidates = to_ask(snapshot, cares);
    let messages: Vec<Message> = candidates.iter().map(|candidate| candidate.message.clone()).collect();
    let answers = would_do(client, &messages)?;
    due.extend(candidates.into_iter().zip(answers).filter(|(_, done)| *done).map(|(candidate, _)| candidate));
    // Where a print can be settled that ends the doubt, and nothing else does.
    let settles: Vec<String> =
        due.iter().filter(|due| due.duty == Duty::SettleDay).map(|due| due.subject.clone()).collect();
    due.retain(|due| due.duty != Duty::NoteIndex || !settles.contains(&due.subject));
    due.sort_by_key(|due| due.duty);
    Ok(due)
}

/// What the engine finds due on the cells of the clearing house.
pub fn found(snapshot: &mut Snapshot, cares: &Cares) -> Vec<Due> {
    let mut due = Vec::new();
    accounts::settlements(snapshot, &mut due);
    accounts::margin(snapshot, &mut due);
    debts::all(snapshot, &mut due);
    if let Some(limits) = &cares.limits {
        bid::all(snapshot, limits, &mut due);
    }
    note_index(snapshot, &mut due);
    sweep(snapshot, cares.least_sweep, &mut due);
    cares.of(snapshot, due)
}

/// An index whose state the clearing house does not know.
fn note_index(snapshot: &mut Snapshot, due: &mut Vec<Due>) {
    for (product, validity) in snapshot.validity.clone() {
        let before = snapshot.house.curve(product);
        let given = Given { validity: Some(validity), ..Given::default() };
        let mut trial = Overlay::new(&mut snapshot.house);
        if clearing::note_index(&mut trial, &given, snapshot.now, product).is_ok() && trial.curve(product) != before {
            due.push(Due::new(Duty::NoteIndex, product.0, Message::NoteIndex { product }));
        }
    }
}

/// Instruments with fees that are worth distributing, or with what has come in for claims that the insurance fund has
/// bought.
fn sweep(snapshot: &mut Snapshot, least: u64, due: &mut Vec<Due>) {
    let now = snapshot.now;
    for instrument in months(snapshot) {
        let mut trial = Overlay::new(&mut snapshot.house);
        if clearing::sweep_fees(&mut trial, now, instrument).is_err() {
            continue;
        }
        // The message returns the fees alone; its event says what the fund gets back, too.
        let swept = trial.events().iter().map(|event| match *event {
            Event::FeesSwept { fund, incentives, treasury, .. } => {
                fund.saturating_add(incentives).saturating_add(treasury)
            }
            _ => 0,
        });
        if swept.sum::<u64>() >= least.max(1) {
            due.push(Due::new(Duty::SweepFees, instrument.0, Message::SweepFees { instrument }));
        }
    }
}

/// The instruments on the curves, and the settled ones that have left them and in which somebody has still a claim or a
/// debt.
fn months(snapshot: &mut Snapshot) -> Vec<Instrument> {
    let mut months = Vec::new();
    for product in &snapshot.products {
        let Some(curve) = snapshot.house.curve(*product) else { continue };
        months.extend(curve.months().iter().map(|month| month.instrument));
    }
    let accounts = snapshot.house.accounts();
    let held = accounts.flat_map(|(_, account)| account.positions().iter().map(|held| held.instrument.0));
    let left: BTreeSet<u16> = held.filter(|held| !months.iter().any(|month| month.0 == *held)).collect();
    months.extend(left.into_iter().map(Instrument));
    months
}

/// What the chain has to be asked about: each is due if the chain would do it.
#[must_use]
pub fn to_ask(snapshot: &mut Snapshot, cares: &Cares) -> Vec<Due> {
    let (mut asked, mut waiting) = (Vec::new(), Vec::new());
    let (now, today) = (snapshot.now, Day::of(snapshot.now));
    for product in snapshot.products.clone() {
        let index = product.index();
        for back in (0..SUBMISSION_DAYS).rev() {
            let day = Day(today.0.saturating_sub(back));
            asked.push(Due::new(Duty::Publish, format_args!("{index} {}", day.0), Message::Publish { index, day }));
        }
        asked.push(Due::new(Duty::SettleDay, product.0, Message::SettleDay { product }));
        asked.push(Due::new(Duty::RollListing, product.0, Message::RollListing { product }));
        let Some(curve) = snapshot.house.curve(product) else { continue };
        for month in curve.months().iter().filter(|month| month.status != Status::Settled) {
            let (instrument, expiry) = (month.instrument, Day::of(month.expiry));
            asked.push(Due::new(Duty::Sunset, instrument.0, Message::Sunset { instrument }));
            if now < month.expiry {
                continue;
            }
            let subject = format!("{index} {}", expiry.0);
            asked.push(Due::new(Duty::ProposeFinal, &subject, Message::ProposeFinal { index, expiry }));
            asked.push(Due::new(Duty::FinalisePrice, &subject, Message::FinalisePrice { index, expiry }));
            asked.push(Due::new(Duty::Finalise, instrument.0, Message::Finalise { instrument }));
        }
    }
    for (seat, triggers) in std::mem::take(&mut snapshot.triggers) {
        for slot in (0..clearing::MAX_TRIGGERS as u8).filter(|slot| triggers.get(*slot).is_some()) {
            let keeper = cares.seat.unwrap_or(seat);
            if may_fire(snapshot, keeper, seat, slot, &triggers) {
                let message = Message::ExecuteTrigger { keeper, seat, slot };
                asked.push(Due::new(Duty::ExecuteTrigger, format_args!("{} {slot}", seat.0), message));
            }
        }
        waiting.push((seat, triggers));
    }
    snapshot.triggers = waiting;
    if let Some(epoch) = snapshot.next_epoch {
        let makers = 8;
        asked.push(Due::new(Duty::CloseEpoch, epoch, Message::CloseEpoch { epoch, makers }));
        asked.push(Due::new(Duty::Follow, "programme", Message::Follow {}));
        let makers = snapshot.house.accounts().filter(|(_, account)| account.maker).map(|(seat, _)| seat);
        for seat in makers.collect::<Vec<_>>() {
            asked.push(Due::new(Duty::Suspend, seat.0, Message::Suspend { seat }));
        }
    }
    cares.of(snapshot, asked)
}

/// Whether a trigger's price may have come: what the engine says by the cells that there are, which is all but the
/// book. Anybody may set sixteen for each of their accounts, and the chain is asked about those only that can be
/// executed.
fn may_fire(snapshot: &mut Snapshot, keeper: Seat, seat: Seat, slot: u8, triggers: &Triggers) -> bool {
    let env = Env { caller: [0; 20], now: snapshot.now };
    let mut trial = Overlay::new(&mut snapshot.house);
    trial.set_triggers(seat, triggers);
    let done = clearing::execute_trigger(&mut trial, env, Execute { keeper, seat, slot });
    !matches!(done, Err(ClearingError::NotTriggered | ClearingError::OrderExpired))
}

/// Whether something is still due at the chain's head: to be asked right before it is sent, and before it is sent
/// again.
///
/// # Errors
/// [`Failure`] when the chain cannot be asked.
pub fn is_still_due<T: Transport>(
    client: &mut Client<T>,
    signer: &T::Signer,
    snapshot: &mut Snapshot,
    due: &Due,
) -> Result<bool, Failure> {
    match &due.message {
        // The one message that not everybody may send: it is the keeper's account that takes over.
        Message::Bid { .. } => match client.simulate::<TakenOver>(signer, &due.message) {
            Ok(_) => Ok(true),
            Err(Failure::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        },
        // The chain would do it whether there is something to settle or not.
        Message::Settle { instrument, seats } => {
            let seats: Vec<Seat> = clearing::parse_seats(seats).collect();
            snapshot.refresh(client, *instrument, &seats)?;
            Ok(seats.iter().any(|seat| accounts::settles(snapshot, *instrument, *seat).is_some()))
        }
        Message::NoteIndex { product } => {
            let validity = client.view(&sit_native::view::Validity { index: product.index() })?;
            snapshot.refresh(client, Instrument::new(*product, 0), &[])?;
            snapshot.validity.retain(|(known, _)| known != product);
            snapshot.validity.push((*product, validity));
            let mut again = Vec::new();
            note_index(snapshot, &mut again);
            Ok(again.iter().any(|again| again.message == due.message))
        }
        Message::ReportDeficit { seat } => {
            let auction = client.cell(&sit_native::stored::auction(*seat))?;
            let account = client.cell(&sit_native::stored::account(*seat))?;
            Ok(auction.is_some_and(|auction| snapshot.house.auction(*seat) == auction)
                && account == snapshot.house.account(*seat)
                && would_do(client, std::slice::from_ref(&due.message))?[0])
        }
        message => Ok(would_do(client, std::slice::from_ref(message))?.first().copied().unwrap_or(false)),
    }
}

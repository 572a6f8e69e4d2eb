//! The keeper: sends the messages that anybody may send and that keep the market working. It holds nothing and earns
//! nothing here.

use sit_engine::clearing::{Account, Instrument, MAX_SEATS, Position, Status, Store};
use sit_engine::units::{NetLots, Points, Seat};
use sit_native::{Message, message};

use crate::venue::{Address, TPI};
use crate::{Agent, Desk, Moment};

/// Settles the day and everyone in it, calls margin, starts liquidations, has the fund pay, closes expired months.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// Seconds after noon from which it looks at accounts.
    latency: u32,
}

impl Keeper {
    /// A keeper that reacts `latency` seconds after a settlement.
    #[must_use]
    pub fn new(latency: u32) -> Self {
        Self { latency }
    }

    /// Settles the day if there is a new print.
    fn settle_day(&self, desk: &mut Desk<'_>, keeper: Address) {
        let print = sit_engine::oracle::latest(&desk.venue.exchange.oracle, TPI.0.into());
        let settled = desk.venue.exchange.clearing.curve(TPI).map_or(0, |curve| curve.index_day);
        if print.is_ok_and(|print| print.day.0 > settled)
            && desk.send(keeper, Message::SettleDay { product: TPI }).is_ok()
        {
            self.settle_accounts(desk, keeper);
        }
    }

    /// Settles every account that holds something: losers first, so that one round pays the winners, if the book has
    /// opened since the news; before that losers pay and winners wait.
    fn settle_accounts(&self, desk: &mut Desk<'_>, keeper: Address) {
        for (instrument, _) in desk.venue.months.clone() {
            let Some(month) = desk.venue.month(instrument) else { continue };
            let mut owed: Vec<(i64, Seat)> = Vec::new();
            for (seat, account) in desk.venue.exchange.clearing.accounts() {
                let Some(position) = account.position(instrument) else { continue };
                let variation = position.variation(month.settle).0;
                if variation != 0 || month.status == Status::Settled {
                    owed.push((variation, seat));
                }
            }
            owed.sort();
            for seats in owed.chunks(MAX_SEATS) {
                let seats = message::seats(seats.iter().map(|(_, seat)| *seat));
                let _ = desk.send(keeper, Message::Settle { instrument, seats });
            }
        }
    }

    /// Calls margin and starts liquidations.
    fn watch(&self, desk: &mut Desk<'_>, keeper: Address) {
        for seat in desk.venue.all_seats() {
            let Some(health) = desk.venue.health(seat) else { continue };
            if health.meets_initial() {
                continue;
            }
            if health.meets_maintenance() {
                let _ = desk.send(keeper, Message::MarginCall { seat });
            } else {
                // Refused while one runs; one that was about other marks starts again.
                let _ = desk.send(keeper, Message::StartLiquidation { seat });
            }
        }
    }

    /// Goes through the waterfall for accounts that hold no lots any more and still owe: the fund covers; what it may
    /// not pay is written off and borne by the winners of the instrument; a circle of debts is bridged.
    fn cover(&self, desk: &mut Desk<'_>, keeper: Address) {
        for (seat, instrument, claims) in bankrupts(desk) {
            let _ = desk.send(keeper, Message::Cover { seat, instrument });
            for claim in claims {
                let _ = desk.send(keeper, Message::Bridge { seat, debt: instrument, claim });
            }
            let _ = desk.send(keeper, Message::WriteOff { seat, instrument });
        }
        let months: Vec<Instrument> = desk.venue.months.iter().map(|(instrument, _)| *instrument).collect();
        for instrument in months {
            let market = desk.venue.exchange.clearing.market(instrument);
            if market.is_some_and(|market| market.deficit > Points::ZERO && market.allocation.counted == 0) {
                self.allocate(desk, keeper, instrument);
            }
        }
    }

    /// Counts all holders of an instrument, so that its loss is allocated.
    fn allocate(&self, desk: &mut Desk<'_>, keeper: Address, instrument: Instrument) {
        let holds = |account: &Account| account.position(instrument).is_some_and(Position::is_exposed);
        let holders = desk.venue.exchange.clearing.accounts().filter(|(_, account)| holds(account));
        let holders: Vec<Seat> = holders.map(|(seat, _)| seat).collect();
        for seats in holders.chunks(MAX_SEATS) {
            let seats = message::seats(seats.iter().copied());
            let _ = desk.send(keeper, Message::Allocate { instrument, seats });
        }
        self.settle_accounts(desk, keeper);
    }

    /// Brings expired months to their final price, and everybody's claims with it.
    fn close_months(&self, desk: &mut Desk<'_>, keeper: Address) {
        let now = desk.now();
        for (instrument, expiry) in desk.venue.months.clone() {
            let Some(month) = desk.venue.month(instrument) else { continue };
            if now < month.expiry || month.status == Status::Settled {
                continue;
            }
            let index = TPI.0.into();
            let _ = desk.send(keeper, Message::ProposeFinal { index, expiry });
            let _ = desk.send(keeper, Message::FinalisePrice { index, expiry });
            if desk.send(keeper, Message::Finalise { instrument }).is_ok() {
                self.settle_accounts(desk, keeper);
            }
        }
    }
}

/// Accounts without lots that owe in an instrument, and where they are owed something themselves.
fn bankrupts(desk: &mut Desk<'_>) -> Vec<(Seat, Instrument, Vec<Instrument>)> {
    let mut found = Vec::new();
    let point = u64::from(desk.venue.sizing.tick_value.0);
    for (seat, account) in desk.venue.exchange.clearing.accounts() {
        // An account that still has cash for a point pays with the next settlement.
        if account.cash >= point || account.positions().iter().any(|position| position.net != NetLots::ZERO) {
            continue;
        }
        let of_sign = |owing: bool| {
            let some = account.positions().iter().filter(move |position| position.basis != Points::ZERO);
            some.filter(move |position| (position.basis > Points::ZERO) == owing).map(|position| position.instrument)
        };
        found.extend(of_sign(true).map(|instrument| (seat, instrument, of_sign(false).collect())));
    }
    found
}

impl Agent for Keeper {
    fn kind(&self) -> &'static str {
        "keeper"
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        desk.venue.name("keeper");
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        let keeper = desk.venue.name("keeper");
        match desk.moment {
            Moment::Noon | Moment::Afternoon => {
                self.settle_day(desk, keeper);
                self.close_months(desk, keeper);
            }
            Moment::After(seconds) if seconds >= self.latency => {
                // Who has become insolvent is reported before the first winner is paid.
                self.watch(desk, keeper);
                self.cover(desk, keeper);
                self.settle_accounts(desk, keeper);
            }
            Moment::Evening => {
                self.watch(desk, keeper);
                self.cover(desk, keeper);
                self.settle_accounts(desk, keeper);
            }
            _ => {}
        }
    }

    fn wallets(&self) -> Vec<Address> {
        Vec::new()
    }
}

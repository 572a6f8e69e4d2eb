//! Turns the moves of a plan into plain messages.
//!
//! An attacker previews what the house would answer, as anybody can; here the messages of a preview run on the store
//! and are taken back, so that only what is sent is recorded.

use crate::cast::{BUYER, COALITION, COMPUTE, INSTRUMENTS, KEEPER, MAKERS, MONTHS, OWN_MAKER, PRODUCTS, SEATS, TOKENS};
use crate::gene::{Gene, MOST_GENES, Month, Move, Number, Price, Role, Size, Way, When, Whom};
use crate::world::{DOLLAR, MOST_ASKS, Phase, World, atoms, bits, order};
use sit_engine::calendar::Day;
use sit_engine::chain::Env;
use sit_engine::clearing::{self, Auction, ClearingError, Instrument, Level, Place, Policy, SelfTrade, Store};
use sit_engine::units::{Lots, NetLots, Points, QuoteAtoms, Seat, Seconds, Side, Ticks};
use sit_native::{Message, message};

/// Largest size that a move tries, in lots.
const MOST_LOTS: u32 = 20_000;

impl World {
    /// The coalition does what its plan says for this phase.
    pub(crate) fn carry_out(&mut self, genes: &[Gene]) {
        let today = self.day as u8;
        let mut acted = 0;
        for (place, gene) in genes.iter().enumerate().take(MOST_GENES) {
            let waits = gene.again && self.phase > gene.phase && self.done[place] <= today;
            let due = today >= gene.from && today - gene.from < gene.days && (gene.phase == self.phase || waits);
            if due && self.holds(gene.when) {
                let before = (self.tally.accepted, self.asks, self.lie);
                self.perform(gene.act);
                if before != (self.tally.accepted, self.asks, self.lie) {
                    acted |= 1 << place;
                    self.done[place] = today + 1;
                }
            }
        }
        if acted != 0 {
            self.tally.acted |= acted;
            self.look_at_the_coalition();
        }
    }

    fn holds(&mut self, when: When) -> bool {
        match when {
            When::Always => true,
            When::Moved(percent) => self.moved() >= percent.into(),
            When::Moves => self.trend().abs() >= 50,
            When::Short => {
                let weak = self.weak();
                self.health(weak).is_some_and(|health| !health.meets_initial())
            }
            When::Auction => self.in_auction().is_some(),
            When::Broke => (0..COALITION as u32)
                .any(|seat| self.health(Seat(seat)).is_some_and(|health| health.equity < QuoteAtoms::ZERO)),
            When::Edge => {
                let victim = self.victim();
                self.health(victim).is_some_and(|health| Self::ratio(&health) < 115)
            }
        }
    }

    fn perform(&mut self, act: Move) {
        match act {
            Move::Cross { who, with, month, way, price, size } => self.cross(who, with, month, way, price, size),
            Move::Hand { who, with, month, price, size } => {
                let (seat, friend) = (self.role(who), self.role(with));
                let instrument = self.find_month(seat, month);
                let Some(number) = INSTRUMENTS.iter().position(|other| *other == instrument) else { return };
                let (who, with, month) =
                    (Role::Seat(seat.0 as u8), Role::Seat(friend.0 as u8), Month::Number(number as u8));
                self.cross(who, with, month, Way::Long, price, size);
                self.cross(who, with, month, Way::Close, price, Size::Position);
            }
            Move::Leave { who, with, price } => {
                // Twice: one leg may hold the other up.
                for month in (0..2).flat_map(|_| 0..MONTHS as u8).map(Month::Number) {
                    self.cross(who, with, month, Way::Close, price, Size::Position);
                }
            }
            Move::Take { who, month, way, price, size } => self.single(who, month, way, price, size, None),
            Move::Rest { who, month, way, price, size, life } => self.single(who, month, way, price, size, Some(life)),
            Move::Layer { who, month, way, price, count, life } => self.layer(who, month, way, price, count, life),
            Move::Pull { who, month, way, bps, size } => self.pull(who, month, way, bps, size),
            Move::Cancel { month } => {
                for seat in (0..COALITION as u32).map(Seat) {
                    let instrument = self.find_month(seat, month);
                    let orders = self.account(seat).position(instrument).is_some_and(|position| position.has_orders());
                    if orders {
                        self.quotes_for_itself(seat);
                        let _ = self.send(self.owner(seat), Message::CancelAll { seat, instrument });
                    }
                }
            }
            Move::Withdraw { who, quarters } => {
                let seat = self.role(who);
                self.take_out(seat, quarters);
            }
            Move::WithdrawAll => {
                // Whoever is nearest to ruin first, and last who holds nothing: what leaves in an hour is limited.
                let mut seats: [(bool, u32, Seat); COALITION] = std::array::from_fn(|number| {
                    let seat = Seat(number as u32);
                    let ratio = self.health(seat).map_or(400, |health| Self::ratio(&health));
                    (self.account(seat).positions().is_empty(), ratio, seat)
                });
                seats.sort();
                seats.into_iter().for_each(|(_, _, seat)| self.take_out(seat, 4));
            }
            Move::TopUp { who, quarters } => {
                let seat = self.role(who);
                let held = u64::try_from(self.exchange.wallet(self.owner(seat))).unwrap_or(0).min(1_000_000 * DOLLAR);
                let _ = self.send(self.owner(seat), Message::Deposit { seat, amount: held / 4 * u64::from(quarters) });
            }
            Move::Transfer { back, quarters } => {
                let (from, to) = if back { (Seat(1), Seat(0)) } else { (Seat(0), Seat(1)) };
                let amount = self.free(from) / 4 * u64::from(quarters);
                if amount > 0 {
                    let _ = self.send(self.owner(from), Message::Transfer { from, to, amount });
                }
            }
            Move::Liquidate { whom } => {
                if let Some(seat) = self.whom(whom) {
                    let _ = self.send(self.owner(Seat(3)), Message::StartLiquidation { seat });
                }
            }
            Move::Bid { who, whom, month, size } => self.take_over(who, whom, month, size),
            Move::Settle { whom, month } => {
                let seats = match whom {
                    None => message::seats((0..SEATS as u32).map(Seat)),
                    Some(whom) => message::seats(self.whom(whom)),
                };
                let instrument = self.find_month(Seat(0), month);
                let _ = self.send(self.owner(Seat(0)), Message::Settle { instrument, seats });
            }
            Move::SettleDay { publish } => self.settle_first(publish),
            Move::Cover { whom, month } => {
                self.about(whom, month, |seat, instrument| Message::Cover { seat, instrument })
            }
            Move::WriteOff { whom, month } => {
                self.about(whom, month, |seat, instrument| Message::WriteOff { seat, instrument });
            }
            Move::Allocate { month, everybody } => {
                let instrument = self.find_month(Seat(0), month);
                let seats = message::seats((0..SEATS as u32).map(Seat).filter(|_| everybody));
                let _ = self.send(self.owner(Seat(0)), Message::Allocate { instrument, seats });
            }
            Move::Bridge { whom, debt, claim } => {
                let Some(seat) = self.caught().or_else(|| self.whom(whom)) else { return };
                let debt = self.owing(seat).unwrap_or_else(|| self.find_month(seat, debt));
                let claim = self.owed_alone(seat).unwrap_or_else(|| self.find_month(seat, claim));
                if debt != claim {
                    let _ = self.send(self.owner(Seat(0)), Message::Bridge { seat, debt, claim });
                }
            }
            Move::Offset { one, other, claim, debt } => {
                let (Some(one), Some(other)) = (self.whom(one), self.whom(other)) else { return };
                let (claim, debt) = (self.find_month(one, claim), self.find_month(one, debt));
                if one != other && claim != debt {
                    let circle = message::circle([(one, debt), (other, claim)]);
                    let _ = self.send(self.owner(Seat(0)), Message::Offset { circle });
                }
            }
            Move::Sweep { month } => {
                let instrument = self.find_month(Seat(0), month);
                let _ = self.send(self.owner(Seat(0)), Message::SweepFees { instrument });
            }
            Move::Report { whom } => {
                if let Some(seat) = self.whom(whom) {
                    let _ = self.send(self.owner(Seat(0)), Message::ReportDeficit { seat });
                }
            }
            Move::Fire => {
                for (seat, slot) in [(Seat(6), 0), (Seat(10), 0)] {
                    let keeper = Seat(3);
                    if self.send(self.owner(keeper), Message::ExecuteTrigger { keeper, seat, slot }).is_ok() {
                        break;
                    }
                }
            }
            Move::Delegate { way, price, number } => self.delegate(way, price, number),
            Move::Note { product } => {
                let product = if product == 0 { TOKENS } else { COMPUTE };
                let _ = self.send(self.owner(Seat(0)), Message::NoteIndex { product });
            }
            Move::Misreport { bps } if self.has_false_reports() => self.lie = bps.clamp(-9_000, 9_000),
            Move::Misreport { .. } => (),
            Move::Ask { enters, percent } => {
                if self.tally.asked < MOST_ASKS && self.has_false_reports() {
                    self.asks[usize::from(enters)] = percent.max(100);
                }
            }
            Move::Warn { maker } => {
                let seat = MAKERS[usize::from(maker) % MAKERS.len()];
                self.tell_programme(Message::Suspend { seat });
            }
            Move::CloseWeek { makers } => {
                let epoch = self.week_to_close();
                self.tell_programme(Message::CloseEpoch { epoch, makers });
            }
            Move::Notice => self.tell_programme(Message::Exit { seat: OWN_MAKER }),
        }
    }

    /// A message of B to the programme, where it runs.
    fn tell_programme(&mut self, message: Message) {
        if self.runs_programme() {
            let _ = self.send(self.owner(OWN_MAKER), message);
        }
    }

    /// From now on until tomorrow the plan says what B quotes.
    fn quotes_for_itself(&mut self, seat: Seat) {
        if seat == OWN_MAKER {
            self.own_quotes = Some(self.day);
        }
    }

    pub(crate) fn owner(&self, seat: Seat) -> [u8; 20] {
        self.setting.cast.owner(seat)
    }

    fn about(&mut self, whom: Whom, month: Month, message: impl FnOnce(Seat, Instrument) -> Message) {
        let Some(seat) = self.whom(whom) else { return };
        let instrument = self.owing(seat).unwrap_or(self.find_month(seat, month));
        let _ = self.send(self.owner(Seat(0)), message(seat, instrument));
    }

    /// A month in which an account without lots owes.
    fn owing(&self, seat: Seat) -> Option<Instrument> {
        let account = self.account(seat);
        let owes =
            account.positions().iter().find(|position| position.net == NetLots::ZERO && position.basis > Points::ZERO);
        owes.map(|position| position.instrument)
    }

    /// A month in which an account without lots is owed.
    fn owed_alone(&self, seat: Seat) -> Option<Instrument> {
        let account = self.account(seat);
        let owed =
            account.positions().iter().find(|position| position.net == NetLots::ZERO && position.basis < Points::ZERO);
        owed.map(|position| position.instrument)
    }

    /// An account without lots that owes in one month what it is owed in another.
    fn caught(&self) -> Option<Seat> {
        (0..SEATS as u32).map(Seat).find(|seat| {
            let account = self.account(*seat);
            account.positions().iter().all(|position| position.net == NetLots::ZERO)
                && self.owing(*seat).is_some()
                && self.owed_alone(*seat).is_some()
        })
    }

    fn weak(&mut self) -> Seat {
        let mut found = (401, Seat(0));
        for seat in (0..COALITION as u32).map(Seat) {
            let ratio = self.health(seat).map_or(400, |health| Self::ratio(&health));
            if ratio < found.0 {
                found = (ratio, seat);
            }
        }
        found.1
    }

    fn rich_beside(&self, owner: [u8; 20]) -> Seat {
        let others = (0..COALITION as u32).map(Seat).filter(|seat| self.owner(*seat) != owner);
        others.max_by_key(|seat| (self.account(*seat).cash, u32::MAX - seat.0)).unwrap_or(Seat(2))
    }

    /// An account of the coalition of another owner that stands on the other side of this one, or else has the most
    /// cash.
    fn strong(&mut self, weak: Seat) -> Seat {
        let instrument = self.find_month(weak, Month::Largest);
        let net = self.account(weak).net(instrument).0;
        let owner = self.owner(weak);
        let others = (0..COALITION as u32).map(Seat).filter(|seat| self.owner(*seat) != owner);
        let opposite = others.filter(|seat| {
            let other = self.account(*seat).net(instrument).0;
            other != 0 && (other > 0) != (net > 0)
        });
        let rich = self.rich_beside(owner);
        opposite.max_by_key(|seat| self.account(*seat).net(instrument).0.unsigned_abs()).unwrap_or(rich)
    }

    fn role(&mut self, role: Role) -> Seat {
        match role {
            Role::Seat(number) => Seat(u32::from(number) % COALITION as u32),
            Role::Weak => self.weak(),
            Role::Strong => {
                let weak = self.weak();
                self.strong(weak)
            }
            Role::Claimant => {
                let mut found = (0, Seat(0));
                for seat in (0..COALITION as u32).map(Seat) {
                    let owed = self.owed(seat).1;
                    if owed > found.0 {
                        found = (owed, seat);
                    }
                }
                found.1
            }
            Role::Rich => self.rich_beside([0; 20]),
        }
    }

    /// Where an account is owed most by its positions at the marks, and how much.
    fn owed(&mut self, seat: Seat) -> (Instrument, i128) {
        let account = self.account(seat);
        let mut found = (INSTRUMENTS[0], 0);
        for position in account.positions() {
            let Some(month) = self.month(position.instrument) else { continue };
            let value = atoms(position.variation(month.mark));
            if value > found.1 {
                found = (position.instrument, value);
            }
        }
        found
    }

    fn victim(&mut self) -> Seat {
        let mut found = (401, Seat(8));
        for seat in (COALITION as u32..SEATS as u32).map(Seat) {
            let ratio = self.health(seat).map_or(400, |health| Self::ratio(&health));
            if ratio < found.0 {
                found = (ratio, seat);
            }
        }
        found.1
    }

    fn in_auction(&mut self) -> Option<Seat> {
        (0..SEATS as u32).map(Seat).find(|seat| self.exchange.clearing.auction(*seat) != Auction::default())
    }

    fn whom(&mut self, whom: Whom) -> Option<Seat> {
        match whom {
            Whom::Own(role) => Some(self.role(role)),
            Whom::Victim => Some(self.victim()),
            Whom::InAuction => self.in_auction(),
            Whom::Bankrupt => (0..SEATS as u32).map(Seat).find(|seat| {
                let account = self.account(*seat);
                account.positions().iter().all(|position| position.net == NetLots::ZERO)
                    && account.positions().iter().any(|position| position.basis > Points::ZERO)
                    && account.cash < 100_000
            }),
        }
    }

    fn find_month(&mut self, seat: Seat, month: Month) -> Instrument {
        let stake = |world: &Self, instrument: Instrument| {
            let account = world.account(seat);
            account.position(instrument).map_or(0, |position| {
                u64::from(position.net.size().0) * 4_096 + position.basis.0.unsigned_abs() / 4_096
            })
        };
        match month {
            Month::Number(number) => INSTRUMENTS[usize::from(number) % MONTHS],
            Month::Largest => INSTRUMENTS
                .into_iter()
                .rev()
                .max_by_key(|instrument| stake(self, *instrument))
                .unwrap_or(INSTRUMENTS[0]),
            Month::Claimed => self.owed(seat).0,
            Month::Smallest => {
                let largest = self.owed(seat).0;
                let others = INSTRUMENTS.into_iter().filter(|other| *other != largest);
                others.min_by_key(|instrument| stake(self, *instrument)).unwrap_or(INSTRUMENTS[1])
            }
        }
    }

    fn side(&mut self, seat: Seat, instrument: Instrument, way: Way) -> Side {
        let mirrored = self.setting.mirrored;
        let turned = |side: Side| if mirrored { side.opposite() } else { side };
        let net = self.account(seat).net(instrument).0;
        let trend = if self.trend() >= 0 { Side::Buy } else { Side::Sell };
        match way {
            Way::Long => turned(Side::Buy),
            Way::Short => turned(Side::Sell),
            Way::Close if net < 0 => Side::Buy,
            Way::Close => Side::Sell,
            Way::More if net > 0 => Side::Buy,
            Way::More if net < 0 => Side::Sell,
            Way::More | Way::Trend => trend,
            Way::Against => trend.opposite(),
        }
    }

    /// The price for a side, and how far it may still be moved towards the bad limit.
    fn price(&mut self, instrument: Instrument, side: Side, price: Price) -> Option<Ticks> {
        let month = self.month(instrument)?;
        let limits = self.limits(&month)?;
        let (bad, good) = if side == Side::Buy { (limits.high, limits.low) } else { (limits.low, limits.high) };
        let mark = i64::from(month.mark.0);
        let quarters = |limit: Ticks, quarters: u8| mark + (i64::from(limit.0) - mark) * i64::from(quarters.min(4)) / 4;
        let ticks = match price {
            Price::Bad(part) => quarters(bad, part),
            Price::Good(part) => quarters(good, part),
            Price::Worst => bad.0.into(),
            Price::Off(bps) => {
                let off = mark * i64::from(bps) / 10_000;
                if side == Side::Buy { mark + off } else { mark - off }
            }
        };
        Some(Ticks(u32::try_from(ticks.clamp(i64::from(limits.low.0).max(1), limits.high.0.into())).unwrap_or(1)))
    }

    /// What may leave an account, roughly.
    fn free(&mut self, seat: Seat) -> u64 {
        let cash = self.account(seat).cash;
        let Some(health) = self.health(seat) else { return 0 };
        let kept = health.initial.0.max((health.notional.0 + 9) / 10);
        u64::try_from((health.initial_equity.0 - kept).max(0)).unwrap_or(0).min(cash)
    }

    /// What carries further positions.
    fn room(&mut self, seat: Seat) -> u64 {
        let health = self.health(seat);
        health.map_or(0, |health| u64::try_from((health.initial_equity - health.initial).0.max(0)).unwrap_or(0))
    }

    fn lots(&mut self, seat: Seat, instrument: Instrument, side: Side, size: Size) -> u32 {
        let net = self.account(seat).net(instrument);
        match size {
            Size::One => 1,
            Size::Block => 50,
            Size::Position => net.size().0,
            Size::Most => MOST_LOTS,
            Size::Share(eighths) => {
                let Some(month) = self.month(instrument) else { return 0 };
                let per_mille = match (instrument.product() == COMPUTE, side) {
                    (true, _) => 160,
                    (false, Side::Buy) => 260,
                    (false, Side::Sell) => 390,
                };
                let margin = u64::from(month.mark.0) * 100 * per_mille; // quote atoms of a lot
                let closes = (net > NetLots::ZERO) != (side == Side::Buy);
                let free = self.room(seat) / margin.max(1) * u64::from(eighths) / 8;
                let own = if closes { net.size().0 } else { 0 };
                u32::try_from(free).unwrap_or(0).saturating_add(own).clamp(1, MOST_LOTS)
            }
        }
    }

    /// Whether the house would carry out both orders and how many lots would trade; nothing is sent.
    fn preview(&mut self, rests: Place, takes: Place) -> u32 {
        let (owner, other, now) = (self.owner(rests.seat), self.owner(takes.seat), self.exchange.now);
        let mut filled = 0;
        let _ = self.exchange.clearing.transact(|house| -> Result<(), ClearingError> {
            clearing::place(house, Env { caller: owner, now }, rests)?;
            filled = clearing::place(house, Env { caller: other, now }, takes)?.filled.0;
            Err(ClearingError::NotFilled)
        });
        filled
    }

    /// Whether the house would accept an order; nothing is sent.
    fn would_place(&mut self, place: Place) -> bool {
        let (owner, now) = (self.owner(place.seat), self.exchange.now);
        let mut accepted = false;
        let _ = self.exchange.clearing.transact(|house| -> Result<(), ClearingError> {
            accepted = clearing::place(house, Env { caller: owner, now }, place).is_ok();
            Err(ClearingError::NotFilled)
        });
        accepted
    }

    /// The largest size that works, zero when none does.
    fn largest(&mut self, mut works: impl FnMut(&mut Self, u32) -> bool) -> u32 {
        let (mut accepted, mut refused) = (0, MOST_LOTS + 1);
        while refused - accepted > 1 + accepted / 64 {
            let middle = accepted.midpoint(refused);
            if works(self, middle) {
                accepted = middle;
            } else {
                refused = middle;
            }
        }
        accepted
    }

    fn cross(&mut self, who: Role, with: Role, month: Month, way: Way, price: Price, size: Size) {
        let taker = self.role(who);
        let mut maker = if with == Role::Strong { self.strong(taker) } else { self.role(with) };
        if self.owner(maker) == self.owner(taker) {
            maker = self.rich_beside(self.owner(taker));
        }
        let instrument = self.find_month(taker, month);
        let side = self.side(taker, instrument, way);
        let mut lots = self.lots(taker, instrument, side, size);
        if lots == 0 || self.trades(instrument).is_none() {
            return;
        }
        let Some(bad) = self.price(instrument, side, price) else { return };
        let Some(mark) = self.month(instrument).map(|month| month.mark) else { return };
        let orders = |lots: u32, price: Ticks| {
            let rests = order(maker, instrument, side.opposite(), price, Lots(lots), Policy::Rest);
            (rests, order(taker, instrument, side, price, Lots(lots), Policy::ImmediateOrCancel))
        };
        if size == Size::Most {
            let at = if price == Price::Worst { mark } else { bad };
            lots = self.largest(|world, lots| {
                let (rests, takes) = orders(lots, at);
                world.preview(rests, takes) == lots
            });
        }
        let mut found = None;
        for _ in 0..4 {
            if lots == 0 {
                return;
            }
            let works = |world: &mut Self, price: Ticks| {
                let (rests, takes) = orders(lots, price);
                world.preview(rests, takes) > 0
            };
            if works(self, bad) {
                found = Some(bad);
                break;
            }
            if price == Price::Worst && works(self, mark) {
                let (mut accepted, mut refused) = (mark.0, bad.0);
                while accepted.abs_diff(refused) > 1 {
                    let middle = accepted.midpoint(refused);
                    if works(self, Ticks(middle)) {
                        accepted = middle;
                    } else {
                        refused = middle;
                    }
                }
                found = Some(Ticks(accepted));
                break;
            }
            if lots < 4 {
                break;
            }
            lots /= 2;
        }
        let Some(price) = found else { return };
        let (rests, takes) = orders(lots, price);
        let _ = self.send(self.owner(maker), Message::Place { order: rests });
        let filled = self.send(self.owner(taker), Message::Place { order: takes }).map_or(0, |answer| answer.get(1));
        if filled < lots.into() {
            let _ = self.send(self.owner(maker), Message::CancelAll { seat: maker, instrument });
        }
    }

    /// One order of one account: it takes what it can have, or rests.
    fn single(&mut self, who: Role, month: Month, way: Way, price: Price, size: Size, life: Option<u8>) {
        let seat = self.role(who);
        let instrument = self.find_month(seat, month);
        let side = self.side(seat, instrument, way);
        let mut lots = self.lots(seat, instrument, side, size);
        if self.trades(instrument).is_none() {
            return;
        }
        let Some(price) = self.price(instrument, side, price) else { return };
        let policy = match life {
            None => Policy::ImmediateOrCancel,
            Some(1) => Policy::PostOnly,
            Some(2) => Policy::PostOnlySlide,
            Some(_) => Policy::Rest,
        };
        if size == Size::Most {
            lots =
                self.largest(|world, lots| world.would_place(order(seat, instrument, side, price, Lots(lots), policy)));
        }
        for _ in 0..3 {
            if lots == 0 {
                return;
            }
            let expiry = self.life(life.unwrap_or(0));
            let place = Place { expiry, ..order(seat, instrument, side, price, Lots(lots), policy) };
            match self.send(self.owner(seat), Message::Place { order: place }) {
                Ok(_) => return,
                Err(_) => lots /= 2,
            }
        }
    }

    fn life(&self, life: u8) -> Seconds {
        match life {
            1 => self.exchange.now.later(12),
            2 => self.exchange.now.later(700),
            _ => Seconds::ZERO,
        }
    }

    fn layer(&mut self, who: Role, month: Month, way: Way, price: Price, count: u8, life: u8) {
        let seat = self.role(who);
        let instrument = self.find_month(seat, month);
        let side = self.side(seat, instrument, way);
        if self.trades(instrument).is_none() {
            return;
        }
        let Some(first) = self.price(instrument, side, price) else { return };
        for number in 0..u32::from(count) {
            // Several of them fit into one page of eight ticks.
            let away = number / 4;
            let price = if side == Side::Buy { first.0.saturating_sub(away) } else { first.0 + away };
            let expiry = self.life(life);
            let place = Place { expiry, ..order(seat, instrument, side, Ticks(price), Lots(1), Policy::PostOnly) };
            if self.send(self.owner(seat), Message::Place { order: place }).is_err() {
                break;
            }
        }
    }

    fn pull(&mut self, who: Role, month: Month, way: Way, bps: u16, size: Size) {
        let seat = self.role(who);
        let instrument = self.find_month(seat, month);
        let side = self.side(seat, instrument, way);
        let lots = self.lots(seat, instrument, side, size).min(2_000);
        let Some(mark) = self.trades(instrument).map(|month| month.mark.0) else { return };
        let away = mark * u32::from(bps) / 10_000;
        let bid = if side == Side::Buy { mark + away } else { mark.saturating_sub(away) };
        let level = |price: u32| [Level { price: Ticks(price), lots: Lots(lots.max(1)) }];
        let levels = message::levels(&level(bid), &level(bid + 1));
        self.quotes_for_itself(seat);
        let _ = self.send(self.owner(seat), Message::Quote { seat, instrument, levels, expiry: Seconds::ZERO });
    }

    fn take_out(&mut self, seat: Seat, quarters: u8) {
        let mut amount = self.free(seat) / 4 * u64::from(quarters);
        for _ in 0..3 {
            if amount < DOLLAR {
                return;
            }
            if self.send(self.owner(seat), Message::Withdraw { seat, amount }).is_ok() {
                return;
            }
            amount = amount / 4 * 3;
        }
    }

    fn take_over(&mut self, who: Role, whom: Whom, month: Month, size: Size) {
        let Some(seat) = self.whom(whom) else { return };
        let mut liquidator = self.role(who);
        if self.owner(liquidator) == self.owner(seat) {
            liquidator = self.rich_beside(self.owner(seat));
        }
        let instrument = self.find_month(seat, month);
        let held = self.account(seat).net(instrument).size();
        let mut lots = if size == Size::Position {
            held.0
        } else {
            self.lots(liquidator, instrument, Side::Buy, size).min(held.0)
        };
        for _ in 0..4 {
            if lots == 0 || seat == KEEPER {
                return;
            }
            let bid = Message::Bid { liquidator, seat, instrument, lots: Lots(lots) };
            if self.send(self.owner(liquidator), bid).is_ok() {
                return;
            }
            lots /= 2;
        }
    }

    /// What the keeper would do in a moment: publishes, and settles the day.
    fn settle_first(&mut self, publish: bool) {
        if self.phase != Phase::Known && self.phase != Phase::Published {
            return;
        }
        let day = Day::of(self.exchange.now);
        for product in PRODUCTS {
            if publish && self.phase == Phase::Known {
                let _ = self.send(self.owner(Seat(0)), Message::Publish { index: product.index(), day });
            }
            let _ = self.send(self.owner(Seat(0)), Message::SettleDay { product });
        }
    }

    /// The buyer has named C a delegate for one lot of the near month. What one lot at a bad price costs is not looked
    /// for (a delegate's orders have no bound on their number), so there is at most one a day.
    fn delegate(&mut self, way: Way, price: Price, number: Number) {
        if self.tally.delegated == Some(self.day) || self.trades(INSTRUMENTS[0]).is_none() {
            return;
        }
        let instrument = INSTRUMENTS[0];
        let side = self.side(BUYER, instrument, way);
        let Some(price) = self.price(instrument, side, price) else { return };
        let number = match number {
            Number::Next => 0,
            Number::Thousand => 1_000,
            Number::Half => u32::MAX / 2,
            Number::Last => u32::MAX - 1,
        };
        let place = Place {
            number,
            self_trade: SelfTrade::CancelTaker,
            ..order(BUYER, instrument, side, price, Lots(1), Policy::Rest)
        };
        if self.send(self.owner(Seat(3)), Message::Place { order: place }).is_ok() {
            self.tally.delegated = Some(self.day);
            self.tally.bits |= bits::DELEGATE;
        }
    }
}

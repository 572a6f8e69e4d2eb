//! A week on the exchange: makers change quotes, takers trade, the index prints, some quotes are cancelled, expire or
//! only reduce. Everything that happens reaches the second calculation as events with their time.

use crate::second::Second;
use sit_engine::calendar::{self, DAY, Day, REWARD_EPOCH_SECONDS};
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{self, Instrument, Place, Policy, SelfTrade, Store as _, Terms, peers::Given};
use sit_engine::incentives::{self, Parameters, end_of, epoch_of};
use sit_engine::launch::{self, TPI};
use sit_engine::units::{Lots, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::{Makers, Native};

/// Thursday 2026-11-26, the first second of a reward week.
pub const START: Seconds = Seconds(2_969 * REWARD_EPOCH_SECONDS);

/// Takers, whose seats come after the makers'.
const TAKERS: u32 = 4;

/// Random numbers: SplitMix64.
struct Dice(u64);

impl Dice {
    fn from(&mut self, range: std::ops::Range<u32>) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        range.start + ((z >> 32) as u32) % (range.end - range.start)
    }
}

const GOVERNANCE: Address = [9; 20];

pub struct Week {
    pub programme: Makers,
    pub number: u32,
    pub budget: u64,
    pub months: Vec<(Instrument, Seconds)>,
    pub makers: u32,
    dice: Dice,
    index: u32,
}

pub fn owner(seat: u32) -> Address {
    let mut owner = [7; 20];
    owner[..4].copy_from_slice(&seat.to_be_bytes());
    owner
}

pub fn terms() -> Terms {
    Terms { position_limit: Lots(100_000), open_interest_cap: Lots(1_000_000), ..launch::TERMS }
}

/// An order without a time limit.
pub fn order(seat: u32, instrument: Instrument, side: Side, price: u32, lots: u32, policy: Policy) -> Place {
    Place {
        seat: Seat(seat),
        instrument,
        side,
        price: Ticks(price),
        lots: Lots(lots),
        policy,
        self_trade: SelfTrade::CancelTaker,
        reduce_only: false,
        expiry: Seconds::ZERO,
        number: 0,
    }
}

/// Shocks of +30 % and -20 % for all months together.
fn shocks() -> [u8; clearing::SHOCK_BYTES] {
    let mut bytes = [0; clearing::SHOCK_BYTES];
    for row in bytes.chunks_exact_mut(2 * clearing::SCENARIOS) {
        row[..2].copy_from_slice(&i16::to_be_bytes(3_000));
        row[2..4].copy_from_slice(&i16::to_be_bytes(-2_000));
    }
    bytes
}

impl Week {
    /// Ten months listed around 9,000 ticks, and designated makers, at the beginning of a reward week.
    pub fn new(makers: u32, parameters: Parameters) -> Self {
        let mut house = Native::new();
        let index = 900_000;
        clearing::set_risk(
            &mut house,
            Seconds::ZERO,
            TPI,
            launch::MAINTENANCE_BPS,
            launch::LIQUIDATION_END_BPS,
            &shocks(),
            [1; 32],
        )
        .unwrap();
        clearing::set_fee_shares(&mut house, launch::FUND_SHARE_BPS, launch::INCENTIVE_SHARE_BPS).unwrap();
        clearing::start_product(&mut house, &Given::print(Day::of(START), index), TPI).unwrap();
        let mut months = Vec::new();
        for (place, day) in (0..).zip(calendar::listing(Day::of(START))) {
            let expiry = calendar::last_trading_time(day);
            let mark = Ticks(9_000 - 20 * place);
            let listing = clearing::Listing {
                product: TPI,
                expiry,
                tick_value: TickValue(10_000),
                tick_size: 100,
                mark,
                terms: terms(),
            };
            months.push((clearing::list(&mut house, START, listing).unwrap(), expiry));
        }
        for seat in 0..makers + TAKERS {
            clearing::open_account(&mut house, Env { caller: owner(seat), now: START }, 0).unwrap();
            clearing::credit(&mut house, START, Seat(seat), 1_000_000_000_000).unwrap();
        }
        let budget = 5_000_000_000;
        clearing::endow(&mut house, clearing::Purpose::Incentives, 2 * budget).unwrap();
        let mut programme = Makers::new(house, START, GOVERNANCE, [8; 20]).unwrap();
        let env = programme.env(GOVERNANCE);
        incentives::set_parameters(&mut programme, env, parameters).unwrap();
        incentives::set_budget(&mut programme, env, budget).unwrap();
        for seat in 0..makers {
            programme.designate(GOVERNANCE, owner(seat), seat).unwrap();
        }
        let number = epoch_of(START);
        Self { programme, number, budget, months, makers, dice: Dice(6), index }
    }

    /// Plays the week: `changes` changes of each maker, spread evenly, ten prints of the index, takers in between.
    pub fn play(&mut self, changes: u32, second: &mut Second) {
        let messages = self.makers * changes;
        let step = f64::from(REWARD_EPOCH_SECONDS) / f64::from(messages);
        let mut day = Day::of(START);
        self.everybody_quotes(second);
        for message in 0..messages {
            let now = START.later((f64::from(message) * step) as u32);
            self.programme.now = now;
            if Day::of(now) > day && now.0 % DAY >= 43_200 {
                day = Day::of(now);
                self.print(day);
                self.tell(second, None);
                self.everybody_quotes(second);
            }
            if !calendar::is_session(now) {
                continue;
            }
            // The last tenth of the makers are lazy: they seldom change quotes, and lose the time of a whole epoch.
            let seat = self.dice.from(0..self.makers);
            if self.is_lazy(seat) && self.dice.from(0..20) > 0 {
                continue;
            }
            let month = self.dice.from(0..self.months.len() as u32) as usize;
            let kind = self.dice.from(0..10);
            self.change(seat, month, kind, second);
            if self.dice.from(0..12) == 0 {
                self.take(month);
                self.tell(second, None);
            }
        }
        assert!(self.programme.now < end_of(self.number));
    }

    fn is_lazy(&self, seat: u32) -> bool {
        seat >= self.makers - self.makers.div_ceil(10)
    }

    fn everybody_quotes(&mut self, second: &mut Second) {
        if calendar::is_session(self.programme.now) {
            let keen = self.makers - self.makers.div_ceil(10);
            for (seat, month) in (0..keen).flat_map(|seat| (0..10).map(move |month| (seat, month))) {
                self.change(seat, month, 9, second);
            }
        }
    }

    fn print(&mut self, day: Day) {
        // Half of the days move the marks by more than the half percent that is a repricing.
        let moved = i64::from(self.dice.from(0..200)) - 100;
        self.index = (i64::from(self.index) * (10_000 + moved) / 10_000) as u32;
        let (now, price) = (self.programme.now, self.index);
        let index = Given::print(day, price);
        self.programme.house.get_mut().transact(|house| clearing::settle_day(house, &index, now, TPI)).unwrap();
    }

    fn reference(&mut self, instrument: Instrument) -> u32 {
        self.programme.house.get_mut().curve(TPI).unwrap().month(instrument).unwrap().reference.0
    }

    /// One change: of kind 0 a cancellation, 1 an order with a time limit, 2 an order, else a quote.
    fn change(&mut self, seat: u32, month: usize, kind: u32, second: &mut Second) {
        let (instrument, _) = self.months[month];
        let reference = self.reference(instrument);
        let env = Env { caller: owner(seat), now: self.programme.now };
        let offset = self.dice.from(1..150);
        let lots = |rng: &mut Dice| Lots(rng.from(20..300));
        let touched = match kind {
            0 => {
                let house = self.programme.house.get_mut();
                house.transact(|house| clearing::cancel_all(house, env, Seat(seat), instrument)).is_ok()
            }
            1 | 2 => {
                let side = if offset.is_multiple_of(2) { Side::Buy } else { Side::Sell };
                let price = if side == Side::Buy { reference - offset } else { reference + offset };
                let expiry = if kind == 1 { env.now.later(90) } else { Seconds::ZERO };
                let lots = lots(&mut self.dice).0;
                let order = Place { expiry, ..order(seat, instrument, side, price, lots, Policy::PostOnly) };
                second.next_is_firm(kind != 1);
                self.programme.house.get_mut().transact(|house| clearing::place(house, env, order)).is_ok()
            }
            _ => {
                let sizes: Vec<Lots> = (0..4).map(|_| lots(&mut self.dice)).collect();
                let level = |side: i64, step: u32, lots| {
                    let away = i64::from(offset.min(90) + step * 20);
                    clearing::Level { price: Ticks((i64::from(reference) + side * away) as u32), lots }
                };
                let bids = [level(-1, 0, sizes[0]), level(-1, 1, sizes[1])];
                let asks = [level(1, 0, sizes[2]), level(1, 1, sizes[3])];
                let quote =
                    clearing::Quote { seat: Seat(seat), instrument, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
                self.programme.house.get_mut().transact(|house| clearing::quote(house, env, quote)).is_ok()
            }
        };
        self.tell(second, touched.then_some((seat, instrument)));
        second.next_is_firm(true);
    }

    fn take(&mut self, month: usize) {
        let (instrument, _) = self.months[month];
        let reference = self.reference(instrument);
        let seat = self.makers + self.dice.from(0..TAKERS);
        let (side, price) =
            if self.dice.from(0..2) == 0 { (Side::Buy, reference + 60) } else { (Side::Sell, reference - 60) };
        let lots = self.dice.from(1..400);
        let order = order(seat, instrument, side, price, lots, Policy::ImmediateOrCancel);
        let env = Env { caller: owner(seat), now: self.programme.now };
        self.programme.house.get_mut().transact(|house| clearing::place(house, env, order)).ok();
    }

    /// Reports what happened, and whose quotes changed without an event.
    fn tell(&mut self, second: &mut Second, touched: Option<(u32, Instrument)>) {
        let now = self.programme.now;
        let house = self.programme.house.get_mut();
        if let Some((seat, instrument)) = touched {
            second.touched(now, seat, instrument);
        }
        for event in std::mem::take(&mut house.events) {
            second.hear(now, &event);
        }
    }
}

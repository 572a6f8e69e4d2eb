//! The second calculation, from the events and the clock alone. It keeps every order, adds up the depth from scratch
//! for every stretch between two changes, counts session seconds day by day, and knows the formulas from the
//! documentation.

use crate::week::{START, Week, terms};
use sit_engine::calendar::{DAY, REWARD_EPOCH_SECONDS};
use sit_engine::clearing::{Event, Instrument};
use sit_engine::incentives::Store;
use sit_engine::units::{Seconds, Side};
use std::collections::HashMap;

/// Front months end within 62 days of the beginning of the quote epoch.
const FRONT: u32 = 62 * DAY;

#[derive(Clone, Copy)]
struct Resting {
    number: u32,
    side: Side,
    price: u32,
    lots: u64,
    firm: bool,
}

/// The month as events report it.
#[derive(Clone, Copy)]
struct Month {
    epoch: u16,
    began: u32,
    reference: i128,
    expiry: u32,
}

/// A maker in a month.
#[derive(Default)]
struct Stand {
    orders: Vec<Resting>,
    epoch: u16,
    counted_to: u32,
    cap: u64,
    /// Since the last change of this maker: lost if two epochs begin before the next one.
    pending: (u128, u64),
    score: u128,
    uptime: u64,
    volume: u64,
}

pub struct Second {
    months: HashMap<Instrument, Month>,
    stands: HashMap<(u32, Instrument), Stand>,
    makers: u32,
    firm: bool,
}

/// Seconds from Monday to Friday, one day at a time.
fn sessions(from: u32, to: u32) -> u64 {
    let mut open = 0;
    let mut at = from;
    while at < to {
        let end = to.min((at / DAY + 1) * DAY);
        // Day 0 was a Thursday: 2 and 3 are the weekend.
        if !matches!((at / DAY) % 7, 2 | 3) {
            open += u64::from(end - at);
        }
        at = end;
    }
    open
}

impl Month {
    fn is_front(&self) -> bool {
        self.expiry - self.began < FRONT
    }

    fn weight(&self, price: u32) -> u128 {
        let bps = if self.is_front() { terms().maker_spread_front_bps } else { terms().maker_spread_back_bps };
        let half = self.reference * i128::from(bps) / 20_000;
        let distance = (i128::from(price) - self.reference).abs();
        if distance > half { 0 } else { (1_024 * (half + 1 - distance) / (half + 1)).unsigned_abs() }
    }
}

impl Stand {
    /// Adds the stretch up to a time.
    fn count(&mut self, month: &Month, now: u32) {
        let end = now.min(month.expiry);
        if end > self.counted_to && self.epoch == month.epoch {
            let side = |side: Side| {
                let (mut weighted, mut lots) = (0_u128, 0_u64);
                for order in self.orders.iter().filter(|order| order.side == side && order.firm) {
                    let weight = month.weight(order.price);
                    weighted += weight * u128::from(order.lots);
                    lots += if weight > 0 { order.lots } else { 0 };
                }
                let counts =
                    if lots > self.cap { weighted * u128::from(self.cap) / u128::from(lots) } else { weighted };
                (counts, lots)
            };
            let (bids, asks) = (side(Side::Buy), side(Side::Sell));
            let depth = bids.0.min(asks.0);
            let seconds = sessions(self.counted_to, end);
            if depth > 0 {
                self.pending.0 += depth * u128::from(seconds);
                if bids.1.min(asks.1) >= u64::from(terms().maker_lots.0) {
                    self.pending.1 += seconds;
                }
            }
        }
        self.counted_to = self.counted_to.max(now);
    }

    /// A change of this maker's quotes: what was pending is credited to them.
    fn touch(&mut self, month: &Month, now: u32) {
        self.count(month, now);
        self.score += self.pending.0;
        self.uptime += self.pending.1;
        self.pending = (0, 0);
        self.epoch = month.epoch;
        self.cap = u64::from(terms().maker_lots.0) * if month.is_front() { 8 } else { 4 };
    }
}

impl Second {
    pub fn new(week: &Week) -> Self {
        let month = |(place, (instrument, expiry)): (i128, &(Instrument, Seconds))| {
            let month = Month { epoch: 1, began: START.0, reference: 9_000 - 20 * place, expiry: expiry.0 };
            (*instrument, month)
        };
        let months = (0..).zip(&week.months).map(month).collect();
        Self { months, stands: HashMap::new(), makers: week.makers, firm: true }
    }

    /// Whether the order that comes next has no time limit.
    pub fn next_is_firm(&mut self, firm: bool) {
        self.firm = firm;
    }

    /// A maker's message on a month was accepted.
    pub fn touched(&mut self, now: Seconds, seat: u32, instrument: Instrument) {
        self.stand(now, seat, instrument);
    }

    fn stand(&mut self, now: Seconds, seat: u32, instrument: Instrument) -> &mut Stand {
        let month = self.months[&instrument];
        let fresh = || Stand { epoch: month.epoch, counted_to: now.0, ..Stand::default() };
        let stand = self.stands.entry((seat, instrument)).or_insert_with(fresh);
        stand.touch(&month, now.0);
        stand
    }

    pub fn hear(&mut self, now: Seconds, event: &Event) {
        match *event {
            Event::Placed { seat, instrument, number, side, price, lots } if seat.0 < self.makers => {
                let firm = self.firm;
                let order = Resting { number, side, price: price.0, lots: lots.0.into(), firm };
                self.stand(now, seat.0, instrument).orders.push(order);
            }
            Event::Removed { seat, instrument, number, lots, .. } if seat.0 < self.makers => {
                self.less(now, seat.0, instrument, number, lots.0.into());
            }
            Event::RemovedAll { seat, instrument } if seat.0 < self.makers => {
                self.stand(now, seat.0, instrument).orders.clear();
            }
            Event::Filled { instrument, maker, number, lots, .. } if maker.0 < self.makers => {
                self.less(now, maker.0, instrument, number, lots.0.into());
                self.stand(now, maker.0, instrument).volume += u64::from(lots.0);
            }
            Event::MarkSet { instrument, mark, epoch, .. } => self.reprice(now.0, instrument, epoch, mark.0),
            _ => {}
        }
    }

    fn less(&mut self, now: Seconds, seat: u32, instrument: Instrument, number: u32, lots: u64) {
        let stand = self.stand(now, seat, instrument);
        if let Some(order) = stand.orders.iter_mut().find(|order| order.number == number) {
            order.lots -= lots;
        }
        stand.orders.retain(|order| order.lots > 0);
    }

    fn reprice(&mut self, now: u32, instrument: Instrument, epoch: u16, mark: u32) {
        let month = self.months.get_mut(&instrument).unwrap();
        if month.epoch == epoch {
            return;
        }
        for ((_, other), stand) in &mut self.stands {
            if *other == instrument {
                stand.count(month, now);
                if stand.epoch != month.epoch {
                    stand.pending = (0, 0); // they were not updated during a whole epoch
                }
                stand.orders.clear();
            }
        }
        *month = Month { epoch, began: now, reference: mark.into(), ..*month };
    }

    /// What every maker gets, by the formulas of the documentation.
    pub fn rewards(&mut self, week: &Week, budget: u64) -> Vec<u64> {
        let rules = week.programme.programme().unwrap().parameters;
        let end = START.0 + REWARD_EPOCH_SECONDS;
        let mut counted = vec![0_u128; self.makers as usize];
        let mut volume = vec![0_u128; self.makers as usize];
        for ((seat, instrument), stand) in &mut self.stands {
            let month = &self.months[instrument];
            stand.touch(month, end);
            let due = u128::from(sessions(START.0, end.min(month.expiry)));
            let uptime = u128::from(stand.uptime);
            let mut score = stand.score;
            if uptime * 10_000 < due * u128::from(rules.uptime_floor_bps) {
                score = 0;
            } else if uptime < due {
                for _ in 0..rules.uptime_power {
                    score = score * uptime / due;
                }
            }
            counted[*seat as usize] += score;
            volume[*seat as usize] += u128::from(stand.volume);
        }
        let mut sorted = volume.clone();
        sorted.sort_unstable();
        let others = sorted.get((sorted.len() - 1) / 2).map_or(0, |middle| (sorted.len() - 1) as u128 * middle);
        let weigh = |(counted, volume): (&u128, &u128)| {
            if others >= 2_000 && volume * 10_000 < others * u128::from(rules.volume_floor_bps) {
                return 0;
            }
            let both = counted + u128::from(rules.volume_hours) * 3_600 * 1_024 * volume;
            let half = (counted * both).isqrt();
            match rules.volume_quarters {
                0 => *counted,
                1 => (counted * half).isqrt(),
                2 => half,
                3 => (half * both).isqrt(),
                _ => both,
            }
        };
        let weighed: Vec<u128> = counted.iter().zip(&volume).map(weigh).collect();
        let total: u128 = weighed.iter().sum();
        let cap = u128::from(budget) * u128::from(rules.maker_cap_bps) / 10_000;
        let share = |weighed: &u128| u128::from(budget) * weighed / total.max(1);
        weighed.iter().map(|weighed| share(weighed).min(cap) as u64).collect()
    }
}

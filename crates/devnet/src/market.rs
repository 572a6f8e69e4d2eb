//! A market that lives: people who send ordinary transactions from keys of their own.
//!
//! The price follows the simulator's process. Reporters print it once a day; two makers quote every month around it,
//! skewed by what they hold there; a taker buys and sells, mostly in the nearest months; a follower buys what has risen
//! and sells what has fallen; a hedger builds a position; a keeper publishes, settles and calls margin. What is refused
//! is refused on chain, as it would be to anybody, and costs its fee.

use std::collections::BTreeMap;

use sit_client::{Client, Failure, codec};
use sit_engine::{
    calendar::{self, DAY, Day},
    clearing::{Curve, Instrument, Level, MAX_SEATS, Month, Place, Policy, Status, opening::OPENING_SECONDS},
    launch::{DOLLAR, TPI, TPI_INDEX},
    oracle::{Rules, Validity},
    units::{Lots, Seat, Seconds, Side, Ticks},
};
use sit_market::{Dollars, Venue, ladder};
use sit_native::message::limit_order;
use sit_native::{Contract, Message, Returned, TokenAmount, message, stored};
use sit_sim::{
    SECONDS_PER_YEAR,
    model::State,
    path::{Key as Draw, Paths, ScheduledJump, Step, Stream, Target, stream},
};

use crate::{
    keyring::{Key, Role},
    opening::{Prospect, batch, submit, with_client},
    rpc::{Devnet, Mining},
};

/// What happens in the market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scene {
    /// Nothing but the process.
    #[default]
    Calm,
    /// A provider cuts its price by a quarter, at noon of the first day.
    PriceCut,
    /// The hedger has put in little, and the price is cut by an eighth.
    MarginCall,
    /// It is the last trading day of the nearest month.
    ExpiryDay,
}

impl Scene {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::PriceCut => "price-cut",
            Self::MarginCall => "margin-call",
            Self::ExpiryDay => "expiry-day",
        }
    }

    /// The scene of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Calm, Self::PriceCut, Self::MarginCall, Self::ExpiryDay].into_iter().find(|scene| scene.name() == name)
    }

    /// When trading begins, in Unix seconds, for a market that would begin at a time in session.
    #[must_use]
    pub fn start(self, start: u64) -> u64 {
        let seconds = Seconds(u32::try_from(start).unwrap_or(u32::MAX));
        let day = |day: Day, hour: u32| u64::from(day.start().later(hour).0);
        match self {
            Self::Calm => start,
            // Five minutes before the index opens.
            Self::PriceCut | Self::MarginCall => day(Day::of(seconds), Rules::TPI.opens - 300),
            Self::ExpiryDay => calendar::listing(Day::of(seconds)).first().map_or(start, |last| day(*last, 8 * 3_600)),
        }
    }

    /// How many days before trading begins the exchange opens: on the last trading day there are prints to average.
    #[must_use]
    pub const fn opens_before(self) -> u32 {
        if matches!(self, Self::ExpiryDay) { 4 } else { 1 }
    }

    /// The logarithm of the jump at the first noon.
    fn jump(self) -> f64 {
        match self {
            Self::PriceCut => 0.75_f64.ln(),
            Self::MarginCall => 0.875_f64.ln(),
            Self::Calm | Self::ExpiryDay => 0.0,
        }
    }
}

/// Half of the makers' spread, in basis points: the second is a little wider than the first.
const HALF_SPREADS: [f64; 2] = [40.0, 55.0];
/// Levels of a quote on each side, and lots of each.
const LEVELS: u32 = 4;
const LEVEL_LOTS: u32 = 40;
/// Quotes that are sent in a round until both makers have quoted every month: with ten months that takes two rounds,
/// and a block, which takes 27 of the dearest quotes (`scripts/weights`), has room for others beside them.
const FIRST_QUOTES: usize = 10;
/// Quotes that are sent in every later round. Of a month that both makers quote one or the other is renewed in every
/// fifth.
const QUOTES: usize = 2;
/// Lots that the hedger wants, and takes at once.
const HEDGE: u32 = 400;
const HEDGE_STEP: u32 = 10;
/// Rounds from one look of the follower at the price to the next, and lots that it takes at once.
const FOLLOW_EVERY: u64 = 4;
const FOLLOW_STEP: u32 = 6;
/// Lots that the follower has on either side at most.
const FOLLOW_MOST: i64 = 240;
/// What the newest price counts in the average that the follower compares the next one with, and how far that has to be
/// from it, in basis points: a price that is seen every eight seconds is as far in every fourth look or so.
const FOLLOW_WEIGHT: f64 = 0.1;
const FOLLOW_BPS: f64 = 8.0;
/// Collateral of a maker, the takers and the hedger.
const CAPITAL: u64 = 1_000_000 * DOLLAR;
/// Collateral of a hedger who puts in little.
const LITTLE: u64 = 4_000 * DOLLAR;

/// Somebody with a seat.
#[derive(Clone, Debug)]
struct Person {
    key: Key,
    seat: Seat,
}

/// The market.
pub struct Market {
    prospect: Prospect,
    scene: Scene,
    seed: u64,
    state: State,
    /// The chain's time of the state.
    at: u64,
    began: u64,
    random: Stream,
    round: u64,
    people: Vec<Person>,
    joined: bool,
    /// In which round each maker has quoted each month last.
    quoted: BTreeMap<(Seat, Instrument), u64>,
    /// The average of the prices that the follower has seen.
    followed: Option<f64>,
    /// Roles that nobody plays here: somebody outside does.
    without: Vec<Role>,
    /// The day that has been reported last, and the one that has been settled last.
    reported: Day,
    settled: Day,
    /// When the winners of that day are paid: as soon as the books open. Nothing when they have been.
    pays: Option<Seconds>,
    /// Months with a final price whose holders do not all have what is theirs.
    unpaid: Vec<Instrument>,
    jumped: bool,
}

impl Market {
    /// A market of an exchange that is open.
    #[must_use]
    pub fn new(prospect: Prospect, scene: Scene, seed: u64, now: u64) -> Self {
        let state = prospect.model.start();
        let today = Day::of(Seconds(u32::try_from(now).unwrap_or(u32::MAX)));
        let reported = Day(today.0.saturating_sub(1)).max(prospect.opened());
        let random = stream(seed, 0x6465_766e_6574, 0);
        Self {
            prospect,
            scene,
            seed,
            state,
            at: now,
            began: now,
            random,
            round: 0,
            people: Vec::new(),
            joined: false,
            quoted: BTreeMap::new(),
            followed: None,
            without: Vec::new(),
            reported,
            settled: reported,
            pays: None,
            unpaid: Vec::new(),
            jumped: false,
        }
    }

    /// The same market without whoever plays these roles: makers, the taker, the follower, the hedger, reporters or the
    /// keeper.
    #[must_use]
    pub fn without(mut self, roles: &[Role]) -> Self {
        self.without = roles.to_vec();
        self
    }

    fn has(&self, role: Role) -> bool {
        !self.without.contains(&role)
    }

    /// Everybody does what they do at this time. Refusals are theirs and on chain; an error is the chain's.
    ///
    /// # Errors
    /// When people cannot join, or the chain cannot be read.
    pub fn play(&mut self, chain: &mut Devnet) -> Result<(), Failure> {
        if !self.joined {
            self.joined = true;
            return self.join(chain);
        }
        let now = chain.node.next_time();
        self.advance(now);
        let seconds = Seconds(u32::try_from(now).unwrap_or(u32::MAX));
        self.print(chain, seconds)?;
        self.conclude(chain, seconds)?;
        if calendar::is_session(seconds) {
            self.trade(chain, seconds)?;
        }
        self.round += 1;
        Ok(())
    }

    /// Accounts are opened and paid into.
    fn join(&mut self, chain: &mut Devnet) -> Result<(), Failure> {
        let wanted: Vec<Key> = chain
            .keys
            .iter()
            .filter(|key| matches!(key.role, Role::Maker | Role::Taker | Role::Follower | Role::Hedger))
            .filter(|key| self.has(key.role))
            .cloned()
            .collect();
        for key in wanted {
            let amount = if self.scene == Scene::MarginCall && key.role == Role::Hedger { LITTLE } else { CAPITAL };
            let seat: Seat = with_client(chain, |client| {
                let spender = client.address(Contract::Vault)?;
                // A chain that was kept has their first accounts already.
                let free = |sub: &u8| client.simulate::<Seat>(&key, &Message::OpenAccount { sub: *sub }).is_ok();
                let sub = (0..u8::MAX).find(free).unwrap_or(u8::MAX);
                let seat: Seat = client.send(&key, &Message::OpenAccount { sub })?.answer()?;
                client.send(&key, &Message::ApproveSpender { spender, value: TokenAmount(u128::MAX) })?;
                client.send(&key, &Message::Deposit { seat, amount })?;
                Ok(seat)
            })?;
            self.people.push(Person { key, seat });
        }
        self.reported =
            Day::of(Seconds(u32::try_from(chain.node.head().time()).unwrap_or(u32::MAX))).min(self.reported);
        Ok(())
    }

    fn advance(&mut self, now: u64) {
        let Some(passed) = now.checked_sub(self.at).filter(|passed| *passed > 0) else { return };
        let draw = Draw { seed: self.seed, scenario: 0x6d61_726b_6574, block: self.round };
        let mut paths = Paths::new(&self.prospect.model, self.state, draw, 1);
        paths.advance(&Step::new(&self.prospect.model, passed as f64 / SECONDS_PER_YEAR));
        if !self.jumped && self.scene.jump() != 0.0 && now % u64::from(DAY) >= u64::from(Rules::TPI.opens) {
            let jump = ScheduledJump { day: 0, target: Target::Permanent, log_size: self.scene.jump() };
            paths.shock(jump.target, jump.log_size);
            self.jumped = true;
        }
        self.state = paths.state(0);
        self.at = now;
    }

    /// Years since trading began.
    fn years(&self) -> f64 {
        self.at.saturating_sub(self.began) as f64 / SECONDS_PER_YEAR
    }

    fn fair(&self, month: &Month) -> f64 {
        let left = u64::from(month.expiry.0).saturating_sub(self.at) as f64 / SECONDS_PER_YEAR;
        self.prospect.sizing.exact_ticks(self.prospect.model.futures_price(&self.state, self.years(), left))
    }

    /// Once a day reporters submit and the keeper publishes, again where a price waits for its confirmation; then they
    /// settle everybody and call margin.
    fn print(&mut self, chain: &mut Devnet, now: Seconds) -> Result<(), Failure> {
        let spot = self.prospect.model.spot(&self.state, self.years());
        chain.prices = batch(spot);
        let today = Day::of(now);
        if now < today.start().later(Rules::TPI.opens) {
            return Ok(());
        }
        if today > self.reported && self.has(Role::Reporter) {
            self.reported = today;
            if submit(chain, today, spot).is_err() {
                return Ok(()); // a reporter that was refused: the chain says so
            }
        }
        if today > self.settled && self.has(Role::Keeper) {
            self.keep(chain, today)?;
        }
        if self.pays.is_some_and(|pays| now >= pays) {
            self.pays = None;
            self.settle_all(chain)?;
        }
        Ok(())
    }

    /// The keeper publishes the day when that can be, again where its price waits for confirmation, and settles by it.
    fn keep(&mut self, chain: &mut Devnet, today: Day) -> Result<(), Failure> {
        let Some(keeper) = keeper(chain) else { return Ok(()) };
        // A print that has to wait is asked for again in the next round; asking costs nothing.
        let (publish, settle) =
            (Message::Publish { index: TPI_INDEX, day: today }, Message::SettleDay { product: TPI });
        if with_client(chain, |client| client.simulate::<Validity>(&keeper, &publish)).is_ok() {
            let _ = with_client(chain, |client| client.send(&keeper, &publish));
        }
        if with_client(chain, |client| client.simulate::<u16>(&keeper, &settle)).is_ok() {
            let _ = with_client(chain, |client| client.send(&keeper, &settle));
        }
        let curve = with_client(chain, curve)?;
        if curve.is_none_or(|curve| curve.index_day < today.0) {
            return Ok(());
        }
        self.settled = today;
        for seat in with_client(chain, seats)? {
            // Only who is short of margin can be called, or liquidated: reported before winners can be paid.
            self.send_if_possible::<u64>(chain, &keeper, &Message::MarginCall { seat });
            self.send_if_possible::<()>(chain, &keeper, &Message::StartLiquidation { seat });
        }
        self.settle_all(chain)?;
        let now = Seconds(u32::try_from(chain.node.head().time()).unwrap_or(u32::MAX));
        self.pays = Some(now.later(OPENING_SECONDS));
        Ok(())
    }

    /// Pays the variation of everybody in every month that somebody holds: losers at once, winners when the books are
    /// open.
    fn settle_all(&mut self, chain: &mut Devnet) -> Result<(), Failure> {
        let Some(keeper) = keeper(chain) else { return Ok(()) };
        let curve = with_client(chain, curve)?;
        for month in curve.into_iter().flat_map(months).collect::<Vec<_>>() {
            let market = with_client(chain, |client| client.cell(&stored::market(month.instrument)))?;
            if market.is_some_and(|market| market.holders > 0) {
                self.settle(chain, &keeper, month.instrument)?;
            }
        }
        Ok(())
    }

    /// Pays variation or final claims of everybody in a month.
    fn settle(&mut self, chain: &mut Devnet, keeper: &Key, instrument: Instrument) -> Result<(), Failure> {
        for group in with_client(chain, seats)?.chunks(MAX_SEATS) {
            let seats = message::seats(group.iter().copied());
            self.send(chain, keeper, &Message::Settle { instrument, seats });
        }
        Ok(())
    }

    /// Months that have expired get their final price, step by step as the rules' delays end, and their holders what is
    /// theirs.
    fn conclude(&mut self, chain: &mut Devnet, now: Seconds) -> Result<(), Failure> {
        let Some(keeper) = keeper(chain).filter(|_| self.has(Role::Keeper)) else { return Ok(()) };
        let Some(curve) = with_client(chain, curve)? else { return Ok(()) };
        let expired = |month: &Month| month.expiry <= now && month.status != Status::Settled;
        for month in months(curve).filter(expired).collect::<Vec<_>>() {
            let (instrument, index, expiry) = (month.instrument, TPI_INDEX, Day::of(month.expiry));
            self.send_if_possible::<u32>(chain, &keeper, &Message::ProposeFinal { index, expiry });
            self.send_if_possible::<u32>(chain, &keeper, &Message::FinalisePrice { index, expiry });
            if self.send_if_possible::<Ticks>(chain, &keeper, &Message::Finalise { instrument }) {
                self.unpaid.push(instrument);
            }
        }
        // Winners are paid from what losers have paid, so it takes some rounds until nobody is left.
        for instrument in std::mem::take(&mut self.unpaid) {
            let market = with_client(chain, |client| client.cell(&stored::market(instrument)))?;
            if market.is_some_and(|market| market.final_price.is_none() || market.holders > 0) {
                self.settle(chain, &keeper, instrument)?;
                self.unpaid.push(instrument);
            }
        }
        Ok(())
    }

    fn trade(&mut self, chain: &mut Devnet, now: Seconds) -> Result<(), Failure> {
        let Some(curve) = with_client(chain, curve)? else { return Ok(()) };
        let months: Vec<Month> = months(curve).filter(|month| now < month.expiry).collect();
        let people = self.people.clone();
        let of = |role: Role| people.iter().filter(move |person| person.key.role == role);
        let makers: Vec<&Person> = of(Role::Maker).collect();
        let seats: Vec<Seat> = makers.iter().map(|maker| maker.seat).collect();
        let instruments: Vec<Instrument> = months.iter().map(|month| month.instrument).collect();
        for (place, instrument) in next_quotes(&self.quoted, &seats, &instruments) {
            let month = months.iter().find(|month| month.instrument == instrument);
            if let (Some(maker), Some(month)) = (makers.get(place), month) {
                self.quote(chain, maker, HALF_SPREADS[place % HALF_SPREADS.len()], month)?;
            }
        }
        if self.round % 2 == 1 {
            let buys = self.uniform() < 0.5;
            let lots = 1 + (self.uniform() * 12.0) as u32;
            // A third of it in the nearest month, a twentieth in the farthest.
            let place = (self.uniform().powi(2) * months.len() as f64) as usize;
            if let Some(month) = months.get(place) {
                for taker in of(Role::Taker) {
                    self.take(chain, taker, month, if buys { Side::Buy } else { Side::Sell }, lots)?;
                }
            }
        }
        if self.round.is_multiple_of(FOLLOW_EVERY) {
            let price = self.prospect.model.spot(&self.state, self.years());
            let average = self.followed.unwrap_or(price);
            self.followed = Some(average + FOLLOW_WEIGHT * (price - average));
            if let Some(month) = months.first() {
                for follower in of(Role::Follower) {
                    let held = net(chain, follower.seat, month.instrument)?;
                    if let Some(side) = follow(price, average, held) {
                        self.take(chain, follower, month, side, FOLLOW_STEP)?;
                    }
                }
            }
        }
        if let Some(month) = months.first().filter(|_| self.round % 6 == 2) {
            for hedger in of(Role::Hedger) {
                let held = net(chain, hedger.seat, month.instrument)?;
                if held < i64::from(HEDGE) {
                    self.take(chain, hedger, month, Side::Buy, HEDGE_STEP)?;
                }
            }
        }
        Ok(())
    }

    /// Replaces a maker's quotes in a month.
    fn quote(&mut self, chain: &mut Devnet, maker: &Person, half_bps: f64, month: &Month) -> Result<(), Failure> {
        let held = net(chain, maker.seat, month.instrument)?;
        let limit = limit(chain, month.instrument)?;
        let inside = |levels: Vec<Level>| -> Vec<Level> {
            let keeps = |level: &Level| Venue::within_limits(month, level.price.0.into(), limit) == level.price;
            levels.into_iter().filter(keeps).collect()
        };
        let (bids, asks) = ladders(self.fair(month), half_bps, held);
        let (seat, instrument) = (maker.seat, month.instrument);
        let levels = message::levels(&inside(bids), &inside(asks));
        self.send(chain, &maker.key, &Message::Quote { seat, instrument, levels, expiry: Seconds::ZERO });
        self.quoted.insert((seat, instrument), self.round);
        Ok(())
    }

    /// Takes up to so many lots, at 1 % beyond the fair price at most.
    fn take(
        &mut self,
        chain: &mut Devnet,
        taker: &Person,
        month: &Month,
        side: Side,
        lots: u32,
    ) -> Result<(), Failure> {
        let away = if side == Side::Buy { 1.01 } else { 0.99 };
        let limit = limit(chain, month.instrument)?;
        let price: Ticks = Venue::within_limits(month, self.fair(month) * away, limit);
        let order = Place {
            policy: Policy::ImmediateOrCancel,
            ..limit_order(taker.seat, month.instrument, side, price, Lots(lots))
        };
        self.send(chain, &taker.key, &Message::Place { order });
        Ok(())
    }

    /// Sends a message if it would be done now, which costs nothing to ask. Returns whether it was sent.
    fn send_if_possible<A: Returned>(&mut self, chain: &mut Devnet, key: &Key, message: &Message) -> bool {
        let possible = with_client(chain, |client| client.simulate::<A>(key, message)).is_ok();
        if possible {
            self.send(chain, key, message);
        }
        possible
    }

    /// Sends a message as a transaction and does not wait for it.
    fn send(&mut self, chain: &mut Devnet, key: &Key, message: &Message) {
        let Some(to) = chain.deployment.get(message.contract()) else { return };
        // The pool refuses nobody here but who has run out of DOT, which a million takes years to do.
        if chain.post(key, Some(to), codec::calldata(message)).is_ok() && chain.mining == Mining::Automatic {
            let _ = chain.seal();
        }
    }

    fn uniform(&mut self) -> f64 {
        use rand::Rng;
        (self.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Which quotes are sent in a round: of which maker, by their place, in which month. Those come first that were renewed
/// longest ago, and of those that never were the first maker's, the nearest month before others.
fn next_quotes(
    quoted: &BTreeMap<(Seat, Instrument), u64>,
    makers: &[Seat],
    months: &[Instrument],
) -> Vec<(usize, Instrument)> {
    let pairs = makers.iter().enumerate().flat_map(|(place, seat)| {
        months.iter().map(move |month| (quoted.get(&(*seat, *month)).copied(), place, *month))
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_by_key(|(round, _, _)| *round);
    let most = if pairs.first().is_some_and(|(round, _, _)| round.is_none()) { FIRST_QUOTES } else { QUOTES };
    pairs.into_iter().take(most).map(|(_, place, month)| (place, month)).collect()
}

/// A maker's bids and asks around a fair price in ticks, best first: half of the spread away and from there on in steps
/// of half of that. Who holds as many lots as a side of the quote has moves both sides by half of the half spread, down
/// who is long and up who is short, and nobody by more than four times as much.
fn ladders(fair: f64, half_bps: f64, held: i64) -> (Vec<Level>, Vec<Level>) {
    let half = (fair * half_bps / 10_000.0).max(1.0);
    let inventory = held as f64 / f64::from(LEVELS * LEVEL_LOTS);
    let centre = fair - half * 0.5 * inventory.clamp(-4.0, 4.0);
    let step = (half / 2.0).max(1.0);
    let bids = ladder(Side::Buy, centre - half, step, LEVELS, LEVEL_LOTS);
    (bids, ladder(Side::Sell, centre + half, step, LEVELS, LEVEL_LOTS))
}

/// What a follower takes who holds so many lots, where the price has been about an average: the side that it has moved
/// to, as long as there is room for it.
fn follow(price: f64, average: f64, held: i64) -> Option<Side> {
    let moved = (price / average).ln() * 10_000.0;
    let step = i64::from(FOLLOW_STEP);
    if moved > FOLLOW_BPS && held + step <= FOLLOW_MOST {
        return Some(Side::Buy);
    }
    (moved < -FOLLOW_BPS && held - step >= -FOLLOW_MOST).then_some(Side::Sell)
}

fn keeper(chain: &Devnet) -> Option<Key> {
    chain.keys.iter().find(|key| key.role == Role::Keeper).cloned()
}

fn curve(client: &mut Client<&mut Devnet>) -> Result<Option<Curve>, Failure> {
    client.cell(&stored::curve(TPI))
}

/// The seats that are open.
fn seats(client: &mut Client<&mut Devnet>) -> Result<Vec<Seat>, Failure> {
    let ledger = client.cell(&stored::ledger())?;
    Ok((0..ledger.map_or(0, |ledger| ledger.seats)).map(Seat).collect())
}

fn months(curve: Curve) -> impl Iterator<Item = Month> {
    (0..curve.next_serial).filter_map(move |serial| curve.month(Instrument::new(TPI, serial)).copied())
}

fn net(chain: &mut Devnet, seat: Seat, instrument: Instrument) -> Result<i64, Failure> {
    let account = with_client(chain, |client| client.cell(&stored::account(seat)))?;
    Ok(account.map_or(0, |account| i64::from(account.net(instrument).0)))
}

fn limit(chain: &mut Devnet, instrument: Instrument) -> Result<u16, Failure> {
    let market = with_client(chain, |client| client.cell(&stored::market(instrument)))?;
    Ok(market.map_or(0, |market| market.terms.price_limit_bps))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(count: u16) -> Vec<Instrument> {
        (0..count).map(|serial| Instrument::new(TPI, serial)).collect()
    }

    /// Plays so many rounds; each with what was quoted in it.
    fn rounds(quoted: &mut BTreeMap<(Seat, Instrument), u64>, from: u64, count: u64) -> Vec<Vec<(usize, Instrument)>> {
        let (makers, months) = ([Seat(3), Seat(8)], months(10));
        let mut sent = Vec::new();
        for round in from..from + count {
            let now = next_quotes(quoted, &makers, &months);
            for (place, month) in &now {
                quoted.insert((makers[*place], *month), round);
            }
            sent.push(now);
        }
        sent
    }

    #[test]
    fn every_month_is_quoted_by_both_makers_within_two_rounds_and_renewed_by_one_in_every_fifth() {
        let mut quoted = BTreeMap::new();
        let first = rounds(&mut quoted, 1, 2);
        assert!(first.iter().all(|sent| sent.len() == FIRST_QUOTES), "{first:?}");
        assert_eq!(quoted.len(), 20);
        let later = rounds(&mut quoted, 3, 100);
        assert!(later.iter().all(|sent| sent.len() == QUOTES));
        for month in months(10) {
            let renewed: Vec<usize> = (0..100).filter(|at| later[*at].iter().any(|(_, of)| *of == month)).collect();
            assert_eq!(renewed.len(), 20, "{month:?}: {renewed:?}");
            assert!(renewed.windows(2).all(|pair| pair[1] - pair[0] <= 5), "{month:?}: {renewed:?}");
        }
    }

    #[test]
    fn a_month_that_is_listed_later_is_quoted_at_once() {
        let mut quoted = BTreeMap::new();
        rounds(&mut quoted, 1, 30);
        let sent = next_quotes(&quoted, &[Seat(3), Seat(8)], &months(11));
        let new = Instrument::new(TPI, 10);
        assert_eq!(sent[..2], [(0, new), (1, new)]);
        assert!(next_quotes(&quoted, &[], &months(11)).is_empty() && next_quotes(&quoted, &[Seat(3)], &[]).is_empty());
    }

    #[test]
    fn a_follower_buys_what_has_risen_sells_what_has_fallen_and_stops_at_its_most() {
        for (price, held, side) in [
            (2.6, 0, None),
            (2.6 * 1.000_7, 0, None),
            (2.6 * 1.001, 0, Some(Side::Buy)),
            (2.6 * 0.999, 0, Some(Side::Sell)),
            (2.6 * 1.2, FOLLOW_MOST - i64::from(FOLLOW_STEP), Some(Side::Buy)),
            (2.6 * 1.2, FOLLOW_MOST, None),
            (2.6 * 0.8, FOLLOW_MOST, Some(Side::Sell)),
            (2.6 * 0.8, -FOLLOW_MOST, None),
        ] {
            assert_eq!(follow(price, 2.6, held), side, "at {price}, with {held} lots");
        }
    }

    #[test]
    fn a_maker_who_is_long_quotes_lower_on_both_sides_and_one_who_is_short_higher() {
        let prices = |held: i64| -> Vec<u32> {
            let (bids, asks) = ladders(2_601.0, 40.0, held);
            assert!(bids[0].price < asks[0].price, "a maker does not trade with themselves");
            assert!(bids.is_sorted_by(|one, next| one.price > next.price));
            assert!(asks.is_sorted_by(|one, next| one.price < next.price));
            bids.iter().chain(&asks).map(|level| level.price.0).collect()
        };
        let flat = prices(0);
        // Half of the spread is 10.404 ticks, and a step half of that.
        assert_eq!(flat, [2_590, 2_585, 2_580, 2_574, 2_612, 2_617, 2_622, 2_628]);
        let lots = i64::from(LEVELS * LEVEL_LOTS);
        for (held, moved) in [(lots, -5.2), (2 * lots, -10.4), (-lots, 5.2), (4 * lots, -20.8), (90 * lots, -20.8)] {
            for (price, was) in prices(held).into_iter().zip(&flat) {
                let by = f64::from(price) - f64::from(*was);
                assert!((by - moved).abs() < 1.0, "{held} lots move {was} to {price}");
            }
        }
    }
}

//! A clearing house with one product, two months and a few funded accounts.

use sit_engine::calendar::{self, DAY, Day};
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{
    self, Account, AddOns, Bid, ClearingError, Instrument, Level, Listing, Month, Order, Page, Place, Placed, Policy,
    Product, Purpose, Quote, SCENARIOS, SHOCK_BYTES, Store, Terms, auction::DURATION, margin, margin::Health,
    opening::OPENING_SECONDS, peers::Given,
};
pub use sit_engine::launch::TPI;
use sit_engine::launch::{self, FUND_SHARE_BPS, INCENTIVE_SHARE_BPS, LIQUIDATION_END_BPS, MAINTENANCE_BPS};
use sit_engine::units::{Lots, Points, QuoteAtoms, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::Native;

/// Monday 2026-11-23, 08:00 UTC.
pub const MONDAY: u32 = 1_795_420_800;

/// Cash of every account at the start: a million dollars.
pub const CASH: u64 = 1_000_000_000_000;

/// Quote atoms of a tick on a lot in the launch preset: $0.10.
pub const TICK_VALUE: u32 = 100_000;

pub struct World {
    pub house: Native,
    pub now: Seconds,
    pub near: Instrument,
    pub far: Instrument,
}

pub type Result<T> = core::result::Result<T, ClearingError>;

pub fn owner(seat: u32) -> Address {
    [u8::try_from(seat + 1).unwrap(); 20]
}

/// Shocks of +30 % and -20 % for all months together, and of +-15 % for the second against the first.
pub fn shocks() -> [u8; SHOCK_BYTES] {
    let mut bytes = [0; SHOCK_BYTES];
    for (slot, row) in bytes.chunks_exact_mut(2 * SCENARIOS).enumerate() {
        let twist: i16 = if slot % 2 == 0 { 1_500 } else { -1_500 };
        for (place, shock) in row.chunks_exact_mut(2).zip([3_000, -2_000, twist, -twist]) {
            place.copy_from_slice(&i16::to_be_bytes(shock));
        }
    }
    bytes
}

pub fn terms() -> Terms {
    Terms { position_limit: Lots(10_000), open_interest_cap: Lots(50_000), ..launch::TERMS }
}

/// Lists the month of a product that has this place in the curve.
pub fn list(house: &mut Native, now: Seconds, product: Product, place: usize, mark: u32) -> Instrument {
    let listing = Listing {
        product,
        expiry: calendar::last_trading_time(calendar::listing(Day::of(now))[place]),
        tick_value: TickValue(TICK_VALUE),
        tick_size: 100,
        mark: Ticks(mark),
        terms: terms(),
    };
    clearing::list(house, now, listing).unwrap()
}

impl World {
    /// Seats 0 to `accounts - 1`, each with [`CASH`]; months listed at 2,600 and 2,500 ticks ($0.26 and $0.25).
    pub fn new(accounts: u32) -> Self {
        let mut house = Native::new();
        let now = Seconds(MONDAY);
        clearing::set_risk(&mut house, Seconds::ZERO, TPI, MAINTENANCE_BPS, LIQUIDATION_END_BPS, &shocks(), [1; 32])
            .unwrap();
        clearing::set_fee_shares(&mut house, FUND_SHARE_BPS, INCENTIVE_SHARE_BPS).unwrap();
        clearing::start_product(&mut house, &Given::print(Day::of(now), 260_000), TPI).unwrap();
        let (near, far) = (list(&mut house, now, TPI, 0, 2_600), list(&mut house, now, TPI, 1, 2_500));
        for seat in 0..accounts {
            let env = Env { caller: owner(seat), now };
            assert_eq!(clearing::open_account(&mut house, env, 0), Ok(Seat(seat)));
            clearing::credit(&mut house, now, Seat(seat), CASH).unwrap();
        }
        Self { house, now, near, far }
    }

    /// Lists the month of a product that has this place in the curve.
    pub fn list(&mut self, product: Product, place: usize, mark: u32) -> Instrument {
        list(&mut self.house, self.now, product, place, mark)
    }

    /// A second product of the same numbers; its month with this place in the curve.
    pub fn second_product(&mut self, place: usize) -> Instrument {
        let product = Product(1);
        clearing::set_risk(
            &mut self.house,
            self.now,
            product,
            MAINTENANCE_BPS,
            LIQUIDATION_END_BPS,
            &shocks(),
            [1; 32],
        )
        .unwrap();
        let given = Given::print(Day::of(self.now), 260_000);
        clearing::start_product(&mut self.house, &given, product).unwrap();
        self.list(product, place, 2_600)
    }

    /// Endows the insurance fund, of which a month may take `cap` basis points.
    pub fn fund(&mut self, fund: u64, cap: u16) {
        clearing::endow(&mut self.house, Purpose::Fund, fund).unwrap();
        clearing::set_fund_cap(&mut self.house, cap).unwrap();
    }

    /// Two trade at a price, the seller first.
    pub fn trade(&mut self, instrument: Instrument, seller: u32, buyer: u32, price: u32, lots: u32) {
        for (seat, side) in [(seller, Side::Sell), (buyer, Side::Buy)] {
            let order = Place { instrument, ..self.order(seat, side, price, lots) };
            self.place(order).unwrap();
        }
    }

    /// Books points from one account to another in a month, as trades at two prices do.
    pub fn owe(&mut self, debtor: u32, creditor: u32, instrument: Instrument, points: i64) {
        let month = self.month(instrument);
        let mut market = self.house.market(instrument).unwrap();
        for (seat, points) in [(debtor, points), (creditor, -points)] {
            let mut account = self.account(seat);
            let position = account.enter(instrument, month.epoch, 0).unwrap();
            let exposed = position.is_exposed();
            position.basis += Points(points);
            market.holders = market.holders + u32::from(position.is_exposed()) - u32::from(exposed);
            account.tidy();
            self.house.set_account(Seat(seat), &account);
        }
        self.house.set_market(instrument, &market);
    }

    pub fn env(&self, seat: u32) -> Env {
        Env { caller: self.account(seat).owner, now: self.now }
    }

    pub fn order(&self, seat: u32, side: Side, price: u32, lots: u32) -> Place {
        Place {
            seat: Seat(seat),
            instrument: self.near,
            side,
            price: Ticks(price),
            lots: Lots(lots),
            policy: Policy::Rest,
            self_trade: clearing::SelfTrade::CancelTaker,
            reduce_only: false,
            expiry: Seconds::ZERO,
            number: 0,
        }
    }

    pub fn place(&mut self, order: Place) -> Result<Placed> {
        let env = Env { caller: self.account(order.seat.0).owner, now: self.now };
        self.house.transact(|house| clearing::place(house, env, order))
    }

    pub fn buy(&mut self, seat: u32, price: u32, lots: u32) -> Result<Placed> {
        self.place(self.order(seat, Side::Buy, price, lots))
    }

    pub fn sell(&mut self, seat: u32, price: u32, lots: u32) -> Result<Placed> {
        self.place(self.order(seat, Side::Sell, price, lots))
    }

    pub fn quote(&mut self, seat: u32, bids: &[(u32, u32)], asks: &[(u32, u32)]) -> Result<u32> {
        let levels = |levels: &[(u32, u32)]| -> Vec<Level> {
            levels.iter().map(|(price, lots)| Level { price: Ticks(*price), lots: Lots(*lots) }).collect()
        };
        let (bids, asks) = (levels(bids), levels(asks));
        let env = self.env(seat);
        let quote = Quote { seat: Seat(seat), instrument: self.near, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
        self.house.transact(|house| clearing::quote(house, env, quote))
    }

    pub fn cancel(&mut self, seat: u32, price: u32, number: u32) -> Result<Lots> {
        let (env, near) = (self.env(seat), self.near);
        self.house.transact(|house| clearing::cancel(house, env, Seat(seat), near, Ticks(price), number))
    }

    pub fn cancel_all(&mut self, seat: u32, instrument: Instrument) -> Result<()> {
        let env = self.env(seat);
        self.house.transact(|house| clearing::cancel_all(house, env, Seat(seat), instrument))
    }

    pub fn withdraw(&mut self, seat: u32, amount: u64) -> Result<u64> {
        let env = self.env(seat);
        self.house.transact(|house| clearing::withdraw(house, env, Seat(seat), amount)?.pay(&mut Given::default()))
    }

    /// Collateral comes in for an account.
    pub fn deposit(&mut self, seat: u32, amount: u64) {
        let now = self.now;
        self.house.transact(|house| clearing::credit(house, now, Seat(seat), amount)).unwrap();
    }

    /// Gives an account this much cash, from or to another, so that the books still balance.
    pub fn set_cash(&mut self, seat: u32, cash: u64, other: u32) {
        let (mut account, mut other_account) = (self.account(seat), self.account(other));
        other_account.cash = other_account.cash + account.cash - cash;
        account.cash = cash;
        self.house.set_account(Seat(seat), &account);
        self.house.set_account(Seat(other), &other_account);
    }

    /// Takes out all that may leave an account; returns what that was.
    pub fn withdraw_all(&mut self, seat: u32) -> u64 {
        let (mut step, before) = (self.account(seat).cash, self.account(seat).cash);
        while step > 0 {
            if self.withdraw(seat, step.min(self.account(seat).cash)).is_err() {
                step /= 2;
            }
        }
        before - self.account(seat).cash
    }

    /// Some minutes go by, so that the book is open again after a settlement that emptied it.
    pub fn after_the_opening(&mut self) {
        self.now = self.now.later(1_200);
    }

    pub fn settle_mark(&mut self, instrument: Instrument) -> u32 {
        self.house.curve(instrument.product()).unwrap().month(instrument).unwrap().settle.0
    }

    pub fn pay_treasury(&mut self, to: Address, amount: u64) -> Result<u64> {
        let now = self.now;
        self.house.transact(|house| clearing::pay_treasury(house, now, to, amount)?.pay(&mut Given::default()))
    }

    /// A day goes by, the index prints `price` quote atoms per million tokens, and the book opens.
    pub fn next_day(&mut self, price: u32) -> Result<u16> {
        self.now = self.now.later(DAY - OPENING_SECONDS);
        let settled = self.settle_day(price);
        self.now = self.now.later(OPENING_SECONDS);
        settled
    }

    /// The index prints `price` quote atoms per million tokens now.
    pub fn settle_day(&mut self, price: u32) -> Result<u16> {
        let (now, day) = (self.now, Day::of(self.now));
        self.house.transact(|house| clearing::settle_day(house, &Given::print(day, price), now, TPI))
    }

    /// To this second of the day.
    pub fn at(&mut self, second: u32) {
        self.now = Day::of(self.now).start().later(second);
    }

    /// From when on orders of an instrument cross.
    pub fn opens_at(&mut self, instrument: Instrument) -> Seconds {
        let (curve, market) = (self.house.curve(TPI).unwrap(), self.house.market(instrument).unwrap());
        clearing::opening::opens_at(&curve, curve.month(instrument).unwrap(), &market, self.now)
    }

    /// The running month as the curve has it.
    pub fn month(&mut self, instrument: Instrument) -> Month {
        *self.house.curve(TPI).unwrap().month(instrument).unwrap()
    }

    pub fn settle(&mut self, instrument: Instrument, seats: &[u32]) -> Result<()> {
        let (now, seats) = (self.now, seats.iter().copied().map(Seat));
        self.house.transact(|house| clearing::settle(house, now, instrument, seats))
    }

    /// Settles every account in every instrument, until nobody gets more.
    pub fn settle_all(&mut self) {
        let seats: Vec<u32> = self.house.accounts().map(|(seat, _)| seat.0).collect();
        for _ in 0..2 {
            for instrument in [self.near, self.far] {
                self.settle(instrument, &seats).unwrap();
            }
        }
    }

    /// Starts a liquidation; only accounts below maintenance margin may be (L1).
    pub fn start_liquidation(&mut self, seat: u32) -> Result<()> {
        let env = self.env(0);
        let account = self.account(seat);
        let health = margin::assess(&mut self.house, &account);
        let started = self.house.transact(|house| clearing::start_liquidation(house, env, Seat(seat)));
        assert!(started.is_err() || health.is_ok_and(|health| health.equity < health.maintenance), "L1");
        started
    }

    pub fn bid(&mut self, liquidator: u32, seat: u32, lots: u32) -> Result<(Ticks, Lots)> {
        self.bid_for(liquidator, seat, self.near, lots)
    }

    /// Bids; checks what must hold of every takeover (L2, L3).
    pub fn bid_for(&mut self, liquidator: u32, seat: u32, instrument: Instrument, lots: u32) -> Result<(Ticks, Lots)> {
        let env = self.env(liquidator);
        let auction = self.house.auction(Seat(seat));
        self.settle(instrument, &[seat]).ok();
        let before = self.account(seat);
        let old = margin::assess(&mut self.house, &before);
        let message = Bid { liquidator: Seat(liquidator), seat: Seat(seat), instrument, lots: Lots(lots) };
        let taken = self.house.transact(|house| clearing::bid(house, env, message));
        if let (Ok(old), Ok((price, taken))) = (old, taken)
            && taken > Lots::ZERO
        {
            let new = self.health(seat);
            assert!(old.equity < old.liquidation_end, "L2: only an account that needs it");
            assert!(
                taken == Lots(1) || new.equity <= new.liquidation_end + self.one_lot(&before, instrument, price),
                "L2"
            );
            let running = self.house.auction(Seat(seat));
            let started = if running.started > Seconds::ZERO { running.started } else { auction.started };
            let late = self.now.since(started) >= DURATION;
            if old.equity > QuoteAtoms::ZERO {
                assert!(new.equity >= QuoteAtoms::ZERO, "L3: a takeover never bankrupts");
                let kept = new.equity.0 * old.maintenance.0 >= old.equity.0 * new.maintenance.0;
                assert!(late || kept, "L3: {old:?} {new:?}");
            }
        }
        taken
    }

    /// What one lot can change at most: its whole margin and its discount.
    fn one_lot(&mut self, before: &Account, instrument: Instrument, price: Ticks) -> QuoteAtoms {
        let mut smaller = *before;
        let position = smaller.position_mut(instrument).unwrap();
        let side = if position.net.0 > 0 { Side::Sell } else { Side::Buy };
        position.trade(side, Lots(1), price);
        let (one, all) =
            (margin::assess(&mut self.house, &smaller).unwrap(), margin::assess(&mut self.house, before).unwrap());
        let room = |health: &Health| (health.equity - health.liquidation_end).0;
        // Margin is convex, so that the first lot frees the most.
        QuoteAtoms((room(&one) - room(&all)).abs() + 2)
    }

    pub fn cover(&mut self, seat: u32) -> Result<u64> {
        self.cover_in(Seat(seat), self.near)
    }

    pub fn cover_in(&mut self, seat: Seat, instrument: Instrument) -> Result<u64> {
        let now = self.now;
        self.house.transact(|house| clearing::cover(house, now, seat, instrument))
    }

    pub fn write_off(&mut self, seat: u32, instrument: Instrument) -> Result<Points> {
        let now = self.now;
        self.house.transact(|house| clearing::write_off(house, now, Seat(seat), instrument))
    }

    /// Counts holders; returns how many are left.
    pub fn allocate(&mut self, instrument: Instrument, seats: &[u32]) -> Result<u32> {
        let seats = seats.iter().copied().map(Seat);
        self.house.transact(|house| clearing::allocate(house, instrument, seats))
    }

    pub fn bridge(&mut self, seat: u32, debt: Instrument, claim: Instrument) -> Result<u64> {
        let now = self.now;
        self.house.transact(|house| clearing::bridge(house, now, Seat(seat), debt, claim))
    }

    pub fn offset(&mut self, one: u32, other: u32, claim: Instrument, debt: Instrument) -> Result<u64> {
        self.offset_circle(&[(one, debt), (other, claim)])
    }

    pub fn offset_circle(&mut self, circle: &[(u32, Instrument)]) -> Result<u64> {
        let (now, circle) = (self.now, circle.iter().map(|(seat, month)| (Seat(*seat), *month)));
        self.house.transact(|house| clearing::offset(house, now, circle))
    }

    pub fn report_deficit(&mut self, seat: u32) -> Result<u64> {
        let now = self.now;
        self.house.transact(|house| clearing::report_deficit(house, now, Seat(seat)))
    }

    pub fn sweep_fees(&mut self, instrument: Instrument) -> Result<u64> {
        let now = self.now;
        self.house.transact(|house| clearing::sweep_fees(house, now, instrument))
    }

    pub fn transfer(&mut self, from: u32, to: u32, amount: u64) -> Result<u64> {
        let env = self.env(from);
        self.house.transact(|house| clearing::transfer(house, env, Seat(from), Seat(to), amount))
    }

    pub fn refresh_tier(&mut self, seat: u32) -> Result<u8> {
        let env = self.env(0);
        self.house.transact(|house| clearing::refresh_tier(house, env, Seat(seat)))
    }

    pub fn set_add_ons(&mut self, add_ons: AddOns) -> Result<()> {
        self.house.transact(|house| clearing::set_add_ons(house, TPI, add_ons))
    }

    pub fn health(&mut self, seat: u32) -> Health {
        let account = self.account(seat);
        margin::assess(&mut self.house, &account).unwrap()
    }

    /// Moves a month's mark, as a settlement would, without settling.
    pub fn set_mark(&mut self, instrument: Instrument, mark: u32) {
        let mut curve = self.house.curve(TPI).unwrap();
        curve.month_mut(instrument).unwrap().mark = Ticks(mark);
        self.house.set_curve(TPI, &curve);
    }

    /// Another account of an owner, with cash.
    pub fn open_sub(&mut self, seat: u32, sub: u8, cash: u64) -> Seat {
        let env = self.env(seat);
        let twin = clearing::open_account(&mut self.house, env, sub).unwrap();
        clearing::credit(&mut self.house, env.now, twin, cash).unwrap();
        twin
    }

    /// The final price of a month, after which its winners are waited for.
    pub fn finalise(&mut self, instrument: Instrument, price: u32) -> Result<Ticks> {
        let ended = self.end(instrument, price)?;
        self.now = self.now.later(OPENING_SECONDS);
        Ok(ended)
    }

    /// The final price of a month.
    pub fn end(&mut self, instrument: Instrument, price: u32) -> Result<Ticks> {
        let now = self.now;
        let index = Given { final_price: Some(price), ..Given::default() };
        self.house.transact(|house| clearing::finalise(house, &index, now, instrument))
    }

    pub fn account(&self, seat: u32) -> Account {
        *self.house.accounts().find(|(other, _)| other.0 == seat).unwrap().1
    }

    pub fn net(&self, seat: u32) -> i32 {
        self.account(seat).net(self.near).0
    }

    /// Open orders of the near month by price, best first: (price, seat, lots).
    pub fn resting(&mut self, side: Side) -> Vec<(u32, u32, u32)> {
        let mut orders: Vec<(u32, u32, u32)> = self
            .live_orders(self.near)
            .into_iter()
            .filter(|order| order.side == side)
            .map(|order| (order.price.0, order.seat.0, order.lots.0))
            .collect();
        orders.sort_by_key(|(price, _, _)| if side == Side::Sell { i64::from(*price) } else { -i64::from(*price) });
        orders
    }

    pub fn live_orders(&mut self, instrument: Instrument) -> Vec<Order> {
        let curve = self.house.curve(instrument.product()).unwrap();
        let epoch = curve.month(instrument).unwrap().epoch;
        let pages: Vec<Page> =
            self.house.pages().filter(|(other, _, _)| *other == instrument).map(|(_, _, page)| *page).collect();
        let mut live = Vec::new();
        for page in pages.iter().filter(|page| page.epoch == epoch) {
            for order in page.orders() {
                let owner = self.account(order.seat.0);
                let stands = owner.position(instrument).is_some_and(|position| {
                    position.epoch == epoch && position.has_orders() && order.number >= position.void_below
                });
                if stands {
                    live.push(*order);
                }
            }
        }
        live
    }

    /// Everything that must hold after every message.
    pub fn check(&mut self) {
        let books = clearing::books(&mut self.house);
        assert!(books.balanced, "{books:?}");
        assert_eq!(books.custody, books.trading + books.reserves);
        let cash: u64 = self.house.accounts().map(|(_, account)| account.cash).sum();
        assert_eq!(QuoteAtoms(cash.into()) + books.instruments, books.trading, "S1: cash and instruments add up");
        for instrument in [self.near, self.far] {
            self.check_instrument(instrument);
        }
    }

    fn check_instrument(&mut self, instrument: Instrument) {
        let market = self.house.market(instrument).unwrap();
        let curve = self.house.curve(TPI).unwrap();
        let epoch = curve.month(instrument).unwrap().epoch;
        assert!(market.pool >= Points::ZERO, "S3: winners are paid from what was collected");
        let (mut net, mut long, mut basis, mut holders) = (0_i64, 0_i64, Points::ZERO, 0);
        let mut open = [0_u16; 4];
        for (_, account) in self.house.accounts() {
            let Some(position) = account.position(instrument) else { continue };
            net += i64::from(position.net.0);
            long += i64::from(position.net.0.max(0));
            basis += position.basis;
            holders += u32::from(position.is_exposed());
            open[position.standing as usize] += 1;
        }
        assert_eq!(holders, market.holders, "A1: an allocation counts everyone who holds something");
        let counted = [market.defaults, market.held, market.behind];
        assert_eq!(open[1..], counted, "A6: a month waits for whom it has counted, and for no others");
        assert_eq!(net, 0, "S2: long lots are short lots");
        assert_eq!(long, i64::from(market.open_interest.0), "S2: open interest is what is held long");
        assert_eq!(basis + market.pool + market.deficit, Points::ZERO, "S2: variation is zero-sum");
        let orders = self.live_orders(instrument);
        for (seat, account) in self.house.accounts() {
            let Some(position) = account.position(instrument).filter(|position| position.epoch == epoch) else {
                assert!(orders.iter().all(|order| order.seat != seat));
                continue;
            };
            for (side, total) in [(Side::Buy, position.bids), (Side::Sell, position.asks)] {
                let mine = || orders.iter().filter(|order| order.seat == seat && order.side == side);
                assert_eq!(mine().map(|order| order.lots.0).sum::<u32>(), total.lots.0, "B2: totals are what rests");
                let value = mine().fold(Points::ZERO, |sum, order| sum + order.lots * order.price);
                assert_eq!(value, total.value, "B2: values too");
            }
        }
        let now = self.now;
        let best = |side| {
            let standing = move |order: &&Order| order.side == side && !order.expired(now);
            orders.iter().filter(standing).map(|order| order.price.0)
        };
        if let (Some(bid), Some(ask)) = (best(Side::Buy).max(), best(Side::Sell).min()) {
            assert!(bid < ask, "B1: the book is never crossed: {bid} {ask}");
        }
    }
}

/// Numbers below a bound, the same in every run of that number.
pub fn dice(run: u32) -> impl FnMut(u32) -> u32 {
    let mut dice = run.wrapping_mul(2_654_435_761) | 1;
    move |below| {
        dice ^= dice << 13;
        dice ^= dice >> 17;
        dice ^= dice << 5;
        dice % below
    }
}

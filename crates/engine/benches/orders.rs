//! Order operations of the engine on its native store, on one core.
//!
//! An operation is one order placed (resting or taking), one order cancelled, one level of a quote or one fill. The
//! books hold 10 to 100,000 orders, in eight months of one product, over the whole window of each book and with one
//! account for every 25 of them. Every figure is for whole messages: matching, margin of every account that trades,
//! journal and events included. Time is what the thread has run. At the end a table sets the figures against one
//! another.
//!
//! `scripts/bench engine` measures; `cargo test` runs each benchmark once, so that one that no longer runs fails there.

use criterion::{BenchmarkId, Criterion, Throughput};
use sit_engine::calendar::{self, Day};
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{
    self, Event, Instrument, Level, Listing, PAGE_TICKS, PAGES, Place, Policy, Quote, SCENARIOS, SHOCK_BYTES,
    SelfTrade, Terms,
};
use sit_engine::launch::{self, TPI};
use sit_engine::units::{Lots, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::Native;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

/// Monday 2026-11-23, 08:00 UTC.
const MONDAY: u32 = 1_795_420_800;
const MARK: u32 = 40_000;
const CASH: u64 = 1_000_000_000_000_000;
const RESTING: [u32; 5] = [10, 100, 1_000, 10_000, 100_000];
const SWEEPS: [u32; 6] = [1, 2, 5, 10, 20, 50];
/// Ticks next to the mark that the background orders leave to the operations.
const GAP: u32 = 160;
/// Ticks to each side of the mark that orders rest on: half the book's window, less the page that the mark is in.
const DEPTH: u32 = (PAGES / 2 - 1) * PAGE_TICKS;
/// Listed months. The pages of four would be full before they held 100,000 orders.
const MONTHS: u32 = 8;

/// Nanoseconds and operations by benchmark and number of resting orders.
type Table = RefCell<BTreeMap<(String, u32), Vec<f64>>>;

/// A repeatable stream of numbers: the benchmark needs no better one.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((self.0 >> 33) * u64::from(bound)) >> 31) as u32
    }
}

struct World {
    house: Native,
    months: [Instrument; MONTHS as usize],
    accounts: u32,
}

fn owner(seat: u32) -> Address {
    let mut address = [1; 20];
    address[..4].copy_from_slice(&seat.to_be_bytes());
    address
}

fn env(seat: u32) -> Env {
    Env { caller: owner(seat), now: Seconds(MONDAY) }
}

fn shocks() -> [u8; SHOCK_BYTES] {
    let mut bytes = [0; SHOCK_BYTES];
    for row in bytes.chunks_exact_mut(2 * SCENARIOS) {
        for (scenario, place) in (0_i16..).zip(row.chunks_exact_mut(2)) {
            place.copy_from_slice(&((scenario - 7) * 300 - 30).to_be_bytes());
        }
    }
    bytes
}

impl World {
    /// Books that hold `resting` orders; 64 more accounts for the operations.
    fn new(resting: u32) -> Self {
        let mut house = Native::new();
        let now = Seconds(MONDAY);
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
        clearing::start_product(&mut house, &Given::print(Day::of(now), MARK * 100), TPI).unwrap();
        let terms = Terms { position_limit: Lots(1_000_000), open_interest_cap: Lots(8_000_000), ..launch::TERMS };
        let days = calendar::listing(Day::of(now));
        let months = std::array::from_fn(|place| {
            let expiry = calendar::last_trading_time(days[place]);
            let (tick_value, mark) = (TickValue(1_000), Ticks(MARK));
            clearing::list(&mut house, now, Listing { product: TPI, expiry, tick_value, tick_size: 100, mark, terms })
                .unwrap()
        });
        let accounts = 64 + resting.div_ceil(25);
        for seat in 0..accounts {
            clearing::open_account(&mut house, env(seat), 0).unwrap();
            clearing::credit(&mut house, env(seat).now, Seat(seat), CASH).unwrap();
        }
        let mut world = Self { house, months, accounts };
        for number in 0..resting {
            // Owners and sides take turns; prices spread evenly over the ticks of the window.
            let owner = 64 + number % (accounts - 64);
            let side = side_of(number);
            let distance = GAP + (number / (2 * MONTHS)).wrapping_mul(2_654_435_761) % (DEPTH - GAP);
            let month = world.month(number / 2);
            world.place(owner, month, side, distance, Policy::Rest);
        }
        world
    }

    fn order(&self, seat: u32, instrument: Instrument, side: Side, distance: u32, policy: Policy) -> Place {
        let price = match side {
            Side::Buy => MARK - distance,
            Side::Sell => MARK + distance,
        };
        Place {
            seat: Seat(seat),
            instrument,
            side,
            price: Ticks(price),
            lots: Lots(1),
            policy,
            self_trade: SelfTrade::CancelTaker,
            reduce_only: false,
            expiry: Seconds::ZERO,
            number: 0,
        }
    }

    fn place(&mut self, seat: u32, instrument: Instrument, side: Side, distance: u32, policy: Policy) -> (Ticks, u32) {
        let order = self.order(seat, instrument, side, distance, policy);
        let placed = self.house.transact(|house| clearing::place(house, env(seat), order)).expect("an order");
        (placed.price, placed.number)
    }

    /// Trades `lots` through the book; returns the lots that were there.
    fn take(&mut self, seat: u32, instrument: Instrument, side: Side, lots: u32) -> u32 {
        let price = match side {
            Side::Buy => Ticks(MARK + GAP - 1),
            Side::Sell => Ticks(MARK - GAP + 1),
        };
        let order = self.order(seat, instrument, side, 0, Policy::ImmediateOrCancel);
        let order = Place { lots: Lots(lots), price, ..order };
        self.house.transact(|house| clearing::place(house, env(seat), order)).expect("a trade").filled.0
    }

    fn cancel(&mut self, seat: u32, instrument: Instrument, (price, number): (Ticks, u32)) {
        self.house
            .transact(|house| clearing::cancel(house, env(seat), Seat(seat), instrument, price, number))
            .expect("a resting order");
    }

    /// Ten levels on each side, around a mid that wanders by a few ticks.
    fn refresh(&mut self, seat: u32, instrument: Instrument, mid: u32) {
        let level = |price: u32| Level { price: Ticks(price), lots: Lots(5) };
        let bids: [Level; 10] = std::array::from_fn(|place| level(mid - 4 - 2 * place as u32));
        let asks: [Level; 10] = std::array::from_fn(|place| level(mid + 4 + 2 * place as u32));
        let quote = Quote { seat: Seat(seat), instrument, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
        self.house.transact(|house| clearing::quote(house, env(seat), quote)).expect("a quote");
    }

    fn month(&self, number: u32) -> Instrument {
        self.months[(number % MONTHS) as usize]
    }

    /// Events are emitted and dropped, as by a simulation that has read them.
    fn forget(&mut self) {
        self.house.events.clear();
    }
}

/// Time that this thread has run, so that whatever else the machine does is not counted.
fn clock() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live timespec, which is all that the call writes to.
    #[expect(unsafe_code, reason = "the standard library has no clock of a thread's own time")]
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(failed, 0, "the system has a clock for each thread");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = clock();
    work();
    clock() - start
}

/// Runs a benchmark: `batch` does some operations and returns their number and the time that they took.
fn measure(
    criterion: &mut Criterion,
    table: &Table,
    name: &str,
    resting: u32,
    mut batch: impl FnMut(&mut Numbers) -> (u32, Duration),
) {
    let mut numbers = Numbers(7);
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::from_parameter(resting), |bencher| {
        bencher.iter_custom(|wanted| {
            let (mut done, mut time) = (0_u64, Duration::ZERO);
            while done < wanted {
                let (operations, spent) = batch(&mut numbers);
                done += u64::from(operations);
                time += spent;
            }
            let each = time.as_secs_f64() / done as f64;
            if wanted > 1_000 {
                table.borrow_mut().entry((name.into(), resting)).or_default().push(each * 1e9);
            }
            Duration::from_secs_f64(each * wanted as f64)
        });
    });
    group.finish();
}

fn side_of(number: u32) -> Side {
    if number.is_multiple_of(2) { Side::Buy } else { Side::Sell }
}

/// Messages in a batch.
const BATCH: u32 = 100;

fn deep_book(criterion: &mut Criterion, table: &Table, resting: u32) {
    let mut world = World::new(resting);
    measure(criterion, table, "place and cancel", resting, |numbers| {
        world.forget();
        let spent = timed(|| {
            for _ in 0..BATCH {
                let (seat, month) = (numbers.below(world.accounts), world.month(numbers.below(MONTHS)));
                let (side, distance) = (side_of(numbers.below(2)), 1 + numbers.below(DEPTH - 1));
                let placed = world.place(seat, month, side, distance, Policy::Rest);
                world.cancel(seat, month, placed);
            }
        });
        (2 * BATCH, spent)
    });
    measure(criterion, table, "quote refresh, 10 + 10 levels", resting, |numbers| {
        world.forget();
        let spent = timed(|| {
            for _ in 0..BATCH {
                world.refresh(numbers.below(4), world.month(numbers.below(MONTHS)), MARK + numbers.below(5));
            }
        });
        (20 * BATCH, spent)
    });
    for (maker, month) in (0..4).flat_map(|maker| world.months.map(|month| (maker, month))) {
        world.house.transact(|house| clearing::cancel_all(house, env(maker), Seat(maker), month)).expect("no orders");
    }
    for makers in SWEEPS {
        let sweeps = (400 / makers).min(BATCH);
        let mut turn = 0;
        measure(criterion, table, &format!("sweep of {makers:2} makers"), resting, |_| {
            turn += 1;
            let (month, side) = (world.month(turn / 2), side_of(turn));
            for number in 0..sweeps * makers {
                world.place(4 + number % makers, month, side.opposite(), 1 + number * 3 / 8, Policy::Rest);
            }
            world.forget();
            let mut filled = 0;
            let spent = timed(|| {
                for _ in 0..sweeps {
                    filled += world.take(60, month, side, makers);
                }
            });
            assert_eq!(filled, sweeps * makers);
            (sweeps + filled, spent)
        });
    }
    mix(criterion, table, world, resting);
}

/// A day's traffic by messages: a tenth are refreshed quotes, a tenth takes, the rest places and cancels orders in the
/// depth.
fn mix(criterion: &mut Criterion, table: &Table, mut world: World, resting: u32) {
    let mut open: Vec<(u32, Instrument, (Ticks, u32))> = Vec::new();
    measure(criterion, table, "mix", resting, |numbers| {
        world.forget();
        let mut levels = 0;
        let mut others = 0;
        let spent = timed(|| {
            for _ in 0..BATCH {
                let (month, side) = (world.month(numbers.below(MONTHS)), side_of(numbers.below(2)));
                match numbers.below(20) {
                    0..=1 => {
                        world.refresh(numbers.below(4), month, MARK + numbers.below(5));
                        levels += 20;
                    }
                    2..=3 => {
                        world.take(60, month, side, 1 + numbers.below(20));
                        others += 1;
                    }
                    4..=11 if open.len() > 200 => {
                        let (seat, month, order) = open.swap_remove(numbers.below(open.len() as u32) as usize);
                        world.cancel(seat, month, order);
                        others += 1;
                    }
                    _ => {
                        let seat = 4 + numbers.below(world.accounts - 4);
                        let distance = GAP + numbers.below(DEPTH - GAP);
                        open.push((seat, month, world.place(seat, month, side, distance, Policy::Rest)));
                        others += 1;
                    }
                }
            }
        });
        let fills = world.house.events.iter().filter(|event| matches!(event, Event::Filled { .. })).count();
        (levels + others + fills as u32, spent)
    });
}

fn print(table: &Table) {
    let table = table.borrow();
    println!(
        "\n{:<32}{}   largest ratio",
        "ns an operation, resting orders:",
        RESTING.map(|n| format!("{n:>9}")).concat()
    );
    let mut names: Vec<&String> = table.keys().map(|(name, _)| name).collect();
    names.dedup();
    for name in names {
        let median = |resting| {
            let mut times = table.get(&(name.clone(), resting)).cloned().unwrap_or_default();
            times.sort_by(f64::total_cmp);
            times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
        };
        let times = RESTING.map(median);
        let ratio = times.iter().copied().fold(0.0, f64::max) / times[0];
        println!("{name:<32}{}{ratio:>15.2}x", times.map(|time| format!("{time:>9.0}")).concat());
    }
}

fn main() {
    let table = Table::default();
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for resting in RESTING {
        deep_book(&mut criterion, &table, resting);
    }
    // Nothing is timed when each benchmark runs once.
    if !table.borrow().is_empty() {
        print(&table);
    }
    criterion.final_summary();
}

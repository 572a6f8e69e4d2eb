//! Our simulator beside others: steps a second, and time to a given accuracy.
//!
//! All draw the same process, one mean-reverting factor with Gaussian jumps in daily steps over three months, and
//! estimate the same number, the futures price, whose exact value is known. `scripts/bench sim` runs this.

mod ours;
mod rustquant;
mod scalar;
mod stochastic;
mod workload;

use std::time::{Duration, Instant};

use comfy_table::Table;
use cpu_time::ProcessTime;
use sit_sim::path::{Estimate, Isa};
use workload::{STEPS, Workload};

/// Draws a number of paths of the workload and estimates its price.
type Draw = dyn Fn(&Workload, u64) -> Estimate + Sync;

/// One way to draw the paths.
struct Contender {
    name: String,
    scheme: &'static str,
    ours: bool,
    draw: Box<Draw>,
}

impl Contender {
    fn new(name: &str, scheme: &'static str, draw: impl Fn(&Workload, u64) -> Estimate + Sync + 'static) -> Self {
        Self { name: name.into(), scheme, ours: false, draw: Box::new(draw) }
    }

    fn ours(name: &str, scheme: &'static str, draw: impl Fn(&Workload, u64) -> Estimate + Sync + 'static) -> Self {
        Self { ours: true, ..Self::new(name, scheme, draw) }
    }
}

/// Repetitions of a timing, of which the fastest counts: what is slower was disturbed.
const ROUNDS: u32 = 9;

/// A timing lasts at least this long.
const LEAST: Duration = Duration::from_millis(100);

/// Relative standard error that the estimates are brought to.
const ACCURACY: f64 = 1e-4;

/// How much is drawn.
struct Effort {
    rounds: u32,
    least: Duration,
    accuracy: f64,
    /// The most paths of the table of memory, as a power of two.
    most: u32,
}

impl Effort {
    /// What figures are taken from.
    const FULL: Self = Self { rounds: ROUNDS, least: LEAST, accuracy: ACCURACY, most: 23 };

    /// Whether everything runs, and nothing about how fast.
    const ONCE: Self = Self { rounds: 1, least: Duration::ZERO, accuracy: 1e-2, most: 14 };
}

fn main() {
    let effort = match std::env::args().nth(1).as_deref() {
        None => Effort::FULL,
        Some("--once") => Effort::ONCE,
        Some(other) => panic!("sit-peers takes --once, not `{other}`"),
    };
    let workload = Workload::new();
    let contenders = contenders();
    println!("processor {}, {} threads, widest instruction set {}", processor(), threads(), Isa::widest().name());
    println!("one factor, Gaussian jumps, {STEPS} daily steps; exact futures price {:.15}\n", workload.futures);
    memory(&workload, &effort);
    speed(&workload, &contenders, &effort);
    accuracy(&workload, &contenders, &effort);
}

/// Most memory that the process has held, after ever more paths: first of all, while it has held nothing else.
fn memory(workload: &Workload, effort: &Effort) {
    let mut table = Table::new();
    table.set_header(["paths", "peak memory, MiB"]);
    for exponent in (14..=effort.most).step_by(3) {
        let paths = 1_u64 << exponent;
        with_threads(threads(), || ours::terminal(workload, Isa::widest(), paths));
        let peak = peak_kib().map_or("unknown".into(), |kib| format!("{:.1}", kib as f64 / 1024.0));
        table.add_row([paths.to_string(), peak]);
    }
    println!("sit-sim, all threads\n{table}\n");
}

/// The highest resident set so far, as Linux counts it.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn contenders() -> Vec<Contender> {
    let mut all: Vec<Contender> = Isa::available()
        .into_iter()
        .rev()
        .map(|isa| {
            let name = format!("sit-sim, {}", isa.name());
            Contender::ours(&name, "exact", move |workload, paths| ours::terminal(workload, isa, paths))
        })
        .collect();
    all.push(Contender::ours("sit-sim, without jumps", "exact", ours::without_jumps));
    all.push(Contender::ours("sit-sim, a price each day", "exact", ours::every_price));
    all.push(Contender::new("rand + rand_distr, xoshiro256++", "exact", scalar::fast));
    all.push(Contender::new("rand + rand_distr, StdRng", "exact", scalar::standard));
    all.push(Contender::new("rand + rand_distr, StdRng, Poisson by day", "exact", scalar::day_by_day));
    all.push(Contender::new("stochastic-rs Ou", "Euler, no jumps", stochastic::diffusion));
    all.push(Contender::new("stochastic-rs JumpFou, H = 1/2", "Euler", stochastic::jumps));
    all.extend([
        Contender::new("RustQuant OrnsteinUhlenbeck", "Euler, no jumps", rustquant::diffusion),
        Contender::new("RustQuant MertonJumpDiffusion", "Euler, no reversion", rustquant::jumps),
    ]);
    all
}

/// Steps a second of one processor, and of all by the clock on the wall.
fn speed(workload: &Workload, contenders: &[Contender], effort: &Effort) {
    let (one, all) = (one(workload, contenders, effort), all(workload, contenders, effort));
    let rates: Vec<[f64; 2]> = one.into_iter().zip(all).map(|(one, all)| [one, all]).collect();
    let fastest_peer = |column: usize| {
        let peers = contenders.iter().zip(&rates).filter(|(each, _)| !each.ours);
        peers.map(|(_, rates)| rates[column]).fold(0.0, f64::max)
    };
    let best = [fastest_peer(0), fastest_peer(1)];
    let mut table = Table::new();
    table.set_header([
        "",
        "scheme",
        "M steps/s of one processor",
        "to fastest peer",
        "M steps/s, all threads",
        "to fastest peer",
    ]);
    for (each, [one, all]) in contenders.iter().zip(&rates) {
        table.add_row([
            each.name.clone(),
            each.scheme.into(),
            format!("{:.1}", one / 1e6),
            format!("{:.2}", one / best[0]),
            format!("{:.1}", all / 1e6),
            format!("{:.2}", all / best[1]),
        ]);
    }
    println!("{table}\n");
}

/// Steps in a second of processor time, on one thread: what else the machine does hardly disturbs it.
fn one(workload: &Workload, contenders: &[Contender], effort: &Effort) -> Vec<f64> {
    with_threads(1, || {
        rates(contenders, effort, |contender, paths| {
            let start = ProcessTime::now();
            std::hint::black_box((contender.draw)(workload, paths));
            start.elapsed()
        })
    })
}

/// Steps in a second, on all threads.
fn all(workload: &Workload, contenders: &[Contender], effort: &Effort) -> Vec<f64> {
    with_threads(threads(), || {
        rates(contenders, effort, |contender, paths| {
            let start = Instant::now();
            std::hint::black_box((contender.draw)(workload, paths));
            start.elapsed()
        })
    })
}

/// Steps a second of each, the best of some rounds: all take turns, so that a slow minute of the machine is one for
/// all.
fn rates(contenders: &[Contender], effort: &Effort, time: impl Fn(&Contender, u64) -> Duration) -> Vec<f64> {
    let enough = |each: &Contender| {
        let mut paths = 1 << 14;
        while time(each, paths) < effort.least {
            paths *= 2;
        }
        paths
    };
    let paths: Vec<u64> = contenders.iter().map(enough).collect();
    let mut best = vec![Duration::MAX; contenders.len()];
    for _ in 0..effort.rounds {
        for ((best, each), paths) in best.iter_mut().zip(contenders).zip(&paths) {
            *best = time(each, *paths).min(*best);
        }
    }
    let steps = paths.iter().map(|paths| (paths * u64::from(STEPS)) as f64);
    steps.zip(best).map(|(steps, best)| steps / best.as_secs_f64()).collect()
}

/// Time to a standard error of so much of the price, on all threads, and how far the result is from the exact one.
fn accuracy(workload: &Workload, contenders: &[Contender], effort: &Effort) {
    let mut table = Table::new();
    table.set_header(["", "paths", "seconds", "futures price", "off by (standard errors)"]);
    let start = Instant::now();
    let futures = workload.model.futures_price(&workload.model.start(), 0.0, workload.years);
    table.add_row([
        "sit-sim, closed form".into(),
        "0".into(),
        seconds(start.elapsed()),
        format!("{futures:.9}"),
        "0".into(),
    ]);
    let relative = workload.sd / workload.futures / effort.accuracy;
    let paths = (relative * relative).ceil() as u64;
    let one = Contender::ours("sit-sim, one exact step", "exact", ours::one_step);
    for each in std::iter::once(&one).chain(contenders) {
        if each.name.contains("without jumps") || each.name.contains("portable") || each.scheme.contains("no ") {
            continue;
        }
        let start = Instant::now();
        let found = with_threads(threads(), || (each.draw)(workload, paths));
        let taken = start.elapsed();
        let expected = if each.name.contains("each day") { workload.average } else { workload.futures };
        table.add_row([
            each.name.clone(),
            paths.to_string(),
            seconds(taken),
            format!("{:.9}", found.mean()),
            format!("{:+.2}", (found.mean() - expected) / found.error()),
        ]);
    }
    println!("time to a standard error of {} of the price, all threads\n{table}", effort.accuracy);
}

fn seconds(duration: Duration) -> String {
    format!("{:.3e}", duration.as_secs_f64())
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be started").install(work)
}

/// The name that Linux gives the processor.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown").into()
}

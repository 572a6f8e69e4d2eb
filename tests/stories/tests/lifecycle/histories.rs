//! Small price histories of the shapes that people bring, made by rule: none of them is any market's record.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Numbers that look random and are the same everywhere: SplitMix64 (Steele, Lea, Flood 2014).
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal: the sum of twelve uniform numbers less six.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// A shape of history.
pub struct Shape {
    /// What to call it.
    pub name: &'static str,
    /// Price about which it moves, as it is written.
    price: f64,
    /// Standard deviation of a day's move.
    sigma: f64,
    /// Part of the distance from the price that a day takes back.
    reversion: f64,
    /// Trend of a day.
    trend: f64,
    /// Share of days with a jump, and the standard deviation of its size.
    jumps: (f64, f64),
    /// Whether Saturdays and Sundays have no price.
    weekdays: bool,
    /// Whether the exchange can list it.
    pub listed: bool,
}

/// The shapes of the audit: two of exchanges, a rental market, two unusual price levels, a price in another unit.
pub const SHAPES: [Shape; 6] = [
    shape("gas-like", 3.0, 0.035, 0.01, 0.0, (0.02, 0.25), true, true),
    shape("VIX-like", 17.0, 0.06, 0.08, 0.0, (0.03, 0.25), true, true),
    shape("GPU-rental-like", 2.4, 0.008, 0.0, -0.0007, (0.01, 0.12), false, true),
    shape("$60", 60.0, 0.03, 0.02, 0.0, (0.01, 0.2), false, true),
    shape("$1,000", 1_000.0, 0.03, 0.02, 0.0, (0.01, 0.2), false, true),
    shape("per token", 2.5e-6, 0.01, 0.01, -0.001, (0.01, 0.3), false, false),
];

#[expect(clippy::too_many_arguments, reason = "a row of the table above")]
const fn shape(
    name: &'static str,
    price: f64,
    sigma: f64,
    reversion: f64,
    trend: f64,
    jumps: (f64, f64),
    weekdays: bool,
    listed: bool,
) -> Shape {
    Shape { name, price, sigma, reversion, trend, jumps, weekdays, listed }
}

impl Shape {
    /// Writes a year of it into a folder, with the columns `date` and `price`.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let mut noise =
            Noise(self.name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into())));
        let mut csv = String::from("date,price\n");
        let (mut distance, mut level) = (0.0_f64, self.price.ln());
        for day in 0..365 {
            distance += -self.reversion * distance + self.sigma * noise.normal();
            if noise.uniform() < self.jumps.0 {
                distance += self.jumps.1 * noise.normal();
            }
            level += self.trend;
            // 2025-01-06 is a Monday.
            if self.weekdays && day % 7 >= 5 {
                continue;
            }
            let date = jiff::civil::date(2025, 1, 6) + jiff::Span::new().days(day);
            let price = (level + distance).exp();
            writeln!(csv, "{date},{price:.4e}").expect("a line is written");
        }
        let path = folder.join(format!("{}.csv", self.name));
        std::fs::write(&path, csv).expect("the history is written");
        path
    }
}

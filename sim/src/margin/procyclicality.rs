//! How much a margin rises when the market needs money most, with and without the tools against it.
//!
//! The raw margin follows a volatility: `raw_t = margin sigma_t / sigma`, sigma_t exponentially weighted with a memory
//! of `MEMORY`, sigma that of the whole history. The tools are the exchange's own:
//!
//! * floor: no less than at the volatility of the whole history (RTS 153/2013, article 28(1)(c))
//! * speed: a set rises by half and falls by a tenth at most, once a day (`governance::margin`)
//! * buffer: a quarter on top, used up by what a set rises and refilled by a twentieth a day (article 28(1)(a),
//!   `AddOns`)
//!
//! and the measures are peak over trough, the largest rise over 1, 5 and 20 days (Murphy, Vasios and Vause, Bank of
//! England FSP 29, 2014), and the response to a volatility that doubles for good (Gurrola-Perez and Murphy). What a
//! tool costs is in the last two columns: the mean charge and how often a day's move goes beyond it.

use serde::Serialize;

use crate::numeric::mean;

/// Weight of yesterday's variance.
const MEMORY: f64 = 0.97;

/// Most that a set rises and falls in a day, and the buffer with its daily refill.
const RISE: f64 = 1.5;
const FALL: f64 = 0.9;
const BUFFER: f64 = 0.25;
const REFILL: f64 = 0.05;

/// Days of calm before the volatility doubles, and after.
const CALM: usize = 500;
const AFTER: usize = 250;

/// Days for which rises and responses are given.
const SPANS: [usize; 3] = [1, 5, 20];

/// The tools that are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tools {
    /// Floor.
    pub floor: bool,
    /// Speed limit.
    pub speed: bool,
    /// Exhaustible buffer.
    pub buffer: bool,
}

/// The three measures for a choice of tools, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Procyclicality {
    /// Tools.
    pub tools: Tools,
    /// Highest margin over lowest.
    pub peak_to_trough: f64,
    /// Largest rise over 1, 5 and 20 days, as a share.
    pub largest_rise: [f64; 3],
    /// Rise 1, 5 and 20 days after the volatility has doubled, as a share.
    pub response: [f64; 3],
    /// The highest of that response.
    pub response_peak: f64,
    /// Mean margin charged.
    pub mean_charge: f64,
    /// Share of days whose move is larger than the margin of the day before.
    pub exceedances: f64,
}

/// Measures every choice of tools on a series of daily log returns. `margin` is that of the front month at the
/// volatility of the whole series, as a share of the price. `None` for a series without a move, or of less than a
/// month.
#[must_use]
pub fn measure(returns: &[f64], margin: f64) -> Option<Vec<Procyclicality>> {
    let squares: Vec<f64> = returns.iter().map(|value| value * value).collect();
    let variance = mean(&squares);
    if returns.len() < 30 || variance <= 0.0 {
        return None;
    }
    let off = Tools::default();
    let choices = [
        off,
        Tools { floor: true, ..off },
        Tools { speed: true, ..off },
        Tools { buffer: true, ..off },
        Tools { floor: true, speed: true, buffer: true },
    ];
    let sd = variance.sqrt();
    let steps: Vec<f64> = (0..CALM + AFTER).map(|day| if day < CALM { sd } else { 2.0 * sd }).collect();
    let each = choices.into_iter().map(|tools| {
        let charged = charge(returns, variance, margin, tools);
        let response = charge(&steps, variance, margin, tools);
        let before = response.get(CALM - 1).copied().unwrap_or(margin);
        let after = |days: usize| response.get(CALM - 1 + days).map_or(0.0, |value| value / before - 1.0);
        let highest = charged.iter().copied().fold(0.0, f64::max);
        let lowest = charged.iter().copied().fold(f64::INFINITY, f64::min);
        let beyond =
            charged.iter().zip(returns.iter().skip(1)).filter(|(charge, value)| value.exp_m1().abs() > **charge);
        Procyclicality {
            tools,
            peak_to_trough: highest / lowest,
            largest_rise: SPANS.map(|span| {
                let pairs = charged.iter().zip(charged.iter().skip(span));
                pairs.map(|(before, after)| after / before - 1.0).fold(0.0, f64::max)
            }),
            response: SPANS.map(after),
            response_peak: (1..=AFTER).map(after).fold(0.0, f64::max),
            mean_charge: mean(&charged),
            exceedances: beyond.count() as f64 / (returns.len() - 1) as f64,
        }
    });
    Some(each.collect())
}

/// The margin charged at the end of each day.
fn charge(returns: &[f64], variance: f64, margin: f64, tools: Tools) -> Vec<f64> {
    let (mut now, mut set, mut buffer) = (variance, margin, if tools.buffer { BUFFER } else { 0.0 });
    returns
        .iter()
        .map(|value| {
            now = MEMORY * now + (1.0 - MEMORY) * value * value;
            let raw = margin * (now / variance).sqrt();
            let floored = if tools.floor { raw.max(margin) } else { raw };
            let next = if tools.speed { floored.clamp(set * FALL, set * RISE) } else { floored };
            if tools.buffer {
                // What is charged stays where it was until the buffer is used up.
                buffer = ((1.0 + buffer) * set / next - 1.0).clamp(0.0, BUFFER);
                buffer = (buffer + REFILL).min(BUFFER);
            }
            set = next;
            set * (1.0 + buffer)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A calm year with a crash in its middle.
    fn crash() -> Vec<f64> {
        (0..400)
            .map(|day| {
                let size = if (200..210).contains(&day) { 0.12 } else { 0.01 };
                if day % 2 == 0 { size } else { -size }
            })
            .collect()
    }

    #[test]
    fn every_tool_lowers_what_it_is_for() {
        let rows = measure(&crash(), 0.2).unwrap();
        let [none, floor, speed, buffer, all] = rows.as_slice() else { panic!("five choices") };
        assert!(none.peak_to_trough > 2.0);
        assert!(floor.peak_to_trough < none.peak_to_trough);
        assert!(speed.largest_rise[0] <= 0.5 + 1e-12);
        assert!(buffer.largest_rise[0] < none.largest_rise[0]);
        assert!(all.peak_to_trough < none.peak_to_trough && all.mean_charge > none.mean_charge);
        assert!(all.response[0] <= none.response[0]);
    }

    #[test]
    fn a_volatility_that_doubles_doubles_the_raw_margin_in_the_end() {
        let rows = measure(&crash(), 0.2).unwrap();
        assert!((rows[0].response_peak - 1.0).abs() < 0.01, "{:?}", rows[0]);
        assert!(rows[0].response[0] < rows[0].response[1] && rows[0].response[1] < rows[0].response[2]);
    }

    #[test]
    fn a_price_that_never_moves_has_no_cycle() {
        assert_eq!(measure(&[0.0; 100], 0.2), None);
        assert_eq!(measure(&[0.1; 10], 0.2), None);
    }
}

//! What a month is worth: the index now, and a rule or a model for the months ahead.

use std::collections::BTreeMap;

use sit_client::{Client, Failure, Transport};
use sit_engine::calendar::Day;
use sit_engine::clearing::{Curve, Month};
use sit_engine::oracle::{self, Entry, IndexState, Reporters, Reporting, Setup, Store, publish, submit};
use sit_engine::{chain::Env, units::Seconds};
use sit_native::{NativeOracle, stored};
use sit_sim::{SECONDS_PER_YEAR, model::Model};

use crate::reporter::{Fetch, Known, Mapping, print_of, read_prices};

/// Where the fair curve comes from.
pub struct Fair {
    model: Option<Box<Model>>,
    live: Option<(Mapping, Box<dyn Fetch>)>,
    /// What was read last, and at which time of the chain.
    last: Option<(Seconds, f64)>,
    /// Sentences about sources that give nothing, for the log.
    pub trouble: Vec<String>,
}

/// Seconds for which a live index is not asked for again.
const ASKED: u32 = 60;

impl Fair {
    /// The settlement marks, which the engine sets from the index by its own rule: a month's basis fades with the days
    /// left. Between two settlements they move with the index in proportion.
    #[must_use]
    pub fn marks() -> Self {
        Self { model: None, live: None, last: None, trouble: Vec::new() }
    }

    /// The curve of a calibrated price process.
    #[must_use]
    pub fn model(model: Model) -> Self {
        Self { model: Some(Box::new(model)), ..Self::marks() }
    }

    /// With the index as it would be printed of the prices of a mapping file now, instead of the last print.
    #[must_use]
    pub fn live(mut self, mapping: Mapping, fetch: Box<dyn Fetch>) -> Self {
        self.live = Some((mapping, fetch));
        self
    }

    /// The index now, in quote atoms for a million tokens: of the live prices where there are any that are fit, else
    /// the newest print.
    ///
    /// # Errors
    /// [`Failure`] when the chain cannot be asked.
    pub fn index<T: Transport>(&mut self, client: &mut Client<T>, curve: &Curve, now: Seconds) -> Result<f64, Failure> {
        let print = f64::from(curve.index_price);
        let Some((mapping, fetch)) = &mut self.live else { return Ok(print) };
        if let Some((at, index)) = self.last.filter(|(at, _)| now < at.later(ASKED)) {
            let _ = at;
            return Ok(index);
        }
        let index = mapping.index;
        let Some(setup) = client.oracle_cell(&stored::setup(index))? else { return Ok(print) };
        let state: IndexState = client.oracle_cell(&stored::state(index))?.unwrap_or_default();
        let day = Day::of(now);
        // A jump is what a maker has to follow, and a price in another unit what it must not: against the last print.
        let known = Known { print: print_of(&state), ..Known::nothing(&setup, day, now) };
        let live = match read_prices(mapping, fetch.as_mut(), &known) {
            Ok(batch) => index_of(&setup, &state, &batch.entries, day).map_or(print, f64::from),
            Err(unusable) => {
                self.trouble.push(unusable.to_string());
                print
            }
        };
        self.last = Some((now, live));
        Ok(live)
    }

    /// What a month is worth at an index, in ticks.
    #[must_use]
    pub fn price(&self, curve: &Curve, month: &Month, index: f64, now: Seconds) -> f64 {
        let print = f64::from(curve.index_price.max(1));
        let mark = f64::from(month.mark.0);
        let Some(model) = &self.model else { return mark * index / print };
        let left = f64::from(month.expiry.since(now)) / SECONDS_PER_YEAR;
        let start = model.start();
        let ratio = model.futures_price(&start, 0.0, left) / model.spot(&start, 0.0);
        index * ratio / f64::from(month.tick_size.max(1))
    }
}

/// The level that an index would have of one batch, by its own rules, in quote atoms for a million tokens; `None` where
/// it would have none.
#[must_use]
pub fn index_of(setup: &Setup, state: &IndexState, batch: &[Entry], day: Day) -> Option<u32> {
    const INDEX: u16 = 0;
    let keccak = |bytes: &[u8]| alloy_core::primitives::keccak256(bytes).0;
    let mut trial = NativeOracle::new([0; 20], keccak);
    let open = Setup { reporting: Reporting::default(), ..*setup };
    trial.set_setup(INDEX, &open);
    trial.set_state(INDEX, &IndexState { link: state.link, ..IndexState::default() });
    let mut reporters = Reporters::default();
    let everybody: BTreeMap<u8, [u8; 20]> = (1..=setup.rules.min_reporters.max(3)).map(|n| (n, [n; 20])).collect();
    for reporter in everybody.values() {
        reporters.add(*reporter)?;
    }
    trial.set_reporters(INDEX, &reporters);
    let now = day.start().later(setup.rules.opens);
    for reporter in everybody.values() {
        submit(&mut trial, Env { caller: *reporter, now }, INDEX, day, batch.iter().copied()).ok()?;
    }
    publish(&mut trial, Env { caller: [9; 20], now }, INDEX, day).ok()?;
    let state = oracle::Store::state(&trial, INDEX);
    state.last.map(|print| print.price).or_else(|| state.pending.map(|pending| pending.price))
}

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
    /// When the live prices were asked for last, by the chain's time.
    asked: Option<Seconds>,
    /// The index of the live prices that were fit last, and when they were read.
    last: Option<(Seconds, f64)>,
    /// Why the live prices gave nothing when they were asked for last, a sentence.
    pub trouble: Option<String>,
}

/// Seconds for which live prices are not asked for again.
const ASKED: u32 = 60;

/// Seconds for which the last live prices hold while their source gives nothing that is fit.
pub const LIVE: u32 = 900;

impl Fair {
    /// The settlement marks, which the engine sets from the index by its own rule: a month's basis fades with the days
    /// left. Between two settlements they move with the index in proportion.
    #[must_use]
    pub fn marks() -> Self {
        Self { model: None, live: None, asked: None, last: None, trouble: None }
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

    /// The index now, in quote atoms for a million tokens: the newest print, or that of the live prices where they are
    /// asked for; `None` when those have given nothing that is fit for [`LIVE`] seconds. The print is no way out then:
    /// whoever quotes by live prices does so because it may be far from them, and would trade with everybody who knows.
    ///
    /// # Errors
    /// [`Failure`] when the chain cannot be asked.
    pub fn index<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        curve: &Curve,
        now: Seconds,
    ) -> Result<Option<f64>, Failure> {
        let Some((mapping, fetch)) = &mut self.live else { return Ok(Some(f64::from(curve.index_price))) };
        if self.asked.is_none_or(|asked| now >= asked.later(ASKED)) {
            let index = mapping.index;
            let setup: Option<Setup> = client.oracle_cell(&stored::setup(index))?;
            let state: IndexState = client.oracle_cell(&stored::state(index))?.unwrap_or_default();
            let day = Day::of(now);
            let read = setup.ok_or_else(|| format!("index {index} is not open")).and_then(|setup| {
                // A jump is what a maker has to follow, and a price in another unit what it must not: against the last
                // print.
                let known = Known { print: print_of(&state), ..Known::nothing(&setup, day, now) };
                let batch = read_prices(mapping, fetch.as_mut(), &known).map_err(|unusable| unusable.to_string())?;
                index_of(&setup, &state, &batch.entries, day)
                    .ok_or_else(|| "the index would print nothing of the live prices".to_owned())
            });
            self.asked = Some(now);
            match read {
                Ok(index) => (self.last, self.trouble) = (Some((now, index.into())), None),
                Err(why) => self.trouble = Some(why),
            }
        }
        Ok(self.last.filter(|(read, _)| now < read.later(LIVE)).map(|(_, index)| index))
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

//! One path: the model's price moves, the clock goes on, everybody acts.

use sit_engine::calendar::{self, Day};
use sit_engine::clearing::Store;
use sit_engine::units::Seconds;

use super::agent::{Agent, Desk, Moment};
use super::parameters::{Dollars, ParameterSet, Sizing};
use super::venue::{Sent, Tally, Venue};
use sit_sim::SECONDS_PER_YEAR;
use sit_sim::model::Model;
use sit_sim::path::{Key, Paths, ScheduledJump, Step, Stream, stream};

/// The first day of every market: Monday, 23 November 2026.
pub(crate) const FIRST_DAY: Day = Day(20_780);

/// Number of the first random stream of the market; agents have the ones after it.
const STREAMS: u64 = 0x4D41_524B;

/// Times after noon at which keepers and liquidators work, in seconds.
const WATCHES: [u32; 6] = [300, 600, 900, 1_200, 1_500, 1_800];

/// What a path needs.
#[derive(Clone, Debug)]
pub struct PathPlan<'a> {
    /// The price process.
    pub model: &'a Model,
    /// Risk parameters.
    pub set: &'a ParameterSet,
    /// The margin set's shocks as the contract takes them.
    pub shocks: &'a [u8],
    /// Hash of its certificate.
    pub certificate: [u8; 32],
    /// Seed of the random streams.
    pub seed: u64,
    /// Number of the path.
    pub path: u64,
    /// Days after the first.
    pub days: u32,
    /// Months that are listed.
    pub months: usize,
    /// Jumps at known days, at noon.
    pub jumps: &'a [ScheduledJump],
    /// Whether all messages are kept.
    pub recording: bool,
}

/// What became of a path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PathOutcome {
    /// Everything that was counted.
    pub tally: Tally,
    /// Most liquidations that began on one day.
    pub cascade: u32,
    /// Accounts that owe more than they have, at the end.
    pub bankrupt: u32,
    /// What the insurance fund paid, and what it still has to pay as far as it reaches, in quote atoms.
    pub fund_draw: i128,
    /// What winners have borne of it by allocation, and what they still have to bear beyond the fund, in quote atoms.
    pub haircut: i128,
    /// Profit of each agent that has wallets: its kind, quote atoms.
    pub profits: Vec<(&'static str, i128)>,
    /// Open interest at the end, lots of all months.
    pub open_interest: u64,
    /// Everything that was sent, if it was recorded.
    pub record: Vec<Sent>,
}

/// Runs a path with these participants. Also returns the venue at its end.
///
/// # Panics
/// When the books do not balance, or the exchange refuses to open: both are faults of the engine.
#[must_use]
pub fn run_path(plan: &PathPlan<'_>, agents: &mut [Box<dyn Agent>]) -> (PathOutcome, Venue) {
    let mut streams: Vec<Stream> =
        (1..=agents.len() as u64).map(|agent| stream(plan.seed, STREAMS + agent, plan.path)).collect();
    let state = plan.model.start();
    let sizing = Sizing::for_dollars(plan.model.spot(&state, 0.0));
    let noon = FIRST_DAY.start().later(Moment::Noon.seconds());
    let key = Key { seed: plan.seed, scenario: STREAMS, block: plan.path };
    let mut price = Price { model: plan.model, paths: Paths::new(plan.model, state, key, 1), noon, at: noon };
    let mut venue = Venue::new(FIRST_DAY.start(), sizing, plan.recording);
    let listed = calendar::listing(FIRST_DAY);
    venue.months = listed.iter().take(plan.months).map(|day| (Default::default(), *day)).collect();
    price.show(&mut venue);
    venue.months.clear();
    if let Err(refusal) = venue.open(plan.set, plan.shocks, plan.certificate, plan.months) {
        panic!("the exchange does not open: {}", refusal.name());
    }
    for (agent, rng) in agents.iter_mut().zip(&mut streams) {
        agent.join(&mut Desk { venue: &mut venue, rng, moment: Moment::Afternoon, day: 0 });
    }
    let mut cascade = 0;
    for day in 1..=plan.days {
        let before = venue.tally.liquidations;
        let today = Day(FIRST_DAY.0 + day);
        let early = [Moment::Morning, Moment::Noon];
        let late = [Moment::Afternoon, Moment::Evening];
        let moments = early.into_iter().chain(WATCHES.map(Moment::After)).chain(late);
        for moment in moments {
            venue.exchange.now = today.start().later(moment.seconds());
            if moment.is_trading() {
                price.advance_to(venue.exchange.now);
                if moment == Moment::Noon {
                    for jump in plan.jumps.iter().filter(|jump| jump.day == day) {
                        price.paths.shock(jump.target, jump.log_size);
                    }
                }
                price.show(&mut venue);
            }
            for (agent, rng) in agents.iter_mut().zip(&mut streams) {
                agent.act(&mut Desk { venue: &mut venue, rng, moment, day });
            }
        }
        if let Err(broken) = venue.exchange.audit_all() {
            panic!("on day {day} of path {}: {broken}", plan.path);
        }
        cascade = cascade.max(venue.tally.liquidations - before);
    }
    let outcome = judge(&mut venue, agents, cascade);
    (outcome, venue)
}

fn judge(venue: &mut Venue, agents: &[Box<dyn Agent>], cascade: u32) -> PathOutcome {
    let equities: Vec<i128> = venue.all_seats().into_iter().map(|seat| venue.equity(seat).0).collect();
    let deficit: i128 = equities.iter().filter(|equity| **equity < 0).map(|equity| -equity).sum();
    let fund = i128::from(venue.exchange.clearing.ledger().fund);
    let months = venue.months.clone();
    let open = |(instrument, _)| venue.exchange.clearing.market(instrument).map_or(0, |market| market.open_interest.0);
    let open_interest = months.into_iter().map(open).map(u64::from).sum();
    let profits = agents.iter().filter(|agent| !agent.wallets().is_empty());
    let profits: Vec<(&'static str, i128)> = profits
        .map(|agent| (agent.kind(), agent.wallets().into_iter().map(|wallet| venue.profit(wallet)).sum()))
        .collect();
    PathOutcome {
        tally: venue.tally,
        cascade,
        bankrupt: equities.iter().filter(|equity| **equity < 0).count() as u32,
        fund_draw: i128::from(venue.tally.fund_paid) + deficit.min(fund),
        haircut: i128::from(venue.tally.haircut) * i128::from(venue.sizing.tick_value.0) + (deficit - fund).max(0),
        profits,
        open_interest,
        record: venue.take_record(),
    }
}

/// The price of a path at a time.
struct Price<'m> {
    model: &'m Model,
    paths: Paths<'m>,
    noon: Seconds,
    at: Seconds,
}

impl Price<'_> {
    fn advance_to(&mut self, now: Seconds) {
        let step = Step::new(self.model, f64::from(now.since(self.at)) / SECONDS_PER_YEAR);
        self.paths.advance(&step);
        self.at = now;
    }

    /// Shows spot and fair prices to everybody.
    fn show(&self, venue: &mut Venue) {
        let state = self.paths.state(0);
        let t = f64::from(self.at.since(self.noon)) / SECONDS_PER_YEAR;
        venue.spot = self.model.spot(&state, t);
        let fair = |(_, day): &(_, Day)| {
            let left = calendar::last_trading_time(*day).since(self.at);
            self.model.futures_price(&state, t, f64::from(left) / SECONDS_PER_YEAR)
        };
        venue.fair = venue.months.iter().map(fair).collect::<Vec<f64>>();
    }
}

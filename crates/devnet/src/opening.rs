//! An exchange on a new chain: deployed and wired through governance, the index open with its first print, a margin set
//! certified and in force, ten months listed, the insurance fund endowed, genesis sealed.
//!
//! It is a list of steps, so that whoever asks the chain something meanwhile is answered between two of them.

use std::collections::VecDeque;

use sit_client::{
    Client, Failure, MarginProposal, Signer,
    deploy::{self, Authority, Plan},
};
use sit_engine::{
    calendar::{self, Day},
    clearing::{Listing, Purpose, WithdrawalLimits},
    launch::{self, DOLLAR, Sizing, TPI, TPI_INDEX},
    oracle::{Entry, LEAST_UNBONDING, Quote, Reporting, Rules},
    units::Seconds,
    vault::Limits,
};
use sit_market::{Dollars, VOLUMES};
use sit_native::{Contract, Message, TokenAmount};
use sit_sim::{
    DAYS_PER_YEAR,
    calibrate::calibrate,
    history::History,
    margin::{self, MarginRequest},
    model::Model,
};

use crate::{
    keyring::{Key, Role},
    rpc::Devnet,
    token::USDC_ADDRESS,
};

/// Paths of the margin simulation: enough for a chain to try things on. A product's set has 2^20.
const PATHS: u64 = 1 << 14;

/// Price of each provider against the index, in basis points: they differ, as prices do.
const SPREAD_BPS: [u64; VOLUMES.len()] = [10_000, 10_150, 9_900, 10_300, 9_700];

/// What is known of the exchange before its first message.
#[derive(Clone, Debug)]
pub struct Prospect {
    /// The price process.
    pub model: Model,
    /// Sizes of the contracts.
    pub sizing: Sizing,
    /// Last trading days of the months.
    pub months: Vec<Day>,
    /// The margin set with its certificate.
    margin: MarginProposal,
    /// The day on which the exchange opens, before the one on which it trades.
    day: Day,
    /// The day on which it trades.
    trades: Day,
    /// Whether reporters are bonded and commit to their batches before they open them.
    commitments: bool,
}

/// Terms of reporting on a chain whose reporters commit: until half an hour after the opening, under a bond.
const COMMITMENTS: Reporting = Reporting {
    commit_until: Rules::TPI.opens + 1_800,
    bond: 10_000 * DOLLAR,
    deviation_slash: 500 * DOLLAR,
    miss_slash: 100 * DOLLAR,
    reward: 20 * DOLLAR,
    dispute_bond: 5_000 * DOLLAR,
    unbonding: LEAST_UNBONDING,
};

impl Prospect {
    /// Calibrates the generated sample of prices and computes the margin set, for an exchange that trades from a time
    /// on.
    ///
    /// # Errors
    /// The simulator's, as a sentence; none for the sample.
    pub fn of(start: u64, seed: u64) -> Result<Self, String> {
        let start = Day::of(Seconds(u32::try_from(start).map_err(|_| "time ends in 2106".to_owned())?));
        let history = History::sample(1);
        let model = calibrate(&history).map_err(|error| error.to_string())?.model;
        let months = calendar::listing(start).to_vec();
        // A month on its last day has a day left.
        let tenor_days = months.iter().map(|month| month.0.saturating_sub(start.0).max(1)).collect();
        let request = MarginRequest { tenor_days, seed, paths: PATHS, ..MarginRequest::default() };
        let set = margin::compute(&model, &request, &|_| {}).map_err(|error| error.to_string())?;
        let certificate = margin::certificate(&set, &model, history.dataset_root());
        let margin = MarginProposal {
            product: TPI,
            maintenance_bps: launch::MAINTENANCE_BPS,
            liquidation_end_bps: launch::LIQUIDATION_END_BPS,
            shocks: set.shocks,
            certificate,
        };
        let sizing = Sizing::for_dollars(model.spot(&model.start(), 0.0));
        let day = Day(start.0.saturating_sub(1));
        Ok(Self { model, sizing, months, margin, day, trades: start, commitments: false })
    }

    /// The same with reporters who put up a bond and commit to their batches before anybody sees them.
    #[must_use]
    pub fn with_commitments(mut self) -> Self {
        self.commitments = true;
        self
    }

    /// When a chain begins whose exchange trades from a time on: at the hour at which the index opens, the day before.
    #[must_use]
    pub fn genesis_time(start: u64) -> u64 {
        Self::genesis_time_before(start, 1)
    }

    /// When a chain begins whose exchange opens so many days before it trades: at the hour at which the index opens.
    #[must_use]
    pub fn genesis_time_before(start: u64, days: u32) -> u64 {
        let day = Day::of(Seconds(u32::try_from(start).unwrap_or(u32::MAX)));
        u64::from(Day(day.0.saturating_sub(days)).start().later(Rules::TPI.opens).0)
    }

    /// The same exchange, opened so many days before it trades. The index is printed on each of them, at one price.
    #[must_use]
    pub fn opened_before(self, days: u32) -> Self {
        Self { day: Day((self.day.0 + 1).saturating_sub(days)), trades: Day(self.day.0 + 1), ..self }
    }

    /// The day on which the exchange opens, whose index is printed then.
    #[must_use]
    pub const fn opened(&self) -> Day {
        self.day
    }

    /// What the index is at the opening, in US dollars per million tokens.
    #[must_use]
    pub fn spot(&self) -> f64 {
        self.model.spot(&self.model.start(), 0.0)
    }
}

/// A step of the opening; it names others that come next.
type Step = Box<dyn FnOnce(&mut Devnet) -> Result<Next, Failure> + Send>;

/// Steps that come next.
#[derive(Default)]
struct Next(Vec<Step>);

/// What is left to do.
pub struct Opening {
    steps: VecDeque<Step>,
}

/// A step that nothing follows.
fn step(run: impl FnOnce(&mut Devnet) -> Result<(), Failure> + Send + 'static) -> Step {
    Box::new(move |chain| run(chain).map(|()| Next::default()))
}

/// A key of the chain by its role; the chain has one of each.
fn key(chain: &Devnet, role: Role) -> Key {
    // Only a role that `keyring::all` does not give could be missing.
    chain.keys.iter().find(|key| key.role == role).cloned().unwrap_or_else(|| Key::named(role.name(), role))
}

/// Runs something with a client of the chain, and keeps what it learnt of the deployment.
pub(crate) fn with_client<R>(
    chain: &mut Devnet,
    run: impl FnOnce(&mut Client<&mut Devnet>) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let deployment = std::mem::take(&mut chain.deployment);
    let mut client = Client::new(chain, deployment);
    let result = run(&mut client);
    let Client { transport, deployment } = client;
    transport.deployment = deployment;
    result
}

/// The governor proposes, approves and executes a message.
fn enacted(message: Message) -> Step {
    step(move |chain| {
        let governor = key(chain, Role::Governor);
        with_client(chain, |client| client.enact(&governor, &governor, &message))
    })
}

/// What a reporter sends who sees the index at a price in US dollars per million tokens.
#[must_use]
pub fn batch(dollars: f64) -> Vec<Entry> {
    let atoms = (dollars * 1e6).round().max(4.0) as u64;
    let entry = |(provider, (volume, spread)): (u8, (u64, u64))| {
        let blend = (atoms * spread / 10_000).clamp(4, 1_000_000_000);
        // Input at half the blend: (3 input + output) / 4 is the blend again.
        let input = (blend / 2).max(1);
        let output = (4 * blend - 3 * input).max(1);
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Entry { provider, quote: Quote { input: narrow(input), output: narrow(output), volume } }
    };
    (0..).zip(VOLUMES.into_iter().zip(SPREAD_BPS)).map(entry).collect()
}

/// All reporters submit a day's prices.
pub(crate) fn submit(chain: &mut Devnet, day: Day, dollars: f64) -> Result<(), Failure> {
    let reporters: Vec<Key> = chain.keys.iter().filter(|key| key.role == Role::Reporter).cloned().collect();
    with_client(chain, |client| {
        for reporter in &reporters {
            client.send(reporter, &Message::Submit { index: TPI_INDEX, day, batch: batch(dollars) })?;
        }
        Ok(())
    })
}

/// All reporters submit a day's prices, and the keeper publishes them.
fn report(chain: &mut Devnet, day: Day, dollars: f64) -> Result<(), Failure> {
    submit(chain, day, dollars)?;
    let keeper = key(chain, Role::Keeper);
    with_client(chain, |client| client.send(&keeper, &Message::Publish { index: TPI_INDEX, day }).map(|_| ()))
}

impl Opening {
    /// The steps that open an exchange on a new chain, whose time is the prospect's.
    #[must_use]
    pub fn of(prospect: Prospect) -> Self {
        let mut steps: VecDeque<Step> = VecDeque::new();
        let plan = |chain: &Devnet| Plan {
            token: USDC_ADDRESS.into_array(),
            authority: Authority::Contract {
                governor: key(chain, Role::Governor).address.0,
                guardian: key(chain, Role::Guardian).address.0,
                delays: launch::DELAYS,
            },
            programme: None,
        };
        for contract in Contract::ALL {
            steps.push_back(step(move |chain| {
                let (governor, plan) = (key(chain, Role::Governor), plan(chain));
                with_client(chain, |client| deploy::create_one(client, &governor, &plan, contract))
            }));
        }
        steps.push_back(Box::new(move |chain| {
            let wiring = deploy::wiring(&chain.deployment, &plan(chain))?;
            Ok(Next(wiring.into_iter().map(enacted).collect()))
        }));
        let (index, rules) = (TPI_INDEX, Rules::TPI);
        steps.push_back(enacted(Message::SetIndex { index, rules }));
        for (provider, _) in (0_u8..).zip(VOLUMES) {
            steps.push_back(enacted(Message::SetProvider { index, provider, score: rules.reference_score }));
        }
        steps.push_back(Box::new(move |chain| {
            let reporters = chain.keys.iter().filter(|key| key.role == Role::Reporter);
            Ok(Next(
                reporters
                    .map(|reporter| enacted(Message::AddReporter { index, reporter: reporter.address() }))
                    .collect(),
            ))
        }));
        let margin = prospect.margin.clone();
        steps.push_back(step(move |chain| {
            let governor = key(chain, Role::Governor);
            with_client(chain, |client| {
                let now = client.now()?;
                let (propose, calldata) = margin.proposing(&client.deployment, now)?;
                let id: u32 = client.send(&governor, &propose)?.answer()?;
                let approval = client.approval(id)?;
                client.send(&governor, &approval)?;
                client.send(&governor, &Message::Execute { id, call: calldata }).map(|_| ())
            })
        }));
        // The first print waits for its confirmation.
        let (day, spot) = (prospect.day, prospect.spot());
        steps.push_back(step(move |chain| report(chain, day, spot)));
        steps.push_back(step(move |chain| {
            chain.node.clock.set_next(u64::from(day.start().later(rules.opens + rules.confirm_delay).0) + 60);
            let keeper = key(chain, Role::Keeper);
            with_client(chain, |client| client.send(&keeper, &Message::Publish { index, day }).map(|_| ()))
        }));
        if prospect.commitments {
            steps.push_back(enacted(Message::ConnectToken { token: USDC_ADDRESS.into_array() }));
            steps.push_back(enacted(Message::SetReporting { index, terms: COMMITMENTS }));
            steps.push_back(step(move |chain| {
                let reporters = chain.keys.iter().filter(|key| key.role == Role::Reporter).cloned();
                let reporters: Vec<Key> = reporters.collect();
                let governor = key(chain, Role::Governor);
                with_client(chain, |client| {
                    let spender = client.address(Contract::Oracle)?;
                    let value = TokenAmount(u128::from(COMMITMENTS.bond));
                    for reporter in &reporters {
                        client.send(reporter, &Message::ApproveSpender { spender, value })?;
                        client.send(reporter, &Message::PostBond { index, amount: COMMITMENTS.bond })?;
                    }
                    client.send(&governor, &Message::ApproveSpender { spender, value })?;
                    client.send(&governor, &Message::Fund { index, amount: COMMITMENTS.bond }).map(|_| ())
                })
            }));
        }
        steps.push_back(enacted(Message::StartProduct { product: TPI }));
        steps.push_back(enacted(Message::SetFeeShares {
            fund_bps: launch::FUND_SHARE_BPS,
            incentive_bps: launch::INCENTIVE_SHARE_BPS,
        }));
        steps.push_back(enacted(Message::SetAddOns { product: TPI, add_ons: launch::ADD_ONS }));
        steps.push_back(enacted(Message::SetFundCap { bps: launch::FUND_CAP_BPS }));
        let WithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount } = launch::WITHDRAWAL_LIMITS;
        steps.push_back(enacted(Message::SetWithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount }));
        let Limits { hour, day: a_day } = launch::VAULT_LIMITS;
        steps.push_back(enacted(Message::SetLimits { hour, day: a_day }));
        for month in prospect.months.clone() {
            let years = f64::from(month.0.saturating_sub(prospect.day.0)) / DAYS_PER_YEAR;
            let fair = prospect.model.futures_price(&prospect.model.start(), 0.0, years);
            let listing = Listing {
                product: TPI,
                expiry: calendar::last_trading_time(month),
                tick_value: prospect.sizing.tick_value,
                tick_size: prospect.sizing.tick_size,
                mark: prospect.sizing.ticks(fair),
                terms: launch::TERMS,
            };
            steps.push_back(enacted(Message::List { listing }));
        }
        for (purpose, amount) in [(Purpose::Fund, launch::FUND), (Purpose::Incentives, launch::PROGRAMME)] {
            steps.push_back(step(move |chain| {
                let governor = key(chain, Role::Governor);
                with_client(chain, |client| {
                    let spender = client.address(Contract::Vault)?;
                    client.send(&governor, &Message::ApproveSpender { spender, value: TokenAmount(amount.into()) })?;
                    client.send(&governor, &Message::Endow { purpose, amount }).map(|_| ())
                })
            }));
        }
        for day in (prospect.day.0 + 1..prospect.trades.0).map(Day) {
            steps.push_back(step(move |chain| {
                chain.node.clock.set_next(u64::from(day.start().later(rules.opens).0) + 60);
                report(chain, day, spot)?;
                let keeper = key(chain, Role::Keeper);
                with_client(chain, |client| client.send(&keeper, &Message::SettleDay { product: TPI }).map(|_| ()))
            }));
        }
        steps.push_back(enacted(Message::SetBudget { amount: launch::WEEKLY_BUDGET }));
        steps.push_back(step(move |chain| {
            let governor = key(chain, Role::Governor);
            with_client(chain, |client| client.send(&governor, &Message::Seal {}).map(|_| ()))
        }));
        Self { steps }
    }

    /// Does the next step. Returns whether there was one.
    ///
    /// # Errors
    /// What the exchange or the chain refused: contracts that are not built, above all.
    pub fn advance(&mut self, chain: &mut Devnet) -> Result<bool, Failure> {
        let Some(step) = self.steps.pop_front() else { return Ok(false) };
        for next in step(chain)?.0.into_iter().rev() {
            self.steps.push_front(next);
        }
        Ok(true)
    }

    /// Does all that is left.
    ///
    /// # Errors
    /// As [`Opening::advance`].
    pub fn finish(mut self, chain: &mut Devnet) -> Result<(), Failure> {
        while self.advance(chain)? {}
        Ok(())
    }
}

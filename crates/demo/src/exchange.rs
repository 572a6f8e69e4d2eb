//! The contracts, deployed and wired on the embedded chain, and how people send them messages.
//!
//! Every message is a transaction of an honest block. After each the vault's books are audited on chain; a message that
//! leaves them unbalanced ends the story with an error.

use crate::client::Cells;
use crate::sizing::Sizing;
use anyhow::{Context, Result, bail, ensure};
use sit_devnet::{Account, Address, Artifact, CallError, Chain, Deployed, Receipt, Value, WhenFull, args};
use sit_engine::certificate::{SCENARIOS, SLOTS};
use sit_engine::clearing::{self, Curve, Market};
use sit_engine::governance::{Class, Delays};
use sit_engine::incentives::Parameters;
use sit_engine::launch::{self, LIQUIDATION_END_BPS, MAINTENANCE_BPS};
use sit_engine::oracle::Rules;
use sit_engine::units::Ticks;

/// Seconds between two blocks of the Hub, rounded up to whole seconds.
const BLOCK_SECONDS: u64 = 6;

/// The index and product of the stories: the token price index.
pub const TPI: u8 = launch::TPI.0;

/// Reporters of the index.
pub const REPORTERS: usize = 4;

/// Volume of each provider in millions of tokens a day: unequal, as volumes are, and one above the 30 % cap.
pub const VOLUMES: [u64; 5] = [40_000, 25_000, 15_000, 12_000, 8_000];

/// Price of each provider against the market, in basis points.
pub(crate) const PROVIDER_SPREAD_BPS: [u64; 5] = [10_000, 10_150, 9_900, 10_300, 9_700];

/// The clearing house's name in the registry of versions.
pub const CLEARING_NAME: [u8; 32] = sit_engine::governance::CLEARING;

/// An action of governance: state, class, target, payload hash, begin and end of its window, ready time, approvals.
type Action = (u8, u8, Address, [u8; 32], u32, u32, u32, u32);

/// The exchange and its chain.
pub struct Exchange {
    /// The chain.
    pub chain: Chain,
    /// Roles, timelock, margin sets.
    pub governance: Deployed,
    /// Custody.
    pub vault: Deployed,
    /// Accounts, book, margin, settlement.
    pub clearing: Deployed,
    /// What answers the clearing house's colder messages; nobody sends it any.
    pub back_office: Deployed,
    /// The price index.
    pub oracle: Deployed,
    /// What answers the oracle's colder messages; nobody sends it any.
    pub oracle_office: Deployed,
    /// Market makers' rewards.
    pub incentives: Deployed,
    /// Messages that the contracts executed since they were connected; before that there are no books to audit.
    pub messages: u64,
    /// Audits that balanced.
    pub audits: u64,
    governor: Account,
    /// Whether the contracts are connected and messages are audited.
    connected: bool,
}

impl Exchange {
    /// Deploys the contracts and connects them, at a time. Genesis of governance has begun.
    ///
    /// # Errors
    /// When a contract is not built, or the chain refuses.
    pub fn deploy(unix_seconds: u64) -> Result<Self> {
        Self::deploy_with(unix_seconds, |chain| Ok(chain.usdc()))
    }

    /// The same with another collateral token.
    ///
    /// # Errors
    /// As [`Exchange::deploy`], and those of `token`.
    pub fn deploy_with(unix_seconds: u64, token: impl FnOnce(&mut Chain) -> Result<Deployed>) -> Result<Self> {
        let mut chain = Chain::starting_at(unix_seconds);
        chain.when_full(WhenFull::Seal { seconds: BLOCK_SECONDS });
        let (deployer, governor, guardian) =
            (chain.account("deployer"), chain.account("governor"), chain.account("guardian"));
        let Delays { tighten, routine, loosen, critical } = launch::DELAYS;
        let delays = args![&governor, &guardian, tighten, routine, loosen, critical];
        let governance = chain.deploy(&deployer, &Artifact::load("governance")?, delays)?;
        let token = token(&mut chain)?;
        let vault = chain.deploy(&deployer, &Artifact::load("vault")?, args![&token, &governance])?;
        let back_office = chain.deploy(&deployer, &Artifact::load("clearing-office")?, args![])?;
        let clearing = chain.deploy(&deployer, &Artifact::load("clearing")?, args![&governance, &back_office])?;
        let oracle_office = chain.deploy(&deployer, &Artifact::load("oracle-office")?, args![])?;
        let oracle = chain.deploy(&deployer, &Artifact::load("oracle")?, args![&governance, &oracle_office])?;
        let incentives = chain.deploy(&deployer, &Artifact::load("incentives")?, args![&governance])?;
        let mut exchange = Self {
            chain,
            governance,
            vault,
            clearing,
            back_office,
            oracle,
            oracle_office,
            incentives,
            messages: 0,
            audits: 0,
            governor,
            connected: false,
        };
        exchange.connect()?;
        Ok(exchange)
    }

    fn connect(&mut self) -> Result<()> {
        let (vault, clearing, oracle, incentives) =
            (self.vault.clone(), self.clearing.clone(), self.oracle.clone(), self.incentives.clone());
        self.govern(&vault, "connect", args![&clearing])?;
        self.govern(&clearing, "connect", args![&vault, &oracle, &incentives])?;
        self.govern(&incentives, "connect", args![&clearing])?;
        let governance = self.governance.clone();
        self.govern(&governance, "register", args![CLEARING_NAME, &clearing])?;
        self.classify()?;
        self.connected = true;
        Ok(())
    }

    /// Registers the classes of the launch preset.
    fn classify(&mut self) -> Result<()> {
        let contracts = [&self.vault, &self.clearing, &self.oracle, &self.incentives].map(Deployed::clone);
        for contract in contracts {
            for class in [Class::Routine, Class::Tighten, Class::Loosen] {
                let registered =
                    launch::CLASSES.iter().filter(|(kind, of)| kind.contract() == contract.name && *of == class);
                let selectors: Vec<Value> =
                    registered.map(|(kind, _)| selector(&contract, kind.name())).collect::<Result<_>>()?;
                if !selectors.is_empty() {
                    let governance = self.governance.clone();
                    let call = args![&contract, Value::Array(selectors), class.number()];
                    self.govern(&governance, "set_classes", call)?;
                }
            }
        }
        Ok(())
    }

    /// Sends a message and audits the books.
    ///
    /// # Errors
    /// The contract's named refusal as [`CallError`], or books that do not balance.
    pub fn send(&mut self, from: &Account, to: &Deployed, message: &str, args: Vec<Value>) -> Result<Receipt> {
        let receipt = self.chain.call(from, to, message, args)?;
        if self.connected {
            self.messages += 1;
            self.audit(from).with_context(|| format!("after {}.{message}", to.name))?;
            self.audits += 1;
        }
        Ok(receipt)
    }

    /// Audits after each message, or not: while accounts move between two versions of the clearing house, neither alone has
    /// what the vault holds.
    pub fn auditing(&mut self, on: bool) {
        self.connected = on;
    }

    /// Sends a message that must be refused, and returns the error's name.
    ///
    /// # Errors
    /// When it is not refused.
    pub fn refuse(&mut self, from: &Account, to: &Deployed, message: &str, args: Vec<Value>) -> Result<String> {
        // In a block of its own: a full one would be sealed on the way, and that is a trace too.
        self.chain.seal_block(BLOCK_SECONDS);
        let before = self.chain.state_root();
        match self.chain.call(from, to, message, args) {
            Ok(_) => bail!("{}.{message} was accepted", to.name),
            Err(CallError::Reverted { revert, .. }) => {
                ensure!(self.chain.state_root() == before, "{}.{message} left a trace", to.name);
                Ok(revert.name)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Both sides of the vault's books; an error unless they balance.
    ///
    /// # Errors
    /// When they do not.
    pub fn audit(&mut self, anyone: &Account) -> Result<(u128, i128)> {
        let vault = self.vault.clone();
        let audit = self.chain.view(anyone, &vault, "audit", args![])?;
        let (balance, books, balanced): (u128, i128, bool) = audit.get(0)?;
        ensure!(balanced, "the books do not balance: the token holds {balance}, the books say {books}");
        Ok((balance, books))
    }

    /// Proposes, approves and executes an action of genesis, which waits for no delay.
    ///
    /// # Errors
    /// The refusal of any of the three.
    pub fn govern(&mut self, target: &Deployed, message: &str, arguments: Vec<Value>) -> Result<Receipt> {
        let (id, calldata) = self.queue(target, message, arguments)?;
        self.execute(id, calldata).with_context(|| format!("{}.{message} through governance", target.name))
    }

    /// Proposes and approves an action; returns its number and the calldata that execute it after its delay.
    ///
    /// # Errors
    /// The refusal of either.
    pub fn queue(&mut self, target: &Deployed, message: &str, arguments: Vec<Value>) -> Result<(u32, Vec<u8>)> {
        let calldata = target.calldata(message, &arguments)?;
        let (governance, governor) = (self.governance.clone(), self.governor.clone());
        let window = self.window();
        let proposal = args![target, Value::Bytes(calldata.clone()), window.0, window.1];
        let id: u32 = self.send(&governor, &governance, "propose", proposal)?.get(0)?;
        self.approve(id)?;
        Ok((id, calldata))
    }

    /// Proposes a certified margin set, and has it executed like any action.
    ///
    /// # Errors
    /// The refusal of any step.
    pub fn govern_margin(
        &mut self,
        set: &sit_sim::margin::MarginSet,
        certificate: &sit_sim::margin::Certificate,
    ) -> Result<Receipt> {
        self.govern_shocks(&set.shocks, certificate)
    }

    /// The same for shocks that come from nowhere but have a certificate.
    ///
    /// # Errors
    /// The refusal of any step.
    pub fn govern_shocks(
        &mut self,
        shocks: &[[i16; SCENARIOS]; SLOTS],
        certificate: &sit_sim::margin::Certificate,
    ) -> Result<Receipt> {
        let shocks: Vec<u8> = shocks.iter().flatten().flat_map(|shock| shock.to_be_bytes()).collect();
        let fields = Value::Tuple(args![
            certificate.dataset_root,
            certificate.simulator,
            certificate.seed,
            certificate.model_hash,
            certificate.confidence_ppm,
            certificate.horizon_seconds,
            certificate.parameter_hash,
        ]);
        let (governance, governor, clearing) = (self.governance.clone(), self.governor.clone(), self.clearing.clone());
        let window = self.window();
        let proposal = args![
            &clearing,
            TPI,
            MAINTENANCE_BPS,
            LIQUIDATION_END_BPS,
            Value::Bytes(shocks.clone()),
            fields,
            window.0,
            window.1,
        ];
        let id: u32 = self.send(&governor, &governance, "propose_margin_set", proposal)?.get(0)?;
        let hash = sit_sim::margin::certificate_hash(certificate);
        let call = args![TPI, MAINTENANCE_BPS, LIQUIDATION_END_BPS, Value::Bytes(shocks), hash];
        let calldata = clearing.calldata("set_risk", &call)?;
        self.approve(id)?;
        self.execute(id, calldata).context("the margin set through governance")
    }

    /// The council approves an action, by its payload hash.
    fn approve(&mut self, id: u32) -> Result<()> {
        let (governance, governor) = (self.governance.clone(), self.governor.clone());
        let action: Action = self.chain.view(&governor, &governance, "action", args![id])?.get(0)?;
        let (epoch, _, _): (u32, u8, Vec<Address>) =
            self.chain.view(&governor, &governance, "council", args![])?.get(0)?;
        self.send(&governor, &governance, "approve", args![id, action.3, epoch])?;
        Ok(())
    }

    /// Anyone executes an action whose delay is over.
    ///
    /// # Errors
    /// The refusal of governance or of the target.
    pub fn execute(&mut self, id: u32, calldata: Vec<u8>) -> Result<Receipt> {
        let (governance, anyone) = (self.governance.clone(), self.chain.account("executor"));
        self.send(&anyone, &governance, "execute", args![id, Value::Bytes(calldata)])
    }

    /// From now, for as long as any delay and a week.
    fn window(&self) -> (u64, u64) {
        (self.chain.now(), self.chain.now() + 30 * 86_400)
    }

    /// Opens the index: rules, providers, reporters.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn open_index(&mut self) -> Result<()> {
        let oracle = self.oracle.clone();
        let rules = Rules::TPI;
        self.govern(&oracle, "set_index", index_arguments(&rules))?;
        for provider in 0..VOLUMES.len() {
            self.govern(&oracle, "set_provider", args![TPI, provider as u64, rules.reference_score])?;
        }
        for reporter in self.reporters() {
            self.govern(&oracle, "add_reporter", args![TPI, &reporter])?;
        }
        Ok(())
    }

    /// The reporters of the index.
    pub fn reporters(&mut self) -> Vec<Account> {
        (1..=REPORTERS).map(|number| self.chain.account(&format!("reporter {number}"))).collect()
    }

    /// All reporters submit what they see when the market's price is `price` quote atoms per million tokens.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn submit_prices(&mut self, day: u32, price: u64) -> Result<()> {
        let oracle = self.oracle.clone();
        for (number, reporter) in self.reporters().into_iter().enumerate() {
            // The last reporter sees everything a little dearer: the median does not follow him.
            let seen = if number + 1 == REPORTERS { price * 101 / 100 } else { price };
            let batch: Vec<Value> = (0_u64..)
                .zip(VOLUMES.iter().zip(PROVIDER_SPREAD_BPS))
                .map(|(provider, (volume, spread))| {
                    let blend = seen * spread / 10_000;
                    // Input at half the blend, or nearer to it where the output would not fit into 32 bits; then
                    // (3 * input + output) / 4 is the blend again.
                    let input = (blend / 2).max((4 * blend).saturating_sub(u32::MAX.into()).div_ceil(3)).max(1);
                    let output = (4 * blend).saturating_sub(3 * input).max(1);
                    Value::Tuple(args![provider, input, output, *volume])
                })
                .collect();
            self.send(&reporter, &oracle, "submit", args![TPI, day, Value::Array(batch)])?;
        }
        Ok(())
    }

    /// Publishes a day; returns 0 invalid, 1 waits for confirmation, 2 published.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn publish(&mut self, day: u32) -> Result<u8> {
        let (oracle, keeper) = (self.oracle.clone(), self.chain.account("keeper"));
        Ok(self.send(&keeper, &oracle, "publish", args![TPI, day])?.get(0)?)
    }

    /// Lists a month by its first mark; returns the instrument.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn list(&mut self, expiry: u64, mark: u32, sizing: &Sizing) -> Result<u16> {
        let clearing = self.clearing.clone();
        let terms = Value::Tuple(args![
            sizing.terms.taker_fee_ppm,
            sizing.terms.maker_fee_ppm,
            sizing.terms.price_limit_bps,
            sizing.terms.position_limit.0,
            sizing.terms.open_interest_cap.0,
            sizing.terms.maker_spread_front_bps,
            sizing.terms.maker_spread_back_bps,
            sizing.terms.maker_lots.0,
        ]);
        let listing = Value::Tuple(args![TPI, expiry, sizing.tick_value, sizing.tick_size, mark, terms]);
        let before = self.curve()?.map_or(0, |curve| curve.next_serial);
        self.govern(&clearing, "list", args![listing])?;
        Ok(before)
    }

    /// The curve of the token price index.
    ///
    /// # Errors
    /// When the chain refuses the view.
    pub fn curve(&mut self) -> Result<Option<Curve>> {
        self.cell(b'C', TPI.into(), 0)
    }

    /// An instrument.
    ///
    /// # Errors
    /// When there is none.
    pub fn market(&mut self, instrument: u16) -> Result<Market> {
        self.cell(b'M', instrument.into(), 0)?.context("the instrument is listed")
    }

    /// An account.
    ///
    /// # Errors
    /// When there is none.
    pub fn account(&mut self, seat: u32) -> Result<clearing::Account> {
        self.cell(b'A', seat, 0)?.context("the seat is open")
    }

    /// The settlement mark of an instrument.
    ///
    /// # Errors
    /// When it is not in the curve.
    pub fn mark(&mut self, instrument: u16) -> Result<Ticks> {
        let curve = self.curve()?.context("the product has started")?;
        Ok(curve.month(clearing::Instrument(instrument)).context("the month is listed")?.settle)
    }
}

impl Cells for Exchange {
    fn bytes(&mut self, tag: u8, a: u32, b: u32) -> Result<Vec<u8>> {
        let (clearing, anyone) = (self.clearing.clone(), self.chain.account("executor"));
        Ok(self.chain.view(&anyone, &clearing, "cell", args![tag, a, b])?.get(0)?)
    }
}

/// The selector of a message, as an argument.
///
/// # Errors
/// When the contract has no such message.
pub fn selector(contract: &Deployed, message: &str) -> Result<Value> {
    let functions = contract.abi.function(message);
    let function = functions.and_then(|overloads| overloads.first());
    let function = function.with_context(|| format!("{} has no message {message}", contract.name))?;
    let mut word = [0; 32];
    word[..4].copy_from_slice(function.selector().as_slice());
    Ok(Value::FixedBytes(word.into(), 4))
}

/// The token price index by these rules, as the arguments of the oracle's `set_index`.
#[must_use]
pub fn index_arguments(rules: &Rules) -> Vec<Value> {
    let price = Value::Tuple(args![
        rules.blend_input,
        rules.blend_output,
        rules.reference_score,
        rules.cap_bps,
        rules.min_providers,
        rules.screen_mads,
        rules.screen_ratio,
        rules.max_dispersion,
    ]);
    let report = Value::Tuple(args![
        rules.min_reporters,
        rules.opens,
        rules.closes,
        rules.max_staleness,
        rules.confirm_above,
        rules.reject_above,
        rules.confirm_delay,
    ]);
    let settle = Value::Tuple(args![
        rules.window_days,
        rules.max_gaps,
        rules.lock_delay,
        rules.dispute_delay,
        rules.fallback_delay,
    ]);
    args![TPI, price, report, settle]
}

/// Parameters of the makers' programme as its contract takes them.
#[must_use]
pub fn maker_parameters(parameters: &Parameters) -> Value {
    let Parameters { target_depth, budget_step_bps, least_budget, most_budget, .. } = *parameters;
    Value::Tuple(args![
        parameters.capital,
        parameters.uptime_floor_bps,
        parameters.uptime_power,
        parameters.volume_quarters,
        parameters.volume_hours,
        parameters.volume_floor_bps,
        parameters.maker_cap_bps,
        parameters.notice_seconds,
        parameters.strikes,
        Value::Tuple(args![target_depth, budget_step_bps, least_budget, most_budget]),
    ])
}

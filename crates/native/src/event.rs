//! Events of the seven contracts: a struct each, and the form that all have in common, contract, name and fields by
//! name.
//!
//! ```
//! use sit_engine::units::Seat;
//! use sit_native::event::clearing::Deposited;
//! use sit_native::EmittedEvent;
//!
//! let told = EmittedEvent::from(Deposited { seat: Seat(7), amount: 5_000_000 });
//! assert_eq!((told.contract.name(), told.name), ("clearing", "Deposited"));
//! assert_eq!(told.get::<u64>("amount"), Some(5_000_000));
//! assert_eq!(told.read::<Deposited>().map(|deposited| deposited.seat), Some(Seat(7)));
//! ```

use super::answers::SettlementReceipt;
use super::argument::{Argument, AsArgument, Parameter, TokenAmount};
use super::contract::Contract;
use sit_engine::calendar::Day;
use sit_engine::chain::{Address, Hash};
use sit_engine::clearing::{Event, Instrument, Measure, Product, RemovalReason};
use sit_engine::governance::{Class, Role, Selector};
use sit_engine::incentives::{self as programme, Parameters};
use sit_engine::oracle::IndexId;
use sit_engine::oracle::validity::Validity;
use sit_engine::units::{Lots, Points, Seat, Seconds, Side, Ticks};
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

/// An event that one of the contracts emitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmittedEvent {
    /// In whose name it was emitted.
    pub contract: Contract,
    /// Its name.
    pub name: &'static str,
    /// Its fields by name, in the order of the ABI.
    pub fields: Vec<(&'static str, Argument)>,
}

impl EmittedEvent {
    /// A field by its name; `None` when there is none, or it is of another type.
    pub fn get<T: AsArgument>(&self, field: &str) -> Option<T> {
        let (_, value) = self.fields.iter().find(|(name, _)| *name == field)?;
        T::from_argument(value)
    }

    /// The event as its own type; `None` when it is another one.
    pub fn read<T: TypedEvent>(&self) -> Option<T> {
        if (self.contract, self.name) == (T::CONTRACT, T::NAME) { T::from_fields(&self.fields) } else { None }
    }
}

/// An event of the vocabulary.
pub trait TypedEvent: Sized {
    /// In whose name it is emitted.
    const CONTRACT: Contract;
    /// Its name.
    const NAME: &'static str;
    /// What it looks like in the ABI.
    fn schema() -> EventSchema;
    /// From its fields, in the order of the ABI; `None` when they are others.
    fn from_fields(fields: &[(&'static str, Argument)]) -> Option<Self>;
}

/// What an event looks like in the ABI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventSchema {
    /// In whose name it is emitted.
    pub contract: Contract,
    /// Its name.
    pub name: &'static str,
    /// Its fields.
    pub fields: Vec<EventField>,
}

/// A field of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventField {
    /// Its name.
    pub name: &'static str,
    /// Its type in Solidity.
    pub solidity: String,
    /// Whether it is a topic, by which logs can be searched.
    pub indexed: bool,
    /// The members of a struct; none for any other type.
    pub members: Vec<Parameter>,
}

impl EventSchema {
    /// Its Solidity signature, whose hash is the first topic.
    pub fn signature(&self) -> String {
        let types: Vec<&str> = self.fields.iter().map(|field| field.solidity.as_str()).collect();
        format!("{}({})", self.name, types.join(","))
    }
}

macro_rules! fields {
    ($($name:ident: $type:ty, $indexed:literal;)*) => {
        vec![$(EventField {
            name: <$type>::parameter(stringify!($name)),
            solidity: <$type>::solidity(),
            indexed: $indexed,
            members: <$type as AsArgument>::members(),
        }),*]
    };
}

/// Events by contract; the fields before the semicolon are topics.
macro_rules! events {
    ($($contract:ident in $module:ident {
        $($(#[$doc:meta])* $event:ident { $($topic:ident: $topic_type:ty),* ; $($field:ident: $type:ty),* })+
    })+) => {
        $(
            #[doc = concat!("Events of `", stringify!($module), "`.")]
            pub mod $module {
                use super::*;

                $(
                    $(#[$doc])*
                    #[derive(Clone, PartialEq, Eq, Debug)]
                    #[expect(missing_docs, reason = "the fields are described with the contract's event")]
                    pub struct $event {
                        $(pub $topic: $topic_type,)*
                        $(pub $field: $type,)*
                    }

                    impl TypedEvent for $event {
                        const CONTRACT: Contract = Contract::$contract;
                        const NAME: &'static str = stringify!($event);
                        fn schema() -> EventSchema {
                            EventSchema {
                                contract: Self::CONTRACT,
                                name: Self::NAME,
                                fields: fields! { $($topic: $topic_type, true;)* $($field: $type, false;)* },
                            }
                        }
                        fn from_fields(fields: &[(&'static str, Argument)]) -> Option<Self> {
                            let mut values = fields.iter().map(|(_, value)| value);
                            let read = Self {
                                $($topic: <$topic_type>::from_argument(values.next()?)?,)*
                                $($field: <$type>::from_argument(values.next()?)?,)*
                            };
                            values.next().is_none().then_some(read)
                        }
                    }

                    impl From<$event> for EmittedEvent {
                        fn from(event: $event) -> Self {
                            let _ = &event; // an event may have no fields
                            Self {
                                contract: Contract::$contract,
                                name: stringify!($event),
                                fields: vec![
                                    $((<$topic_type>::parameter(stringify!($topic)), event.$topic.to_argument()),)*
                                    $((<$type>::parameter(stringify!($field)), event.$field.to_argument()),)*
                                ],
                            }
                        }
                    }
                )+
            }
        )+

        /// Every event, as the ABI has it.
        pub fn schemas() -> Vec<EventSchema> {
            vec![$($($module::$event::schema()),+),+]
        }
    };
}

events! {
    Governance in governance {
        /// An action was proposed. Executing it needs this call, selector and arguments, again.
        Proposed {
            id: u32, target: Address;
            call: Vec<u8>, payload_hash: Hash, class: Class, not_before: Seconds, not_after: Seconds
        }
        /// A proposed action carries a margin set; the certificate as its canonical bytes.
        MarginSetProposed { id: u32; product: Product, certificate_hash: Hash, certificate: Vec<u8> }
        /// A member of the council approved an action.
        Approved { id: u32; member: Address }
        /// The last approval needed has come; the delay runs.
        Queued { id: u32; ready_at: Seconds }
        /// An action was executed.
        Executed { id: u32; }
        /// A margin set came into force.
        MarginSetAccepted { product: Product; sequence: u32, certificate_hash: Hash }
        /// The guardian executed a call that only tightens.
        Tightened { target: Address; call: Vec<u8> }
        /// The governor withdrew an action.
        Cancelled { id: u32; }
        /// The guardian vetoed an action.
        Vetoed { id: u32; }
        /// A successor was named for a role.
        Nominated { ; role: Role, nominee: Address }
        /// A role changed hands.
        RoleAccepted { ; role: Role, holder: Address }
        /// The council was replaced; approvals of the one before are void.
        CouncilChanged { ; epoch: u32, threshold: u8 }
        /// The delays were changed, in seconds.
        DelaysChanged { ; tighten: u32, routine: u32, loosen: u32, critical: u32 }
        /// The class of a message was registered.
        ClassChanged { target: Address; selector: Selector, class: Class }
        /// The rules of margin sets were changed.
        MarginRulesChanged { ; max_rise_bps: u16, max_fall_bps: u16, floor_bps: u16, interval: u32 }
        /// A name points to a new version.
        Registered { name: Hash; target: Address, version: u32 }
        /// Genesis is over.
        Sealed { ; deployer: Address }
    }
    Vault in vault {
        /// Collateral came in for an account.
        PaidIn { from: Address; amount: u64 }
        /// Collateral was paid out.
        PaidOut { to: Address; amount: u64 }
        /// Custody went to the next version of the clearing house.
        HandedOver { from: Address, to: Address; }
    }
    Clearing in clearing {
        /// An account was opened.
        Opened { owner: Address; seat: Seat, sub: u8 }
        /// Cash came in from the vault.
        Deposited { seat: Seat; amount: u64 }
        /// Cash went out to the owner.
        Withdrawn { seat: Seat; amount: u64 }
        /// Cash moved between two accounts of one owner.
        Transferred { from: Seat, to: Seat; amount: u64 }
        /// An account's fee tier changed.
        TierSet { seat: Seat; tier: u8 }
        /// A maker got part of the taker's fee of the `Filled` event before it.
        Rebated { seat: Seat, instrument: Instrument; amount: u64 }
        /// An account paid the fee of a final settlement.
        SettlementFee { seat: Seat, instrument: Instrument; amount: u64 }
        /// A month was listed.
        Listed { instrument: Instrument; expiry: Seconds, mark: Ticks }
        /// A margin set came into force.
        RiskSet { product: Product; }
        /// An order rests.
        Placed { seat: Seat, instrument: Instrument; number: u32, side: Side, price: Ticks, lots: Lots }
        /// A resting order, or part of it, went: 0 cancelled, 1 expired, 2 self-trade, 3 margin, 4 nothing to reduce, 5
        /// evicted from a full page, 6 outside the day's limits.
        Removed { seat: Seat, instrument: Instrument; number: u32, lots: Lots, reason: RemovalReason }
        /// All orders of an account in an instrument went.
        RemovedAll { seat: Seat, instrument: Instrument; }
        /// A trade; `buy` is the side that took.
        Filled {
            instrument: Instrument, taker: Seat, maker: Seat;
            side: Side, number: u32, price: Ticks, lots: Lots, taker_fee: u64, maker_fee: u64
        }
        /// A trade at a price limit halted an instrument.
        Halted { instrument: Instrument; until: Seconds }
        /// A product's holidays changed.
        HolidaysSet { product: Product; }
        /// A stop or take-profit order was set, or removed when it has no lots.
        TriggerSet { seat: Seat, instrument: Instrument; slot: u8, price: Ticks, lots: Lots }
        /// A stop or take-profit order was executed for a fee; `left` lots wait on.
        Triggered { seat: Seat, keeper: Seat; slot: u8, fee: u64, left: Lots }
        /// The scope of a delegate was set; a delegate whose time is over is dismissed.
        DelegateSet { seat: Seat, delegate: Address; max_lots: Lots, expiry: Seconds }
        /// The guard that keeps new risk out of a product changed: paused scopes (1 trading, 2 liquidation, 4
        /// settlement), doubt about the index (0 valid, 1 needs confirmation, 2 invalid, 3 a print that a pause kept
        /// back is not settled), and whether the backtest has failed.
        Guarded { product: Product; paused: u8, doubt: u8, red: bool }
        /// A day went into the backtest of the margin set: exceedances by class and side, grade (0 green, 1 yellow, 2
        /// red) and the surcharge on every shock in basis points.
        Backtested { product: Product; exceeded: u8, grade: u8, surcharge_bps: u16 }
        /// A month got its settlement mark. A new epoch voids every older order.
        MarkSet { instrument: Instrument; round: u16, mark: Ticks, epoch: u16 }
        /// Variation of a position was paid, in points; what stays unpaid is owed to the account (or by it, negative).
        Settled { seat: Seat, instrument: Instrument; paid: Points, unpaid: Points }
        /// An account fell below its initial margin.
        MarginCall { seat: Seat; shortfall: u64 }
        /// An account fell below its maintenance margin and is offered to liquidators.
        LiquidationStarted { seat: Seat; }
        /// Part of a liquidated position was taken over; `buy` is the side of the liquidated account.
        Liquidated { seat: Seat, liquidator: Seat, instrument: Instrument; side: Side, price: Ticks, lots: Lots }
        /// An account's liquidation ended.
        LiquidationEnded { seat: Seat; }
        /// The insurance fund paid a bankrupt account's loss.
        Covered { seat: Seat, instrument: Instrument; amount: u64 }
        /// What an account under liquidation owes beyond all that it has changed.
        DeficitReported { seat: Seat; deficit: u64 }
        /// The insurance fund paid an account's debt in one instrument for points that it is owed in another.
        Bridged { seat: Seat, debt: Instrument, claim: Instrument; amount: u64, bought: Points }
        /// An account of a circle gave up what it owed in `debt` for what it was owed in `claim`.
        Offset { seat: Seat, debt: Instrument, claim: Instrument; amount: u64 }
        /// The treasury's money went to the market-maker programme. The topic is the amount.
        ProgrammeFunded { amount: u64; }
        /// The protocol's own money left. The topic is the amount.
        TreasuryPaid { amount: u64; }
        /// A bankrupt account's debt, in points, became the instrument's loss.
        WrittenOff { seat: Seat, instrument: Instrument; points: Points }
        /// An instrument's loss is being allocated: it is closed until all holders are counted.
        AllocationStarted { instrument: Instrument; deficit: Points, mark: Ticks }
        /// All holders are counted: each bears deficit / profit of their unsettled profit.
        AllocationFixed { instrument: Instrument; deficit: Points, profit: Points }
        /// An account bore its part of an allocated loss, in points.
        Haircut { seat: Seat, instrument: Instrument; lost: Points }
        /// The final price of an instrument is set.
        Finalised { instrument: Instrument; price: Ticks }
        /// Fees were distributed.
        FeesSwept { instrument: Instrument; fund: u64, incentives: u64, treasury: u64 }
        /// An account became a designated maker, or stopped being one.
        MakerSet { seat: Seat; maker: bool }
        /// A market maker's reward was paid.
        Rewarded { seat: Seat; amount: u64 }
    }
    Oracle in oracle {
        /// An index was opened, or its rules were changed; the rules as the bytes of their cell.
        IndexSet { index: IndexId; rules: Vec<u8> }
        /// The terms of reporting of an index were set, as the bytes of their cell.
        ReportingSet { index: IndexId; terms: Vec<u8> }
        /// Money of an index moved: 0 bond posted, 1 bond slashed, 2 due of one who left slashed, 3 pot funded, 4
        /// collected. `who` is zero where the place names them, and the place is 255 where they have none; quote atoms.
        StakeMoved { index: IndexId; kind: u8, place: u8, who: Address, amount: u64 }
        /// A reporter committed to a batch of a day.
        Committed { index: IndexId, day: Day; place: u8, commitment: Hash }
        /// The quality score of a provider was set, zero takes it out; computed from day `from` on.
        ProviderSet { index: IndexId, provider: u8; score: u16, from: Day }
        /// A reporter was registered at a place.
        ReporterAdded { index: IndexId, reporter: Address; place: u8 }
        /// A reporter was removed.
        ReporterRemoved { index: IndexId, reporter: Address; }
        /// A reporter submitted a batch of a day, as the bytes of its cell.
        Submitted { index: IndexId, day: Day; place: u8, batch: Vec<u8> }
        /// A day was computed; `link` in 10^-9.
        Computed {
            index: IndexId, day: Day;
            validity: Validity, price: u32, link: u64, reporters: u16, providers: u16
        }
        /// The print of a day stands.
        Printed { index: IndexId, day: Day; price: u32, sequence: u32 }
        /// A new version of the basket came into force; `link` in 10^-9.
        Linked { index: IndexId; day: Day, version: u16, link: u64 }
        /// The final settlement of an expiry was proposed, disputed, resolved or made final.
        SettlementChanged { index: IndexId, expiry: Day; settlement: SettlementReceipt }
    }
    Incentives in incentives {
        /// The contract is connected to clearing.
        Connected { ; clearing: Address }
        /// The parameters of the programme changed.
        ParametersChanged { ; parameters: Parameters }
        /// The budget changed, from an epoch on.
        BudgetChanged { ; amount: u64, from_epoch: u32 }
        /// A seat's owner asks for designation.
        Applied { seat: Seat; }
        /// Governance designated a maker.
        Designated { seat: Seat; }
        /// A maker lacks capital: suspended by whoever asks for it at this time, if it is still missing.
        CapitalShort { seat: Seat; cure_until: Seconds }
        /// A maker has lacked capital for an hour: not paid until they resume.
        Suspended { seat: Seat; }
        /// A suspended maker has the required capital again.
        Resumed { seat: Seat; }
        /// A maker gave notice.
        Leaving { seat: Seat; leaves_at: Seconds }
        /// A designation or an application ended; what was not yet due went back to the pool.
        Ended { seat: Seat; forfeited: u64 }
        /// The closing of an epoch began.
        ClosingBegan { epoch: u32; budget: u64 }
        /// A maker's week was read.
        Scored { epoch: u32, seat: Seat; score: u64, counted: u64, uptime: u32, due: u32, volume: u32 }
        /// A maker's share of the week.
        Rewarded { epoch: u32, seat: Seat; adjusted: u64, amount: u64 }
        /// An epoch is closed.
        Closed { epoch: u32; volume: u64, total: u128, rewarded: u64 }
        /// A maker claimed what is due.
        Claimed { seat: Seat; amount: u64 }
    }
    Token in token {
        /// Tokens went from one address to another.
        Transfer { from: Address, to: Address; value: TokenAmount }
        /// An owner approved an address to take tokens.
        Approval { owner: Address, spender: Address; value: TokenAmount }
    }
}

impl From<&Event> for EmittedEvent {
    /// As the clearing house emits it.
    fn from(event: &Event) -> Self {
        match *event {
            Event::Opened { seat, owner, sub } => clearing::Opened { owner, seat, sub }.into(),
            Event::Deposited { seat, amount } => clearing::Deposited { seat, amount }.into(),
            Event::Withdrawn { seat, amount } => clearing::Withdrawn { seat, amount }.into(),
            Event::Listed { instrument, expiry, mark } => clearing::Listed { instrument, expiry, mark }.into(),
            Event::RiskSet { product } => clearing::RiskSet { product }.into(),
            Event::Placed { seat, instrument, number, side, price, lots } => {
                clearing::Placed { seat, instrument, number, side, price, lots }.into()
            }
            Event::Removed { seat, instrument, number, lots, reason } => {
                clearing::Removed { seat, instrument, number, lots, reason }.into()
            }
            Event::RemovedAll { seat, instrument } => clearing::RemovedAll { seat, instrument }.into(),
            Event::Filled { instrument, taker, side, maker, number, price, lots, taker_fee, maker_fee } => {
                clearing::Filled { instrument, taker, maker, side, number, price, lots, taker_fee, maker_fee }.into()
            }
            Event::Halted { instrument, until } => clearing::Halted { instrument, until }.into(),
            Event::HolidaysSet { product } => clearing::HolidaysSet { product }.into(),
            Event::TriggerSet { seat, slot, instrument, price, lots } => {
                clearing::TriggerSet { seat, instrument, slot, price, lots }.into()
            }
            Event::Triggered { seat, slot, keeper, fee, left } => {
                clearing::Triggered { seat, keeper, slot, fee, left }.into()
            }
            Event::DelegateSet { seat, delegate, max_lots, expiry } => {
                clearing::DelegateSet { seat, delegate, max_lots, expiry }.into()
            }
            Event::MarkSet { instrument, round, mark, epoch } => {
                clearing::MarkSet { instrument, round, mark, epoch }.into()
            }
            Event::Settled { seat, instrument, paid, unpaid } => {
                clearing::Settled { seat, instrument, paid, unpaid }.into()
            }
            Event::MarginCall { seat, shortfall } => clearing::MarginCall { seat, shortfall }.into(),
            Event::LiquidationStarted { seat } => clearing::LiquidationStarted { seat }.into(),
            Event::Liquidated { seat, liquidator, instrument, side, price, lots } => {
                clearing::Liquidated { seat, liquidator, instrument, side, price, lots }.into()
            }
            Event::LiquidationEnded { seat } => clearing::LiquidationEnded { seat }.into(),
            Event::Covered { seat, instrument, amount } => clearing::Covered { seat, instrument, amount }.into(),
            Event::Transferred { from, to, amount } => clearing::Transferred { from, to, amount }.into(),
            Event::TierSet { seat, tier } => clearing::TierSet { seat, tier }.into(),
            Event::Rebated { seat, instrument, amount } => clearing::Rebated { seat, instrument, amount }.into(),
            Event::SettlementFee { seat, instrument, amount } => {
                clearing::SettlementFee { seat, instrument, amount }.into()
            }
            Event::DeficitReported { seat, deficit } => clearing::DeficitReported { seat, deficit }.into(),
            Event::Bridged { seat, debt, claim, amount, bought } => {
                clearing::Bridged { seat, debt, claim, amount, bought }.into()
            }
            Event::Offset { seat, debt, claim, amount } => clearing::Offset { seat, debt, claim, amount }.into(),
            Event::ProgrammeFunded { amount } => clearing::ProgrammeFunded { amount }.into(),
            Event::TreasuryPaid { amount } => clearing::TreasuryPaid { amount }.into(),
            Event::WrittenOff { seat, instrument, points } => clearing::WrittenOff { seat, instrument, points }.into(),
            Event::AllocationStarted { instrument, deficit, mark } => {
                clearing::AllocationStarted { instrument, deficit, mark }.into()
            }
            Event::AllocationFixed { instrument, deficit, profit } => {
                clearing::AllocationFixed { instrument, deficit, profit }.into()
            }
            Event::Haircut { seat, instrument, lost } => clearing::Haircut { seat, instrument, lost }.into(),
            Event::Guarded { product, guard } => {
                let (paused, doubt, red) = (guard.paused, guard.doubt, guard.red);
                clearing::Guarded { product, paused, doubt, red }.into()
            }
            Event::Backtested { product, exceeded, grade, surcharge_bps } => {
                clearing::Backtested { product, exceeded, grade, surcharge_bps }.into()
            }
            Event::Finalised { instrument, price } => clearing::Finalised { instrument, price }.into(),
            Event::FeesSwept { instrument, fund, incentives, treasury } => {
                clearing::FeesSwept { instrument, fund, incentives, treasury }.into()
            }
            Event::MakerSet { seat, maker } => clearing::MakerSet { seat, maker }.into(),
            Event::Rewarded { seat, amount } => clearing::Rewarded { seat, amount }.into(),
        }
    }
}

impl From<&programme::Event> for EmittedEvent {
    /// As the makers' programme emits it.
    fn from(event: &programme::Event) -> Self {
        use programme::Event;
        match *event {
            Event::Connected { clearing } => incentives::Connected { clearing }.into(),
            Event::ParametersChanged { parameters } => incentives::ParametersChanged { parameters }.into(),
            Event::BudgetChanged { amount, from_epoch } => incentives::BudgetChanged { amount, from_epoch }.into(),
            Event::Applied { seat } => incentives::Applied { seat: Seat(seat) }.into(),
            Event::Designated { seat } => incentives::Designated { seat: Seat(seat) }.into(),
            Event::CapitalShort { seat, cure_until } => {
                incentives::CapitalShort { seat: Seat(seat), cure_until }.into()
            }
            Event::Suspended { seat } => incentives::Suspended { seat: Seat(seat) }.into(),
            Event::Resumed { seat } => incentives::Resumed { seat: Seat(seat) }.into(),
            Event::Leaving { seat, leaves_at } => incentives::Leaving { seat: Seat(seat), leaves_at }.into(),
            Event::Ended { seat, forfeited } => incentives::Ended { seat: Seat(seat), forfeited }.into(),
            Event::ClosingBegan { epoch, budget } => incentives::ClosingBegan { epoch, budget }.into(),
            Event::Scored { epoch, seat, measure } => {
                let Measure { score, counted, uptime, due, volume } = measure;
                incentives::Scored { epoch, seat: Seat(seat), score, counted, uptime, due, volume }.into()
            }
            Event::Rewarded { epoch, seat, adjusted, amount } => {
                incentives::Rewarded { epoch, seat: Seat(seat), adjusted, amount }.into()
            }
            Event::Closed { epoch, volume, total, rewarded } => {
                incentives::Closed { epoch, volume, total, rewarded }.into()
            }
            Event::Claimed { seat, amount } => incentives::Claimed { seat: Seat(seat), amount }.into(),
        }
    }
}

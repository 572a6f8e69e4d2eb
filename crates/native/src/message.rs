//! Every message of the seven contracts as one value: what the market simulation, the random sequences, the replays on
//! deployed contracts and every client have in common.
//!
//! Names, arguments and answers are those of the contracts' ABI; a test compares both ways. A new message of a contract
//! is one row in the table below and, where the native exchange runs it, one arm there.
//!
//! ```
//! use sit_engine::units::Seat;
//! use sit_native::{Contract, Message};
//!
//! let deposit = Message::Deposit { seat: Seat(7), amount: 5_000_000 }; // five US dollars
//! assert_eq!((deposit.contract(), deposit.name()), (Contract::Vault, "deposit"));
//! assert_eq!(deposit.entry().signature(), "deposit(uint32,uint64)");
//! // Written down as its arguments and read back:
//! assert_eq!(Message::parse(Contract::Vault, "deposit", &deposit.arguments()), Some(deposit));
//! ```

use super::answers::{ExecutedTrigger, PlacedOrder, Rolled, TakenOver};
use super::argument::{Argument, Fills, Parameter, Returned, TokenAmount};
use super::contract::Contract;
use sit_engine::calendar::Day;
use sit_engine::certificate::{Certificate, SCENARIOS, SLOTS};
use sit_engine::chain::{Address, Hash};
use sit_engine::clearing::{
    AddOns, Instrument, Level, Listing, Place, Policy, Product, Purpose, Roll, SelfTrade, Trigger,
};
use sit_engine::governance::{Class, Selector};
use sit_engine::incentives::Parameters;
use sit_engine::kind::MessageKind;
use sit_engine::oracle::validity::Validity;
use sit_engine::oracle::{Entry as Line, IndexId, Reporting, Rules};
use sit_engine::units::{Lots, Points, Seat, Seconds, Side, Ticks};
use std::string::String;
use std::sync::LazyLock;
use std::vec::Vec;
use std::{format, vec};

/// A message, a view or a constructor as the ABI has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AbiEntry {
    /// The contract that it is sent to.
    pub contract: Contract,
    /// The contract whose code answers it: an office for the colder ones.
    pub code: Contract,
    /// Its name; of a constructor `new`.
    pub name: &'static str,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The Solidity type of what it returns; `None` when it returns nothing.
    pub returns: Option<String>,
    /// The members of a struct that it returns; none for any other type.
    pub returned: Vec<Parameter>,
}

impl AbiEntry {
    /// Its Solidity signature, from whose hash the selector comes.
    pub fn signature(&self) -> String {
        let types: Vec<&str> = self.parameters.iter().map(|parameter| parameter.solidity.as_str()).collect();
        format!("{}({})", self.name, types.join(","))
    }
}

macro_rules! messages {
    ($($contract:ident {
        $($(#[$doc:meta])* $variant:ident = $name:literal ($($field:ident: $type:ty),*) -> $answer:ty;)+
    })+) => {
        /// A message to one of the contracts. The fields are described with the contract's message of that name.
        ///
        /// ```
        /// use sit_engine::units::Seat;
        /// use sit_native::{Argument, Contract, Message};
        ///
        /// let message = Message::Withdraw { seat: Seat(3), amount: 250_000_000 };
        /// assert_eq!((message.contract(), message.name()), (Contract::Clearing, "withdraw"));
        ///
        /// // Its arguments are those of the ABI, and it comes back from them.
        /// let arguments = message.arguments();
        /// assert_eq!(Message::parse(Contract::Clearing, "withdraw", &arguments), Some(message));
        /// assert_eq!(Message::parse(Contract::Clearing, "withdraw", &arguments[..1]), None);
        /// ```
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[expect(missing_docs, reason = "the fields are described with the contract's message")]
        pub enum Message {
            $($($(#[$doc])* $variant { $($field: $type),* },)+)+
        }

        impl Message {
            /// The contract that it goes to.
            pub fn contract(&self) -> Contract {
                match self {
                    $($(Self::$variant { .. } => Contract::$contract,)+)+
                }
            }

            /// Its name in the contract.
            pub fn name(&self) -> &'static str {
                match self {
                    $($(Self::$variant { .. } => $name,)+)+
                }
            }

            /// Its row in the engine's table of authority: to whom it belongs and which blob answers it. `None` for the
            /// token's.
            pub fn kind(&self) -> Option<MessageKind> {
                match self {
                    $($(Self::$variant { .. } => {
                        static KIND: LazyLock<Option<MessageKind>> =
                            LazyLock::new(|| MessageKind::named(Contract::$contract.name(), $name));
                        *KIND
                    })+)+
                }
            }

            /// What it looks like in the ABI.
            pub fn entry(&self) -> AbiEntry {
                match self {
                    $($(Self::$variant { .. } => entry_of::$variant(),)+)+
                }
            }

            /// Every message, as the ABI has it.
            pub fn entries() -> Vec<AbiEntry> {
                vec![$($(entry_of::$variant()),+),+]
            }

            /// Its arguments, in the order of the ABI.
            pub fn arguments(&self) -> Vec<Argument> {
                match self {
                    $($(Self::$variant { $($field),* } => {
                        let filled: Vec<Vec<Argument>> = vec![$($field.arguments()),*];
                        filled.concat()
                    })+)+
                }
            }

            /// The message of a contract with these arguments; `None` when there is no such message.
            pub fn parse(contract: Contract, name: &str, arguments: &[Argument]) -> Option<Self> {
                let mut rest = arguments.iter();
                let message = match (contract, name) {
                    $($((Contract::$contract, $name) => Self::$variant { $($field: Fills::read(&mut rest)?),* },)+)+
                    _ => return None,
                };
                rest.next().is_none().then_some(message)
            }
        }

        /// One function for each row of the table.
        #[expect(non_snake_case, reason = "named like the rows")]
        mod entry_of {
            use super::*;

            $($(pub(super) fn $variant() -> AbiEntry {
                let parameters: Vec<Vec<Parameter>> = vec![$(<$type as Fills>::parameters(stringify!($field))),*];
                AbiEntry {
                    contract: Contract::$contract,
                    code: Contract::$contract.code_of($name),
                    name: $name,
                    parameters: parameters.concat(),
                    returns: <$answer as Returned>::returns(),
                    returned: <$answer as Returned>::returned_members(),
                }
            })+)+
        }
    };
}

messages! {
    Governance {
        /// The deployer ends genesis.
        Seal = "seal" () -> ();
        /// The governor proposes an action; returns its number.
        Propose = "propose" (target: Address, call: Vec<u8>, not_before: Seconds, not_after: Seconds) -> u32;
        /// The governor proposes a certified margin set; the shocks two bytes each, see [`shocks`]. Returns the number
        /// of the action.
        ProposeMarginSet = "propose_margin_set" (
            target: Address,
            product: Product,
            maintenance_bps: u16,
            liq_end_bps: u16,
            shocks: Vec<u8>,
            certificate: Certificate,
            not_before: Seconds,
            not_after: Seconds
        ) -> u32;
        /// A member of the council approves; returns whether the action is queued now.
        Approve = "approve" (id: u32, payload_hash: Hash, council_epoch: u32) -> bool;
        /// Anyone executes a queued action, with the calldata of its proposal.
        Execute = "execute" (id: u32, call: Vec<u8>) -> ();
        /// The guardian sends at once what only tightens.
        Tighten = "tighten" (target: Address, call: Vec<u8>) -> ();
        /// The governor withdraws an action.
        CancelAction = "cancel" (id: u32) -> ();
        /// The guardian stops an action for good.
        Veto = "veto" (id: u32) -> ();
        /// The nominee becomes governor.
        AcceptGovernor = "accept_governor" () -> ();
        /// The nominee becomes guardian.
        AcceptGuardian = "accept_guardian" () -> ();
        /// Own action: names the next governor.
        NominateGovernor = "nominate_governor" (nominee: Address) -> ();
        /// Own action: names the next guardian.
        NominateGuardian = "nominate_guardian" (nominee: Address) -> ();
        /// Own action: seats a new council.
        SetCouncil = "set_council" (members: Vec<Address>, threshold: u8) -> ();
        /// Own action: changes the delays of the classes, in seconds.
        SetDelays = "set_delays" (tighten: u32, routine: u32, loosen: u32, critical: u32) -> ();
        /// Own action: registers the class of messages of one contract.
        SetClasses = "set_classes" (target: Address, selectors: Vec<Selector>, class: Class) -> ();
        /// Own action: changes the rules of margin sets; the interval in seconds.
        SetMarginRules = "set_margin_rules" (max_rise_bps: u16, max_fall_bps: u16, floor_bps: u16, interval: u32) -> ();
        /// Own action: points a name of the registry to a contract.
        Register = "register" (name: Hash, target: Address) -> ();
    }
    Vault {
        /// Governance connects the clearing house, once.
        ConnectVault = "connect" (clearing: Address) -> ();
        /// Pays collateral in.
        Deposit = "deposit" (seat: Seat, amount: u64) -> u64;
        /// Pays collateral in by an EIP-2612 permit of the token, signed by the sender.
        DepositWithPermit = "deposit_with_permit" (
            seat: Seat,
            amount: u64,
            deadline: Seconds,
            v: u8,
            r: [u8; 32],
            s: [u8; 32]
        ) -> u64;
        /// Gives to the insurance fund or the market-maker programme.
        Endow = "endow" (purpose: Purpose, amount: u64) -> ();
        /// The clearing house has collateral paid out.
        Pay = "pay" (to: Address, amount: u64) -> ();
        /// Lowers what may be paid out in an hour and in a day.
        LowerLimits = "lower_limits" (hour: u64, day: u64) -> ();
        /// Governance sets what may be paid out in an hour and in a day.
        SetLimits = "set_limits" (hour: u64, day: u64) -> ();
        /// Governance hands custody over to the next version of the clearing house.
        HandOver = "hand_over" (next: Address) -> ();
    }
    Clearing {
        /// The vault reports a deposit.
        Credit = "credit" (seat: Seat, amount: u64) -> u64;
        /// Withdraws free collateral.
        Withdraw = "withdraw" (seat: Seat, amount: u64) -> u64;
        /// Places an order.
        Place = "place" (order: Place) -> PlacedOrder;
        /// Replaces a resting order.
        Replace = "replace" (price: Ticks, number: u32, order: Place) -> PlacedOrder;
        /// Replaces all orders in an instrument by these levels, see [`levels`].
        Quote = "quote" (seat: Seat, instrument: Instrument, levels: Vec<u8>, expiry: Seconds) -> u32;
        /// Cancels an order.
        Cancel = "cancel" (seat: Seat, instrument: Instrument, price: Ticks, number: u32) -> Lots;
        /// Cancels all orders in an instrument.
        CancelAll = "cancel_all" (seat: Seat, instrument: Instrument) -> ();
        /// Pays variation or final claims of these accounts, see [`seats`].
        Settle = "settle" (instrument: Instrument, seats: Vec<u8>) -> ();
        /// Sends a margin call to an account.
        MarginCall = "margin_call" (seat: Seat) -> u64;
        /// Starts a liquidation.
        StartLiquidation = "start_liquidation" (seat: Seat) -> ();
        /// Takes over part of a liquidated position.
        Bid = "bid" (liquidator: Seat, seat: Seat, instrument: Instrument, lots: Lots) -> TakenOver;
        /// Governance connects the other contracts, once.
        Connect = "connect" (vault: Address, oracle: Address, incentives: Address) -> ();
        /// Opens a sub-account of the caller.
        OpenAccount = "open_account" (sub: u8) -> Seat;
        /// The vault reports an endowment.
        CreditEndowment = "endow" (purpose: Purpose, amount: u64) -> ();
        /// Rolls a position from one month to another.
        Roll = "roll" (roll: Roll) -> Rolled;
        /// Keeps a stop or take-profit order for a keeper to execute.
        SetTrigger = "set_trigger" (seat: Seat, slot: u8, trigger: Trigger) -> ();
        /// Removes the trigger in a slot.
        ClearTrigger = "clear_trigger" (seat: Seat, slot: u8) -> ();
        /// Executes a trigger whose condition holds, for its fee.
        ExecuteTrigger = "execute_trigger" (keeper: Seat, seat: Seat, slot: u8) -> ExecutedTrigger;
        /// Names a delegate, what they may trade for an account, and how much in a day; the instruments two bytes each.
        SetDelegate = "set_delegate" (
            seat: Seat,
            delegate: Address,
            max_lots: Lots,
            day_lots: Lots,
            expiry: Seconds,
            instruments: Vec<u8>
        ) -> ();
        /// Cancels an order of which only the number is known, by looking through some pages from a price on.
        CancelByNumber = "cancel_by_number" (
            seat: Seat,
            instrument: Instrument,
            number: u32,
            side: Side,
            from: Ticks,
            pages: u8
        ) -> Lots;
        /// Settles a product by the newest print.
        SettleDay = "settle_day" (product: Product) -> u16;
        /// Sets the final price of an expired instrument.
        Finalise = "finalise" (instrument: Instrument) -> Ticks;
        /// Moves cash between two accounts of one owner.
        Transfer = "transfer" (from: Seat, to: Seat, amount: u64) -> u64;
        /// Brings an account's fee tier up to date.
        RefreshTier = "refresh_tier" (seat: Seat) -> u8;
        /// Reports to the ledger what an account in liquidation owes beyond all that it has.
        ReportDeficit = "report_deficit" (seat: Seat) -> u64;
        /// Makes what a bankrupt account lacks, of which the fund pays none, the loss of the months in which it owes.
        WriteOff = "write_off" (seat: Seat, instrument: Instrument) -> Points;
        /// Counts holders for the allocation of an instrument's loss, see [`seats`].
        Allocate = "allocate" (instrument: Instrument, seats: Vec<u8>) -> u32;
        /// Has the fund pay an account's debt in one instrument for points that it is owed in another.
        Bridge = "bridge" (seat: Seat, debt: Instrument, claim: Instrument) -> u64;
        /// Has the accounts of a circle give up what each owes for what it is owed by the next, see [`circle`].
        Offset = "offset" (circle: Vec<u8>) -> u64;
        /// Brings the oracle's state of a product's index to the clearing house.
        NoteIndex = "note_index" (product: Product) -> Validity;
        /// Lists the months that the calendar lists.
        RollListing = "roll_listing" (product: Product) -> u8;
        /// Settles a month at its last mark when everything else has failed for too long.
        Sunset = "sunset" (instrument: Instrument) -> Ticks;
        /// Governance pauses scopes of a product.
        Pause = "pause" (product: Product, scopes: u8) -> ();
        /// Governance ends every pause of a product.
        Unpause = "unpause" (product: Product) -> ();
        /// Moves an item to the next version of the clearing house.
        Migrate = "migrate" (what: u8, id: u32, sub: u16, delegate: Address) -> ();
        /// The previous version moves an item here.
        Arrive = "arrive" (what: u8, id: u32, sub: u16, delegate: Address, content: Vec<u8>) -> ();
        /// Has the insurance fund pay its share of what a bankrupt account lacks, in all months in which it owes.
        Cover = "cover" (seat: Seat, instrument: Instrument) -> u64;
        /// Distributes an instrument's fees.
        SweepFees = "sweep_fees" (instrument: Instrument) -> u64;
        /// Governance puts a margin set in force.
        SetRisk = "set_risk" (
            product: Product,
            maintenance_bps: u16,
            liquidation_end_bps: u16,
            shocks: Vec<u8>,
            certificate_hash: [u8; 32]
        ) -> ();
        /// Governance starts a product at the newest print.
        StartProduct = "start_product" (product: Product) -> ();
        /// Governance lists a month.
        List = "list" (listing: Listing) -> Instrument;
        /// Governance sets the shares of swept fees.
        SetFeeShares = "set_fee_shares" (fund_bps: u16, incentive_bps: u16) -> ();
        /// Governance sets a product's holidays, encoded days.
        SetHolidays = "set_holidays" (product: Product, days: Vec<u8>) -> ();
        /// Governance sets what margin rises with.
        SetAddOns = "set_add_ons" (product: Product, add_ons: AddOns) -> ();
        /// Governance sets the fee of a final settlement.
        SetSettlementFee = "set_settlement_fee" (instrument: Instrument, ppm: u16) -> ();
        /// Governance sets what one instrument may take out of the fund.
        SetFundCap = "set_fund_cap" (bps: u16) -> ();
        /// Governance sets how much may be withdrawn in an hour and in a day.
        SetWithdrawalLimits = "set_withdrawal_limits" (
            hour_bps: u16,
            hour_amount: u64,
            day_bps: u16,
            day_amount: u64
        ) -> ();
        /// Governance has the treasury pay.
        PayTreasury = "pay_treasury" (to: Address, amount: u64) -> u64;
        /// The incentives contract designates a maker or ends the designation.
        SetMaker = "set_maker" (seat: Seat, maker: bool) -> ();
        /// The incentives contract pays a reward.
        PayReward = "pay_reward" (seat: Seat, amount: u64) -> ();
        /// Governance moves the treasury's money to the programme's pool; returns what the pool holds then.
        FundProgramme = "fund_programme" (amount: u64) -> u64;
    }
    Oracle {
        /// A reporter commits to a batch of a day.
        Commit = "commit" (index: IndexId, day: Day, commitment: [u8; 32]) -> ();
        /// A reporter reveals a batch committed to earlier.
        Reveal = "reveal" (index: IndexId, day: Day, salt: [u8; 32], batch: Vec<Line>) -> ();
        /// A reporter sends a batch of a day.
        Submit = "submit" (index: IndexId, day: Day, batch: Vec<Line>) -> ();
        /// Publishes a day.
        Publish = "publish" (index: IndexId, day: Day) -> Validity;
        /// Governance connects the token of bonds and rewards, once.
        ConnectToken = "connect" (token: Address) -> ();
        /// Governance opens an index or changes its rules.
        SetIndex = "set_index" (index: IndexId, rules: Rules) -> ();
        /// Governance sets a provider's quality score.
        SetProvider = "set_provider" (index: IndexId, provider: u8, score: u16) -> ();
        /// Governance registers a reporter.
        AddReporter = "add_reporter" (index: IndexId, reporter: Address) -> ();
        /// Governance removes a reporter.
        RemoveReporter = "remove_reporter" (index: IndexId, reporter: Address) -> ();
        /// Governance sets bonds, rewards and the time of commitments.
        SetReporting = "set_reporting" (index: IndexId, terms: Reporting) -> ();
        /// Governance moves part of a reporter's bond to the pot.
        Slash = "slash" (index: IndexId, reporter: Address, amount: u64) -> ();
        /// A reporter adds to their bond.
        PostBond = "post_bond" (index: IndexId, amount: u64) -> ();
        /// Anyone adds to the pot that pays the reporters.
        Fund = "fund" (index: IndexId, amount: u64) -> ();
        /// Pays the caller what they have earned and what is due to them.
        Collect = "collect" (index: IndexId) -> u64;
        /// The caller reports no more.
        Resign = "resign" (index: IndexId) -> ();
        /// Proposes the final price of an expiry.
        ProposeFinal = "propose_final" (index: IndexId, expiry: Day) -> u32;
        /// Governance, or anyone with the dispute bond, freezes a proposed final price.
        Dispute = "dispute" (index: IndexId, expiry: Day) -> ();
        /// Governance resolves a dispute.
        Resolve = "resolve" (index: IndexId, expiry: Day, voided: u64) -> u32;
        /// Sets a final price for ever.
        FinalisePrice = "finalise" (index: IndexId, expiry: Day) -> u32;
    }
    Incentives {
        /// Governance connects the clearing house, once.
        ConnectProgramme = "connect" (clearing: Address) -> ();
        /// Governance sets what makers owe and how their weeks are weighed.
        SetParameters = "set_parameters" (parameters: Parameters) -> ();
        /// Governance sets what a week shares out, in quote atoms.
        SetBudget = "set_budget" (amount: u64) -> ();
        /// The owner of a seat asks for designation.
        Apply = "apply" (seat: Seat) -> ();
        /// Governance designates a maker.
        Accept = "accept" (seat: Seat) -> ();
        /// Governance rejects an application or ends a designation.
        Dismiss = "dismiss" (seat: Seat) -> ();
        /// Anyone has a maker warned who lacks capital, and suspended who has lacked it for an hour.
        Suspend = "suspend" (seat: Seat) -> ();
        /// The programme goes on with the next version of the clearing house.
        Follow = "follow" () -> ();
        /// The owner of a suspended seat ends the suspension.
        Resume = "resume" (seat: Seat) -> ();
        /// A maker gives notice, or withdraws an application.
        Exit = "exit" (seat: Seat) -> ();
        /// Anyone goes on with closing a week by up to so many makers, 1 to 8; returns whether it is closed.
        CloseEpoch = "close_epoch" (epoch: u32, makers: u8) -> bool;
        /// The owner of a seat claims what is due; returns the quote atoms paid into it.
        Claim = "claim" (seat: Seat) -> u64;
    }
    Token {
        /// Lets a contract take so much from the caller, in the token's atoms.
        ApproveSpender = "approve" (spender: Address, value: TokenAmount) -> bool;
        /// Lets a contract take so much from the owner, who has signed it (EIP-2612) and need not be the sender;
        /// replaces what was allowed before.
        PermitSpender = "permit" (
            owner: Address,
            spender: Address,
            value: TokenAmount,
            deadline: TokenAmount,
            v: u8,
            r: [u8; 32],
            s: [u8; 32]
        ) -> ();
        /// Sends tokens.
        SendTokens = "transfer" (to: Address, value: TokenAmount) -> bool;
    }
}

impl Message {
    /// The account in whose name the message is sent: by its owner or a delegate. `None` for what anybody may send, and
    /// for what contracts and governors send.
    pub fn account(&self) -> Option<Seat> {
        match *self {
            Self::Place { order } | Self::Replace { order, .. } => Some(order.seat),
            Self::Roll { roll } => Some(roll.seat),
            Self::Withdraw { seat, .. }
            | Self::SetTrigger { seat, .. }
            | Self::ClearTrigger { seat, .. }
            | Self::SetDelegate { seat, .. }
            | Self::Quote { seat, .. }
            | Self::Cancel { seat, .. }
            | Self::CancelByNumber { seat, .. }
            | Self::CancelAll { seat, .. } => Some(seat),
            Self::Transfer { from, .. } => Some(from),
            Self::Bid { liquidator, .. } => Some(liquidator),
            _ => None,
        }
    }
}

/// A plain limit order: its rest stands until it is cancelled, it takes from nobody of its own owner, may open a
/// position and gets the next number. Other orders change a field of it.
pub fn limit_order(seat: Seat, instrument: Instrument, side: Side, price: Ticks, lots: Lots) -> Place {
    Place {
        seat,
        instrument,
        side,
        price,
        lots,
        policy: Policy::Rest,
        self_trade: SelfTrade::CancelTaker,
        reduce_only: false,
        expiry: Seconds::ZERO,
        number: 0,
    }
}

/// The levels of a quote as the message takes them: side 1, price 3, lots 3 bytes each, big endian.
pub fn levels(bids: &[Level], asks: &[Level]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (side, levels) in [(0, bids), (1, asks)] {
        for level in levels {
            bytes.push(side);
            bytes.extend(level.price.0.to_be_bytes().iter().skip(1));
            bytes.extend(level.lots.0.to_be_bytes().iter().skip(1));
        }
    }
    bytes
}

/// The seats of a settlement as the message takes them: four bytes each, big endian.
pub fn seats(seats: impl IntoIterator<Item = Seat>) -> Vec<u8> {
    seats.into_iter().flat_map(|seat| seat.0.to_be_bytes()).collect()
}

/// The accounts of a circle as the message takes them, each with the instrument in which it owes: four bytes and two,
/// big endian.
pub fn circle(links: impl IntoIterator<Item = (Seat, Instrument)>) -> Vec<u8> {
    let bytes = |(seat, month): (Seat, Instrument)| seat.0.to_be_bytes().into_iter().chain(month.0.to_be_bytes());
    links.into_iter().flat_map(bytes).collect()
}

/// The shocks of a margin set as messages take them: each in two bytes, big endian, slot by slot.
pub fn shocks(shocks: &[[i16; SCENARIOS]; SLOTS]) -> Vec<u8> {
    shocks.iter().flatten().flat_map(|shock| shock.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_engine::clearing::{Levels, Terms, parse_seats};
    use sit_engine::oracle::{Entry, Quote};
    use sit_engine::units::TickValue;

    fn order() -> Place {
        Place {
            seat: Seat(7),
            instrument: Instrument(3),
            side: Side::Sell,
            price: Ticks(2_600),
            lots: Lots(5),
            policy: Policy::PostOnlySlide,
            self_trade: SelfTrade::DecrementBoth,
            reduce_only: true,
            expiry: Seconds(9),
            number: 11,
        }
    }

    #[test]
    fn a_message_comes_back_from_its_name_and_arguments() {
        let listing = Listing {
            product: Product(1),
            expiry: Seconds(2),
            tick_value: TickValue(3),
            tick_size: 4,
            mark: Ticks(5),
            terms: Terms { taker_fee_ppm: 6, maker_lots: Lots(7), ..Terms::default() },
        };
        let batch = vec![Entry { provider: 2, quote: Quote { input: 3, output: 4, volume: 5 } }];
        for message in [
            Message::Place { order: order() },
            Message::List { listing },
            Message::SetIndex { index: 1, rules: Rules::TPI },
            Message::Submit { index: 1, day: Day(20_000), batch },
            Message::SetRisk {
                product: Product(0),
                maintenance_bps: 1,
                liquidation_end_bps: 2,
                shocks: vec![3],
                certificate_hash: [4; 32],
            },
            Message::Connect { vault: [1; 20], oracle: [2; 20], incentives: [3; 20] },
            Message::ConnectVault { clearing: [1; 20] },
            Message::Endow { purpose: Purpose::Incentives, amount: u64::MAX },
            Message::SetMaker { seat: Seat(1), maker: true },
            Message::Pause { product: Product(1), scopes: 7 },
            Message::Arrive { what: 4, id: 5, sub: 6, delegate: [8; 20], content: vec![7; 8] },
            Message::HandOver { next: [9; 20] },
            Message::SetReporting {
                index: 1,
                terms: Reporting { commit_until: 1, bond: 2, deviation_slash: 3, unbonding: 4, ..Reporting::default() },
            },
            Message::Reveal { index: 1, day: Day(2), salt: [3; 32], batch: Vec::new() },
        ] {
            let arguments = message.arguments();
            assert_eq!(Message::parse(message.contract(), message.name(), &arguments), Some(message));
        }
    }

    #[test]
    fn every_message_but_the_token_s_stands_in_the_table_of_authority() {
        let place = Message::Place { order: order() };
        assert_eq!(place.kind(), MessageKind::named("clearing", "place"));
        assert_eq!(Message::ApproveSpender { spender: [1; 20], value: TokenAmount(1) }.kind(), None);
        for entry in Message::entries().iter().filter(|entry| entry.contract != Contract::Token) {
            assert!(MessageKind::named(entry.contract.name(), entry.name).is_some(), "{}", entry.signature());
        }
    }

    #[test]
    fn what_is_no_message_is_not_read_as_one() {
        let parse = |name, arguments: &[Argument]| Message::parse(Contract::Clearing, name, arguments);
        let number = Argument::Number;
        assert_eq!(parse("open_account", &[number(255)]), Some(Message::OpenAccount { sub: 255 }));
        assert_eq!(parse("open_account", &[number(256)]), None);
        assert_eq!(parse("open_account", &[]), None);
        assert_eq!(parse("open_account", &[number(1), number(2)]), None);
        assert_eq!(parse("open_account", &[Argument::Flag(true)]), None);
        assert_eq!(parse("close_account", &[number(1)]), None);
        assert_eq!(Contract::from_name("treasury"), None);
    }

    #[test]
    fn levels_and_seats_are_read_as_they_were_written() {
        let (bid, ask) =
            (Level { price: Ticks(2_599), lots: Lots(70_000) }, Level { price: Ticks(2_601), lots: Lots(1) });
        let read = Levels::parse(&levels(&[bid], &[ask, ask])).expect("levels");
        assert_eq!((read.bids(), read.asks()), (&[bid][..], &[ask, ask][..]));
        let written = seats([Seat(1), Seat(u32::MAX)]);
        assert_eq!(parse_seats(&written).collect::<Vec<_>>(), [Seat(1), Seat(u32::MAX)]);
    }
}

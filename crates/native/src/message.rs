//! Every public message of the clearing house, the vault and the oracle as one value: what the market simulation, the
//! random sequences and the replays on deployed contracts have in common.
//!
//! Names and arguments are those of the contracts' ABI. A new message of a contract is one line in the table below and one
//! arm in [`super::Exchange::send`].

use super::argument::{Argument, AsArgument};
use sit_engine::calendar::Day;
use sit_engine::clearing::{AddOns, Instrument, Level, Listing, Place, Product, Purpose, Roll, Trigger};
use sit_engine::oracle::{Address, Entry, IndexId, Reporting, Rules};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use std::vec;
use std::vec::Vec;

/// A contract that messages go to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Contract {
    /// Accounts, book, margin, settlement.
    Clearing,
    /// Custody.
    Vault,
    /// The price index.
    Oracle,
}

impl Contract {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clearing, Self::Vault, Self::Oracle];

    /// Its name among the deployed contracts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clearing => "clearing",
            Self::Vault => "vault",
            Self::Oracle => "oracle",
        }
    }

    /// The contract of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contract| contract.name() == name)
    }
}

macro_rules! messages {
    ($($contract:ident { $($(#[$doc:meta])* $variant:ident = $name:literal ($($field:ident: $type:ty),*);)+ })+) => {
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
        #[expect(missing_docs, reason = "the fields, see above")]
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

            /// Its arguments, in the order of the ABI.
            pub fn arguments(&self) -> Vec<Argument> {
                let mut arguments = match self {
                    $($(Self::$variant { $($field),* } => vec![$($field.to_argument()),*],)+)+
                };
                if let Self::SetIndex { .. } = self
                    && let Some(Argument::Tuple(groups)) = arguments.pop()
                {
                    arguments.extend(groups); // the contract takes the three groups of rules one by one
                }
                arguments
            }

            /// The message of a contract with these arguments; `None` when there is no such message.
            pub fn parse(contract: Contract, name: &str, arguments: &[Argument]) -> Option<Self> {
                let grouped: Vec<Argument>;
                let mut rest = match (contract, name, arguments.split_first()) {
                    (Contract::Oracle, "set_index", Some((index, groups))) => {
                        grouped = vec![index.clone(), Argument::Tuple(groups.to_vec())];
                        grouped.iter()
                    }
                    _ => arguments.iter(),
                };
                let message = match (contract, name) {
                    $($((Contract::$contract, $name) => Self::$variant {
                        $($field: AsArgument::from_argument(rest.next()?)?),*
                    },)+)+
                    _ => return None,
                };
                rest.next().is_none().then_some(message)
            }
        }
    };
}

messages! {
    Clearing {
        /// Governance connects the other contracts, once.
        Connect = "connect" (vault: Address, oracle: Address, incentives: Address);
        /// Opens a sub-account of the caller.
        OpenAccount = "open_account" (sub: u8);
        /// The vault tells of a deposit.
        Credit = "credit" (seat: Seat, amount: u64);
        /// The vault tells of a gift.
        CreditGift = "endow" (purpose: Purpose, amount: u64);
        /// Withdraws free collateral.
        Withdraw = "withdraw" (seat: Seat, amount: u64);
        /// Places an order.
        Place = "place" (order: Place);
        /// Replaces a resting order.
        Replace = "replace" (price: Ticks, number: u32, order: Place);
        /// Rolls a position from one month to another.
        Roll = "roll" (roll: Roll);
        /// Keeps a stop or take-profit order for a keeper to execute.
        SetTrigger = "set_trigger" (seat: Seat, slot: u8, trigger: Trigger);
        /// Takes it back.
        ClearTrigger = "clear_trigger" (seat: Seat, slot: u8);
        /// Executes it for its fee.
        ExecuteTrigger = "execute_trigger" (keeper: Seat, seat: Seat, slot: u8);
        /// Names who may trade what for an account; the instruments two bytes each.
        SetDelegate = "set_delegate" (
            seat: Seat,
            delegate: Address,
            max_lots: Lots,
            expiry: Seconds,
            instruments: Vec<u8>
        );
        /// Replaces all orders in an instrument by these levels, see [`levels`].
        Quote = "quote" (seat: Seat, instrument: Instrument, levels: Vec<u8>, expiry: Seconds);
        /// Cancels an order.
        Cancel = "cancel" (seat: Seat, instrument: Instrument, price: Ticks, number: u32);
        /// Cancels an order of which only the number is known, by looking through some pages from a price on.
        CancelByNumber = "cancel_by_number" (
            seat: Seat,
            instrument: Instrument,
            number: u32,
            side: Side,
            from: Ticks,
            pages: u8
        );
        /// Cancels all orders in an instrument.
        CancelAll = "cancel_all" (seat: Seat, instrument: Instrument);
        /// Pays variation or final claims of these accounts, see [`seats`].
        Settle = "settle" (instrument: Instrument, seats: Vec<u8>);
        /// Settles a product by the newest print.
        SettleDay = "settle_day" (product: Product);
        /// Sets the final price of an expired instrument.
        Finalise = "finalise" (instrument: Instrument);
        /// Tells an account what it is short of.
        MarginCall = "margin_call" (seat: Seat);
        /// Starts a liquidation.
        StartLiquidation = "start_liquidation" (seat: Seat);
        /// Takes over part of a liquidated position.
        Bid = "bid" (liquidator: Seat, seat: Seat, instrument: Instrument, lots: Lots);
        /// Moves cash between two accounts of one owner.
        Transfer = "transfer" (from: Seat, to: Seat, amount: u64);
        /// Brings an account's fee tier up to date.
        RefreshTier = "refresh_tier" (seat: Seat);
        /// Tells the ledger what an account in liquidation owes beyond all that it has.
        ReportDeficit = "report_deficit" (seat: Seat);
        /// Makes a bankrupt account's debt, which the fund does not pay, the instrument's loss.
        WriteOff = "write_off" (seat: Seat, instrument: Instrument);
        /// Counts holders for the allocation of an instrument's loss, see [`seats`].
        Allocate = "allocate" (instrument: Instrument, seats: Vec<u8>);
        /// Has the fund pay an account's debt in one instrument for points that it is owed in another.
        Bridge = "bridge" (seat: Seat, debt: Instrument, claim: Instrument);
        /// Has two accounts give up what each owes in the instrument in which the other is owed.
        Offset = "offset" (one: Seat, other: Seat, claim: Instrument, debt: Instrument);
        /// Brings the oracle's word about a product's index.
        NoteIndex = "note_index" (product: Product);
        /// Lists the months that the calendar lists.
        RollListing = "roll_listing" (product: Product);
        /// Settles a month at its last mark when everything else has failed for too long.
        Sunset = "sunset" (instrument: Instrument);
        /// Governance pauses scopes of a product.
        Pause = "pause" (product: Product, scopes: u8);
        /// Governance ends every pause of a product.
        Unpause = "unpause" (product: Product);
        /// Moves an item to the next version of the clearing house.
        Migrate = "migrate" (what: u8, id: u32, sub: u8);
        /// The version before moves an item here.
        Arrive = "arrive" (what: u8, id: u32, sub: u8, content: Vec<u8>);
        /// Has the insurance fund pay a bankrupt account's loss.
        Cover = "cover" (seat: Seat, instrument: Instrument);
        /// Distributes an instrument's fees.
        SweepFees = "sweep_fees" (instrument: Instrument);
        /// Governance puts a margin set in force.
        SetRisk = "set_risk" (
            product: Product,
            maintenance_bps: u16,
            liquidation_end_bps: u16,
            shocks: Vec<u8>,
            certificate_hash: [u8; 32]
        );
        /// Governance starts a product at the newest print.
        StartProduct = "start_product" (product: Product);
        /// Governance lists a month.
        List = "list" (listing: Listing);
        /// Governance sets the shares of swept fees.
        SetFeeShares = "set_fee_shares" (fund_bps: u16, incentive_bps: u16);
        /// Governance sets a product's holidays, encoded days.
        SetHolidays = "set_holidays" (product: Product, days: Vec<u8>);
        /// Governance sets what margin rises with.
        SetAddOns = "set_add_ons" (product: Product, add_ons: AddOns);
        /// Governance sets the fee of a final settlement.
        SetSettlementFee = "set_settlement_fee" (instrument: Instrument, ppm: u16);
        /// Governance sets what one instrument may take out of the fund.
        SetFundCap = "set_fund_cap" (bps: u16);
        /// Governance sets how much may be withdrawn in an hour and in a day.
        SetWithdrawalLimits = "set_withdrawal_limits" (
            hour_bps: u16,
            hour_amount: u64,
            day_bps: u16,
            day_amount: u64
        );
        /// Governance has the treasury pay.
        PayTreasury = "pay_treasury" (to: Address, amount: u64);
        /// The incentives contract designates a maker or takes it back.
        SetMaker = "set_maker" (seat: Seat, maker: bool);
        /// The incentives contract pays a reward.
        PayReward = "pay_reward" (seat: Seat, amount: u64);
    }
    Vault {
        /// Governance connects the clearing house, once.
        ConnectVault = "connect" (clearing: Address);
        /// Pays collateral in.
        Deposit = "deposit" (seat: Seat, amount: u64);
        /// Gives to the insurance fund or the market-maker programme.
        Endow = "endow" (purpose: Purpose, amount: u64);
        /// The clearing house has collateral paid out.
        Pay = "pay" (to: Address, amount: u64);
        /// Lowers what may be paid out in an hour and in a day.
        LowerLimits = "lower_limits" (hour: u64, day: u64);
        /// Governance sets what may be paid out in an hour and in a day.
        SetLimits = "set_limits" (hour: u64, day: u64);
        /// Governance hands custody over to the next version of the clearing house.
        HandOver = "hand_over" (next: Address);
    }
    Oracle {
        /// Governance connects the token of bonds and rewards, once.
        ConnectToken = "connect" (token: Address);
        /// Governance opens an index or changes its rules.
        SetIndex = "set_index" (index: IndexId, rules: Rules);
        /// Governance sets a provider's quality score.
        SetProvider = "set_provider" (index: IndexId, provider: u8, score: u16);
        /// Governance registers a reporter.
        AddReporter = "add_reporter" (index: IndexId, reporter: Address);
        /// Governance removes a reporter.
        RemoveReporter = "remove_reporter" (index: IndexId, reporter: Address);
        /// Governance sets bonds, rewards and the time of commitments.
        SetReporting = "set_reporting" (index: IndexId, terms: Reporting);
        /// Governance moves part of a reporter's bond to the pot.
        Slash = "slash" (index: IndexId, reporter: Address, amount: u64);
        /// A reporter adds to his bond.
        PostBond = "post_bond" (index: IndexId, amount: u64);
        /// Anyone adds to the pot that pays the reporters.
        Fund = "fund" (index: IndexId, amount: u64);
        /// Pays the caller what he has earned and what is due to him.
        Collect = "collect" (index: IndexId);
        /// The caller reports no more.
        Resign = "resign" (index: IndexId);
        /// A reporter commits to his batch of a day.
        Commit = "commit" (index: IndexId, day: Day, commitment: [u8; 32]);
        /// He reveals it.
        Reveal = "reveal" (index: IndexId, day: Day, salt: [u8; 32], batch: Vec<Entry>);
        /// A reporter sends his batch of a day.
        Submit = "submit" (index: IndexId, day: Day, batch: Vec<Entry>);
        /// Publishes a day.
        Publish = "publish" (index: IndexId, day: Day);
        /// Proposes the final price of an expiry.
        ProposeFinal = "propose_final" (index: IndexId, expiry: Day);
        /// Governance, or anyone with the dispute bond, freezes a proposed final price.
        Dispute = "dispute" (index: IndexId, expiry: Day);
        /// Governance resolves a dispute.
        Resolve = "resolve" (index: IndexId, expiry: Day, voided: u64);
        /// Sets a final price for ever.
        FinalisePrice = "finalise" (index: IndexId, expiry: Day);
    }
}

impl Message {
    /// The account in whose name the message is sent: by its owner or a delegate. `None` for what anybody may send, and for
    /// what contracts and governors send.
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

#[cfg(test)]
mod tests {
    use super::*;
    use sit_engine::clearing::{Levels, Policy, SelfTrade, Terms, parse_seats};
    use sit_engine::oracle::Quote;
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
            Message::Arrive { what: 4, id: 5, sub: 6, content: vec![7; 8] },
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
    fn what_is_no_message_is_not_read_as_one() {
        let parse = |name, arguments: &[Argument]| Message::parse(Contract::Clearing, name, arguments);
        let number = Argument::Number;
        assert_eq!(parse("open_account", &[number(255)]), Some(Message::OpenAccount { sub: 255 }));
        assert_eq!(parse("open_account", &[number(256)]), None);
        assert_eq!(parse("open_account", &[]), None);
        assert_eq!(parse("open_account", &[number(1), number(2)]), None);
        assert_eq!(parse("open_account", &[Argument::Flag(true)]), None);
        assert_eq!(parse("close_account", &[number(1)]), None);
        assert_eq!(Contract::from_name("governance"), None);
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

//! Who may send which message of the clearing house.

use crate::authority::Sender;

crate::authority::message_kinds! {
    Connect = "connect": Governance cold;
    OpenAccount = "open_account": Anyone cold;
    Credit = "credit": Vault;
    Endow = "endow": Vault cold;
    Withdraw = "withdraw": Owner;
    Transfer = "transfer": Owner cold;

    Place = "place": OwnerOrDelegate;
    Replace = "replace": OwnerOrDelegate;
    Quote = "quote": OwnerOrDelegate;
    Roll = "roll": OwnerOrDelegate cold;
    Cancel = "cancel": OwnerOrDelegate;
    CancelByNumber = "cancel_by_number": OwnerOrDelegate cold;
    CancelAll = "cancel_all": OwnerOrDelegate;
    SetTrigger = "set_trigger": OwnerOrDelegate cold;
    ClearTrigger = "clear_trigger": OwnerOrDelegate cold;
    ExecuteTrigger = "execute_trigger": Anyone cold;
    SetDelegate = "set_delegate": Owner cold;

    Settle = "settle": Anyone;
    SettleDay = "settle_day": Anyone cold;
    Finalise = "finalise": Anyone cold;
    NoteIndex = "note_index": Anyone cold;
    Sunset = "sunset": Anyone cold;
    RollListing = "roll_listing": Anyone cold;
    SweepFees = "sweep_fees": Anyone cold;
    RefreshTier = "refresh_tier": Anyone cold;

    MarginCall = "margin_call": Anyone cold;
    StartLiquidation = "start_liquidation": Anyone;
    Bid = "bid": Owner;
    ReportDeficit = "report_deficit": Anyone cold;
    Cover = "cover": Anyone cold;
    WriteOff = "write_off": Anyone cold;
    Allocate = "allocate": Anyone cold;
    Bridge = "bridge": Anyone cold;
    Offset = "offset": Anyone cold;

    SetRisk = "set_risk": Governance cold;
    SetAddOns = "set_add_ons": Governance cold;
    StartProduct = "start_product": Governance cold;
    List = "list": Governance cold;
    SetHolidays = "set_holidays": Governance cold;
    SetFeeShares = "set_fee_shares": Governance cold;
    SetSettlementFee = "set_settlement_fee": Governance cold;
    SetFundCap = "set_fund_cap": Governance cold;
    SetWithdrawalLimits = "set_withdrawal_limits": Governance cold;
    FundProgramme = "fund_programme": Governance cold;
    PayTreasury = "pay_treasury": Governance cold;
    Pause = "pause": Governance cold;
    Unpause = "unpause": Governance cold;

    SetMaker = "set_maker": Incentives cold;
    PayReward = "pay_reward": Incentives cold;

    Migrate = "migrate": Anyone cold;
    Arrive = "arrive": PreviousVersion cold;

    Cell = "cell": Anyone cold view;
    MakerWeeks = "maker_weeks": Anyone cold view;
    Books = "books": Anyone cold view;
}

impl MessageKind {
    /// Whether it is refused before the contracts are connected, because it calls one of them or would make something
    /// that the version before this one may still bring.
    pub const fn needs_connection(self) -> bool {
        matches!(
            self,
            Self::OpenAccount
                | Self::Withdraw
                | Self::SettleDay
                | Self::Finalise
                | Self::NoteIndex
                | Self::Sunset
                | Self::Cover
                | Self::WriteOff
                | Self::Bridge
                | Self::SweepFees
        )
    }

    /// Whether [`Peers::authorise`](super::Peers::authorise) has to know the peers for this message: where it does not,
    /// they need not be read.
    pub const fn asks_peers(self) -> bool {
        self.needs_connection() || matches!(self.sender(), Sender::Governance | Sender::Vault | Sender::Incentives)
    }
}

//! Every refusal of incentives.

crate::define_errors! {$
    /// Why a message of incentives was refused. State is untouched after every one of them.
    IncentivesError, incentives_errors {
        /// The message belongs to governance, which sends it as an executed action, or to the owner of the seat.
        NotAuthorised,
        /// The contract is not connected to clearing yet. Governance connects it.
        NotConnected,
        /// The contract is connected already; that happens once.
        AlreadyConnected,
        /// The zero address is no contract.
        ZeroAddress,
        /// Clearing refused to answer. Check that the seat exists.
        ClearingFailed,
        /// The seat has applied or is designated already.
        AlreadyApplied,
        /// The seat has not applied. Its owner applies first.
        NotApplied,
        /// The seat is not in a state that allows this.
        WrongStatus,
        /// The seat was never a maker's.
        NotAMaker,
        /// The seat holds less than the capital requirement. Add collateral first.
        CapitalTooLow,
        /// The seat holds its capital requirement; it cannot be suspended.
        CapitalSuffices,
        /// The maker was warned less than an hour ago, or books collect for the day's print, from noon to two minutes
        /// past two. Send it again when that is over and capital still missing.
        CurePeriod,
        /// The programme has as many makers as it can hold. Wait until one leaves.
        RosterFull,
        /// The epoch lasts still. Close it after its end.
        EpochNotOver,
        /// Epochs are closed in order, each once. Close the one that `programme` names as the next.
        EpochOutOfOrder,
        /// An epoch that has ended is not closed yet. Close it first.
        CloseFirst,
        /// The budget is above what the pool holds beyond what is owed. Fund the pool first.
        BudgetAbovePool,
        /// The budget is above the hard limit of 100 million USD a week.
        BudgetTooLarge,
        /// A parameter is outside its bounds; its documentation gives them.
        BadParameters,
        /// The registry names no other clearing house that is connected to this contract. Connect it there first.
        NothingToFollow,
        /// Nothing is due: the epoch is not closed yet, or what is due was claimed already.
        NothingDue,
    }
}

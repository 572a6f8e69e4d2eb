//! Every refusal of the clearing house.

use crate::units::QuoteAtoms;

/// What a message of the clearing house returns.
pub type Result<T> = core::result::Result<T, ClearingError>;

/// An amount as cells hold it.
///
/// # Errors
/// `OutOfRange` when it is below zero or does not fit.
pub(crate) fn in_range(amount: QuoteAtoms) -> Result<u64> {
    u64::try_from(amount.0).map_err(|_| ClearingError::OutOfRange)
}

crate::define_errors! {$
    /// Why a message of the clearing house was refused. State is untouched after every one of them.
    ClearingError, clearing_errors {
        /// The caller may not send this message. Send it from the account, contract or role that it belongs to.
        NotAuthorised,
        /// The contracts have been connected already; that happens once.
        AlreadyConnected,
        /// The contracts are not connected yet. Governance has to connect them first.
        NotConnected,
        /// There is no account with this seat number. Open one first.
        UnknownSeat,
        /// The owner has an account with this sub-account number already. Use it, or another number.
        SeatTaken,
        /// The account can hold no further instrument. Close or claim one, or use another sub-account.
        AccountFull,
        /// There is no instrument with this number in the product's curve. Name one that is listed.
        UnknownInstrument,
        /// The product's curve has not come to this number yet. Wait until the month is listed.
        NotYetListed,
        /// There is no such product. Governance has to set its margin and list its months first.
        UnknownProduct,
        /// The curve holds as many months as it can. Wait until one has been settled.
        CurveFull,
        /// A parameter is outside its bounds; the documentation of the message gives them.
        BadParameter,
        /// The amount must not be zero.
        ZeroAmount,
        /// The size must be 1 to 8,388,607 lots.
        BadSize,
        /// The price must be 1 to 16,777,215 ticks.
        BadPrice,
        /// The price is outside the day's limits around the settlement mark. Use one inside; where orders may only
        /// reduce, that is the mark itself.
        OutsidePriceLimits,
        /// The order has expired already. Use a later time.
        OrderExpired,
        /// The order number was used before. Use a larger one, or zero to get the next.
        StaleOrderNumber,
        /// The order number is too far beyond the account's next one. Use one that is at most 65,535 above it, or zero
        /// to get the next.
        OrderNumberTooHigh,
        /// Trading of this instrument has ended. Wait for the final settlement and claim.
        TradingEnded,
        /// The market is closed at this time. Sessions are Monday to Friday, UTC, except on the product's holidays.
        SessionClosed,
        /// The book collects orders and nothing trades until it opens: two minutes after the repricing or the halt, or
        /// when the print that is due has been settled, two hours after noon UTC at the latest, but whenever that is
        /// where it waits for its confirmation or settlements are paused. Rest below the mark to buy and above it to
        /// sell, or send it then.
        Opening,
        /// Trading is halted after trades at a price limit. Cancel, settle, deposit or bid for liquidations meanwhile.
        Halted,
        /// This is paused at present. Reducing, depositing and claiming are not.
        Paused,
        /// This cannot move, or resume, now: no next version is registered, its products are not paused whole,
        /// a loss is being allocated, or others have to move first.
        NotMigrating,
        /// The books of this house move to its next version, so nothing begins here any more. Do it there, once it is
        /// connected.
        MovingOn,
        /// What should move here is here already, and nothing is written over. Set it again where it stands.
        AlreadyMoved,
        /// It is too early for a sunset: neither pause nor silence nor overdue settlement has lasted long enough.
        TooEarly,
        /// Every month that the calendar lists is in the curve, or waits for room in it.
        NothingToList,
        /// Only orders that reduce a position are accepted at present. Reduce, or wait until the pause, the doubt about
        /// the index or the failed margin set is over.
        ReduceOnly,
        /// A post-only order would trade at once. Use a price that rests.
        WouldTrade,
        /// A fill-or-kill order could not be filled completely. Ask for less, or let the rest be cancelled.
        NotFilled,
        /// The page of this price is full of orders that are better, or as good and not much smaller. Use a better
        /// price or size.
        LevelFull,
        /// There is no such resting order. It has traded, expired, or been voided by a repricing.
        UnknownOrder,
        /// Too many levels, orders or accounts in one message. Split it.
        TooMany,
        /// There is no trigger in this slot.
        UnknownTrigger,
        /// The price has not reached the trigger. Wait for it.
        NotTriggered,
        /// The roll would cost more than the spread limit allows. Use a wider one, or wait.
        SpreadLimit,
        /// The delegate's time is over. The owner can name them again.
        DelegationExpired,
        /// The order is outside of what the delegate may trade: another instrument, or too large.
        OutsideDelegation,
        /// The delegate has sent as many lots as they may in a day. Wait for the next one, or ask the owner for more.
        DelegateDayLimit,
        /// The position would exceed the position limit of the instrument. Trade less.
        PositionLimit,
        /// The open interest would exceed the cap of the instrument. Trade less, or wait until others close.
        OpenInterestCap,
        /// The account's collateral would be below its initial margin. Deposit, or reduce the order.
        BelowInitialMargin,
        /// The account's cash does not cover this. Deposit, or settle profits first.
        NotEnoughCash,
        /// The account holds a position in an instrument that has been settled. Claim it first.
        ClaimFirst,
        /// The account meets its maintenance margin: it cannot be liquidated.
        NotLiquidatable,
        /// No liquidation of this account has been started. Start it first.
        NoAuction,
        /// A liquidator cannot take over from themselves. Bid from the account of another owner.
        SelfLiquidation,
        /// Taking this position over would leave the account with less equity for its margin. Bid for another of its
        /// positions, or once the auction has run its fast phase.
        WorsensHealth,
        /// The account still has positions or unsettled profit. Liquidate and settle them first.
        NotBankrupt,
        /// The insurance fund is empty, or has paid what it may for one instrument. Write the rest off.
        FundEmpty,
        /// The insurance fund can still pay of this debt. Have it cover first.
        CoverFirst,
        /// The two accounts do not owe each in the instrument in which the other is owed.
        NothingToOffset,
        /// There is no loss that winners have to bear.
        NothingToAllocate,
        /// A loss is being allocated in this instrument. Count the holders that are left, or settle those who have not
        /// borne their part of the last one.
        Allocating,
        /// Winners of this month wait to be paid: its book has not opened since the repricing, or a default is not
        /// resolved. Send it when the loss has been covered and allocated, or when the next day has been settled, from
        /// 14:00 UTC on.
        WinnersWait,
        /// The message that begins an allocation must count 32 holders, or all if there are fewer. Name more of them.
        TooFewHolders,
        /// Losses that nobody has paid exceed the insurance fund by more than a hundredth of all collateral: nothing
        /// leaves until they are covered or allocated.
        DeficitUncovered,
        /// So much may not leave within an hour, or within a day. Withdraw less, or later.
        WithdrawalLimit,
        /// This day has been settled already, or a later one.
        AlreadySettled,
        /// The instrument has not reached the end of trading. Wait for it.
        NotExpired,
        /// The final price has not been set. Wait for it, or have it proposed.
        NotFinal,
        /// The index is unknown or stale, or waits for a confirmation, or a print that a pause has kept back is not
        /// settled yet: nothing can rest on its marks. Wait for its next print, or settle the day.
        IndexUnavailable,
        /// The vault pays out no more within an hour, or within a day, whatever the clearing house says. Withdraw less,
        /// or later.
        PayoutLimit,
        /// A call to another contract failed: the token or the index refused. Try later.
        CallFailed,
        /// A sum or a count would leave the range in which books add up. Nothing was done: report it, it is a fault of
        /// the protocol.
        OutOfRange,
    }
}

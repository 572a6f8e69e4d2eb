//! The errors of the index.

crate::define_errors! {$
    /// Why a message of the index was refused. State is untouched after every one of them.
    OracleError, oracle_errors {
        /// The message belongs to governance. Propose it there. A final price can be disputed by others if the index
        /// has a dispute bond.
        NotAuthorised,
        /// There is no index with this number. Governance opens one with `set_index`.
        UnknownIndex,
        /// A rule is outside its bounds or crosses another one. The bounds stand with the fields of the rules.
        BadRules,
        /// Blend and reference score give the price its scale and stay as they are once a print exists. Open another
        /// index.
        ScaleIsFixed,
        /// Providers are numbered 0 to 15, and scores lie between a tenth of the reference score and ten times it, or
        /// are 0.
        BadProvider,
        /// Scores of those in force change while nobody enters or leaves, and by a tenth against each other at most.
        /// Wait until the change that runs is in force, and go in steps; or have the provider enter under another
        /// number.
        BadScoreChange,
        /// This address reports for the index already.
        AlreadyReporter,
        /// One more and the quorum would be no majority of the reporters, or 16 report already. Raise the quorum first.
        TooManyReporters,
        /// This address does not report for the index. Governance registers reporters.
        UnknownReporter,
        /// The day's window is not open yet. Submit from its opening on; publish what lies behind.
        TooEarly,
        /// The day's window is closed. Submit for the current day.
        TooLate,
        /// This reporter has submitted for this day already. A batch stands as it was sent.
        AlreadySubmitted,
        /// The batch lacks a provider of the basket. Send every one of them, with volume 0 for one that sold nothing.
        IncompleteBatch,
        /// The batch names a provider twice or out of ascending order, or one above 15.
        UnknownProvider,
        /// A price in the batch is zero. Prices are whole atoms from 1.
        ZeroPrice,
        /// A volume in the batch is 2^40 millions or more.
        VolumeTooLarge,
        /// Fewer reporters than the quorum have submitted for this day. The day stays without a print if no more do.
        QuorumMissing,
        /// Not all reporters have submitted, and the hour for which a quorum waits still runs. Publish when either has
        /// changed.
        WindowOpen,
        /// This day or a later one is published or waits for confirmation. Publish a later day.
        AlreadyPublished,
        /// Fewer providers than the minimum have a price and a volume on this day, or would stay in the basket. Have
        /// others enter first.
        TooFewProviders,
        /// The price is zero or above 4,294.967295 USD per million.
        PriceOutOfRange,
        /// The price waits for its confirmation. Publish again after the delay, or publish the next day.
        AwaitingConfirmation,
        /// The move is beyond what the rules take for possible, and nothing has changed since that was recorded.
        ImplausibleMove,
        /// The index has no print yet.
        NoPrint,
        /// The expiry is not over, or the lock after it still runs. Propose when it has ended.
        LockRunning,
        /// A day of the averaging window can still be published. Publish it, or wait until it cannot any more.
        SamplesPending,
        /// The averaging window lacks more days than the rules allow. The fallback opens after its delay.
        TooManyGaps,
        /// Even the fallback finds too few prints. The contracts' own sunset settles them.
        TooFewSamples,
        /// A settlement of this expiry is proposed already.
        AlreadyProposed,
        /// A day that is marked is no sample of the disputed price. Mark days whose prints went into it.
        NotASample,
        /// A batch of this reporter waits for its print, which may cost it. Resign when the day is printed, or four
        /// days after it.
        BatchWaits,
        /// No settlement of this expiry is proposed. Propose it first.
        NotProposed,
        /// The time for a dispute is over, or the settlement has been disputed before.
        DisputeOver,
        /// The settlement can still be disputed. Finalise it when that time is over.
        DisputeRunning,
        /// The settlement is disputed. Governance resolves it, or it stands after the fallback delay.
        Disputed,
        /// The settlement is not disputed, so there is nothing to resolve.
        NotDisputed,
        /// The final price is set. It is set once.
        AlreadyFinal,
        /// There is no final price of this expiry yet.
        NotFinal,
        /// A term of reporting is outside its bounds or crosses another one. The bounds stand with the fields.
        BadReporting,
        /// The reporter's bond does not suffice. Post what is missing.
        BondMissing,
        /// The amount must be from 1 to 2^50, and not more than there is.
        BadAmount,
        /// There is nothing to collect, or it is not free yet.
        NothingDue,
        /// Batches of this index are committed to first. Send `commit`, then `reveal`.
        CommitFirst,
        /// Batches of this index are sent in the open. Send `submit`.
        NoCommitments,
        /// A commitment is a hash and not zero.
        BadCommitment,
        /// This reporter has committed to nothing for this day.
        NotCommitted,
        /// The batch and the salt are not those of the commitment.
        CommitmentBroken,
        /// The token of bonds and rewards has been connected already; that happens once.
        AlreadyConnected,
        /// No token is connected yet, so no money can move. Governance connects it.
        NotConnected,
        /// The token did not move the amount. Approve the oracle for it first, and hold it.
        TokenRefused,
        /// The contract that answers the colder messages is not there.
        CallFailed,
    }
}

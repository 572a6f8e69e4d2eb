//! Every refusal of governance.

crate::define_errors! {$
    /// Why a message of governance was refused. State is untouched after every one of them.
    GovernanceError, governance_errors {
        /// The contract has not been founded. Deploy it through its constructor.
        NotFounded,
        /// The message belongs to another role: the governor proposes and cancels, the guardian tightens and vetoes,
        /// members of the council approve, the deployer seals, a nominee accepts, and only an executed action changes
        /// governance itself.
        NotAuthorised,
        /// Genesis is over already; that happens once.
        AlreadySealed,
        /// The zero address can hold no role and can be no target.
        ZeroAddress,
        /// One address cannot be governor and guardian at once. Use two.
        RolesMustDiffer,
        /// A delay is below its minimum, above thirty days, or shorter than that of a milder class.
        BadDelays,
        /// A council has one to nine different members, and a threshold from one to their number.
        BadCouncil,
        /// The calldata are shorter than a selector or longer than 4,096 bytes.
        BadCalldata,
        /// The window must end after it begins, in the future, within ninety days, and leave room for the delay.
        BadWindow,
        /// There is no action with this number.
        UnknownAction,
        /// The action is not in a state that allows this: it may be queued, executed, cancelled or vetoed already.
        WrongState,
        /// The payload is not the one that was proposed. Use the target and calldata of the event `Proposed`.
        PayloadChanged,
        /// The council has been replaced since. Approve with the present epoch, or propose it again.
        WrongCouncilEpoch,
        /// This member has approved already.
        AlreadyApproved,
        /// The window of the action is over. Propose it again.
        Expired,
        /// The delay still runs. Execute after the time in the event `Queued`.
        NotReady,
        /// The action was queued without delay before the seal. Propose it again.
        QueuedBeforeSeal,
        /// The called contract refused. Nothing was changed and the action can be executed again.
        ActionFailed,
        /// The message is not registered as one that only tightens. Propose it as an action.
        NotTightening,
        /// The guardian cannot veto the nomination of a guardian.
        NotVetoable,
        /// Messages of governance itself are critical and stay so.
        OwnMessagesAreCritical,
        /// A margin set enters only with a certificate. Use `propose_margin_set`.
        CertificateRequired,
        /// There is no class with this number. Classes are 0 routine, 1 tighten, 2 loosen, 3 critical.
        UnknownClass,
        /// A list is empty or longer than the message takes.
        BadLength,
        /// The parameter hash of the certificate is not that of the risk array.
        CertificateMismatch,
        /// A hash of the certificate is zero. Name what the set was computed from.
        CertificateIncomplete,
        /// The confidence must be at least 99 % and below 100 %.
        ConfidenceTooLow,
        /// The horizon must be at least one day.
        HorizonTooShort,
        /// Maintenance must be above zero and below liquidation-end, and that below the initial margin.
        CrossedMargins,
        /// A month is margined below the floor on one side, or no month at all is margined.
        MarginBelowFloor,
        /// A shock takes the price to zero or below. The deepest is minus 9,999 basis points.
        ShockTooDeep,
        /// A margin rises faster than the speed limit. Approach it in several sets.
        MarginRisesTooFast,
        /// A margin falls faster than the speed limit. Approach it in several sets.
        MarginFallsTooFast,
        /// A margin set is for the clearing house that the registry names, and this contract is another. Register it
        /// first.
        NotInForce,
        /// Another margin set of this product came into force since the proposal. Propose it again.
        MarginBaseMoved,
        /// The last margin set of this product is too recent. Execute later.
        MarginTooSoon,
        /// A rule of margin sets is outside its bounds.
        BadMarginRules,
    }
}

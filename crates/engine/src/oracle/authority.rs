//! Who may send which message of the oracle.

crate::authority::message_kinds! {
    Connect = "connect": Governance cold;
    SetIndex = "set_index": Governance cold;
    SetProvider = "set_provider": Governance cold;
    AddReporter = "add_reporter": Governance cold;
    RemoveReporter = "remove_reporter": Governance cold;
    SetReporting = "set_reporting": Governance cold;
    Slash = "slash": Governance cold;

    PostBond = "post_bond": Reporter cold;
    Resign = "resign": Reporter cold;
    Commit = "commit": Reporter;
    Reveal = "reveal": Reporter;
    Submit = "submit": Reporter;

    Fund = "fund": Anyone cold;
    Collect = "collect": Anyone cold;
    Publish = "publish": Anyone;
    ProposeFinal = "propose_final": Anyone cold;
    Dispute = "dispute": GovernanceOrBond cold;
    Resolve = "resolve": Governance cold;
    Finalise = "finalise": Anyone cold;

    Latest = "latest": Anyone view;
    PrintOf = "print_of": Anyone view;
    Validity = "validity": Anyone view;
    Averaging = "averaging": Anyone view;
    FinalPrice = "final_price": Anyone view;
    Cell = "cell": Anyone cold view;
    Settlement = "settlement": Anyone cold view;
    Accumulator = "accumulator": Anyone cold view;
    Reporter = "reporter": Anyone cold view;
    Due = "due": Anyone cold view;
}

//! Who may send which message of governance.

crate::authority::message_kinds! {
    Propose = "propose": Governor;
    ProposeMarginSet = "propose_margin_set": Governor;
    Cancel = "cancel": Governor;
    Approve = "approve": Councillor;
    Execute = "execute": Anyone;
    Tighten = "tighten": Guardian;
    Veto = "veto": Guardian;
    Seal = "seal": Deployer;
    AcceptGovernor = "accept_governor": Nominee;
    AcceptGuardian = "accept_guardian": Nominee;

    NominateGovernor = "nominate_governor": Itself;
    NominateGuardian = "nominate_guardian": Itself;
    SetCouncil = "set_council": Itself;
    SetDelays = "set_delays": Itself;
    SetClasses = "set_classes": Itself;
    SetMarginRules = "set_margin_rules": Itself;
    Register = "register": Itself;

    Roles = "roles": Anyone view;
    Delays = "delays": Anyone view;
    MarginRules = "margin_rules": Anyone view;
    Council = "council": Anyone view;
    Action = "action": Anyone view;
    ClassOf = "class_of": Anyone view;
    Version = "version": Anyone view;
    MarginSet = "margin_set": Anyone view;
}

//! Who may send which message of the makers' programme.

crate::authority::message_kinds! {
    Connect = "connect": Governance;
    SetParameters = "set_parameters": Governance;
    SetBudget = "set_budget": Governance;
    Accept = "accept": Governance;
    Dismiss = "dismiss": Governance;

    Apply = "apply": Owner;
    Resume = "resume": Owner;
    Exit = "exit": Owner;
    Claim = "claim": Owner;

    Suspend = "suspend": Anyone;
    CloseEpoch = "close_epoch": Anyone;
    Follow = "follow": Anyone;

    Programme = "programme": Anyone view;
    Parameters = "parameters": Anyone view;
    Maker = "maker": Anyone view;
    Epoch = "epoch": Anyone view;
    Standing = "standing": Anyone view;
}

//! Who may send which message of the vault.

crate::authority::message_kinds! {
    Connect = "connect": Governance;
    HandOver = "hand_over": Governance;
    Deposit = "deposit": Anyone;
    DepositWithPermit = "deposit_with_permit": Anyone;
    Endow = "endow": Anyone;
    Pay = "pay": ClearingHouse;
    LowerLimits = "lower_limits": Governance;
    SetLimits = "set_limits": Governance;

    Limits = "limits": Anyone view;
    Audit = "audit": Anyone view;
    State = "state": Anyone view;
}

//! The selectors that governance knows by name, with the signatures they are the hashes of.

use super::Selector;

/// Signature of the message of clearing that puts a margin set in force.
pub const SET_RISK_SIGNATURE: &str = "set_risk(uint8,uint16,uint16,bytes,bytes32)";

/// Selector of [`SET_RISK_SIGNATURE`]. Only [`super::propose_margin_set()`] makes actions with it.
pub const SET_RISK: Selector = [0x9f, 0xae, 0x14, 0xc3];

/// Signature of the message of governance that names a successor of the guardian.
pub const NOMINATE_GUARDIAN_SIGNATURE: &str = "nominate_guardian(address)";

/// Selector of [`NOMINATE_GUARDIAN_SIGNATURE`]. The guardian cannot veto it, or nobody could ever replace them.
pub const NOMINATE_GUARDIAN: Selector = [0x91, 0x7c, 0x41, 0x23];

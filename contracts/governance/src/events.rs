//! The events of governance as Solidity events. Times in seconds since 1970-01-01 UTC; classes as
//! [`sit_engine::governance::Class::number`], roles 0 governor and 1 guardian. Calldata are named `call`: a name that
//! Solidity reserves would stand empty in the ABI.

use ink::primitives::Address;
use ink::sol::{DynBytes, FixedBytes};
use sit_engine::governance::{Event, Role};

sit_shell::events! {
    /// An action was proposed. Executing it needs this call, selector and arguments, again.
    Proposed {
        id: u32, target: Address;
        call: DynBytes, payload_hash: FixedBytes<32>, class: u8, not_before: u32, not_after: u32
    }
    /// A proposed action carries this margin set. The certificate as its canonical bytes
    /// ([`sit_engine::certificate::Certificate::canonical_bytes`]), whose keccak-256 is the hash; the set itself stands
    /// in the calldata of the proposal.
    MarginSetProposed { id: u32; product: u8, certificate_hash: FixedBytes<32>, certificate: DynBytes }
    /// A member of the council approved an action.
    Approved { id: u32; member: Address }
    /// The last approval needed has come; the delay runs.
    Queued { id: u32; ready_at: u32 }
    /// An action was executed.
    Executed { id: u32; }
    /// A margin set came into force.
    MarginSetAccepted { product: u8; sequence: u32, certificate_hash: FixedBytes<32> }
    /// The guardian executed a call that only tightens.
    Tightened { target: Address; call: DynBytes }
    /// The governor withdrew an action.
    Cancelled { id: u32; }
    /// The guardian vetoed an action.
    Vetoed { id: u32; }
    /// A successor was named for a role.
    Nominated { ; role: u8, nominee: Address }
    /// A role changed hands.
    RoleAccepted { ; role: u8, holder: Address }
    /// The council was replaced; approvals of the one before are void.
    CouncilChanged { ; epoch: u32, threshold: u8 }
    /// The delays were changed, in seconds.
    DelaysChanged { ; tighten: u32, routine: u32, loosen: u32, critical: u32 }
    /// The class of a message was registered.
    ClassChanged { target: Address; selector: FixedBytes<4>, class: u8 }
    /// The rules of margin sets were changed.
    MarginRulesChanged { ; max_rise_bps: u16, max_fall_bps: u16, floor_bps: u16, interval: u32 }
    /// A name points to a new version.
    Registered { name: FixedBytes<32>; target: Address, version: u32 }
    /// Genesis is over.
    Sealed { ; deployer: Address }
}

fn role_number(role: Role) -> u8 {
    match role {
        Role::Governor => 0,
        Role::Guardian => 1,
    }
}

/// Emits an event of the engine.
pub fn emit(event: Event<'_>) {
    match event {
        Event::Proposed { id, target, calldata, payload_hash, class, window } => Proposed {
            id,
            target: target.into(),
            call: DynBytes(calldata.to_vec()),
            payload_hash: FixedBytes(payload_hash),
            class: class.number(),
            not_before: window.not_before.0,
            not_after: window.not_after.0,
        }
        .emit(),
        Event::MarginSetProposed { id, product, certificate_hash, certificate } => MarginSetProposed {
            id,
            product,
            certificate_hash: FixedBytes(certificate_hash),
            certificate: DynBytes(certificate.to_vec()),
        }
        .emit(),
        Event::Approved { id, member } => Approved { id, member: member.into() }.emit(),
        Event::Queued { id, ready_at } => Queued { id, ready_at: ready_at.0 }.emit(),
        Event::Executed { id } => Executed { id }.emit(),
        Event::MarginSetAccepted { product, sequence, certificate_hash } => {
            MarginSetAccepted { product, sequence, certificate_hash: FixedBytes(certificate_hash) }.emit();
        }
        Event::Tightened { target, calldata } => {
            Tightened { target: target.into(), call: DynBytes(calldata.to_vec()) }.emit()
        }
        Event::Cancelled { id } => Cancelled { id }.emit(),
        Event::Vetoed { id } => Vetoed { id }.emit(),
        Event::Nominated { role, nominee } => {
            Nominated { role: role_number(role), nominee: nominee.into() }.emit();
        }
        Event::RoleAccepted { role, holder } => {
            RoleAccepted { role: role_number(role), holder: holder.into() }.emit();
        }
        Event::CouncilChanged { epoch, threshold } => CouncilChanged { epoch, threshold }.emit(),
        Event::DelaysChanged { delays } => DelaysChanged {
            tighten: delays.tighten,
            routine: delays.routine,
            loosen: delays.loosen,
            critical: delays.critical,
        }
        .emit(),
        Event::ClassChanged { target, selector, class } => {
            ClassChanged { target: target.into(), selector: FixedBytes(selector), class: class.number() }.emit()
        }
        Event::MarginRulesChanged { rules } => MarginRulesChanged {
            max_rise_bps: rules.max_rise_bps,
            max_fall_bps: rules.max_fall_bps,
            floor_bps: rules.floor_bps,
            interval: rules.interval,
        }
        .emit(),
        Event::Registered { name, target, version } => {
            Registered { name: FixedBytes(name), target: target.into(), version }.emit();
        }
        Event::Sealed { deployer } => Sealed { deployer: deployer.into() }.emit(),
    }
}

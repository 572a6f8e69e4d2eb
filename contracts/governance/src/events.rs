//! The events of governance as Solidity events. Times in seconds since 1970-01-01 UTC; classes as
//! [`sit_engine::governance::Class::number`], roles 0 governor and 1 guardian.

use ink::env::emit_event;
use ink::primitives::Address;
use ink::sol::{DynBytes, FixedBytes};
use sit_engine::governance::{Event, Role};

/// An action was proposed. Executing it needs these calldata again.
#[ink::event]
pub struct Proposed {
    #[ink(topic)]
    pub id: u32,
    #[ink(topic)]
    pub target: Address,
    pub calldata: DynBytes,
    pub payload_hash: FixedBytes<32>,
    pub class: u8,
    pub not_before: u32,
    pub not_after: u32,
}

/// A proposed action carries this margin set.
#[ink::event]
pub struct MarginSetProposed {
    #[ink(topic)]
    pub id: u32,
    pub product: u8,
    pub certificate_hash: FixedBytes<32>,
}

/// A member of the council approved an action.
#[ink::event]
pub struct Approved {
    #[ink(topic)]
    pub id: u32,
    pub member: Address,
}

/// The last approval needed has come; the delay runs.
#[ink::event]
pub struct Queued {
    #[ink(topic)]
    pub id: u32,
    pub ready_at: u32,
}

/// An action was executed.
#[ink::event]
pub struct Executed {
    #[ink(topic)]
    pub id: u32,
}

/// A margin set came into force.
#[ink::event]
pub struct MarginSetAccepted {
    #[ink(topic)]
    pub product: u8,
    pub sequence: u32,
    pub certificate_hash: FixedBytes<32>,
}

/// The guardian executed a call that only tightens.
#[ink::event]
pub struct Tightened {
    #[ink(topic)]
    pub target: Address,
    pub calldata: DynBytes,
}

/// The governor withdrew an action.
#[ink::event]
pub struct Cancelled {
    #[ink(topic)]
    pub id: u32,
}

/// The guardian vetoed an action.
#[ink::event]
pub struct Vetoed {
    #[ink(topic)]
    pub id: u32,
}

/// A successor was named for a role.
#[ink::event]
pub struct Nominated {
    pub role: u8,
    pub nominee: Address,
}

/// A role changed hands.
#[ink::event]
pub struct RoleAccepted {
    pub role: u8,
    pub holder: Address,
}

/// The council was replaced; approvals of the one before are void.
#[ink::event]
pub struct CouncilChanged {
    pub epoch: u32,
    pub threshold: u8,
}

/// The delays were changed, in seconds.
#[ink::event]
pub struct DelaysChanged {
    pub tighten: u32,
    pub routine: u32,
    pub loosen: u32,
    pub critical: u32,
}

/// The class of a message was registered.
#[ink::event]
pub struct ClassChanged {
    #[ink(topic)]
    pub target: Address,
    pub selector: FixedBytes<4>,
    pub class: u8,
}

/// The rules of margin sets were changed.
#[ink::event]
pub struct MarginRulesChanged {
    pub max_rise_bps: u16,
    pub max_fall_bps: u16,
    pub floor_bps: u16,
    pub interval: u32,
}

/// A name points to a new version.
#[ink::event]
pub struct Registered {
    #[ink(topic)]
    pub name: FixedBytes<32>,
    pub target: Address,
    pub version: u32,
}

/// Genesis is over.
#[ink::event]
pub struct Sealed {
    pub deployer: Address,
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
        Event::Proposed { id, target, calldata, payload_hash, class, window } => emit_event(Proposed {
            id,
            target: target.into(),
            calldata: DynBytes(calldata.to_vec()),
            payload_hash: FixedBytes(payload_hash),
            class: class.number(),
            not_before: window.not_before.0,
            not_after: window.not_after.0,
        }),
        Event::MarginSetProposed { id, product, certificate_hash } => {
            emit_event(MarginSetProposed { id, product, certificate_hash: FixedBytes(certificate_hash) })
        }
        Event::Approved { id, member } => emit_event(Approved { id, member: member.into() }),
        Event::Queued { id, ready_at } => emit_event(Queued { id, ready_at: ready_at.0 }),
        Event::Executed { id } => emit_event(Executed { id }),
        Event::MarginSetAccepted { product, sequence, certificate_hash } => {
            emit_event(MarginSetAccepted { product, sequence, certificate_hash: FixedBytes(certificate_hash) });
        }
        Event::Tightened { target, calldata } => {
            emit_event(Tightened { target: target.into(), calldata: DynBytes(calldata.to_vec()) })
        }
        Event::Cancelled { id } => emit_event(Cancelled { id }),
        Event::Vetoed { id } => emit_event(Vetoed { id }),
        Event::Nominated { role, nominee } => {
            emit_event(Nominated { role: role_number(role), nominee: nominee.into() });
        }
        Event::RoleAccepted { role, holder } => {
            emit_event(RoleAccepted { role: role_number(role), holder: holder.into() });
        }
        Event::CouncilChanged { epoch, threshold } => emit_event(CouncilChanged { epoch, threshold }),
        Event::DelaysChanged { delays } => emit_event(DelaysChanged {
            tighten: delays.tighten,
            routine: delays.routine,
            loosen: delays.loosen,
            critical: delays.critical,
        }),
        Event::ClassChanged { target, selector, class } => {
            emit_event(ClassChanged { target: target.into(), selector: FixedBytes(selector), class: class.number() })
        }
        Event::MarginRulesChanged { rules } => emit_event(MarginRulesChanged {
            max_rise_bps: rules.max_rise_bps,
            max_fall_bps: rules.max_fall_bps,
            floor_bps: rules.floor_bps,
            interval: rules.interval,
        }),
        Event::Registered { name, target, version } => {
            emit_event(Registered { name: FixedBytes(name), target: target.into(), version });
        }
        Event::Sealed { deployer } => emit_event(Sealed { deployer: deployer.into() }),
    }
}

//! The page of roles and messages is what the engine's table says.

use sit_engine::authority::Sender;
use sit_engine::governance::Class;
use sit_engine::{kind::MessageKind, launch};
use sit_papers::Repository;
use std::fmt::Write as _;

const PAGE: &str = "docs/book/src/roles.md";

/// The senders, with what the page calls them and what holds them to it, in the order of the page.
const SENDERS: &[(Sender, &str, &str)] = &[
    (Sender::Anyone, "Anyone", "What the message does follows from a rule, or concerns only what its sender brings."),
    (Sender::Owner, "The owner of the account", "The account cell names the owner."),
    (
        Sender::OwnerOrDelegate,
        "The owner of the account, or their delegate",
        "A delegate cell names the key, the months, the lots and the end.",
    ),
    (Sender::Reporter, "A reporter of the index", "Registered by governance, under a bond."),
    (Sender::GovernanceOrBond, "Governance, or anyone under a bond", "The bond is lost when the dispute is."),
    (
        Sender::Governance,
        "The governance contract",
        "An action that was proposed, approved by the council and has waited the delay of its class; the guardian may send \
         what tightens at once.",
    ),
    (Sender::Vault, "The vault", "By address, as governance connected it."),
    (Sender::ClearingHouse, "The clearing house in force", "By address, as governance's registry names it."),
    (Sender::Incentives, "The makers' programme", "By address, as governance connected it."),
    (Sender::PreviousVersion, "The version before this one", "By address, as governance's registry names it."),
    (Sender::Governor, "The governor", "One address."),
    (Sender::Guardian, "The guardian", "One address, never the governor's."),
    (Sender::Councillor, "A councillor", "Up to nine addresses with a threshold."),
    (Sender::Deployer, "The deployer of governance", "Until genesis is sealed or seven days are over."),
    (Sender::Nominee, "The nominee of a role", "The address that an executed action has nominated."),
    (Sender::Itself, "Governance itself", "As an executed action on its own contract."),
];

fn class(kind: MessageKind) -> &'static str {
    match launch::CLASSES.iter().find(|(known, _)| *known == kind).map(|(_, class)| *class) {
        Some(Class::Routine) => "routine",
        Some(Class::Tighten) => "tighten",
        Some(Class::Loosen) => "loosen",
        Some(Class::Critical) | None => "critical",
    }
}

/// The page as the table makes it.
fn page() -> String {
    let mut page = String::from(
        "# Roles and messages\n\n\
         Who may send what, for each message that changes something. Everything here is generated from the engine's table of\n\
         authority (`crates/engine/src/kind.rs`), which the contracts check and from which tests refuse every message to every other\n\
         role; `SIT_UPDATE_BOOK=1 scripts/test papers roles` writes the page anew. Behind a governed message stands the class that\n\
         decides how long it waits ([Governance](governance.md#classes-and-delays)).\n",
    );
    for (sender, name, held) in SENDERS {
        let kinds: Vec<MessageKind> =
            MessageKind::all().filter(|kind| kind.sender() == *sender && !kind.is_view()).collect();
        if kinds.is_empty() {
            continue;
        }
        write!(page, "\n## {name}\n\n{held}\n\n| contract | messages |\n|---|---|\n").expect("a string takes it");
        for contract in MessageKind::CONTRACTS {
            let of: Vec<String> = kinds
                .iter()
                .filter(|kind| kind.contract() == *contract)
                .map(|kind| {
                    if sender.is_governed() {
                        format!("`{}` ({})", kind.name(), class(*kind))
                    } else {
                        format!("`{}`", kind.name())
                    }
                })
                .collect();
            if !of.is_empty() {
                writeln!(page, "| {contract} | {} |", of.join(", ")).expect("a string takes it");
            }
        }
    }
    page
}

#[test]
fn every_sender_of_the_table_is_on_the_page() {
    for kind in MessageKind::all() {
        assert!(
            SENDERS.iter().any(|(sender, _, _)| *sender == kind.sender()),
            "{}.{} belongs to a sender that the page has no words for",
            kind.contract(),
            kind.name()
        );
    }
}

#[test]
fn the_page_of_roles_is_what_the_table_says() {
    let repository = Repository::open();
    if std::env::var_os("SIT_UPDATE_BOOK").is_some() {
        std::fs::write(repository.root().join(PAGE), page()).expect("the page can be written");
        return;
    }
    assert_eq!(
        repository.text(PAGE).unwrap_or_default(),
        page(),
        "who may send what has changed: look at the difference, then run `SIT_UPDATE_BOOK=1 scripts/test papers roles`"
    );
}

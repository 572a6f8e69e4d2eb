//! `docs/book/src/governance.md` says what is deployed: roles, classes and delays of the page against the contracts
//! (G2).

use crate::World;
use crate::privileges::role;
use sit_client::{Artifact, codec};
use sit_engine::authority::Sender;
use sit_engine::calendar::DAY;
use sit_engine::governance::Class;
use sit_engine::kind::MessageKind;
use sit_engine::launch::{CLASSES, DELAYS};
use sit_engine::oracle::Rules;
use sit_native::{Contract, Message, view};

const PAGE: &str = include_str!("../../../../docs/book/src/governance.md");

const NAMES: [&str; 4] = ["routine", "tighten", "loosen", "critical"];

/// Rows of the table whose head begins so, cells trimmed.
fn table(head: &str) -> Vec<Vec<&'static str>> {
    let lines = PAGE.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn the_page_names_every_class_that_is_registered_and_no_other() {
    let told: Vec<(String, String, String)> = table("| contract | message")
        .into_iter()
        .map(|row| (row[0].to_owned(), row[1].trim_matches('`').to_owned(), row[2].to_owned()))
        .collect();
    let registered: Vec<(String, String, String)> = CLASSES
        .iter()
        .map(|(kind, class)| {
            (kind.contract().to_owned(), kind.name().to_owned(), NAMES[usize::from(class.number())].to_owned())
        })
        .collect();
    assert_eq!(told, registered);
    // The deployed contract has them, and everything else is critical.
    let mut world = World::opened(&Rules::TPI, 4);
    let entries: Vec<_> = Message::entries().into_iter().chain(view::entries()).collect();
    for contract in [Contract::Clearing, Contract::Vault, Contract::Oracle, Contract::Incentives] {
        let target = world.exchange.address(contract).unwrap();
        for entry in entries.iter().filter(|entry| entry.contract == contract) {
            let class = world.view(&view::ClassOf { target, selector: codec::selector(entry) }).unwrap();
            let row = CLASSES.iter().find(|(kind, _)| (kind.contract(), kind.name()) == (contract.name(), entry.name));
            assert_eq!(class, row.map_or(Class::Critical, |(_, class)| *class), "{}.{}", contract.name(), entry.name);
        }
    }
    let target = world.exchange.address(Contract::Governance).unwrap();
    let selector = codec::selector(&Message::SetCouncil { members: Vec::new(), threshold: 0 }.entry());
    let class = world.view(&view::ClassOf { target, selector }).unwrap();
    assert_eq!(class, Class::Critical, "governance's own messages");
}

#[test]
fn the_page_names_the_delays_that_are_deployed_which_are_the_least_there_may_be() {
    let mut world = World::opened(&Rules::TPI, 4);
    let delays = world.view(&view::Delays {}).unwrap();
    assert_eq!(delays, DELAYS);
    assert_eq!(DELAYS, sit_engine::governance::Delays::MIN, "the page says so");
    let words = |seconds: u32| match (seconds / DAY, seconds / 3_600) {
        (0, 1) => "1 hour; the guardian at once".to_owned(),
        (1, _) => "1 day".to_owned(),
        (days, _) => format!("{days} days"),
    };
    let expected: Vec<(String, String)> = [delays.routine, delays.tighten, delays.loosen, delays.critical]
        .into_iter()
        .enumerate()
        .map(|(number, delay)| (number.to_string(), words(delay)))
        .collect();
    let told: Vec<(String, String)> =
        table("| class | number").into_iter().map(|row| (row[1].to_owned(), row[2].to_owned())).collect();
    assert_eq!(told, expected);
}

#[test]
fn the_page_names_what_each_role_sends() {
    let rows = table("| role |");
    let governance = MessageKind::all().filter(|kind| kind.contract() == "governance" && !kind.is_view());
    let mut count = 0;
    for kind in governance {
        let Some(role) = role(kind.sender()).or((kind.sender() == Sender::Anyone).then_some("anyone")) else {
            continue;
        };
        let row = rows.iter().find(|row| row[0] == role).unwrap_or_else(|| panic!("{role} is on the page"));
        assert!(row[1].contains(&format!("`{}`", kind.name())), "{role} sends {}", kind.name());
        count += 1;
    }
    let told: usize = rows.iter().map(|row| row[1].matches('`').count() / 2).sum();
    assert_eq!(told, count, "and nothing else");
}

#[test]
fn every_argument_of_every_message_and_every_field_of_every_event_has_a_name() {
    for contract in Contract::ALL {
        let Artifact { abi, name, .. } = Artifact::of(contract).expect("the contract is built");
        // What Solidity reserves would stand there without one.
        for function in abi.functions() {
            assert!(function.inputs.iter().all(|input| !input.name.is_empty()), "{name}.{}", function.name);
        }
        for event in abi.events() {
            assert!(event.inputs.iter().all(|input| !input.name.is_empty()), "{name}.{}", event.name);
        }
    }
}

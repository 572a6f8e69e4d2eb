//! `docs/book/src/governance.md` says what is deployed: roles, classes and delays of the page against the contracts (G2).

use crate::World;
use crate::privileges::role;
use sit_demo::exchange::selector;
use sit_devnet::{Value, args};
use sit_engine::authority::{MessageKind, Sender};
use sit_engine::launch::{CLASSES, DELAYS};
use sit_engine::oracle::Rules;

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
    let (governance, anyone) = (world.exchange.governance.clone(), world.anyone());
    let exchange = &world.exchange;
    let contracts = [&exchange.clearing, &exchange.vault, &exchange.oracle, &exchange.incentives].map(Clone::clone);
    for contract in contracts {
        let names: Vec<String> = contract.abi.functions().map(|function| function.name.clone()).collect();
        for name in names {
            let arguments = args![&contract, selector(&contract, &name).unwrap()];
            let class: u8 =
                world.exchange.chain.view(&anyone, &governance, "class_of", arguments).unwrap().get(0).unwrap();
            let row = CLASSES.iter().find(|(kind, _)| (kind.contract(), kind.name()) == (&*contract.name, &*name));
            assert_eq!(class, row.map_or(3, |(_, class)| class.number()), "{}.{name}", contract.name);
        }
    }
    let own: Value = selector(&governance, "set_council").unwrap();
    let class: u64 =
        world.exchange.chain.view(&anyone, &governance, "class_of", args![&governance, own]).unwrap().get(0).unwrap();
    assert_eq!(class, 3, "governance's own messages");
}

#[test]
fn the_page_names_the_delays_that_are_deployed_which_are_the_least_there_may_be() {
    let mut world = World::opened(&Rules::TPI, 4);
    let (governance, anyone) = (world.exchange.governance.clone(), world.anyone());
    let delays: (u32, u32, u32, u32) =
        world.exchange.chain.view(&anyone, &governance, "delays", args![]).unwrap().get(0).unwrap();
    assert_eq!(delays, (DELAYS.tighten, DELAYS.routine, DELAYS.loosen, DELAYS.critical));
    assert_eq!(DELAYS, sit_engine::governance::Delays::MIN, "the page says so");
    let words = |seconds: u32| match (seconds / 86_400, seconds / 3_600) {
        (0, 1) => "1 hour; the guardian at once".to_owned(),
        (1, _) => "1 day".to_owned(),
        (days, _) => format!("{days} days"),
    };
    let expected: Vec<(String, String)> = [delays.1, delays.0, delays.2, delays.3]
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
    let world = World::opened(&Rules::TPI, 4);
    let exchange = &world.exchange;
    for contract in [
        &exchange.governance,
        &exchange.vault,
        &exchange.clearing,
        &exchange.back_office,
        &exchange.oracle,
        &exchange.oracle_office,
        &exchange.incentives,
    ] {
        // What Solidity reserves would stand there without one.
        for function in contract.abi.functions() {
            assert!(function.inputs.iter().all(|input| !input.name.is_empty()), "{}.{}", contract.name, function.name);
        }
        for event in contract.abi.events() {
            assert!(event.inputs.iter().all(|input| !input.name.is_empty()), "{}.{}", contract.name, event.name);
        }
    }
}

//! Prints and final prices from the events alone, by a script that uses no code of the project (P1, E1).

use crate::{START, USUAL, World, finalise_price, propose_final, set_provider};
use sit_engine::oracle::validity::Validity;
use sit_native::{Argument, Contract, EmittedEvent};
use std::io::Write;
use std::process::{Command, Stdio};

/// A value as JSON: numbers, truth values, bytes as hex, structs as lists.
fn json(value: &Argument) -> String {
    let hex = |bytes: &[u8]| format!("\"0x{}\"", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    match value {
        Argument::Number(number) => number.to_string(),
        Argument::Flag(truth) => truth.to_string(),
        Argument::Address(address) => hex(address),
        Argument::Word(word) => hex(word),
        Argument::Bytes(bytes) => hex(bytes),
        Argument::Tuple(parts) | Argument::List(parts) => {
            format!("[{}]", parts.iter().map(json).collect::<Vec<_>>().join(","))
        }
        other => panic!("no event of the oracle has {other:?}"),
    }
}

fn line(event: &EmittedEvent) -> String {
    let fields: String = event.fields.iter().map(|(name, value)| format!(",\"{name}\":{}", json(value))).collect();
    format!("{{\"name\":\"{}\"{fields}}}", event.name)
}

/// Runs the script on events; what it printed, or the error that it ended with.
fn recompute(events: &[EmittedEvent]) -> Result<String, String> {
    let lines: Vec<String> = events.iter().filter(|event| event.contract == Contract::Oracle).map(line).collect();
    let mut script = Command::new("python3")
        .args(["-B", concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/final_price.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3, which scripts/setup --for test installs");
    script.stdin.take().unwrap().write_all(format!("[{}]", lines.join(",\n")).as_bytes()).unwrap();
    let output = script.wait_with_output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
fn a_script_without_project_code_gets_every_print_and_the_final_price_from_events() {
    let mut world = World::live();
    // A change of quality, a cut that waits, a day with a silent reporter and one with a wrong one, a day without a
    // print.
    world.govern(&set_provider(0, 1_100));
    assert_eq!(world.day(START + 2, USUAL * 101 / 100), Ok(Validity::Valid));
    assert_eq!(world.day(START + 3, USUAL / 2), Ok(Validity::NeedsConfirmation));
    world.at(START + 3, 20 * 3_600);
    assert_eq!(world.publish(START + 3), Ok(Validity::Valid));
    world.at(START + 4, 15 * 3_600);
    for reporter in 0..4 {
        let price = if reporter == 1 { USUAL * 50 } else { USUAL * 51 / 100 };
        world.submit(reporter, START + 4, price).unwrap();
    }
    world.at(START + 5, 0);
    assert_eq!(world.publish(START + 4), Ok(Validity::Valid));
    assert_eq!(world.day(START + 6, USUAL * 55 / 100), Ok(Validity::Valid));
    world.at(START + 7, 3_600);
    let anyone = world.anyone();
    world.call(&anyone, &propose_final(START + 6)).unwrap();
    world.at(START + 8, 7_200);
    let price: u64 = world.call(&anyone, &finalise_price(START + 6)).unwrap().answer().unwrap();

    let told = recompute(&world.told).unwrap_or_else(|error| panic!("{error}"));
    assert!(told.contains(&format!("\"finals\": {{\"{}\": {price}}}", START + 6)), "{told}");
    for day in [START, START + 1, START + 2, START + 3, START + 4, START + 6] {
        let print = world.print_of(day).unwrap();
        assert!(told.contains(&format!("\"{day}\": {print}")), "{day}: {told}");
    }

    // The script really checks: one atom off in one batch of the median, and it says so.
    let mut forged = world.told.clone();
    for event in forged.iter_mut().filter(|event| event.name == "Submitted") {
        for (_, value) in event.fields.iter_mut().filter(|(name, _)| *name == "batch") {
            if let Argument::Bytes(bytes) = value
                && let Some(last) = bytes.get_mut(29)
            {
                *last = last.wrapping_add(5);
            }
        }
    }
    assert!(recompute(&forged).unwrap_err().contains("the chain told"));
}

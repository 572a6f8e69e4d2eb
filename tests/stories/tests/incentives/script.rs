//! The script that recomputes the programme from events.

use crate::world::World;
use sit_engine::units::Seat;
use sit_native::event::clearing::{Listed, Placed};
use sit_native::{Argument, Contract, EmittedEvent};
use std::io::Write;
use std::process::{Command, Stdio};

/// Events of the clearing house that the script reads.
const READ: [&str; 8] = ["Listed", "MarkSet", "Placed", "Removed", "RemovedAll", "Filled", "MakerSet", "Guarded"];

/// A value as JSON: numbers, truth values, structs as lists.
fn json(value: &Argument) -> String {
    match value {
        Argument::Number(number) => number.to_string(),
        Argument::Signed(number) => number.to_string(),
        Argument::Flag(truth) => truth.to_string(),
        Argument::Address(address) => {
            format!("\"0x{}\"", address.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        Argument::Tuple(parts) => format!("[{}]", parts.iter().map(json).collect::<Vec<_>>().join(",")),
        other => panic!("no event of makers has {other:?}"),
    }
}

fn line(time: u64, event: &EmittedEvent, limited: bool) -> String {
    let fields: String = event.fields.iter().map(|(name, value)| format!(",\"{name}\":{}", json(value))).collect();
    let (contract, name) = (event.contract.name(), event.name);
    let limited = if limited { ",\"limited\":true" } else { "" };
    format!("{{\"time\":{time},\"contract\":\"{contract}\",\"name\":\"{name}\"{fields}{limited}}}")
}

/// What the script is given: all events, the terms behind each listing, and which orders had a time limit.
pub fn script_input(world: &mut World, limited: &[(Seat, u32)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (time, event) in world.told.clone() {
        let ours = event.contract == Contract::Incentives
            || event.contract == Contract::Clearing && READ.contains(&event.name);
        if !ours {
            continue;
        }
        let order = event.read::<Placed>().map(|placed| (placed.seat, placed.number));
        lines.push(line(time, &event, order.is_some_and(|order| limited.contains(&order))));
        if let Some(Listed { instrument, .. }) = event.read() {
            let place = world.months.iter().position(|month| *month == instrument).unwrap();
            let terms = world.market(place).terms;
            lines.push(format!(
                "{{\"name\":\"Terms\",\"instrument\":{},\"epoch\":1,\"lots\":{},\"front\":{},\"back\":{}}}",
                instrument.0, terms.maker_lots.0, terms.maker_spread_front_bps, terms.maker_spread_back_bps
            ));
        }
    }
    lines
}

/// Runs the script: what it printed, or the error that it ended with.
pub fn recompute(lines: &[String]) -> Result<String, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/maker_payouts.py");
    let mut run = Command::new("python3")
        .args(["-B", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3, which scripts/setup --for test installs");
    run.stdin.take().unwrap().write_all(format!("[{}]", lines.join(",\n")).as_bytes()).unwrap();
    let output = run.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

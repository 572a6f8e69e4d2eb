//! How fast the chain is, and what a block leaves behind: `sit-devnet --measure`.
//!
//! Each figure of the development chain stands beside the harness's for the same message, with their ratio, since
//! machines differ and ratios less.

use std::{fmt::Write, fs, sync::LazyLock, time::Instant};

use alloy_core::primitives::U256 as Number;
use sit_client::{Deployment, args};

use crate::{
    Chain, DOT,
    keyring::{self, Key, Role},
    node::{Beginning, Clock, Node},
    rpc::{Devnet, Mining},
    token::USDC_ADDRESS,
};

/// Messages of a measurement of speed.
const MESSAGES: u32 = 2_000;
/// Blocks over which memory is watched, and after how many of them.
const BLOCKS: u32 = 10_000;
const WATCHED: [u32; 4] = [1_000, 2_500, 5_000, 10_000];
/// Accounts whose balance a block changes, when its end is measured.
const TOUCHED: u32 = 100;

/// Measures and says so, a line for each figure.
///
/// # Errors
/// When the chain refuses what it should take, as a sentence.
pub fn measure() -> Result<String, String> {
    let mut text = String::new();
    let line = |text: &mut String, line: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{line}");
    };
    let harness = harness()?;
    let (whole, signing) = whole_path()?;
    line(
        &mut text,
        format!("harness: {harness:.0} transfers of the token a second, below extensions and without a state root"),
    );
    line(
        &mut text,
        format!(
            "chain: {whole:.0} transfers a second from signed bytes to a sealed block; {:.2} times the harness's time for each",
            harness / whole
        ),
    );
    line(&mut text, format!("of that, signing them: {:.1} %", 100.0 * signing));
    let (milliseconds, cells) = ending()?;
    line(&mut text, format!("ending a block with {cells} changed balances of the token: {milliseconds:.2} ms"));
    for (blocks, resident, state) in memory()? {
        line(
            &mut text,
            format!("after {blocks} blocks: {:.1} MB resident, {:.2} MB of them states", resident / 1e6, state / 1e6),
        );
    }
    Ok(text)
}

fn chain(history: usize) -> Result<Devnet, String> {
    let accounts = keyring::all().iter().map(|key| (key.address, 1_000_000 * DOT, 10_000_000_000_000)).collect();
    let beginning = Beginning { time: 1_796_630_400, accounts, history };
    let node = Node::new(&beginning, Clock::fixed(beginning.time, 2))?;
    Ok(Devnet::new(node, Deployment::default(), Mining::Manual))
}

fn transfer(to: [u8; 20], atoms: u64) -> Vec<u8> {
    let mut data = vec![0xa9, 0x05, 0x9c, 0xbb];
    data.extend([0; 12]);
    data.extend(to);
    data.extend(Number::from(atoms).to_be_bytes::<32>());
    data
}

/// Transfers a second in the harness.
fn harness() -> Result<f64, String> {
    let mut chain = Chain::new();
    chain.when_full(crate::WhenFull::Seal { seconds: 2 });
    let (alice, bob, usdc) = (chain.account("alice"), chain.account("bob"), chain.usdc());
    chain.mint_usdc(&alice, 1_000_000_000_000).map_err(|error| error.to_string())?;
    let begun = processor_seconds();
    for _ in 0..MESSAGES {
        chain.call(&alice, &usdc, "transfer", args![&bob, 1_000_000_u64]).map_err(|error| error.to_string())?;
    }
    Ok(f64::from(MESSAGES) / (processor_seconds() - begun))
}

/// Transfers a second from signed bytes to sealed blocks, and what part of the time signing takes.
fn whole_path() -> Result<(f64, f64), String> {
    let mut chain = chain(64)?;
    let all = keyring::all();
    let (from, to) = (all[0].clone(), all[1].address.0);
    let begun = processor_seconds();
    for number in 0..MESSAGES {
        chain
            .post(&from, Some(USDC_ADDRESS.into_array()), transfer(to, 1_000_000))
            .map_err(|error| error.to_string())?;
        if number % 40 == 39 {
            while chain.node.waiting_count() > 0 {
                chain.node.seal()?;
            }
        }
    }
    let all = processor_seconds() - begun;
    let begun = processor_seconds();
    for number in 0..100_u64 {
        let digest = sp_core::hashing::keccak_256(&number.to_be_bytes());
        let _ = from.sign_digest(&digest);
    }
    let signing = (processor_seconds() - begun) * f64::from(MESSAGES) / 100.0;
    Ok((f64::from(MESSAGES) / all, signing / all))
}

/// Milliseconds to end a block that has changed so many balances, the median of many.
fn ending() -> Result<(f64, u32), String> {
    let mut chain = chain(64)?;
    let from = keyring::all().swap_remove(0);
    let mut times = Vec::new();
    for round in 0..20 {
        let mut changed = 0;
        for number in 0..TOUCHED {
            let to = Key::named(&format!("person {number}"), Role::Yours).address.0;
            chain
                .post(&from, Some(USDC_ADDRESS.into_array()), transfer(to, 1_000_000))
                .map_err(|error| error.to_string())?;
        }
        while chain.node.waiting_count() > 0 {
            let sealed = chain.node.seal()?;
            changed += sealed.transactions.len();
            if round > 0 && sealed.transactions.len() as u32 == TOUCHED {
                times.push(sealed.ending.as_secs_f64() * 1e3);
            }
        }
        if changed as u32 != TOUCHED {
            return Err(format!("{changed} transfers were done of {TOUCHED}"));
        }
    }
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().ok_or("no block took all transfers")?;
    Ok((median, TOUCHED))
}

/// Bytes of the program and of its states, after some blocks of a few transfers each.
fn memory() -> Result<Vec<(u32, f64, f64)>, String> {
    let mut chain = chain(64)?;
    let people: Vec<Key> = keyring::all();
    let mut seen = Vec::new();
    for block in 1..=BLOCKS {
        for (from, to) in people.iter().zip(&people[4..]).take(4) {
            chain
                .post(from, Some(USDC_ADDRESS.into_array()), transfer(to.address.0, 1_000))
                .map_err(|error| error.to_string())?;
        }
        chain.node.seal()?;
        chain.take_notices();
        if WATCHED.contains(&block) {
            seen.push((block, resident().unwrap_or(0.0), chain.node.state_bytes() as f64));
        }
    }
    Ok(seen)
}

/// Seconds of processor time that this thread has used: other programs on the machine do not count. Where the system
/// does not say, the time since the program began to measure.
#[must_use]
pub fn processor_seconds() -> f64 {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = text.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    nanos.map_or_else(|| BEGUN.elapsed().as_secs_f64(), |nanos| nanos / 1e9)
}

/// Resident memory of this program in bytes; `None` where the system does not say.
fn resident() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4_096.0)
}

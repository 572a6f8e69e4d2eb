//! How fast the chain is, and what a block leaves behind: `sit-devnet --measure`.
//!
//! Each figure of the development chain stands beside the harness's for the same message, with their ratio, since
//! machines differ and ratios less.

use std::{fs, sync::LazyLock, time::Instant};

use alloy_core::primitives::U256 as Number;
use sit_client::{
    Client, Deployment, Failure, args, codec,
    deploy::{self, Authority, Plan},
};
use sit_engine::{
    clearing::Instrument,
    launch::{DOLLAR, TPI},
    units::{Lots, Seat, Side, Ticks},
};
use sit_market::sequence::{WALLET, World};
use sit_native::{Contract, Message, TokenAmount, message::limit_order, stored};

use crate::{
    Account, Chain, DOT,
    keyring::{self, Key, Role},
    market::{Market, Scene},
    node::{Beginning, Clock, Node},
    opening::{Opening, Prospect, with_client},
    rpc::{Devnet, Mining},
    token::USDC_ADDRESS,
};

/// Messages of a measurement of speed.
const MESSAGES: u32 = 2_000;
/// Orders, and cancellations of each, of a measurement of speed.
const ORDERS: u32 = 400;
/// When the exchange of a measurement begins to trade: Monday, 7 December 2026, 08:00 UTC.
const MONDAY: u64 = 1_796_630_400;
/// Accounts whose balance a block changes, when its end is measured.
const TOUCHED: u32 = 100;
/// How often it is said how many blocks are done.
const NOTES: u32 = 50;

/// Measures, memory over so many blocks. `say` is told each figure as a line as soon as it is known, `note` what is
/// being done meanwhile: all of it takes minutes.
///
/// # Errors
/// When the chain refuses what it should take, as a sentence.
pub fn measure(blocks: u32, mut say: impl FnMut(&str), mut note: impl FnMut(&str)) -> Result<(), String> {
    note(&format!("{MESSAGES} transfers of the token in the harness"));
    let harness = harness()?;
    say(&format!("harness: {harness:.0} transfers of the token a second, below extensions and without a state root"));
    note(&format!("{MESSAGES} transfers of the token on the chain"));
    let (whole, signing) = whole_path()?;
    say(&format!(
        "chain: {whole:.0} transfers a second from signed bytes to a sealed block; {:.2} times the harness's time for each",
        harness / whole
    ));
    say(&format!("of that, signing them: {:.1} %", 100.0 * signing));
    note(&format!("ends of blocks that change {TOUCHED} balances"));
    let (milliseconds, cells) = ending()?;
    say(&format!("ending a block with {cells} changed balances of the token: {milliseconds:.2} ms"));
    note(&format!("{ORDERS} orders and as many cancellations in the harness"));
    let harness = harness_orders()?;
    note("the same on the chain");
    let whole = whole_path_orders()?;
    say(&format!(
        "exchange: {whole:.0} orders and cancellations a second from a signed transaction to a sealed block; the harness \
         {harness:.0}, so {:.2} times its time for each",
        harness / whole
    ));
    note(&format!("{blocks} blocks of a market"));
    let mut after: Vec<(u32, f64)> = Vec::new();
    let seen = |seen: Seen| {
        let Seen { blocks, messages, resident, states, records } = seen;
        after.push((blocks, resident));
        say(&format!(
            "after {blocks} blocks of a market, {messages} messages: {:.1} MB resident, {:.2} MB of states, {:.2} MB of \
             blocks and receipts in files, {:.0} bytes a message",
            resident / 1e6,
            states / 1e6,
            records as f64 / 1e6,
            records as f64 / messages.max(1) as f64
        ));
    };
    memory(blocks, seen, &mut note)?;
    // What the first of them is filled with, history and caches, is none of what a block leaves behind.
    if let [_, (early, before), .., (late, resident)] = after[..]
        && late > early
    {
        let each = (resident - before) / f64::from(late - early);
        say(&format!("from {early} to {late} blocks memory grew by {each:.0} bytes a block"));
    }
    Ok(())
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

/// A pair of messages that can be sent for ever: an order that rests in the front month, and its cancellation.
fn pair(seat: Seat, mark: Ticks, number: u32) -> [Message; 2] {
    let (instrument, price) = (Instrument::new(TPI, 0), Ticks(mark.0.saturating_sub(20)));
    let order = limit_order(seat, instrument, Side::Buy, price, Lots(1));
    [Message::Place { order }, Message::Cancel { seat, instrument, price, number }]
}

/// Orders and cancellations a second in the harness.
fn harness_orders() -> Result<f64, String> {
    let mut chain = Chain::starting_at(World::start().0.into());
    chain.when_full(crate::WhenFull::Seal { seconds: 0 });
    let governance = chain.account("governance");
    let mut account = |name: &str| chain.account(name).address.into_array();
    let (programme, stranger) = (account("incentives"), account("stranger"));
    let people = std::array::from_fn(|number| account(&format!("person {number}")));
    let reporters = std::array::from_fn(|number| account(&format!("reporter {number}")));
    let names: Vec<String> = ["governance", "incentives", "stranger"]
        .map(str::to_owned)
        .into_iter()
        .chain((0..people.len()).map(|number| format!("person {number}")))
        .chain((0..reporters.len()).map(|number| format!("reporter {number}")))
        .collect();
    let accounts: Vec<Account> = names.iter().map(|name| chain.account(name)).collect();
    for account in &accounts {
        chain.mint_usdc(account, WALLET).map_err(|error| error.to_string())?;
    }
    let token = USDC_ADDRESS.into_array();
    let authority = Authority::Account(governance.address.into_array());
    let mut client = Client::new(&mut chain, Deployment::default());
    let said = |failure: Failure| failure.to_string();
    deploy::create(&mut client, &governance, &Plan { token, authority, programme: Some(programme) }).map_err(said)?;
    let world = World { addresses: client.deployment.addresses(), people, reporters, stranger };
    let spender = client.address(Contract::Vault).map_err(said)?;
    for account in &accounts {
        client.send(account, &Message::ApproveSpender { spender, value: TokenAmount(WALLET) }).map_err(said)?;
    }
    for step in world.genesis(&|_| false) {
        let time = u64::from(step.at.0).max(client.transport.now());
        client.transport.advance_to(time).map_err(|error| error.to_string())?;
        let signer = accounts.iter().find(|account| account.address.into_array() == step.by);
        client.send(signer.ok_or("nobody signs a message of the genesis")?, &step.message).map_err(said)?;
    }
    let (owner, seat) = (&accounts[3], Seat(0));
    let curve = client.cell(&stored::curve(TPI)).map_err(said)?.ok_or("the product has a curve")?;
    let mark = curve.months().first().ok_or("it has a month")?.mark;
    let next = client.cell(&stored::account(seat)).map_err(said)?.map_or(1, |account| account.next_order);
    let begun = processor_seconds();
    for number in 0..ORDERS {
        for message in pair(seat, mark, next + number) {
            client.send(owner, &message).map_err(said)?;
        }
    }
    Ok(f64::from(2 * ORDERS) / (processor_seconds() - begun))
}

/// An exchange that has just opened on a development chain, and what is known of it.
fn opened(history: usize) -> Result<(Devnet, Prospect), String> {
    let prospect = Prospect::of(MONDAY, 1)?;
    let accounts = keyring::all().iter().map(|key| (key.address, 1_000_000 * DOT, 10_000_000_000_000)).collect();
    let beginning = Beginning { time: Prospect::genesis_time(MONDAY), accounts, history };
    let node = Node::new(&beginning, Clock::fixed(beginning.time, 0))?;
    let mut chain = Devnet::new(node, Deployment::default(), Mining::Manual);
    Opening::of(prospect.clone()).finish(&mut chain).map_err(|error| error.to_string())?;
    chain.node.clock = Clock::fixed(MONDAY, 2);
    chain.node.clock_to(MONDAY);
    chain.node.seal()?;
    Ok((chain, prospect))
}

/// Orders and cancellations a second from a signed transaction to a sealed block of forty.
fn whole_path_orders() -> Result<f64, String> {
    let (mut chain, _) = opened(64)?;
    let you = keyring::all().swap_remove(0);
    let said = |failure: Failure| failure.to_string();
    let (seat, next, mark) = with_client(&mut chain, |client| {
        let spender = client.address(Contract::Vault)?;
        let seat: Seat = client.send(&you, &Message::OpenAccount { sub: 0 })?.answer()?;
        client.send(&you, &Message::ApproveSpender { spender, value: TokenAmount(u128::MAX) })?;
        client.send(&you, &Message::Deposit { seat, amount: 1_000_000 * DOLLAR })?;
        let next = client.cell(&stored::account(seat))?.map_or(1, |account| account.next_order);
        let curve = client.cell(&stored::curve(TPI))?;
        Ok((seat, next, curve.and_then(|curve| curve.months().first().map(|month| month.mark))))
    })
    .map_err(said)?;
    let (mark, to) = (mark.ok_or("the product has a month")?, chain.deployment.get(Contract::Clearing));
    let (begun, mut done) = (processor_seconds(), 0);
    for number in 0..ORDERS {
        for message in pair(seat, mark, next + number) {
            chain.post(&you, to, codec::calldata(&message)).map_err(|error| error.to_string())?;
        }
        if number % 20 == 19 || number + 1 == ORDERS {
            while chain.node.waiting_count() > 0 {
                let sealed = chain.node.seal()?;
                done += sealed.transactions.iter().filter(|included| included.succeeded).count();
            }
        }
    }
    if done as u32 != 2 * ORDERS {
        return Err(format!("{done} of {} orders and cancellations were done", 2 * ORDERS));
    }
    Ok(f64::from(2 * ORDERS) / (processor_seconds() - begun))
}

/// What there is after so many blocks.
struct Seen {
    blocks: u32,
    messages: usize,
    resident: f64,
    states: f64,
    records: usize,
}

/// Memory while a market lives: states and blocks are those of the last blocks, older blocks lie in a file. Tells what
/// there is after a tenth, a quarter and half of them and at their end, and how far it is meanwhile.
fn memory(blocks: u32, mut tell: impl FnMut(Seen), mut note: impl FnMut(&str)) -> Result<(), String> {
    let (mut chain, prospect) = opened(64)?;
    let mut market = Market::new(prospect, Scene::Calm, 1, MONDAY);
    let first = chain.node.head().number();
    let (mut messages, mut records, mut counted, mut noted) = (0, 0, first, 0);
    for wanted in [10, 4, 2, 1].map(|part| blocks / part) {
        // The first turn of a market takes more blocks than a part of few.
        if chain.node.head().number() - first >= wanted && wanted > 0 {
            continue;
        }
        while chain.node.head().number() - first < wanted {
            market.play(&mut chain).map_err(|error| error.to_string())?;
            chain.node.seal()?;
            chain.take_notices();
            let (done, step) = (chain.node.head().number() - first, (blocks / NOTES).max(1));
            if done / step > noted {
                noted = done / step;
                note(&format!("{done} of {blocks} blocks"));
            }
        }
        while counted < chain.node.head().number() {
            counted += 1;
            let Some(block) = chain.node.block(counted.into()) else { continue };
            messages += block.transactions.len();
            records += Node::record_bytes(&block);
        }
        let (resident, states) = (resident().unwrap_or(0.0), chain.node.state_bytes() as f64);
        tell(Seen { blocks: chain.node.head().number() - first, messages, resident, states, records });
    }
    Ok(())
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

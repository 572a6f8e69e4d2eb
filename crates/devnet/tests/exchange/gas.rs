//! What messages of the exchange need as gas: estimates, what moves them, and what becomes of what is too much.

use serde_json::{Value, json};
use sit_client::codec;
use sit_devnet::{
    keyring::{self, Key},
    market::Scene,
    node::WEI_PER_PLANCK,
    rpc::Devnet,
};
use sit_engine::{
    clearing::Instrument,
    launch::{DOLLAR, TPI},
    units::{Seat, Side, Ticks},
};
use sit_native::{Contract, Message, TokenAmount, stored, view};
use sp_core::H160;
use sp_runtime::FixedU128;

use crate::{join, open, order, with};

/// Three people with money in their accounts, on an exchange on which nobody else trades; and the first month's mark.
fn stage() -> (Devnet, Vec<(Key, Seat)>, u32) {
    let (mut chain, _) = open(Scene::Calm);
    let people: Vec<Key> = keyring::all().into_iter().take(3).collect();
    let people = people.into_iter().map(|key| (key.clone(), join(&mut chain, &key, 100_000))).collect();
    let curve = with(&mut chain, |client| client.cell(&stored::curve(TPI))).unwrap().unwrap();
    let mark = curve.month(Instrument::new(TPI, 0)).unwrap().mark.0;
    (chain, people, mark)
}

fn place(seat: Seat, side: Side, price: u32, lots: u32) -> Message {
    Message::Place { order: order(seat, side, Ticks(price), lots) }
}

/// A message as a wallet would ask or send it.
fn call(chain: &Devnet, key: &Key, message: &Message) -> Value {
    let to = H160(chain.deployment.get(message.contract()).unwrap());
    json!({
        "from": format!("{:?}", key.address), "to": format!("{to:?}"),
        "data": alloy_core::primitives::hex::encode_prefixed(codec::calldata(message)),
    })
}

fn number(value: &Value) -> u128 {
    u128::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn estimate(chain: &mut Devnet, key: &Key, message: &Message) -> u128 {
    let call = call(chain, key, message);
    number(&chain.call("eth_estimateGas", &json!([call])).unwrap_or_else(|error| panic!("{message:?}: {error:?}")))
}

/// Sends a message with so much gas in a block of its own: its receipt.
fn send(chain: &mut Devnet, key: &Key, message: &Message, gas: u128) -> Value {
    let mut call = call(chain, key, message);
    call["gas"] = json!(format!("{gas:#x}"));
    let hash = chain.call("eth_sendTransaction", &json!([call])).unwrap_or_else(|error| panic!("{error:?}"));
    chain.node.seal().unwrap();
    chain.call("eth_getTransactionReceipt", &json!([hash])).unwrap()
}

/// Wei that somebody can spend.
fn balance(chain: &Devnet, key: &Key) -> u128 {
    chain.node.balance(chain.node.head(), key.address).as_u128()
}

#[test]
fn what_is_estimated_for_a_message_of_the_exchange_suffices_with_a_tenth_more() {
    let (mut chain, people, mark) = stage();
    let (you, seat) = &people[0];
    for (sub, round) in (1_u8..).zip(0..3) {
        let price = mark - 20 - 3 * round;
        for message in [
            Message::OpenAccount { sub },
            Message::Deposit { seat: *seat, amount: 5_000_000 },
            place(*seat, Side::Buy, price, 2),
            place(people[1].1, Side::Sell, mark + 9, 1),
            place(*seat, Side::Buy, mark + 9, 1),
            Message::Withdraw { seat: *seat, amount: 1_000_000 },
            Message::CancelAll { seat: *seat, instrument: Instrument::new(TPI, 0) },
        ] {
            let key = if message.account() == Some(people[1].1) { &people[1].0 } else { you };
            let gas = estimate(&mut chain, key, &message);
            let receipt = send(&mut chain, key, &message, gas + gas / 10);
            assert_eq!(receipt["status"], "0x1", "{message:?} with {gas} and a tenth");
            assert!(number(&receipt["gasUsed"]) <= gas + gas / 10, "{message:?}");
        }
    }
}

/// Between the estimate and the block somebody else has asked a better price, so that there is one order more to take.
#[test]
fn an_estimate_lasts_until_the_book_moves_and_a_fifth_more_lasts_longer() {
    let (mut chain, people, mark) = stage();
    let [(you, seat), (one, first), (other, second)] = &people[..] else { panic!("three people") };
    // The pages of the book are there before anything is counted.
    send(&mut chain, one, &place(*first, Side::Sell, mark + 5, 5), 3_000_000);
    let buys = place(*seat, Side::Buy, mark + 5, 5);
    let gas = estimate(&mut chain, you, &buys);
    send(&mut chain, other, &place(*second, Side::Sell, mark + 4, 2), 3_000_000);
    let needs = estimate(&mut chain, you, &buys);
    assert!(gas < needs && needs <= gas * 6 / 5, "{gas} for one order, {needs} for two");

    // With the estimate of before it fails, trades nothing, and costs its fee.
    let had = balance(&chain, you);
    let receipt = send(&mut chain, you, &buys, gas);
    assert_eq!((&receipt["status"], &receipt["logs"]), (&json!("0x0"), &json!([])));
    let included = &chain.node.head().transactions[0];
    let fault = included.fault.as_deref();
    assert!(matches!(fault, Some("Revive::OutOfGas" | "Revive::StorageDepositNotEnoughFunds")), "{fault:?}");
    let price = number(&receipt["effectiveGasPrice"]);
    let paid = had - balance(&chain, you);
    assert!(paid > 0 && paid <= number(&receipt["gasUsed"]) * price, "{paid}");
    let account = with(&mut chain, |client| client.cell(&stored::account(*seat))).unwrap().unwrap();
    assert!(account.positions().is_empty(), "{account:?}");
    // With what this project's clients add it is done all the same.
    let receipt = send(&mut chain, you, &buys, gas * 6 / 5);
    assert_eq!(receipt["status"], "0x1");
    let account = with(&mut chain, |client| client.cell(&stored::account(*seat))).unwrap().unwrap();
    assert_eq!(account.net(Instrument::new(TPI, 0)).0, 5);
}

#[test]
fn gas_that_is_not_used_and_deposits_that_are_not_needed_come_back_in_the_same_transaction() {
    let (mut chain, people, mark) = stage();
    let (you, seat) = &people[0];
    let instrument = Instrument::new(TPI, 0);
    let rests = place(*seat, Side::Buy, mark - 20, 5);
    let mut used = Vec::new();
    // Once so that every cell has been written before; then with little more than it needs, and with a thousand times.
    let needs = estimate(&mut chain, you, &rests);
    for gas in [3_000_000, needs * 6 / 5, 1_000 * needs] {
        let had = balance(&chain, you);
        let receipt = send(&mut chain, you, &rests, gas);
        assert_eq!(receipt["status"], "0x1");
        let paid = number(&receipt["gasUsed"]) * number(&receipt["effectiveGasPrice"]);
        assert_eq!(had - balance(&chain, you), paid, "with {gas} gas");
        used.push(number(&receipt["gasUsed"]));
        // Cancelled by its owner, who gets the deposit of what it frees: less is paid than the fee.
        let cancels = Message::CancelAll { seat: *seat, instrument };
        assert_eq!(send(&mut chain, you, &cancels, 3_000_000)["status"], "0x1");
    }
    // A longer number is a byte or two more of the transaction, of which a gas or two pays.
    assert!(used[1].abs_diff(used[2]) <= 3, "{used:?}");
}

/// Who frees a cell gets its deposit, whoever has paid it: the gas of that transaction is less than its fee.
#[test]
fn deposits_go_to_whoever_frees_a_cell() {
    let (mut chain, people, mark) = stage();
    let [(you, seat), (one, first), ..] = &people[..] else { panic!("three people") };
    let contracts: Vec<H160> = chain.deployment.iter().map(|(_, address)| H160(address)).collect();
    let held = |chain: &Devnet| -> u128 {
        contracts.iter().map(|contract| chain.node.planck(chain.node.head(), *contract)).sum()
    };
    // A position first, so that only the page of the book comes and goes.
    send(&mut chain, one, &place(*first, Side::Sell, mark + 5, 5), 3_000_000);
    send(&mut chain, you, &place(*seat, Side::Buy, mark + 5, 2), 3_000_000);
    let (before, had) = (held(&chain), balance(&chain, you));
    let issued = chain.node.issuance(chain.node.head());
    let receipt = send(&mut chain, you, &place(*seat, Side::Buy, mark + 5, 3), 3_000_000);
    assert_eq!(receipt["status"], "0x1");
    let freed = before.checked_sub(held(&chain)).filter(|freed| *freed > 0).expect("an order was taken off its page");
    let fee = issued - chain.node.issuance(chain.node.head());
    let paid = had - balance(&chain, you);
    assert_eq!(paid, number(&receipt["gasUsed"]) * number(&receipt["effectiveGasPrice"]));
    assert_eq!(paid, (fee - freed) * u128::from(WEI_PER_PLANCK));
}

/// A gas is a tenth of the money at the Hub's least multiplier, and so are the fees for weight: as much gas as before.
/// A transaction's bytes and deposits cost what they cost, which is ten times as much gas. So no client may write down
/// what a message needs.
#[test]
fn the_gas_of_bytes_and_deposits_grows_tenfold_as_fees_fall_to_a_tenth() {
    let (mut chain, people, _) = stage();
    let you = &people[0].0;
    let opens = Message::OpenAccount { sub: 1 };
    let approves = Message::ApproveSpender { spender: people[1].0.address.0, value: TokenAmount(5) };
    let before = (estimate(&mut chain, you, &opens), estimate(&mut chain, you, &approves));
    let receipt = send(&mut chain, you, &opens, before.0 * 6 / 5);
    assert_eq!(receipt["status"], "0x1");
    chain.node.set_fee_multiplier(FixedU128::from_rational(1, 10)).unwrap();
    let after = estimate(&mut chain, you, &Message::OpenAccount { sub: 2 });
    // An approval of the token makes no cell of a contract: some 200 bytes at 50,000 planck are 125 gas at a multiplier
    // of one. An account's cells have a deposit of half a hundredth of a DOT beside that, 629 gas.
    let bytes = estimate(&mut chain, you, &approves) - before.1;
    assert!((1_000..1_400).contains(&bytes), "{} and then {bytes} more", before.1);
    let grown = after - before.0;
    assert!((9 * 629 + 900..9 * 629 + 1_500).contains(&grown), "{} and then {after}", before.0);
}

/// No message of the exchange takes DOT: value that is sent with one is refused, and stays where it is.
#[test]
fn no_message_takes_value() {
    let (mut chain, people, mark) = stage();
    let (you, seat) = &people[0];
    let messages = [
        Message::OpenAccount { sub: 1 },
        Message::Deposit { seat: *seat, amount: DOLLAR },
        place(*seat, Side::Buy, mark - 20, 1),
        Message::Withdraw { seat: *seat, amount: DOLLAR },
    ];
    // A view is a message to the chain; who else may send one here does not matter to it.
    let mut asked: Vec<(Contract, Vec<u8>)> =
        messages.iter().map(|message| (message.contract(), codec::calldata(message))).collect();
    asked.push((Contract::Governance, codec::question(&view::Roles {})));
    asked.push((Contract::Vault, codec::question(&view::Audit {})));
    asked.push((Contract::Clearing, codec::question(&stored::ledger().question)));
    for (contract, data) in asked {
        let to = H160(chain.deployment.get(contract).unwrap());
        let mut call = json!({
            "from": format!("{:?}", you.address), "to": format!("{to:?}"),
            "data": alloy_core::primitives::hex::encode_prefixed(&data),
        });
        let what = format!("{}: {}", contract.name(), call["data"]);
        assert!(chain.call("eth_call", &json!([call])).is_ok(), "without value it is done: {what}");
        for value in [1, WEI_PER_PLANCK] {
            call["value"] = json!(format!("{value:#x}"));
            assert!(chain.call("eth_call", &json!([call])).is_err(), "{value} wei are taken: {what}");
        }
        let had = chain.node.balance(chain.node.head(), to);
        call["gas"] = json!("0x4000");
        let hash = chain.call("eth_sendTransaction", &json!([call])).unwrap();
        chain.node.seal().unwrap();
        let receipt = chain.call("eth_getTransactionReceipt", &json!([hash])).unwrap();
        assert_eq!((&receipt["status"], &receipt["logs"]), (&json!("0x0"), &json!([])), "{what}");
        assert_eq!(chain.node.balance(chain.node.head(), to), had, "{what}");
    }
    // The token is the Hub's and not ours: it takes what is sent along, and gives none of it back.
    let approves = Message::ApproveSpender { spender: people[1].0.address.0, value: TokenAmount(1) };
    let mut call = call(&chain, you, &approves);
    call["value"] = json!(format!("{WEI_PER_PLANCK:#x}"));
    assert!(chain.call("eth_call", &json!([call])).is_ok());
}

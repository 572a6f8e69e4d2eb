//! What the deployed contracts refuse, by name, and without a trace.

use sit_demo::exchange::Exchange;
use sit_devnet::{Account, Deployed, Value, args};

/// Monday 2026-11-23, 08:00 UTC.
const MONDAY: u64 = 1_795_420_800;

fn exchange() -> Exchange {
    Exchange::deploy(MONDAY).expect("the contracts are built and deploy")
}

fn refused(exchange: &mut Exchange, who: &Account, contract: &Deployed, message: &str, args: Vec<Value>) -> String {
    exchange.refuse(who, contract, message, args).unwrap_or_else(|error| panic!("{message}: {error:#}"))
}

/// An order that would be good if there were an instrument.
fn order(seat: u64) -> Value {
    Value::Tuple(args![seat, 0_u64, true, 100_u64, 1_u64, 0_u64, 0_u64, false, 0_u64, 0_u64])
}

#[test]
fn what_belongs_to_another_contract_is_refused_to_everybody_else() {
    let mut exchange = exchange();
    let (vault, clearing) = (exchange.vault.clone(), exchange.clearing.clone());
    let (oracle, incentives) = (exchange.oracle.clone(), exchange.incentives.clone());
    let zeros = Value::Bytes(vec![0; 384]);
    let terms = Value::Tuple(args![1_u64, 1_u64, 100_u64, 1_u64, 1_u64, 10_u64, 10_u64, 1_u64]);
    let listing = Value::Tuple(args![0_u64, 0_u64, 1_u64, 1_u64, 1_u64, terms]);
    let privileged: Vec<(&Deployed, &str, Vec<Value>)> = vec![
        (&vault, "connect", args![&clearing]),
        (&vault, "pay", args![&clearing, 1_u64]),
        (&clearing, "connect", args![&vault, &oracle, &incentives]),
        (&clearing, "credit", args![0_u64, 1_u64]),
        (&clearing, "endow", args![0_u64, 1_u64]),
        (&clearing, "set_risk", args![0_u64, 7_500_u64, 8_750_u64, zeros, [1_u8; 32]]),
        (&clearing, "start_product", args![0_u64]),
        (&clearing, "list", args![listing]),
        (&clearing, "set_fee_shares", args![1_u64, 1_u64]),
        (&clearing, "set_maker", args![0_u64, true]),
        (&clearing, "pay_reward", args![0_u64, 1_u64]),
    ];
    for name in ["deployer", "governor", "guardian", "keeper", "anybody"] {
        let who = exchange.chain.account(name);
        for (contract, message, args) in &privileged {
            let error = refused(&mut exchange, &who, contract, message, args.clone());
            assert_eq!(error, "NotAuthorised", "{name}: {}.{message}", contract.name);
        }
    }
}

#[test]
fn a_deposit_needs_an_allowance_an_amount_and_a_seat() {
    let mut exchange = exchange();
    let (vault, usdc) = (exchange.vault.clone(), exchange.chain.usdc());
    let alice = exchange.chain.account("alice");
    exchange.chain.mint_usdc(&alice, 5_000_000).expect("the token is minted");
    assert_eq!(refused(&mut exchange, &alice, &vault, "deposit", args![0_u64, 1_u64]), "TransferInRefused");
    exchange.chain.call(&alice, &usdc, "approve", args![&vault, 5_000_000_u64]).expect("an allowance");
    assert_eq!(refused(&mut exchange, &alice, &vault, "deposit", args![0_u64, 0_u64]), "ZeroAmount");
    assert_eq!(refused(&mut exchange, &alice, &vault, "deposit", args![7_u64, 1_000_000_u64]), "CreditRefused");
    assert_eq!(exchange.chain.usdc_balance(alice.address), 5_000_000, "nothing has moved");
}

#[test]
fn nobody_trades_or_withdraws_for_another() {
    let mut exchange = exchange();
    let clearing = exchange.clearing.clone();
    let (alice, mallory) = (exchange.chain.account("alice"), exchange.chain.account("mallory"));
    assert_eq!(refused(&mut exchange, &alice, &clearing, "place", args![order(0)]), "UnknownSeat");
    exchange.send(&alice, &clearing, "open_account", args![0_u64]).expect("an account");
    assert_eq!(refused(&mut exchange, &alice, &clearing, "open_account", args![0_u64]), "SeatTaken");
    for (message, args) in [
        ("place", args![order(0)]),
        ("cancel", args![0_u64, 0_u64, 1_u64, 1_u64]),
        ("cancel_all", args![0_u64, 0_u64]),
        ("quote", args![0_u64, 0_u64, Value::Bytes(vec![]), 0_u64]),
        ("withdraw", args![0_u64, 1_u64]),
    ] {
        assert_eq!(refused(&mut exchange, &mallory, &clearing, message, args), "NotAuthorised", "{message}");
    }
    assert_eq!(refused(&mut exchange, &alice, &clearing, "withdraw", args![0_u64, 1_u64]), "NotEnoughCash");
    assert_eq!(refused(&mut exchange, &alice, &clearing, "place", args![order(0)]), "UnknownInstrument");
}

#[test]
fn malformed_batches_are_refused_and_not_cut() {
    let mut exchange = exchange();
    let clearing = exchange.clearing.clone();
    let alice = exchange.chain.account("alice");
    exchange.send(&alice, &clearing, "open_account", args![0_u64]).expect("an account");
    let quote = |bytes: usize| args![0_u64, 0_u64, Value::Bytes(vec![0; bytes]), 0_u64];
    assert_eq!(refused(&mut exchange, &alice, &clearing, "quote", quote(6)), "BadParameter");
    assert_eq!(refused(&mut exchange, &alice, &clearing, "quote", quote(7 * 17)), "TooMany");
    let seats = args![0_u64, Value::Bytes(vec![0; 4 * 33])];
    assert_eq!(refused(&mut exchange, &alice, &clearing, "settle", seats), "TooMany");
}

#[test]
fn an_index_that_is_not_open_settles_nothing() {
    let mut exchange = exchange();
    let (clearing, oracle) = (exchange.clearing.clone(), exchange.oracle.clone());
    let anybody = exchange.chain.account("anybody");
    assert_eq!(refused(&mut exchange, &anybody, &clearing, "settle_day", args![0_u64]), "IndexUnavailable");
    assert_eq!(refused(&mut exchange, &anybody, &clearing, "finalise", args![0_u64]), "UnknownInstrument");
    let batch = args![0_u64, 20_780_u64, Value::Array(vec![])];
    assert_eq!(refused(&mut exchange, &anybody, &oracle, "submit", batch), "UnknownIndex");
}

//! Stories of the token: USDC through its ERC-20 interface.

use sit_devnet::{Account, CallError, Chain, args};
use sit_native::{Contract, Message, event, view};

const USD: u128 = 1_000_000;

fn chain_with_alice_and_bob() -> (Chain, Account, Account) {
    let mut chain = Chain::new();
    let (alice, bob) = (chain.account("alice"), chain.account("bob"));
    chain.mint_usdc(&alice, 1_000 * USD).unwrap();
    (chain, alice, bob)
}

#[test]
fn a_transfer_moves_the_amount_and_says_so_in_an_event() {
    let (mut chain, alice, bob) = chain_with_alice_and_bob();
    let usdc = chain.usdc();

    let receipt = chain.call(&alice, &usdc, "transfer", args![&bob, 250 * USD]).unwrap();

    assert!(receipt.get::<bool>(0).unwrap());
    assert_eq!(chain.usdc_balance(alice.address), 750 * USD);
    assert_eq!(chain.usdc_balance(bob.address), 250 * USD);
    let transfer = receipt.event("Transfer").unwrap();
    assert_eq!(transfer.contract, "usdc");
    assert_eq!(transfer.get("from"), Ok(alice.address));
    assert_eq!(transfer.get("to"), Ok(bob.address));
    assert_eq!(transfer.get("value"), Ok(250 * USD));
}

#[test]
fn an_allowance_is_spent_by_the_spender_and_no_further() {
    let (mut chain, alice, bob) = chain_with_alice_and_bob();
    let usdc = chain.usdc();
    chain.call(&alice, &usdc, "approve", args![&bob, 100 * USD]).unwrap();

    chain.call(&bob, &usdc, "transferFrom", args![&alice, &bob, 60 * USD]).unwrap();

    let left = chain.view(&bob, &usdc, "allowance", args![&alice, &bob]).unwrap();
    assert_eq!(left.get(0), Ok(40 * USD));
    let error = chain.call(&bob, &usdc, "transferFrom", args![&alice, &bob, 41 * USD]).unwrap_err();
    assert!(matches!(&error, CallError::Dispatch { reason, .. } if reason == "Assets::Unapproved"), "{error}");
    assert_eq!(chain.usdc_balance(bob.address), 60 * USD);
}

#[test]
fn an_approval_costs_its_owner_a_deposit_until_it_is_spent() {
    let (mut chain, alice, bob) = chain_with_alice_and_bob();
    let usdc = chain.usdc();
    let receipt = chain.call(&alice, &usdc, "approve", args![&bob, 100 * USD]).unwrap();
    // The deposit is reserved by pallet-assets, not held for contract storage.
    assert_eq!(receipt.cost.deposit, 0);
    assert_eq!(receipt.cost.cells.touched, 0);
}

#[test]
fn metadata_of_the_token_is_that_of_usdc_on_the_hub() {
    let mut chain = Chain::new();
    let (anyone, usdc) = (chain.account("anyone"), chain.usdc());
    assert_eq!(chain.view(&anyone, &usdc, "symbol", args![]).unwrap().get(0), Ok("USDC".to_owned()));
    assert_eq!(chain.view(&anyone, &usdc, "decimals", args![]).unwrap().get(0), Ok(6u8));
    assert_eq!(usdc.address.to_string().to_lowercase(), "0x0000053900000000000000000000000001200000");
}

#[test]
fn less_than_the_minimum_balance_cannot_be_sent_to_a_new_holder() {
    let (mut chain, alice, bob) = chain_with_alice_and_bob();
    let usdc = chain.usdc();
    let error = chain.call(&alice, &usdc, "transfer", args![&bob, 9_999]).unwrap_err();
    assert!(matches!(&error, CallError::Dispatch { .. }), "{error}");
    assert_eq!(chain.usdc_balance(alice.address), 1_000 * USD);
    assert!(chain.mint_usdc(&bob, 1).is_err());
}

#[test]
fn the_vocabularys_part_of_the_token_is_the_precompiles() {
    let usdc = Chain::new().usdc();
    let known = Message::entries().into_iter().chain(view::entries());
    let mut compared = 0;
    for entry in known.filter(|entry| entry.contract == Contract::Token) {
        let functions = usdc.abi.function(entry.name).unwrap_or_else(|| panic!("the token has {}", entry.name));
        let function = functions.iter().find(|function| function.signature() == entry.signature()).unwrap();
        let returned: Vec<_> = function.outputs.iter().map(|output| output.selector_type().into_owned()).collect();
        assert_eq!(returned, Vec::from_iter(entry.returns), "{}", entry.name);
        compared += 1;
    }
    for event in event::schemas().into_iter().filter(|event| event.contract == Contract::Token) {
        let events = usdc.abi.event(event.name).unwrap_or_else(|| panic!("the token has {}", event.name));
        assert!(events.iter().any(|known| known.signature() == event.signature()), "{}", event.name);
        compared += 1;
    }
    assert_eq!(compared, 10);
}

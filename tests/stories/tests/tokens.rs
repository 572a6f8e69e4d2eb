//! The vault with tokens that lie, refuse, take a fee or call back: exact or refused by name, and never out of balance.

#[path = "tokens/mock.rs"]
mod mock;

use mock::{Fault, token};
use sit_demo::exchange::Exchange;
use sit_devnet::{Account, Deployed, U256, Value, args};

/// Monday 2026-11-23, 08:00 UTC.
const MONDAY: u64 = 1_795_420_800;

struct Scene {
    exchange: Exchange,
    token: Deployed,
    alice: Account,
}

/// An exchange whose collateral is a token with this fault, and an account at seat 0.
fn scene(fault: Fault) -> Scene {
    let mut deployed = None;
    let mut exchange = Exchange::deploy_with(MONDAY, |chain| {
        let deployer = chain.account("deployer");
        let token = chain.deploy(&deployer, &token(fault), args![])?;
        deployed = Some(token.clone());
        Ok(token)
    })
    .expect("the contracts are built and deploy");
    let alice = exchange.chain.account("alice");
    let clearing = exchange.clearing.clone();
    exchange.send(&alice, &clearing, "open_account", args![0_u64]).expect("an account");
    Scene { exchange, token: deployed.expect("it was deployed"), alice }
}

impl Scene {
    fn refused(&mut self, contract: &Deployed, message: &str, args: Vec<Value>) -> String {
        let refused = self.exchange.refuse(&self.alice, contract, message, args);
        refused.unwrap_or_else(|error| panic!("{message}: {error:#}"))
    }

    fn deposit(&mut self, amount: u64) {
        let vault = self.exchange.vault.clone();
        self.exchange.send(&self.alice, &vault, "deposit", args![0_u64, amount]).expect("a deposit");
    }

    fn cash(&mut self) -> u64 {
        self.exchange.account(0).expect("the account is there").cash
    }

    fn worked(&mut self) -> U256 {
        let receipt = self.exchange.chain.view(&self.alice, &self.token, "worked", args![]).expect("a view");
        receipt.get(0).expect("a number")
    }
}

#[test]
fn a_deposit_that_the_token_does_not_make_is_refused() {
    for fault in [Fault::ReturnsFalse, Fault::ReturnsNothing, Fault::Reverts] {
        let mut scene = scene(fault);
        let vault = scene.exchange.vault.clone();
        assert_eq!(scene.refused(&vault, "deposit", args![0_u64, 1_000_u64]), "TransferInRefused", "{fault:?}");
        assert_eq!(scene.refused(&vault, "endow", args![0_u64, 1_000_u64]), "TransferInRefused", "{fault:?}");
    }
}

#[test]
fn a_token_that_takes_a_fee_or_adds_a_gift_is_no_collateral() {
    for percent in [0, 99, 101] {
        let mut scene = scene(Fault::Delivers(percent));
        let vault = scene.exchange.vault.clone();
        let error = scene.refused(&vault, "deposit", args![0_u64, 1_000_u64]);
        assert_eq!(error, "WrongAmountReceived", "{percent} % delivered");
    }
}

#[test]
fn an_honest_token_passes_and_shows_that_the_mock_is_one() {
    let mut scene = scene(Fault::Delivers(100));
    scene.deposit(1_000);
    assert_eq!(scene.cash(), 1_000);
    let clearing = scene.exchange.clearing.clone();
    scene.exchange.send(&scene.alice, &clearing, "withdraw", args![0_u64, 400_u64]).expect("a withdrawal");
    assert_eq!(scene.cash(), 600);
}

#[test]
fn a_token_that_calls_back_every_message_of_the_exchange_changes_nothing_by_it() {
    let mut scene = scene(Fault::CallsBack);
    let exchange = &scene.exchange;
    let contracts = [&exchange.vault, &exchange.clearing, &exchange.back_office, &exchange.incentives];
    let messages: Vec<(Deployed, String, Value)> = contracts
        .into_iter()
        .flat_map(|contract| {
            let functions = contract.abi.functions();
            functions.map(|function| {
                let mut selector = [0; 32];
                selector[..4].copy_from_slice(function.selector().as_slice());
                (contract.clone(), function.name.clone(), Value::FixedBytes(selector.into(), 4))
            })
        })
        .collect();
    assert!(messages.len() > 50, "every message of four contracts");
    let (token, clearing) = (scene.token.clone(), scene.exchange.clearing.clone());
    let mut expected = 0;
    for (target, message, selector) in messages {
        // The token's own messages are no part of the books: audits come with the deposit and the withdrawal.
        let alice = scene.alice.clone();
        scene.exchange.chain.call(&alice, &token, "arm", args![&target, selector]).expect("armed");
        let what = format!("{}.{message}", target.name);
        scene.deposit(1_000);
        expected += 1_000;
        assert_eq!(scene.cash(), expected, "{what} in a deposit");
        let vault_side = scene.worked();
        let withdraw = scene.exchange.send(&scene.alice, &clearing, "withdraw", args![0_u64, 400_u64]);
        withdraw.unwrap_or_else(|error| panic!("{what} in a withdrawal: {error:#}"));
        expected -= 400;
        assert_eq!(scene.cash(), expected, "{what} in a withdrawal");
        // On the way out both the clearing house and the vault wait for the token: neither may be entered.
        if matches!(target.name.as_str(), "vault" | "clearing") {
            assert_eq!(scene.worked(), vault_side, "{what} was entered during a withdrawal");
        }
    }
}

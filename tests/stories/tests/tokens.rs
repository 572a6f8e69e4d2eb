//! The vault with tokens that lie, refuse, take a fee or call back: exact or refused by name, and never out of balance.

#[path = "tokens/mock.rs"]
mod mock;

use mock::{Fault, token};
use sit_client::codec;
use sit_demo::exchange::Exchange;
use sit_devnet::{Account, Deployed, U256, Value, args};
use sit_engine::clearing::Purpose;
use sit_engine::units::Seat;
use sit_native::{Contract, Message, view};

/// The seat of the depositor.
const SEAT: Seat = Seat(0);

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
    exchange.send(&alice, &Message::OpenAccount { sub: 0 }).expect("an account");
    Scene { exchange, token: deployed.expect("it was deployed"), alice }
}

impl Scene {
    fn refused(&mut self, message: &Message) -> String {
        let refused = self.exchange.refuse(&self.alice, message);
        refused.unwrap_or_else(|error| panic!("{message:?}: {error:#}")).to_owned()
    }

    fn deposit(&mut self, amount: u64) {
        self.exchange.send(&self.alice, &Message::Deposit { seat: SEAT, amount }).expect("a deposit");
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
        assert_eq!(scene.refused(&Message::Deposit { seat: SEAT, amount: 1_000 }), "TransferInRefused", "{fault:?}");
        let endow = Message::Endow { purpose: Purpose::Fund, amount: 1_000 };
        assert_eq!(scene.refused(&endow), "TransferInRefused", "{fault:?}");
    }
}

#[test]
fn a_token_that_takes_a_fee_or_adds_a_gift_is_no_collateral() {
    for percent in [0, 99, 101] {
        let mut scene = scene(Fault::Delivers(percent));
        let error = scene.refused(&Message::Deposit { seat: SEAT, amount: 1_000 });
        assert_eq!(error, "WrongAmountReceived", "{percent} % delivered");
    }
}

#[test]
fn an_honest_token_passes_and_shows_that_the_mock_is_one() {
    let mut scene = scene(Fault::Delivers(100));
    scene.deposit(1_000);
    assert_eq!(scene.cash(), 1_000);
    scene.exchange.send(&scene.alice, &Message::Withdraw { seat: SEAT, amount: 400 }).expect("a withdrawal");
    assert_eq!(scene.cash(), 600);
}

#[test]
fn a_token_that_calls_back_every_message_of_the_exchange_changes_nothing_by_it() {
    let mut scene = scene(Fault::CallsBack);
    let contracts = [Contract::Vault, Contract::Clearing, Contract::ClearingOffice, Contract::Incentives];
    let entries: Vec<_> = Message::entries().into_iter().chain(view::entries()).collect();
    let messages: Vec<(Contract, String, Value)> = contracts
        .into_iter()
        .flat_map(|contract| {
            let answered = entries.iter().filter(move |entry| entry.contract == contract || entry.code == contract);
            answered.map(move |entry| {
                let mut selector = [0; 32];
                selector[..4].copy_from_slice(&codec::selector(entry));
                (contract, entry.name.to_owned(), Value::FixedBytes(selector.into(), 4))
            })
        })
        .collect();
    assert!(messages.len() > 50, "every message of four contracts");
    let token = scene.token.clone();
    let mut expected = 0;
    for (target, message, selector) in messages {
        // The token's own messages do not touch the books: audits come with the deposit and the withdrawal.
        let alice = scene.alice.clone();
        let address = scene.exchange.chain.contract_at(scene.exchange.address(target).expect("deployed"));
        let armed = args![address.expect("known").address, selector];
        scene.exchange.chain.call(&alice, &token, "arm", armed).expect("armed");
        let what = format!("{}.{message}", target.name());
        scene.deposit(1_000);
        expected += 1_000;
        assert_eq!(scene.cash(), expected, "{what} in a deposit");
        let vault_side = scene.worked();
        let withdraw = scene.exchange.send(&scene.alice, &Message::Withdraw { seat: SEAT, amount: 400 });
        withdraw.unwrap_or_else(|error| panic!("{what} in a withdrawal: {error:#}"));
        expected -= 400;
        assert_eq!(scene.cash(), expected, "{what} in a withdrawal");
        // On the way out both the clearing house and the vault wait for the token: neither may be entered.
        if matches!(target, Contract::Vault | Contract::Clearing) {
            assert_eq!(scene.worked(), vault_side, "{what} was entered during a withdrawal");
        }
    }
}

//! Deposits by permit on the deployed contracts: one transaction instead of an approval and a deposit.

use sit_client::{Signer, permit};
use sit_demo::exchange::Exchange;
use sit_devnet::Account;
use sit_devnet::keyring::{Key, Role};
use sit_engine::units::{Seat, Seconds};
use sit_native::event::vault::PaidIn;
use sit_native::{Contract, Message, TokenAmount, view};

/// Monday 2026-11-23, 08:00 UTC.
const MONDAY: u64 = 1_795_420_800;

/// What everybody here pays in: five US dollars.
const AMOUNT: u64 = 5_000_000;

/// An hour after the exchange was deployed.
const DEADLINE: Seconds = Seconds(1_795_420_800 + 3_600);

/// The exchange, and Ada with a key, an account, twenty dollars and no allowance.
struct Story {
    exchange: Exchange,
    key: Key,
    ada: Account,
    seat: Seat,
}

impl Story {
    fn begin() -> Self {
        let mut exchange = Exchange::deploy(MONDAY).expect("the contracts are built and deploy");
        let key = Key::named("ada", Role::Yours);
        let ada = exchange.chain.account_of(&key);
        exchange.chain.mint_usdc(&ada, 20_000_000).expect("the token is minted");
        let opened = exchange.client().send(&ada, &Message::OpenAccount { sub: 0 }).expect("an account");
        let seat = opened.answer().expect("its seat");
        Self { exchange, key, ada, seat }
    }

    /// The signature of a key under what Ada's next permit says.
    fn signed_by(&mut self, key: &Key, amount: u64, deadline: Seconds) -> [u8; 65] {
        let (_, digest) = self.exchange.client().permit(self.ada.address(), amount, deadline).expect("the token says");
        key.sign_digest(&digest).expect("it is a key")
    }

    fn signed(&mut self, amount: u64, deadline: Seconds) -> [u8; 65] {
        let key = self.key.clone();
        self.signed_by(&key, amount, deadline)
    }

    fn refused(&mut self, message: &Message) -> String {
        let before = self.exchange.chain.usdc_balance(self.ada.address);
        let name = self.exchange.refuse(&self.ada, message).expect("the vault refuses").to_owned();
        assert_eq!(self.exchange.chain.usdc_balance(self.ada.address), before, "nothing has moved");
        name
    }

    fn allowance(&mut self) -> u128 {
        let spender = self.exchange.address(Contract::Vault).expect("it is deployed");
        let allowance = view::Allowance { owner: self.ada.address(), spender };
        self.exchange.client().view(&allowance).expect("the token answers").0
    }
}

#[test]
fn a_permit_pays_in_without_an_approval_and_leaves_no_allowance() {
    let mut story = Story::begin();
    let signature = story.signed(AMOUNT, DEADLINE);
    let message = permit::deposit(story.seat, AMOUNT, DEADLINE, &signature);
    let done = story.exchange.client().send(&story.ada, &message).expect("the permit is good");
    assert_eq!(done.answer::<u64>().expect("the cash"), AMOUNT);
    assert_eq!(done.event::<PaidIn>(), Some(PaidIn { from: story.ada.address(), amount: AMOUNT }));
    assert_eq!(story.exchange.chain.usdc_balance(story.ada.address), 15_000_000);
    assert_eq!(story.allowance(), 0, "it is spent");
    assert!(story.exchange.client().view(&view::Audit {}).expect("the vault answers").balanced);
}

#[test]
fn a_permit_pays_in_once() {
    let mut story = Story::begin();
    let signature = story.signed(AMOUNT, DEADLINE);
    let message = permit::deposit(story.seat, AMOUNT, DEADLINE, &signature);
    story.exchange.client().send(&story.ada, &message).expect("the permit is good");
    assert_eq!(story.refused(&message), "PermitRefused");
    // The next permit has the next number.
    let signature = story.signed(AMOUNT, DEADLINE);
    let next = permit::deposit(story.seat, AMOUNT, DEADLINE, &signature);
    let done = story.exchange.client().send(&story.ada, &next).expect("the second permit is good");
    assert_eq!(done.answer::<u64>().expect("the cash"), 2 * AMOUNT);
}

#[test]
fn a_permit_is_good_up_to_its_deadline_and_no_longer() {
    let mut story = Story::begin();
    let signature = story.signed(AMOUNT, DEADLINE);
    let message = permit::deposit(story.seat, AMOUNT, DEADLINE, &signature);
    story.exchange.chain.advance_to(u64::from(DEADLINE.0) + 1).expect("forwards");
    assert_eq!(story.refused(&message), "PermitRefused");
    let later = story.exchange.now();
    let signature = story.signed(AMOUNT, later);
    let message = permit::deposit(story.seat, AMOUNT, later, &signature);
    story.exchange.client().send(&story.ada, &message).expect("at its deadline it is good");
}

#[test]
fn a_permit_says_who_how_much_and_until_when() {
    let mut story = Story::begin();
    let mallory = Key::named("mallory", Role::Yours);
    let theirs = story.signed_by(&mallory, AMOUNT, DEADLINE);
    assert_eq!(story.refused(&permit::deposit(story.seat, AMOUNT, DEADLINE, &theirs)), "PermitRefused");
    let signature = story.signed(AMOUNT, DEADLINE);
    for changed in [
        permit::deposit(story.seat, AMOUNT + 1, DEADLINE, &signature),
        permit::deposit(story.seat, AMOUNT, DEADLINE.later(1), &signature),
        permit::deposit(story.seat, AMOUNT, DEADLINE, &{ signature.map(|byte| byte ^ 1) }),
    ] {
        assert_eq!(story.refused(&changed), "PermitRefused", "{changed:?}");
    }
    // Somebody else who sends Ada's permit pays with their own money, which nobody may take.
    let other = story.exchange.chain.account_of(&mallory);
    story.exchange.chain.mint_usdc(&other, 20_000_000).expect("the token is minted");
    let ours = permit::deposit(story.seat, AMOUNT, DEADLINE, &signature);
    assert_eq!(story.exchange.refuse(&other, &ours).expect("the vault refuses"), "PermitRefused");
    assert_eq!(story.exchange.chain.usdc_balance(other.address), 20_000_000);
    assert_eq!(story.refused(&permit::deposit(story.seat, 0, DEADLINE, &signature)), "ZeroAmount");
    assert_eq!(story.refused(&permit::deposit(Seat(99), AMOUNT, DEADLINE, &signature)), "CreditRefused");
    // After all of that it is as good as before.
    story.exchange.client().send(&story.ada, &ours).expect("the permit is good");
}

#[test]
fn whoever_hands_a_permit_in_first_does_not_stop_the_deposit() {
    let mut story = Story::begin();
    let signature = story.signed(AMOUNT, DEADLINE);
    let message = permit::deposit(story.seat, AMOUNT, DEADLINE, &signature);
    let Message::DepositWithPermit { v, r, s, .. } = message else { unreachable!("it is one") };
    let mallory = story.exchange.chain.account("mallory");
    let taken = Message::PermitSpender {
        owner: story.ada.address(),
        spender: story.exchange.address(Contract::Vault).expect("it is deployed"),
        value: TokenAmount(AMOUNT.into()),
        deadline: TokenAmount(DEADLINE.0.into()),
        v,
        r,
        s,
    };
    story.exchange.client().send(&mallory, &taken).expect("the token takes it from anybody");
    assert_eq!(story.allowance(), u128::from(AMOUNT));
    let done = story.exchange.client().send(&story.ada, &message).expect("the allowance is there");
    assert_eq!(done.answer::<u64>().expect("the cash"), AMOUNT);
    assert_eq!(story.allowance(), 0);
    assert_eq!(story.refused(&message), "PermitRefused", "and it pays in once");
}

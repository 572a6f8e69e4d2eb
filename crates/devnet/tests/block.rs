//! Stories of the block: what fits, what is refused, and what time it is.

use sit_devnet::{CallError, Chain, ChainError, GENESIS_TIME, Weight, WhenFull, args};
use sit_engine::calendar::DAY;

const USD: u128 = 1_000_000;
/// 85 % of 2 s in picoseconds and of 10 MiB in bytes.
const HUB_LIMIT: Weight = Weight { ref_time: 1_700_000_000_000, proof_size: 8_912_896 };

#[test]
fn the_limits_are_those_of_polkadot_hub() {
    assert_eq!(Chain::new().block_limit(), HUB_LIMIT);
}

#[test]
fn a_full_block_refuses_and_the_next_one_accepts() {
    let mut chain = Chain::new();
    let (alice, bob, usdc) = (chain.account("alice"), chain.account("bob"), chain.usdc());
    chain.mint_usdc(&alice, 1_000_000 * USD).unwrap();

    let mut accepted = 0u64;
    let (mut per_block, refusal) = (
        u64::MAX,
        loop {
            match chain.call(&alice, &usdc, "transfer", args![&bob, USD]) {
                Ok(_) => accepted += 1,
                Err(refusal) => break refusal,
            }
        },
    );

    let CallError::BlockFull(full) = refusal else { panic!("{refusal}") };
    assert_eq!(full.left, chain.left());
    assert!(!full.needed.fits(full.left));
    assert!(chain.block().used.fits(HUB_LIMIT));
    assert_eq!(u64::from(chain.block().transactions), accepted);
    assert_eq!(chain.usdc_balance(bob.address), u128::from(accepted) * USD, "the refused transfer left no trace");
    for (_, cost) in chain.observed().rows() {
        per_block = per_block.min(cost.per_block);
    }
    assert_eq!(accepted, per_block, "the block takes as many as the cost promises");

    chain.seal_block(2);
    chain.call(&alice, &usdc, "transfer", args![&bob, USD]).unwrap();
    assert_eq!(chain.block().number, 2);
    assert_eq!(chain.block().transactions, 1);
}

#[test]
fn blocks_seal_themselves_when_asked_to() {
    let mut chain = Chain::new();
    let (alice, bob, usdc) = (chain.account("alice"), chain.account("bob"), chain.usdc());
    chain.mint_usdc(&alice, 1_000_000 * USD).unwrap();
    chain.when_full(WhenFull::Seal { seconds: 2 });
    let cost = chain.view(&alice, &usdc, "transfer", args![&bob, USD]).unwrap().cost;

    for _ in 0..cost.per_block * 2 + 1 {
        chain.call(&alice, &usdc, "transfer", args![&bob, USD]).unwrap();
    }

    assert_eq!(chain.block().number, 3);
    assert_eq!(chain.now(), GENESIS_TIME + 4);
}

#[test]
fn a_transaction_that_fails_uses_the_block_and_leaves_the_state() {
    let mut chain = Chain::new();
    let (alice, bob, usdc) = (chain.account("alice"), chain.account("bob"), chain.usdc());
    chain.mint_usdc(&alice, USD).unwrap();
    let before = chain.state_root();

    let error = chain.call(&alice, &usdc, "transfer", args![&bob, 2 * USD]).unwrap_err();

    assert!(matches!(&error, CallError::Dispatch { reason, .. } if reason == "Assets::BalanceLow"), "{error}");
    assert_eq!(chain.state_root(), before);
    assert_eq!(chain.block().transactions, 1);
    assert!(chain.block().used.proof_size > 0);
}

#[test]
fn a_view_leaves_neither_state_nor_block_changed() {
    let mut chain = Chain::new();
    let (alice, bob, usdc) = (chain.account("alice"), chain.account("bob"), chain.usdc());
    chain.mint_usdc(&alice, USD).unwrap();
    let (state, block) = (chain.state_root(), chain.block());

    let receipt = chain.view(&alice, &usdc, "transfer", args![&bob, USD / 2]).unwrap();

    assert!(receipt.event("Transfer").is_some());
    assert_eq!(chain.state_root(), state);
    assert_eq!(chain.block(), block);
}

#[test]
fn time_moves_with_blocks_and_never_back() {
    let mut chain = Chain::new();
    assert_eq!(chain.now(), GENESIS_TIME);
    chain.seal_block(0);
    assert_eq!((chain.now(), chain.block().number), (GENESIS_TIME, 2));
    chain.advance(DAY.into());
    chain.advance_to(GENESIS_TIME + 86_402).unwrap();
    assert_eq!((chain.now(), chain.block().number), (GENESIS_TIME + 86_402, 4));
    assert_eq!(
        chain.advance_to(GENESIS_TIME),
        Err(ChainError::Backwards { now: GENESIS_TIME + 86_402, wanted: GENESIS_TIME })
    );
}

//! Fees, deposits and transfers of a thousand random transactions, summed up.

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use sp_core::U256;

use crate::support::{USDC, approval, ask, at, by_hand, key, tokens};

/// Wei of a planck.
const WEI: u64 = 100_000_000;

#[test]
fn a_thousand_transactions_balance() {
    let mut chain = by_hand();
    let mut random = StdRng::seed_from_u64(1);
    let people = 8;
    let mut sent = 0;
    let mut number = |below: u32| random.next_u32() % below;
    while sent < 1_000 {
        for _ in 0..20 {
            let (from, to) = (number(people) as usize, number(people) as usize);
            let amount = u64::from(number(2_000_000)) + 1;
            let call = match number(4) {
                0 => {
                    json!({ "from": at(from), "to": at(to), "value": format!("{:#x}", u128::from(amount) * u128::from(WEI)) })
                }
                1 => json!({ "from": at(from), "to": USDC, "data": tokens(to, amount) }),
                2 => json!({ "from": at(from), "to": USDC, "data": approval(to, amount) }),
                // More than anybody has: it fails on chain, and costs its fee.
                _ => json!({ "from": at(from), "to": USDC, "data": tokens(to, u64::MAX), "gas": "0x1000" }),
            };
            ask(&mut chain, "eth_sendTransaction", json!([call]));
            sent += 1;
        }
        let before = chain.node.head().clone();
        let planck_before: Vec<u128> =
            (0..people as usize).map(|number| chain.node.planck(&before, key(number).address)).collect();
        let (issued, spendable): (u128, Vec<U256>) = (
            chain.node.issuance(&before),
            (0..people as usize).map(|number| chain.node.balance(&before, key(number).address)).collect(),
        );
        let sealed = chain.node.seal().unwrap();
        assert_eq!(sealed.transactions.len(), 20);

        // What each paid and was paid, by the receipts.
        let mut change = vec![(U256::zero(), U256::zero(), 0_u64); people as usize];
        let index = |address| (0..people as usize).find(|number| key(*number).address == address);
        for included in &sealed.transactions {
            let from = index(included.transaction.from).unwrap();
            change[from].1 += included.gas_used * included.gas_price;
            change[from].2 += u64::from(!included.succeeded);
            if included.succeeded && !included.transaction.value.is_zero() {
                change[from].1 += included.transaction.value;
                change[index(included.transaction.to.unwrap()).unwrap()].0 += included.transaction.value;
            }
        }
        let mut left = 0;
        for (number, (got, paid, failed)) in change.into_iter().enumerate() {
            let total = chain.node.planck(&sealed, key(number).address);
            left += total;
            let expected = U256::from(planck_before[number]) * U256::from(WEI) + got - paid;
            // Gas is whole, and what rounding it up adds to the fee is taken too; of a transaction that failed the
            // pallet gives it back with everything else, so that one pays less than its receipt says, by less than a
            // gas.
            let given_back = U256::from(total) * U256::from(WEI) - expected;
            assert!(
                given_back <= U256::from(failed) * (sealed.transactions[0].gas_price - 1),
                "{number}: {given_back}"
            );
            assert!(chain.node.balance(&sealed, key(number).address) <= spendable[number] + got);
        }
        // Fees are burnt, and nothing else appears or goes: deposits of approvals stay on their account.
        let burnt = issued - chain.node.issuance(&sealed);
        assert_eq!(planck_before.iter().sum::<u128>() - left, burnt);
    }
}

/// What the harness says of a message as an Ethereum transaction is what the chain charges a block for one.
#[test]
fn the_harness_knows_what_an_ethereum_transaction_weighs() {
    use sit_devnet::{Chain, args};
    let mut harness = Chain::new();
    harness.measure(true);
    let (alice, bob, usdc) = (harness.account("alice"), harness.account("bob"), harness.usdc());
    harness.mint_usdc(&alice, 1_000_000_000).unwrap();
    harness.mint_usdc(&bob, 1_000_000_000).unwrap();
    let cost = harness.call(&alice, &usdc, "transfer", args![&bob, 5_000_000_u64]).unwrap().cost;
    let recorded = cost.recorded.unwrap();
    assert!(recorded.nodes > 500 && recorded.nodes < 10_000 && recorded.code == 0, "{recorded:?}");
    assert!(cost.ethereum_per_block <= cost.ethereum_per_block_by_time);

    let mut chain = by_hand();
    ask(&mut chain, "eth_sendTransaction", json!([{ "from": at(0), "to": USDC, "data": tokens(1, 5_000_000) }]));
    let sealed = chain.node.seal().unwrap();
    let weight = sealed.transactions[0].weight;
    // The harness takes the longest numbers that a transaction can have, three bytes of proof for each byte.
    assert!(cost.ethereum.ref_time.abs_diff(weight.ref_time) < weight.ref_time / 1_000, "{} {weight}", cost.ethereum);
    let more = cost.ethereum.proof_size.checked_sub(weight.proof_size).unwrap();
    assert!(more < 150, "{} {weight}", cost.ethereum);
}

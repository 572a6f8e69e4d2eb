//! The same stories on a node that the framework starts for each: the program that CONTRACTS_NODE names.

use sit_e2e::{NodeClock, stories, told};

/// A story on a node of its own.
macro_rules! stories {
    ($($story:ident),+) => {$(
        #[ink_e2e::test]
        async fn $story() {
            let clock = NodeClock::of(node_rpc.url()).expect("it is an address");
            told(&mut client, clock, stories::$story).await;
        }
    )+};
}

stories!(
    a_month_from_deposit_to_claim,
    a_settlement_day,
    a_margin_call_and_a_liquidation,
    a_leap_that_bankrupts,
    governance_with_a_timelock,
    a_refusal_of_each_kind
);

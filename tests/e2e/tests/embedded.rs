//! The stories on the embedded chain, as a `runtime_only` backend.

use sit_e2e::{stories, told};

/// A story on a chain of its own.
macro_rules! stories {
    ($($story:ident),+) => {$(
        #[ink_e2e::test(backend(runtime_only(sandbox = sit_e2e::Hub, client = sit_e2e::HubClient)))]
        async fn $story() {
            let clock = client.clock();
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

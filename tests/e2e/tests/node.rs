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

sit_e2e::each_story!(stories);

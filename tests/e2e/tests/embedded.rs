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

sit_e2e::each_story!(stories);

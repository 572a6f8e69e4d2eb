//! The messages of the oracle: documentation, arguments and answers, once for both of its blobs.
//!
//! `oracle` has the code of the hot messages and hands the cold ones on unread; `oracle-office` has the code of the
//! cold ones. Both write their contract from this list, so neither can differ from the other. A wallet shows the
//! documentation of one message without its neighbours: each stands alone. Days are days since 1970-01-01 UTC, prices
//! quote atoms (10^-6 USD) per million units, volumes millions of units.

/// Calls `$callback! { hot { messages } cold { messages } }`. A message is its documentation, its name, its arguments
/// and what it answers; types are looked up where the contract is.
#[macro_export]
macro_rules! oracle_messages {
    ($callback:ident) => {
        $callback! {
            hot {
                /// Submits a reporter's batch of a day: provider, input price, output price and volume of every
                /// provider of the basket in ascending order. By a reporter.
                submit(index: u16, day: u32, batch: Vec<Line>) -> Result<()>;

                /// Reveals the batch to which a reporter has committed: provider, input price, output price and volume
                /// of every provider of the basket in ascending order. By the reporter who has committed.
                reveal(index: u16, day: u32, salt: FixedBytes<32>, batch: Vec<Line>) -> Result<()>;

                /// Commits to a batch of a day by its hash (`sit_engine::oracle::commitment_preimage`). By a reporter.
                commit(index: u16, day: u32, commitment: FixedBytes<32>) -> Result<()>;

                /// Computes a day and publishes it if it is valid or confirmed; returns 0 invalid, 1 waits for
                /// confirmation, 2 published. By anyone.
                publish(index: u16, day: u32) -> Result<u8>;

                /// The last print: its day, its price and when it was published in unix time.
                latest(index: u16) -> Result<(u32, u32, u32)>;

                /// The price that was printed for a day.
                print_of(index: u16, day: u32) -> Result<u32>;

                /// How good the index is now: 0 invalid, 1 needs confirmation, 2 valid.
                validity(index: u16) -> Result<u8>;

                /// What the averaging window that ends with an expiry holds by now: the sum of the prints, their number
                /// and the days of the window.
                averaging(index: u16, expiry: u32) -> Result<(u64, u8, u8)>;

                /// The final price of an expiry; refused with `NotFinal` before it is set.
                final_price(index: u16, expiry: u32) -> Result<u32>;
            }
            cold {
                /// The bytes of a storage cell, by its kind and identifiers (`sit_engine::oracle::keys`), for clients
                /// that run the engine on them; empty when the cell was never written.
                cell(kind: u8, index: u16, number: u32, place: u8) -> DynBytes;

                /// Connects the token of bonds and rewards, once. By governance.
                connect(token: Address) -> Result<()>;

                /// Opens an index or changes its rules. By governance.
                set_index(index: u16, price: PriceRules, report: ReportRules, settle: SettleRules) -> Result<()>;

                /// Sets the quality score of a provider; zero takes the provider out of the basket. By governance.
                set_provider(index: u16, provider: u8, score: u16) -> Result<()>;

                /// Registers a reporter. By governance.
                add_reporter(index: u16, reporter: Address) -> Result<()>;

                /// Removes a reporter. By governance.
                remove_reporter(index: u16, reporter: Address) -> Result<()>;

                /// Sets bonds, rewards and the time of commitments. By governance.
                set_reporting(index: u16, terms: ReportingTerms) -> Result<()>;

                /// Moves part of a reporter's bond, in quote atoms, to the pot that pays the reporters. By governance.
                slash(index: u16, reporter: Address, amount: u64) -> Result<()>;

                /// Adds quote atoms to a reporter's bond, for which the reporter has approved the oracle. By a
                /// reporter.
                post_bond(index: u16, amount: u64) -> Result<()>;

                /// Adds quote atoms to the pot that pays the reporters, for which the sender has approved the oracle.
                /// By anyone.
                fund(index: u16, amount: u64) -> Result<()>;

                /// Pays the caller what they have earned and what is due to them; returns it in quote atoms. By anyone.
                collect(index: u16) -> Result<u64>;

                /// Ends the caller's work as a reporter. By a reporter.
                resign(index: u16) -> Result<()>;

                /// Proposes the final price of an expiry; returns it. By anyone.
                propose_final(index: u16, expiry: u32) -> Result<u32>;

                /// Freezes a proposed final price. By governance, or by anyone with the dispute bond, for which they
                /// have approved the oracle.
                dispute(index: u16, expiry: u32) -> Result<()>;

                /// Resolves a dispute and takes the prints in `voided` out, whose bit `k` is the day `k` days before
                /// the expiry; returns the price that is proposed instead. By governance.
                resolve(index: u16, expiry: u32, voided: u64) -> Result<u32>;

                /// Makes a proposed final price final; returns it. By anyone.
                finalise(index: u16, expiry: u32) -> Result<u32>;

                /// The final settlement of an expiry as it stands, with its receipt.
                settlement(index: u16, expiry: u32) -> Result<SettlementFields>;

                /// Price times seconds up to now, for time-weighted averages.
                accumulator(index: u16) -> Result<u64>;

                /// A reporter's record and stake: place, submissions, misses, deviations, bond and earnings in quote
                /// atoms.
                reporter(index: u16, reporter: Address) -> Result<(u8, u16, u16, u8, u64, u64)>;

                /// What is due to an address that is no longer a reporter or has won a dispute: quote atoms, and the
                /// unix time from which they can be collected.
                due(index: u16, whom: Address) -> Result<(u64, u32)>;
            }
        }
    };
}

//! What messages and views answer, where that is more than one number.

use super::argument::tuples;
use sit_engine::calendar::Day;
use sit_engine::chain::{Address, Hash};
use sit_engine::governance::{Class, State};
use sit_engine::incentives::{Phase, Status as MakerStatus};
use sit_engine::oracle::{Settlement, Status as SettlementStatus};
use sit_engine::units::{Lots, Points, Seconds, Ticks};
use std::vec::Vec;

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, Debug)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)+
            }
        )+
        tuples! { $($name { $($field: $type),+ })+ }
    };
}

answers! {
    /// What became of an order, or of one that replaced another.
    PlacedOrder {
        /// Its number in the account.
        number: u32,
        /// Lots that traded at once.
        filled: Lots,
        /// Lots that rest.
        resting: Lots,
    }
    /// What a liquidator took over; both zero when the account has recovered by itself.
    TakenOver {
        /// Price.
        price: Ticks,
        /// Lots.
        lots: Lots,
    }
    /// What the two legs of a roll were traded for, in lots times ticks.
    Rolled {
        /// Of the month that was left.
        near: Points,
        /// Of the month that was entered.
        far: Points,
    }
    /// What became of an executed trigger.
    ExecutedTrigger {
        /// Lots that traded.
        filled: Lots,
        /// Lots that rest.
        resting: Lots,
        /// Fee of the keeper, quote atoms.
        fee: u64,
    }
    /// Both sides of the vault's books.
    Audited {
        /// What the token says the vault holds, quote atoms.
        balance: u128,
        /// What the clearing house's books add up to, quote atoms.
        books: i128,
        /// Whether all is well: the token holds no less than the books say, and every count agrees.
        balanced: bool,
    }
    /// What the vault knows.
    VaultState {
        /// The collateral token.
        token: Address,
        /// The clearing house; zero until connected.
        clearing: Address,
        /// Quote atoms paid in.
        paid_in: u64,
        /// Quote atoms paid out.
        paid_out: u64,
    }
    /// The newest print of an index.
    LatestPrint {
        /// Its day.
        day: Day,
        /// Quote atoms per million units.
        price: u32,
        /// When it was published.
        published_at: Seconds,
    }
    /// A reporter's record and stake.
    ReporterRecord {
        /// Their place among the reporters of the index.
        place: u8,
        /// Published days for which they submitted.
        submissions: u16,
        /// Published days for which they did not.
        misses: u16,
        /// Published days on which their batch deviated.
        deviations: u8,
        /// Their bond, quote atoms.
        bond: u64,
        /// What they have earned and not collected, quote atoms.
        earned: u64,
    }
    /// What is due to somebody who left or won a dispute.
    DueAmount {
        /// Quote atoms.
        amount: u64,
        /// From when it may be collected; until then it can be slashed.
        free_at: Seconds,
    }
    /// A final settlement with its receipt, as views and events have it.
    SettlementReceipt {
        /// Where it stands.
        status: SettlementStatus,
        /// When it got that status.
        since: Seconds,
        /// Whether the window lacked too many days and the fallback average was taken.
        fallback: bool,
        /// Prints taken out: bit `k` is the day `k` days before the expiry.
        voided: u64,
        /// Sum of the samples, quote atoms per million units.
        sum: u64,
        /// Prints that were averaged.
        samples: u8,
        /// Days of the window without one.
        gaps: u8,
        /// Quote atoms per million units.
        price: u32,
        /// keccak-256 of index, expiry and samples.
        receipt: Hash,
    }
    /// An action of governance.
    ActionRecord {
        /// Where it stands.
        state: State,
        /// Which delay it waits.
        class: Class,
        /// The contract that it calls.
        target: Address,
        /// What its calldata are held to.
        payload_hash: Hash,
        /// Begin of its window.
        not_before: Seconds,
        /// End of its window.
        not_after: Seconds,
        /// From when it may be executed; zero until it is queued.
        ready_at: Seconds,
        /// Approvals.
        approvals: u32,
    }
    /// The council that approves actions.
    CouncilRecord {
        /// Counts the councils; approvals name it.
        epoch: u32,
        /// Approvals that an action needs.
        threshold: u8,
        /// Members.
        members: Vec<Address>,
    }
    /// The margin set in force for a product.
    MarginSetRecord {
        /// Counts the sets of the product; zero if there is none.
        sequence: u32,
        /// Since when it is in force.
        accepted_at: Seconds,
        /// Hash of its certificate.
        certificate_hash: Hash,
    }
    /// The holders of the roles. The zero address stands for nobody.
    RoleHolders {
        /// Proposes actions.
        governor: Address,
        /// Vetoes actions, and sends what only tightens.
        guardian: Address,
        /// The next governor, if one was named.
        governor_nominee: Address,
        /// The next guardian, if one was named.
        guardian_nominee: Address,
        /// Whether genesis is over.
        is_sealed: bool,
    }
    /// What a name of the registry points to.
    VersionRecord {
        /// The contract in force; zero if none.
        target: Address,
        /// The one before it; zero if none.
        previous: Address,
        /// Counts the versions; zero if none.
        version: u32,
    }
    /// A maker of the programme.
    MakerRecord {
        /// Where they stand; `None` for a seat that never applied.
        status: Option<MakerStatus>,
        /// When they were designated.
        since: Seconds,
        /// When the designation ends of a maker who has given notice.
        leaves_at: Seconds,
        /// Full weeks in a row without reward.
        strikes: u8,
        /// Quote atoms that can be claimed now.
        due: u64,
        /// Quote atoms that become due later.
        later: u64,
        /// When they were warned that capital is missing; zero if they were not, or if that does not count any more.
        warned_at: Seconds,
    }
    /// A reward week of the programme.
    EpochRecord {
        /// How far its closing is; `None` before it has begun.
        phase: Option<Phase>,
        /// What is shared out, quote atoms.
        budget: u64,
        /// Lots that all makers traded.
        volume: u64,
        /// Sum of the adjusted scores.
        total: u128,
        /// Sum of the rewards, quote atoms.
        rewarded: u64,
        /// When it was closed.
        closed_at: Seconds,
    }
    /// The programme's account.
    ProgrammeRecord {
        /// Who governs it.
        governance: Address,
        /// The clearing house; zero until connected.
        clearing: Address,
        /// Budget of the running week, quote atoms.
        budget: u64,
        /// What is owed to makers, quote atoms.
        owed: u64,
        /// The week to be closed next.
        next_epoch: u32,
    }
    /// How a maker's week looks that is not closed.
    MakerOutlook {
        /// Sum of the months' integrals, in weighted lot-seconds.
        score: u64,
        /// What counts of it by uptime.
        counted: u64,
        /// Session seconds in which the obligations were met.
        uptime: u32,
        /// Session seconds in which they were due.
        due: u32,
        /// Lots traded.
        volume: u32,
        /// What counts of the score, given the scores of the others.
        adjusted: u64,
        /// Rank: one more than the number of makers with a greater weight.
        rank: u16,
        /// Makers of the week.
        makers: u16,
        /// What the week would earn if it ended now, quote atoms.
        reward: u64,
    }
}

impl From<&Settlement> for SettlementReceipt {
    fn from(settlement: &Settlement) -> Self {
        let Settlement { status, since, fallback, voided, sum, samples, gaps, price, receipt, .. } = *settlement;
        Self { status, since, fallback, voided, sum, samples, gaps, price, receipt }
    }
}

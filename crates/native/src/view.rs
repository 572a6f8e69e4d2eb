//! Every view of the seven contracts, and those of the token that the exchange needs: a struct each, with its answer.
//!
//! ```
//! use sit_native::view::{Audit, View};
//!
//! let answer: Option<<Audit as View>::Answer> = None; // the type that a client returns for `view(&Audit {})`
//! assert!(answer.is_none_or(|books| books.balanced));
//! assert_eq!((Audit::CONTRACT.name(), Audit::NAME, Audit {}.arguments().len()), ("vault", "audit", 0));
//! ```

use super::answers::{
    ActionRecord, Audited, CouncilRecord, DueAmount, EpochRecord, LatestPrint, MakerOutlook, MakerRecord,
    MarginSetRecord, ProgrammeRecord, ReporterRecord, RoleHolders, SettlementReceipt, VaultState, VersionRecord,
};
use super::argument::{Argument, Fills, Returned, TokenAmount};
use super::contract::Contract;
use super::message::AbiEntry;
use sit_engine::calendar::Day;
use sit_engine::chain::{Address, Hash};
use sit_engine::clearing::{Books as BothBooks, Product};
use sit_engine::governance::{Class, Delays as ClassDelays, MarginRules as MarginRuleSet, Selector};
use sit_engine::incentives::Parameters as ProgrammeParameters;
use sit_engine::oracle::validity::Validity as IndexValidity;
use sit_engine::oracle::{Averaging as WindowAverage, IndexId};
use sit_engine::units::Seat;
use sit_engine::vault::Limits as PayoutLimits;
use std::vec;
use std::vec::Vec;

/// A question that changes nothing.
pub trait View {
    /// What is answered.
    type Answer: Returned;
    /// Who is asked.
    const CONTRACT: Contract;
    /// Its name in the contract.
    const NAME: &'static str;
    /// Its arguments, in the order of the ABI.
    fn arguments(&self) -> Vec<Argument>;
    /// What it looks like in the ABI.
    fn entry() -> AbiEntry;
}

macro_rules! views {
    ($($contract:ident {
        $($(#[$doc:meta])* $view:ident = $name:literal ($($field:ident: $type:ty),*) -> $answer:ty;)+
    })+) => {
        $($(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, Debug)]
            pub struct $view {
                $(#[expect(missing_docs, reason = "the question's documentation names its arguments")] pub $field: $type,)*
            }

            impl View for $view {
                type Answer = $answer;
                const CONTRACT: Contract = Contract::$contract;
                const NAME: &'static str = $name;
                fn arguments(&self) -> Vec<Argument> {
                    let filled: Vec<Vec<Argument>> = vec![$(self.$field.arguments()),*];
                    filled.concat()
                }
                fn entry() -> AbiEntry {
                    let parameters: Vec<Vec<_>> = vec![$(<$type as Fills>::parameters(stringify!($field))),*];
                    AbiEntry {
                        contract: Contract::$contract,
                        code: Contract::$contract.code_of($name),
                        name: $name,
                        parameters: parameters.concat(),
                        returns: <$answer as Returned>::returns(),
                        returned: <$answer as Returned>::returned_members(),
                    }
                }
            }
        )+)+

        /// Every view, as the ABI has it.
        pub fn entries() -> Vec<AbiEntry> {
            vec![$($(<$view as View>::entry()),+),+]
        }
    };
}

views! {
    Governance {
        /// Governor, guardian, their nominees, and whether genesis is over.
        Roles = "roles" () -> RoleHolders;
        /// Delays of the classes, in seconds.
        Delays = "delays" () -> ClassDelays;
        /// The rules of margin sets.
        MarginRules = "margin_rules" () -> MarginRuleSet;
        /// The council.
        Council = "council" () -> CouncilRecord;
        /// An action by its number.
        Action = "action" (id: u32) -> ActionRecord;
        /// The class of a message of a contract.
        ClassOf = "class_of" (target: Address, selector: Selector) -> Class;
        /// What a name of the registry points to.
        Version = "version" (name: Hash) -> VersionRecord;
        /// The margin set in force for a product.
        MarginSet = "margin_set" (product: Product) -> MarginSetRecord;
    }
    Vault {
        /// Both sides of the books.
        Audit = "audit" () -> Audited;
        /// What may be paid out in an hour and in a day.
        Limits = "limits" () -> PayoutLimits;
        /// Token, clearing house, and what went in and out.
        State = "state" () -> VaultState;
    }
    Clearing {
        /// A cell as it is stored; [`crate::stored`] names the kinds.
        ClearingCell = "cell" (kind: u8, a: u32, b: u32) -> Vec<u8>;
        /// The books of the clearing house.
        Books = "books" () -> BothBooks;
        /// The pool of the programme and what makers did in a week, encoded as
        /// [`Weeks`](sit_engine::clearing::Weeks); the makers as
        /// [`Served`](sit_engine::clearing::Served).
        MakerWeeks = "maker_weeks" (epoch: u32, floor_bps: u16, power: u8, makers: Vec<u8>) -> Vec<u8>;
    }
    Oracle {
        /// The newest print of an index.
        Latest = "latest" (index: IndexId) -> LatestPrint;
        /// The print of a day, quote atoms per million units.
        PrintOf = "print_of" (index: IndexId, day: Day) -> u32;
        /// How good an index is now.
        Validity = "validity" (index: IndexId) -> IndexValidity;
        /// What the averaging window of an expiry holds by now.
        Averaging = "averaging" (index: IndexId, expiry: Day) -> WindowAverage;
        /// The final price of an expiry, quote atoms per million units.
        FinalPrice = "final_price" (index: IndexId, expiry: Day) -> u32;
        /// A cell as it is stored; [`crate::stored`] names the kinds.
        OracleCell = "cell" (kind: u8, index: IndexId, number: u32, place: u8) -> Vec<u8>;
        /// The final settlement of an expiry as it stands, with its receipt.
        Settlement = "settlement" (index: IndexId, expiry: Day) -> SettlementReceipt;
        /// Price times seconds up to now, for time-weighted averages.
        Accumulator = "accumulator" (index: IndexId) -> u64;
        /// A reporter's record and stake.
        Reporter = "reporter" (index: IndexId, reporter: Address) -> ReporterRecord;
        /// What is due to somebody who left or won a dispute.
        Due = "due" (index: IndexId, whom: Address) -> DueAmount;
    }
    Incentives {
        /// The programme's account.
        Programme = "programme" () -> ProgrammeRecord;
        /// What makers owe and how their weeks are weighed.
        Parameters = "parameters" () -> ProgrammeParameters;
        /// A maker.
        Maker = "maker" (seat: Seat) -> MakerRecord;
        /// A reward week.
        Epoch = "epoch" (epoch: u32) -> EpochRecord;
        /// How a maker's week looks that is not closed.
        Standing = "standing" (seat: Seat, epoch: u32) -> MakerOutlook;
    }
    Token {
        /// The balance of an address, in the token's atoms.
        BalanceOf = "balanceOf" (account: Address) -> TokenAmount;
        /// What somebody may take from an owner, in the token's atoms.
        Allowance = "allowance" (owner: Address, spender: Address) -> TokenAmount;
        /// Decimals of the token.
        Decimals = "decimals" () -> u8;
        /// How many permits of an owner the token has accepted: the nonce of the next one (EIP-2612).
        PermitNonce = "nonces" (owner: Address) -> TokenAmount;
        /// Hash of the token's name, version, chain and address, which a permit signs (EIP-712).
        PermitDomain = "DOMAIN_SEPARATOR" () -> [u8; 32];
    }
}

//! Governance: roles, timelock, certified margin sets, registry of versions.
//!
//! The shell decodes, calls the engine ([`sit_engine::governance`], which documents every rule), calls the target of an
//! executed action, and emits. All state lies in cells of its own; the root is empty. Messages marked as own actions
//! are sent by an executed action whose target is this contract.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![cfg_attr(feature = "std", expect(missing_docs, reason = "ink! generates an alias without documentation"))]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

#[cfg(target_arch = "riscv64")]
ink::polkavm_derive::min_stack_size!(65536);

mod call;
mod cells;
mod events;

macro_rules! define_governance_error {
    ($($list:tt)*) => { sit_shell::define_error! { sit_engine::governance::GovernanceError; $($list)* } };
}
sit_engine::governance_errors!(define_governance_error);

/// The certificate of a margin set, see [`sit_engine::certificate::Certificate`].
#[derive(ink::SolEncode, ink::SolDecode, Clone, Copy, Debug)]
pub struct CertificateFields {
    /// keccak-256 of the price history.
    pub dataset_root: ink::sol::FixedBytes<32>,
    /// keccak-256 of the simulator's name and version.
    pub simulator: ink::sol::FixedBytes<32>,
    /// Seed of the random streams.
    pub seed: u64,
    /// keccak-256 of the model and its margin rule.
    pub model_hash: ink::sol::FixedBytes<32>,
    /// Confidence in parts per million.
    pub confidence_ppm: u32,
    /// Close-out horizon in seconds.
    pub horizon_seconds: u32,
    /// keccak-256 of the risk array's canonical bytes.
    pub parameter_hash: ink::sol::FixedBytes<32>,
}

#[ink::contract]
mod governance {
    use super::call::call;
    use super::cells::Chain;
    use super::{CertificateFields, Error};
    use ink::prelude::vec::Vec;
    use ink::sol::{DynBytes, FixedBytes};
    use sit_engine::certificate::Certificate;
    use sit_engine::chain::Env;
    use sit_engine::governance::{
        self as engine, Class, Delays, GovernanceError, MarginRules, MarginSet, Role, Store, Window,
    };
    use sit_engine::units::Seconds;

    type Result<T> = core::result::Result<T, Error>;

    /// Empty: all state lies in cells under raw keys.
    #[ink(storage)]
    pub struct Governance {}

    impl Governance {
        /// Founds governance; delays in seconds. The caller is the deployer who ends genesis. See
        /// [`sit_engine::governance::found()`].
        #[ink(constructor)]
        pub fn new(
            governor: Address,
            guardian: Address,
            tighten: u32,
            routine: u32,
            loosen: u32,
            critical: u32,
        ) -> Result<Self> {
            let contract = Self {};
            let delays = Delays { tighten, routine, loosen, critical };
            engine::found(&mut Chain, contract.surroundings(), governor.0, guardian.0, delays)?;
            Ok(contract)
        }

        /// The deployer ends genesis. See [`sit_engine::governance::seal()`].
        #[ink(message)]
        pub fn seal(&self) -> Result<()> {
            Ok(engine::seal(&mut Chain, self.surroundings())?)
        }

        /// The governor proposes an action; returns its number. See [`sit_engine::governance::propose()`].
        #[ink(message)]
        pub fn propose(&self, target: Address, call: DynBytes, not_before: u32, not_after: u32) -> Result<u32> {
            let window = window(not_before, not_after);
            Ok(engine::propose(&mut Chain, self.surroundings(), target.0, &call.0, window)?)
        }

        /// The governor proposes a margin set; returns the action's number. `shocks` are 384 bytes: each shock in two,
        /// big endian, slot by slot. See [`sit_engine::governance::propose_margin_set()`].
        #[ink(message)]
        #[allow(clippy::allow_attributes, clippy::too_many_arguments, reason = "of a margin set; ink! copies this")]
        pub fn propose_margin_set(
            &self,
            target: Address,
            product: u8,
            maintenance_bps: u16,
            liq_end_bps: u16,
            shocks: DynBytes,
            certificate: CertificateFields,
            not_before: u32,
            not_after: u32,
        ) -> Result<u32> {
            let shocks = MarginSet::shocks_from_bytes(&shocks.0).ok_or(Error::BadLength)?;
            let set = MarginSet { product, maintenance_bps, liq_end_bps, shocks };
            let certificate = Certificate {
                dataset_root: certificate.dataset_root.0,
                simulator: certificate.simulator.0,
                seed: certificate.seed,
                model_hash: certificate.model_hash.0,
                confidence_ppm: certificate.confidence_ppm,
                horizon_seconds: certificate.horizon_seconds,
                parameter_hash: certificate.parameter_hash.0,
            };
            let window = window(not_before, not_after);
            let here = self.surroundings();
            Ok(engine::propose_margin_set(&mut Chain, here, target.0, &set, &certificate, window)?)
        }

        /// A member of the council approves; returns whether the action is queued now. See
        /// [`sit_engine::governance::approve()`].
        #[ink(message)]
        pub fn approve(&self, id: u32, payload_hash: FixedBytes<32>, council_epoch: u32) -> Result<bool> {
            Ok(engine::approve(&mut Chain, self.surroundings(), id, payload_hash.0, council_epoch)?)
        }

        /// Anyone executes a queued action, with the calldata of its proposal. See
        /// [`sit_engine::governance::execute()`].
        #[ink(message)]
        pub fn execute(&self, id: u32, call: DynBytes) -> Result<()> {
            let here = self.surroundings();
            let action = engine::execute(&mut Chain, here, id, &call.0)?;
            self.send(action.target, &call.0)
        }

        /// The guardian sends at once what only tightens. See [`sit_engine::governance::tighten()`].
        #[ink(message)]
        pub fn tighten(&self, target: Address, call: DynBytes) -> Result<()> {
            engine::tighten(&mut Chain, self.surroundings(), target.0, &call.0)?;
            self.send(target.0, &call.0)
        }

        /// The governor withdraws an action. See [`sit_engine::governance::cancel()`].
        #[ink(message)]
        pub fn cancel(&self, id: u32) -> Result<()> {
            Ok(engine::cancel(&mut Chain, self.surroundings(), id)?)
        }

        /// The guardian stops an action for good. See [`sit_engine::governance::veto()`].
        #[ink(message)]
        pub fn veto(&self, id: u32) -> Result<()> {
            Ok(engine::veto(&mut Chain, self.surroundings(), id)?)
        }

        /// The nominee becomes governor. See [`sit_engine::governance::accept_role()`].
        #[ink(message)]
        pub fn accept_governor(&self) -> Result<()> {
            Ok(engine::accept_role(&mut Chain, self.surroundings(), Role::Governor)?)
        }

        /// The nominee becomes guardian. See [`sit_engine::governance::accept_role()`].
        #[ink(message)]
        pub fn accept_guardian(&self) -> Result<()> {
            Ok(engine::accept_role(&mut Chain, self.surroundings(), Role::Guardian)?)
        }

        /// Own action: names the next governor. See [`sit_engine::governance::nominate()`].
        #[ink(message)]
        pub fn nominate_governor(&self, nominee: Address) -> Result<()> {
            Ok(engine::nominate(&mut Chain, self.surroundings(), Role::Governor, nominee.0)?)
        }

        /// Own action: names the next guardian. See [`sit_engine::governance::nominate()`].
        #[ink(message)]
        pub fn nominate_guardian(&self, nominee: Address) -> Result<()> {
            Ok(engine::nominate(&mut Chain, self.surroundings(), Role::Guardian, nominee.0)?)
        }

        /// Own action: seats a new council. See [`sit_engine::governance::set_council()`].
        #[ink(message)]
        pub fn set_council(&self, members: Vec<Address>, threshold: u8) -> Result<()> {
            let members: Vec<[u8; 20]> = members.iter().map(|member| member.0).collect();
            Ok(engine::set_council(&mut Chain, self.surroundings(), &members, threshold)?)
        }

        /// Own action: changes the delays, in seconds. See [`sit_engine::governance::set_delays()`].
        #[ink(message)]
        pub fn set_delays(&self, tighten: u32, routine: u32, loosen: u32, critical: u32) -> Result<()> {
            let delays = Delays { tighten, routine, loosen, critical };
            Ok(engine::set_delays(&mut Chain, self.surroundings(), delays)?)
        }

        /// Own action: registers the class of messages of one contract (0 routine, 1 tighten, 2 loosen, 3 critical).
        /// See [`sit_engine::governance::set_classes()`].
        #[ink(message)]
        pub fn set_classes(&self, target: Address, selectors: Vec<FixedBytes<4>>, class: u8) -> Result<()> {
            let class = Class::from_number(class).ok_or(Error::UnknownClass)?;
            let selectors: Vec<[u8; 4]> = selectors.iter().map(|selector| selector.0).collect();
            Ok(engine::set_classes(&mut Chain, self.surroundings(), target.0, &selectors, class)?)
        }

        /// Own action: changes the rules of margin sets. See [`sit_engine::governance::set_margin_rules()`].
        #[ink(message)]
        pub fn set_margin_rules(
            &self,
            max_rise_bps: u16,
            max_fall_bps: u16,
            floor_bps: u16,
            interval: u32,
        ) -> Result<()> {
            let rules = MarginRules { max_rise_bps, max_fall_bps, floor_bps, interval };
            Ok(engine::set_margin_rules(&mut Chain, self.surroundings(), rules)?)
        }

        /// Own action: points a name to a contract. See [`sit_engine::governance::register()`].
        #[ink(message)]
        pub fn register(&self, name: FixedBytes<32>, target: Address) -> Result<()> {
            Ok(engine::register(&mut Chain, self.surroundings(), name.0, target.0)?)
        }

        /// Governor, guardian, their nominees (zero if none), and whether genesis is over.
        #[ink(message)]
        pub fn roles(&self) -> Result<(Address, Address, Address, Address, bool)> {
            let charter = Chain.founded()?;
            Ok((
                charter.governor.into(),
                charter.guardian.into(),
                charter.governor_nominee.into(),
                charter.guardian_nominee.into(),
                charter.is_sealed(self.now()),
            ))
        }

        /// Delays of the classes tighten, routine, loosen, critical, in seconds.
        #[ink(message)]
        pub fn delays(&self) -> Result<(u32, u32, u32, u32)> {
            let delays = Chain.founded()?.delays;
            Ok((delays.tighten, delays.routine, delays.loosen, delays.critical))
        }

        /// Rules of margin sets: most rise and fall of a measure and floor, in basis points; interval in seconds.
        #[ink(message)]
        pub fn margin_rules(&self) -> Result<(u16, u16, u16, u32)> {
            let rules = Chain.founded()?.margin_rules;
            Ok((rules.max_rise_bps, rules.max_fall_bps, rules.floor_bps, rules.interval))
        }

        /// Epoch, threshold and members of the council.
        #[ink(message)]
        pub fn council(&self) -> Result<(u32, u8, Vec<Address>)> {
            let council = Chain.council().ok_or(GovernanceError::NotFounded)?;
            let members = council.members().iter().map(|member| (*member).into()).collect();
            Ok((council.epoch, council.threshold, members))
        }

        /// An action: state (0 proposed, 1 queued, 2 executed, 3 cancelled), class, target, payload hash, begin and end
        /// of its window, ready time (zero until queued), approvals.
        #[ink(message)]
        #[allow(
            clippy::allow_attributes,
            clippy::type_complexity,
            reason = "the ABI names no answers; ink! copies this"
        )]
        pub fn action(&self, id: u32) -> Result<(u8, u8, Address, FixedBytes<32>, u32, u32, u32, u32)> {
            let action = Chain.action(id).ok_or(GovernanceError::UnknownAction)?;
            Ok((
                action.state.number(),
                action.class.number(),
                action.target.into(),
                FixedBytes(action.payload_hash),
                action.window.not_before.0,
                action.window.not_after.0,
                action.ready_at.0,
                action.approvals.count_ones(),
            ))
        }

        /// Class of a message: 0 routine, 1 tighten, 2 loosen, 3 critical.
        #[ink(message)]
        pub fn class_of(&self, target: Address, selector: FixedBytes<4>) -> u8 {
            engine::class_of(&Chain, target.0, selector.0).number()
        }

        /// The contract in force under a name, the one before it (zero if none), and the count of versions (zero if
        /// none).
        #[ink(message)]
        pub fn version(&self, name: FixedBytes<32>) -> (Address, Address, u32) {
            Chain.version(name.0).map_or_else(Default::default, |version| {
                (version.target.into(), version.previous.into(), version.version)
            })
        }

        /// The margin set in force for a product: its count (zero if none), since when, hash of its certificate.
        #[ink(message)]
        pub fn margin_set(&self, product: u8) -> (u32, u32, FixedBytes<32>) {
            Chain.accepted_margin(product).map_or((0, 0, FixedBytes([0; 32])), |margin| {
                (margin.sequence, margin.accepted_at.0, FixedBytes(margin.certificate_hash))
            })
        }

        /// Calls the target of an action, or undoes the message.
        fn send(&self, target: [u8; 20], calldata: &[u8]) -> Result<()> {
            let itself = target == self.env().address().0;
            if call(target, calldata, itself) { Ok(()) } else { Err(Error::ActionFailed) }
        }

        fn now(&self) -> Seconds {
            sit_shell::seconds(self.env().block_timestamp())
        }

        fn surroundings(&self) -> Env {
            Env { now: self.now(), caller: self.env().caller().0 }
        }
    }

    fn window(not_before: u32, not_after: u32) -> Window {
        Window { not_before: Seconds(not_before), not_after: Seconds(not_after) }
    }
}

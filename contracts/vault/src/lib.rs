//! The vault: custody of the collateral token, nothing else.
//!
//! It takes deposits, reports them to the clearing house, and pays out only when the clearing house says so. The rules
//! are the engine's ([`sit_engine::vault`]); the shell calls the token.
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

mod selectors;

macro_rules! define_vault_error {
    ($($list:tt)*) => { sit_shell::define_error! { sit_engine::vault::VaultError; $($list)* } };
}
sit_engine::vault_errors!(define_vault_error);

mod events {
    use ink::primitives::Address;

    sit_shell::events! {
        /// Collateral came in for an account.
        PaidIn { from: Address; amount: u64 }
        /// Collateral was paid out.
        PaidOut { to: Address; amount: u64 }
        /// Custody went to the next version of the clearing house.
        HandedOver { from: Address, to: Address; }
    }
}

#[ink::contract]
mod vault {
    use super::events::{HandedOver, PaidIn, PaidOut};
    use super::{Error, selectors};
    use ink::U256;
    use ink::sol::{DynBytes, FixedBytes};
    use sit_engine::clearing::{Ledger, Stage, keys as clearing_keys};
    use sit_engine::codec::Cell;
    use sit_engine::vault::{Custody, Limits, Permission, keys};
    use sit_shell::{call, load, save};

    type Result<T> = core::result::Result<T, Error>;

    /// Empty: all state lies in one cell under a raw key.
    #[ink(storage)]
    pub struct Vault {}

    impl Vault {
        /// A vault for `token` that `governance` will connect to its clearing house.
        #[ink(constructor)]
        pub fn new(token: Address, governance: Address) -> Self {
            save(&keys::custody(), &Custody { token: token.0, governance: governance.0, ..Custody::default() });
            Self {}
        }

        /// Connects the clearing house, once. By governance.
        #[ink(message)]
        pub fn connect(&self, clearing: Address) -> Result<()> {
            let mut custody = custody();
            custody.connect(self.env().caller().0, clearing.0)?;
            save(&keys::custody(), &custody);
            Ok(())
        }

        /// Hands custody over to the next version of the clearing house, once the books of the old one are empty and
        /// those of the new one hold everything. By governance. See [`sit_engine::vault::Custody::hand_over()`].
        #[ink(message)]
        pub fn hand_over(&self, next: Address) -> Result<()> {
            let mut custody = custody();
            let sender = self.env().caller().0;
            custody.only_governance(sender)?;
            let clearing = custody.connected()?;
            let books = |house: Address| {
                let books = call!(house, selectors::BOOKS => (i128, i128, i128, i128, bool));
                let (owed, _, _, _, balanced) = books.ok_or(Error::CallFailed)?;
                if balanced { Ok(owed) } else { Err(Error::BooksElsewhere) }
            };
            let id = clearing_keys::ledger();
            let cell = call!(Address::from(clearing), selectors::CELL, id.kind, id.a, id.b => DynBytes);
            let has_left = Ledger::from_cell(&cell.ok_or(Error::CallFailed)?.0).stage == Stage::Left;
            custody.hand_over(sender, next.0, books(clearing.into())?, books(next)?, has_left)?;
            save(&keys::custody(), &custody);
            HandedOver { from: clearing.into(), to: next }.emit();
            Ok(())
        }

        /// Takes `amount` quote atoms of the token from the caller, who has approved the vault for them, and has them
        /// credited to a seat. Returns the account's cash in quote atoms.
        #[ink(message)]
        pub fn deposit(&self, seat: u32, amount: u64) -> Result<u64> {
            self.credit(seat, amount, |_| Permission::Allowance)
        }

        /// Takes `amount` quote atoms of the token from the caller like `deposit`, by an allowance that they signed
        /// instead of sending: an EIP-2612 permit of the token for the vault and exactly `amount`, valid up to
        /// `deadline` in Unix seconds, as `v` (27 or 28), `r` and `s`. Where the token refuses the permit, because
        /// somebody has handed it in before, an allowance that is there still counts. Returns the account's cash in
        /// quote atoms.
        #[ink(message)]
        pub fn deposit_with_permit(
            &self,
            seat: u32,
            amount: u64,
            deadline: u32,
            v: u8,
            r: FixedBytes<32>,
            s: FixedBytes<32>,
        ) -> Result<u64> {
            let (owner, spender) = (self.env().caller(), self.env().address());
            self.credit(seat, amount, |token| {
                let (value, deadline) = (U256::from(amount), U256::from(deadline));
                match call!(token, selectors::PERMIT, owner, spender, value, deadline, v, r, s => ()) {
                    Some(()) => Permission::Permit,
                    None => Permission::RefusedPermit,
                }
            })
        }

        /// Takes `amount` quote atoms from the caller as a gift to the insurance fund (0) or to the market-maker
        /// programme (1).
        #[ink(message)]
        pub fn endow(&self, purpose: u8, amount: u64) -> Result<()> {
            let clearing = Address::from(self.collect(amount, |_| Permission::Allowance)?);
            call!(clearing, selectors::ENDOW, purpose, amount => ()).ok_or(Error::CreditRefused)
        }

        /// Pays `amount` quote atoms of the collateral token to an address. By the clearing house.
        #[ink(message)]
        pub fn pay(&self, to: Address, amount: u64) -> Result<()> {
            let mut custody = custody();
            custody.only_clearing(self.env().caller().0)?;
            custody.pay(sit_shell::seconds(self.env().block_timestamp()), amount)?;
            save(&keys::custody(), &custody);
            let paid = call!(Address::from(custody.token), selectors::TRANSFER, to, U256::from(amount) => bool);
            if paid != Some(true) {
                return Err(Error::TransferOutRefused);
            }
            PaidOut { to, amount }.emit();
            Ok(())
        }

        /// Lowers what may be paid out in an hour and in a day, in quote atoms; holds at once, for fourteen days, and
        /// cannot be sent again for as many when it has lapsed. By governance, whose guardian can send it without
        /// delay.
        #[ink(message)]
        pub fn lower_limits(&self, hour: u64, day: u64) -> Result<()> {
            let mut custody = custody();
            let now = sit_shell::seconds(self.env().block_timestamp());
            custody.lower_limits(now, self.env().caller().0, Limits { hour, day })?;
            save(&keys::custody(), &custody);
            Ok(())
        }

        /// Sets what may be paid out in an hour and in a day, in quote atoms, and ends what was lowered. By governance.
        #[ink(message)]
        pub fn set_limits(&self, hour: u64, day: u64) -> Result<()> {
            let mut custody = custody();
            custody.set_limits(self.env().caller().0, Limits { hour, day })?;
            save(&keys::custody(), &custody);
            Ok(())
        }

        /// What may be paid out in an hour and in a day now, in quote atoms.
        #[ink(message)]
        pub fn limits(&self) -> (u64, u64) {
            let limits = custody().limits_at(sit_shell::seconds(self.env().block_timestamp()));
            (limits.hour, limits.day)
        }

        /// Both sides of the books, in quote atoms: what the token says the vault holds, and what the clearing house's
        /// books add up to; then whether all is well: the vault's own count, the clearing house's custody and its sum
        /// are one number, every instrument holds what it took, and the token holds no less. It may hold more, since
        /// anybody can send tokens here without a deposit.
        #[ink(message)]
        pub fn audit(&self) -> Result<(u128, i128, bool)> {
            let custody = custody();
            let clearing = Address::from(custody.connected()?);
            let books = call!(clearing, selectors::BOOKS => (i128, i128, i128, i128, bool));
            let (owed, trading, _, reserves, balanced) = books.ok_or(Error::CallFailed)?;
            let balance = self.balance(&custody)?;
            let sum = trading.saturating_add(reserves);
            let there = i128::try_from(balance).is_ok_and(|balance| balance >= sum);
            Ok((balance, sum, balanced && there && sum == owed && sum == custody.held()))
        }

        /// The collateral token, the clearing house (zero until connected), quote atoms paid in and paid out.
        #[ink(message)]
        pub fn state(&self) -> (Address, Address, u64, u64) {
            let custody = custody();
            (custody.token.into(), custody.clearing.into(), custody.paid_in, custody.paid_out)
        }

        /// Takes the amount from the caller and has it credited to a seat.
        fn credit(&self, seat: u32, amount: u64, ask: impl FnOnce(Address) -> Permission) -> Result<u64> {
            let clearing = Address::from(self.collect(amount, ask)?);
            call!(clearing, selectors::CREDIT, seat, amount => u64).ok_or(Error::CreditRefused)
        }

        /// Takes the amount from the caller, after it has asked the token for the permission; returns the clearing
        /// house.
        fn collect(&self, amount: u64, ask: impl FnOnce(Address) -> Permission) -> Result<[u8; 20]> {
            if amount == 0 {
                return Err(Error::ZeroAmount);
            }
            let mut custody = custody();
            let clearing = custody.connected()?;
            let (from, here) = (self.env().caller(), self.env().address());
            let token = Address::from(custody.token);
            let permission = ask(token);
            let before = self.balance(&custody)?;
            let moved = call!(token, selectors::TRANSFER_FROM, from, here, U256::from(amount) => bool);
            if moved != Some(true) {
                return Err(permission.refusal().into());
            }
            let now = sit_shell::seconds(self.env().block_timestamp());
            custody.receive(now, amount, before, self.balance(&custody)?)?;
            save(&keys::custody(), &custody);
            PaidIn { from, amount }.emit();
            Ok(clearing)
        }

        fn balance(&self, custody: &Custody) -> Result<u128> {
            let token = Address::from(custody.token);
            let balance = call!(token, selectors::BALANCE_OF, self.env().address() => U256);
            balance.and_then(|balance| u128::try_from(balance).ok()).ok_or(Error::CallFailed)
        }
    }

    fn custody() -> Custody {
        load(&keys::custody()).unwrap_or_default()
    }
}

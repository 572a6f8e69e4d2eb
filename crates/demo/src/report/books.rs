//! Both sides of the vault's books: what the token says that the vault holds, what the vault says whose it is, and what
//! ever came in less what ever went out. All three are the same number of quote atoms.

use crate::record::Books;

/// The equation, ready to be shown.
pub struct Equation {
    /// Whose the money is: name and quote atoms.
    pub parts: [(&'static str, i128); 5],
    /// Sum of the parts.
    pub owed: i128,
    /// What the token says.
    pub held: i128,
    /// Ever deposited, less ever withdrawn.
    pub net_flow: i128,
}

impl Equation {
    /// Adds up the books.
    pub fn of(books: &Books) -> Self {
        let parts = [
            ("Cash in accounts", books.accounts),
            ("Held by instruments", books.instruments),
            ("Insurance fund", books.fund),
            ("Market-maker programme", books.incentives),
            ("Treasury", books.treasury),
        ];
        let owed = parts.iter().fold(0_i128, |sum, (_, part)| sum.saturating_add(*part));
        let net_flow = books.deposits.saturating_sub(books.withdrawals);
        Self { parts, owed, held: books.token_balance, net_flow }
    }

    /// Whether the token holds what the vault owes.
    pub fn balanced(&self) -> bool {
        self.owed == self.held
    }

    /// Whether what came in and did not go out is there.
    pub fn flows_balanced(&self) -> bool {
        self.net_flow == self.held
    }

    /// The word for an equality.
    pub fn word(holds: bool) -> &'static str {
        if holds { "balanced" } else { "NOT BALANCED" }
    }
}

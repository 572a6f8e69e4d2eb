//! The commands, a module each: a structure of arguments and `run(&Context, &Args) -> Result`.
//!
//! A new command is a module and a row in [`Command`].

pub mod abi;
pub mod account;
pub mod book;
pub mod cancel;
pub mod cancel_all;
pub mod claim;
pub mod completions;
pub mod curve;
pub mod delegate;
pub mod deploy;
pub mod deposit;
pub mod doctor;
pub mod explain;
pub mod faucet;
pub mod fills;
pub mod govern;
pub mod hedge;
pub mod index;
pub mod input;
pub mod keeper;
pub mod key;
pub mod maker;
pub mod markets;
pub mod order;
pub mod orders;
pub mod positions;
pub mod quote;
pub mod record;
pub mod reference;
pub mod replace;
pub mod replay;
pub mod reporter;
pub mod roll;
pub mod settlements;
pub mod statement;
pub mod trigger;
pub mod units;
pub mod verify;
pub mod watch;
pub mod withdraw;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::Result;

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident($module:ident::Args);)+) => {
        /// What can be done.
        #[derive(Subcommand, Debug)]
        pub enum Command {
            $($(#[$doc])* $variant($module::Args),)+
        }

        impl Command {
            /// Does it.
            ///
            /// # Errors
            /// The command's.
            pub fn run(&self, context: &Context) -> Result {
                match self {
                    $(Self::$variant(args) => $module::run(context, args),)+
                }
            }
        }
    };
}

commands! {
    /// Every listed month: best prices, mark, state, limits
    Markets(markets::Args);
    /// The term structure against the index
    Curve(curve::Args);
    /// The order book of a month
    Book(book::Args);
    /// Book, trades, own orders and margin, live in the terminal
    Watch(watch::Args);
    /// Pay collateral in
    Deposit(deposit::Args);
    /// Take free collateral out
    Withdraw(withdraw::Args);
    /// Place an order, limit or market
    Order(order::Args);
    /// Replace all orders of a month by those of a file
    Quote(quote::Args);
    /// Replace a resting order
    Replace(replace::Args);
    /// Cancel a resting order
    Cancel(cancel::Args);
    /// Cancel every order of a month, or of all
    CancelAll(cancel_all::Args);
    /// Plan the hedge of a token bill, and follow it
    Hedge(hedge::Args);
    /// Move a position to another month
    Roll(roll::Args);
    /// Stop and take-profit orders
    Trigger(trigger::Args);
    /// Positions, margin and liquidation prices
    Positions(positions::Args);
    /// Resting orders and triggers
    Orders(orders::Args);
    /// Trades, as taker and as maker
    Fills(fills::Args);
    /// Variation paid and received
    Settlements(settlements::Args);
    /// Every change of cash exactly once
    Statement(statement::Args);
    /// Claim what is due: variation, final settlement, rewards
    Claim(claim::Args);
    /// Who may trade for the account
    Delegate(delegate::Args);
    /// Open and show accounts, move cash between them
    Account(account::Args);
    /// Keep the exchange running: send what is due and anybody may send
    Keeper(keeper::Args);
    /// Report prices to the index
    Reporter(reporter::Args);
    /// Follow the exchange into tables; serve them, and the page, over HTTP and WebSocket
    Index(index::Args);
    /// Make a market in all months
    Maker(maker::Args);
    /// DOT and USDC on a development chain
    Faucet(faucet::Args);
    /// Whether node, chain, contracts, clock, key and wallet are as they have to be
    Doctor(doctor::Args);
    /// What an error means and what to do about it
    Explain(explain::Args);
    /// The interface of the contracts: ABI, selectors, topics, errors
    Abi(abi::Args);
    /// What a transaction did, call by call
    Replay(replay::Args);
    /// How amounts are written
    Units(units::Args);
    /// Keys of the keystore
    Key(key::Args);
    /// The record of the deployment
    Record(record::Args);
    /// Deploy the exchange, and look at a deployment
    Deploy(deploy::Args);
    /// Propose, approve, execute, inspect: what governs the exchange
    Govern(govern::Args);
    /// Whether the code on the chain is what this source builds
    Verify(verify::Args);
    /// Print a completion script for a shell
    Completions(completions::Args);
    /// Print the command reference of the book
    #[command(hide = true)]
    Reference(reference::Args);
}

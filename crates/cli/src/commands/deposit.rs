//! `sit deposit`: collateral into an account, in one transaction by the owner's permit. Where the token takes none, or
//! with `--approve`, the vault is allowed exactly the amount first, in a transaction of its own.

use sit_native::{Contract, Message, TokenAmount};

use crate::act::{Act, all};
use crate::amount::{self, Rounding};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::output::Report;
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// How much, in US dollars: 1000, 1000.50usd
    amount: String,
    /// Allow the vault the amount in a transaction of its own, instead of signing a permit
    #[arg(long)]
    approve: bool,
    /// What becomes of an amount between two valid ones
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    round: Rounding,
}

/// Deposits. Where the vault may take so much already, nothing is signed but the deposit.
///
/// # Errors
/// What was typed; too little in the wallet; what the transactions met.
pub fn run(context: &Context, args: &Args) -> Result {
    let amount = amount::money(&args.amount, args.round)?;
    let mut session = Session::open(context)?;
    let seat = session.seat()?;
    let address = session.address()?;
    let wallet = session.wallet(address)?;
    let asked = crate::act::atoms(amount);
    if wallet.token < asked {
        return Err(Failure::new(
            Kind::Refused,
            format!(
                "the wallet has {} USD, and {} USD are to be deposited: bring in the rest, or deposit less{}",
                amount::show_atoms(wallet.token.0),
                amount::show_atoms(asked.0),
                if session.is_development_chain() { ". `sit faucet` gives some here" } else { "" }
            ),
        )
        .named("TokenBalance"));
    }
    let shown = amount::show_atoms(asked.0);
    let mut acts = Vec::new();
    let allowed = wallet.allowance >= asked;
    let permit = !allowed && !args.approve && session.takes_permits();
    if !allowed && !permit {
        let spender = session.client.address(Contract::Vault)?;
        let message = Message::ApproveSpender { spender, value: TokenAmount(amount.into()) };
        acts.push(Act::new(seat, format!("let the vault take {shown} USD"), message));
    }
    acts.push(Act {
        shown_as: Some(Message::Credit { seat, amount }),
        permit,
        ..Act::new(seat, format!("deposit {shown} USD to seat {}", seat.0), Message::Deposit { seat, amount })
    });
    all(context, &mut session, acts, |_, _| Ok(Report::new()))?;
    Ok(())
}

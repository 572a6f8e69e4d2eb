//! `sit deposit`: collateral into an account. The vault takes it from the wallet, which has to let it.

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
    /// What becomes of an amount between two valid ones
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    round: Rounding,
}

/// Deposits. Where the vault may not take so much yet, it is allowed exactly this amount first.
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
    if wallet.allowance < asked {
        let spender = session.client.address(Contract::Vault)?;
        let message = Message::ApproveSpender { spender, value: TokenAmount(amount.into()) };
        acts.push(Act::new(seat, format!("let the vault take {shown} USD"), message));
    }
    acts.push(Act {
        shown_as: Some(Message::Credit { seat, amount }),
        ..Act::new(seat, format!("deposit {shown} USD to seat {}", seat.0), Message::Deposit { seat, amount })
    });
    all(context, &mut session, acts, |_, _| Ok(Report::new()))?;
    Ok(())
}

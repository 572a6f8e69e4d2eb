//! `sit faucet`: DOT and USDC on a development chain.

use serde_json::json;
use sit_engine::units::QuoteAtoms;

use crate::amount::{self, Rounding};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::output::{Field, Report};
use crate::session::{Session, Wallet};
use sit_client::rpc::to_hex;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// How many US dollars of the token
    #[arg(default_value = "10000")]
    amount: String,
    /// How much DOT the wallet has afterwards, if it has less
    #[arg(long, default_value = "1000dot")]
    dot: String,
    /// Whose wallet, 0x...; otherwise that of the key
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// What becomes of an amount between two valid ones
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    round: Rounding,
}

/// Gives.
///
/// # Errors
/// A chain on which nothing is given away.
pub fn run(context: &Context, args: &Args) -> Result {
    let amount = amount::money(&args.amount, args.round)?;
    let dot = amount::dot(&args.dot, args.round)?;
    let mut session = Session::open(context)?;
    if !session.is_development_chain() {
        let message = "nothing is given away on this chain: the faucet is for a chain of `scripts/devnet`";
        return Err(Failure::new(Kind::WrongChain, message));
    }
    let to = args.to.as_deref().map_or_else(|| session.address(), super::delegate::address)?;
    let before = session.wallet(to)?;
    let dry = context.global.dry_run;
    let wallet = if dry {
        let QuoteAtoms(token) = before.token;
        let token = QuoteAtoms(token.saturating_add(amount.into()));
        Wallet { token, planck: before.planck.max(dot.cast_signed()), ..before }
    } else {
        session.change("sit_mintUsdc", json!([to_hex(&to), format!("0x{amount:x}")]))?;
        if before.planck < dot.cast_signed() {
            let wei = dot.saturating_mul(amount::WEI);
            session.change("anvil_setBalance", json!([to_hex(&to), format!("0x{wei:x}")]))?;
        }
        session.wallet(to)?
    };
    let mut report = Report::new();
    report
        .fact("address", "address", Field::text(to_hex(&to)))
        .fact("given", "given, USD", Field::usd(QuoteAtoms(amount.into())))
        .fact("token", "in the wallet, USD", Field::usd(wallet.token))
        .fact("dot", "DOT", Field::planck(wallet.planck))
        .fact("sent", "sent", Field::flag(!dry));
    if dry {
        report.note("Nothing was given: --dry-run.");
    }
    context.output.print(&report)
}

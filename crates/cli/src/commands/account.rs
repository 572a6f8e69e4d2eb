//! `sit account`: open an account, show accounts, move cash between one's own.

use clap::Subcommand;
use sit_engine::units::Seat;
use sit_native::Message;
use sit_native::event::clearing::Opened;

use crate::act::{Act, act, act_and_tell};
use crate::amount::{self, Rounding};
use crate::chain;
use crate::context::Context;
use crate::failure::Result;
use crate::output::{Field, Report, Table, column, optional};
use crate::session::Session;
use sit_client::rpc::to_hex;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What is done.
#[derive(Subcommand, Debug)]
enum What {
    /// Open an account
    Open {
        /// Which of your accounts, 0 to 255: each has its own margin
        #[arg(long, default_value_t = 0)]
        sub: u8,
    },
    /// Show your accounts
    Show,
    /// Move cash from the account to another one of yours
    Transfer {
        /// How much, in US dollars
        amount: String,
        /// Seat of the other account
        #[arg(long)]
        to: u32,
        /// What becomes of an amount between two valid ones
        #[arg(long, value_enum, default_value_t, value_name = "HOW")]
        round: Rounding,
    },
}

/// Opens, shows or transfers.
///
/// # Errors
/// What was typed; what the exchange would refuse; what the transaction met.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    match &args.what {
        What::Open { sub } => {
            let act = Act::new(Seat(u32::MAX), format!("open account {sub}"), Message::OpenAccount { sub: *sub });
            act_and_tell(context, &mut session, act, |_, sent| {
                let mut report = Report::new();
                let opened: Option<Opened> = sent.events.iter().find_map(sit_native::EmittedEvent::read);
                report.fact("seat", "seat", opened.map_or_else(Field::none, |opened| Field::number(opened.seat.0)));
                Ok(report)
            })?;
            Ok(())
        }
        What::Show => {
            let address = session.address()?;
            let accounts = session.accounts()?;
            let mut table = Table::new(
                "accounts",
                "No account yet: open one with `sit account open`.",
                &[
                    column("seat", "seat"),
                    column("sub", "account"),
                    column("cash", "cash, USD"),
                    column("positions", "positions"),
                    optional("maker", "designated maker"),
                    optional("tier", "fee tier"),
                    optional("next_order", "next order"),
                ],
            );
            let seats: Vec<Seat> = accounts.iter().map(|(seat, _)| *seat).collect();
            let cells = chain::accounts(&mut session.client, &seats)?;
            for (seat, sub) in accounts {
                let Some(account) = cells.get(&seat) else { continue };
                table.row(vec![
                    Field::number(seat.0),
                    Field::number(sub),
                    Field::usd(crate::act::atoms(account.cash)),
                    Field::number(account.positions().len() as i128),
                    Field::flag(account.maker),
                    Field::number(account.tier),
                    Field::number(account.next_order),
                ]);
            }
            let mut report = Report::new();
            report.fact("address", "address", Field::text(to_hex(&address)));
            let wallet = session.wallet(address)?;
            report
                .fact("token", "in the wallet, USD", Field::usd(wallet.token))
                .fact("allowance", "the vault may take, USD", Field::usd(wallet.allowance))
                .fact("dot", "DOT", Field::planck(wallet.planck))
                .table(table);
            context.output.print(&report)
        }
        What::Transfer { amount: text, to, round } => {
            let (from, to) = (session.seat()?, Seat(*to));
            let amount = amount::money(text, *round)?;
            let title = format!("move {} USD from seat {} to seat {}", amount::show_atoms(amount.into()), from.0, to.0);
            act(context, &mut session, Act::new(from, title, Message::Transfer { from, to, amount }))?;
            Ok(())
        }
    }
}

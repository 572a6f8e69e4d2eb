//! `sit key`: keys of the keystore.

use std::path::PathBuf;

use clap::Subcommand;
use sit_client::Signer;

use crate::config::DEVELOPMENT_CHAIN;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::keys;
use crate::output::{Field, Report, Table, column, optional};
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
    /// Make a key and keep it under a name, locked by a password
    New {
        /// Its name
        name: String,
    },
    /// Keep a key that you have under a name, locked by a password
    Import {
        /// Its name
        name: String,
        /// File with its 64 hexadecimal digits; otherwise they are asked for
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// Show the keys that there are
    List,
}

/// Makes, imports or lists.
///
/// # Errors
/// A name that is taken; a folder that cannot be written.
pub fn run(context: &Context, args: &Args) -> Result {
    let settings = context.settings()?;
    let folder = &settings.keystore.value;
    let mut report = Report::new();
    let (name, secret) = match &args.what {
        What::New { name } => (name, keys::fresh()),
        What::Import { name, from } => {
            let text = match from {
                Some(file) => std::fs::read_to_string(file).map_err(|error| {
                    let secret = keys::digits(&file.to_string_lossy());
                    secret.map_or_else(
                        || Failure::usage(format!("{}: {error}", file.display())),
                        |_| keys::given_openly(&"the flag --from"),
                    )
                })?,
                None => keys::ask("Key, 64 hexadecimal digits: ")?,
            };
            let secret = keys::digits(&text).ok_or_else(|| Failure::usage("a key has 64 hexadecimal digits"))?;
            (name, secret)
        }
        What::List => {
            let mut table = Table::new(
                "keys",
                "No key yet: `sit key new NAME`.",
                &[column("name", "name"), column("address", "address"), optional("where", "where")],
            );
            for (name, address) in keys::list(folder) {
                let address =
                    address.map_or_else(|| Field::none().shown("(locked)"), |address| Field::text(to_hex(&address)));
                table.row(vec![Field::text(name), address, Field::text("keystore")]);
            }
            if settings.chain_id.value == DEVELOPMENT_CHAIN {
                for (name, key) in keys::development() {
                    table.row(vec![
                        Field::text(name),
                        Field::text(to_hex(&key.address())),
                        Field::text("development: everybody knows it"),
                    ]);
                }
            }
            report.fact("keystore", "keystore", Field::text(folder.display().to_string())).table(table);
            return context.output.print(&report);
        }
    };
    if context.global.dry_run {
        let file = keys::place(folder, name)?;
        let address = match &args.what {
            // A new key would be another one each time.
            What::New { .. } | What::List => Field::none(),
            What::Import { .. } => Field::text(to_hex(&keys::of_secret(&secret)?.address())),
        };
        report
            .fact("name", "name", Field::text(&**name))
            .fact("address", "address", address)
            .fact("file", "file", Field::text(file.display().to_string()))
            .fact("written", "written", Field::flag(false))
            .note("Nothing was written: --dry-run.");
        return context.output.print(&report);
    }
    let password = match &settings.password_file {
        Some(file) => keys::password_in(&file.value, &file.source.to_string())?,
        None => {
            let password = keys::ask("New password: ")?;
            if password != keys::ask("The same again: ")? {
                return Err(Failure::usage("the two are not the same: nothing was written"));
            }
            password
        }
    };
    if password.is_empty() {
        return Err(Failure::usage("the password is empty: nothing was written"));
    }
    let key = keys::store(folder, name, &secret, &password)?;
    report
        .fact("name", "name", Field::text(&**name))
        .fact("address", "address", Field::text(to_hex(&key.address())))
        .fact("file", "file", Field::text(folder.join(name).display().to_string()))
        .fact("written", "written", Field::flag(true));
    if context.output.for_people() {
        report.note(
            "Keep a copy of the file and the password apart from this machine: nobody can give them back to you.",
        );
    }
    context.output.print(&report)
}

//! `sit index`: follows the exchange into tables, and serves them with the page.

use serde_json::json;
use sit_indexer::program::{self, At, Ended, Options};

use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::output::{Field, Format, Report, Table, column, say};

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    options: Options,
}

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        let kind = match ended {
            Ended::Record(error) => return error.into(),
            Ended::Here(_) => Kind::Local,
            Ended::Node(_) => Kind::Unreachable,
            Ended::OtherChain { .. } => Kind::WrongChain,
        };
        Self::new(kind, ended.to_string())
    }
}

/// Follows until it is ended, unless one thing was asked for.
///
/// # Errors
/// A node that cannot be reached, of another chain or with other contracts; tables, a file or a port that cannot be
/// used.
pub fn run(context: &Context, args: &Args) -> Result {
    let structured = context.output.format != Format::Text;
    if args.options.digests && structured {
        let mut table = Table::new("tables", "none", &[column("digest", "digest"), column("table", "table")]);
        for (name, digest) in program::tables(&args.options)? {
            table.row(vec![Field::text(digest), Field::text(name)]);
        }
        let mut report = Report::new();
        report.table(table);
        return context.output.print(&report);
    }
    let settings = context.settings()?;
    let record = settings.deployment.as_ref().map(|setting| setting.value.as_path());
    let at = At { rpc: &settings.rpc.value, chain_id: settings.chain_id.value, record };
    let mut tell = |line: &str| {
        let line = if structured { json!({ "message": line }).to_string() } else { line.to_owned() };
        // The tables are written whether or not anybody reads this.
        let _ = say(&(line + "\n"));
    };
    Ok(program::run(at, &args.options, &mut tell)?)
}

//! `fes-mcp data`: rows of a data model as CSV, of any number, in the memory of one page.

mod sheet;
mod target;

use std::io;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use sisense_core::domains::datamodel::{DataPages, DataRequest};
use sisense_core::generated;
use sisense_core::run::Progress;
use tokio_util::sync::CancellationToken;

use super::output::Out;
use super::progress::Follower;
use super::room::client_of;
use super::{Cli, Exit, Failure, stopping};
use sheet::Sheet;
use target::Target;

/// The operation that this is, for the policy.
const OPERATION: &str = "datamodel.get_data";

/// Which rows, and where to.
#[derive(Clone, Debug, Args)]
pub struct DataArgs {
    /// Title or id of the data model
    model: String,

    /// The table; not needed with --query
    #[arg(required_unless_present = "query")]
    table: Option<String>,

    /// One SELECT over tables of the model, with names in [brackets], in place of a whole table
    #[arg(long, value_name = "SQL")]
    query: Option<String>,

    /// Most rows [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

    /// Rows to leave out at the beginning
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    offset: u64,

    /// File to write, which appears only when it is complete [default: -, which is stdout]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    /// Replace the file if it is there
    #[arg(long)]
    force: bool,

    /// Put an apostrophe before texts that a spreadsheet would run as a formula (= + - @)
    #[arg(long)]
    safe_for_spreadsheets: bool,
}

impl DataArgs {
    /// The file to write; none for stdout.
    fn file(&self) -> Option<&PathBuf> {
        self.to.as_ref().filter(|path| path.as_os_str() != "-")
    }

    fn request(&self) -> DataRequest {
        let request = match (&self.query, &self.table) {
            (Some(query), _) => DataRequest::query(&self.model, query),
            (None, table) => DataRequest::table(&self.model, table.clone().unwrap_or_default()),
        };
        let request = request.offset(self.offset);
        match self.limit {
            Some(limit) => request.limit(limit),
            None => request,
        }
    }
}

/// Write the rows.
pub async fn run(cli: &Cli, args: &DataArgs, out: &Out) -> Result<Exit, Failure> {
    permitted(cli)?;
    if out.is_json() && args.file().is_none() {
        return Err(Failure::bad_usage("the rows would go to stdout as CSV, not as JSON")
            .with_next_step(format!("give --to FILE, or use `tools call {OPERATION} --json`")));
    }
    let sandbox = match cli.deployment.sandbox {
        true => Some(cli.sandbox.start("sandbox", 0).await?),
        false => None,
    };
    let client = match &sandbox {
        Some(sandbox) => client_of(cli, sandbox)?,
        None => cli.deployment.client()?,
    };
    let pages = client.datamodel().data_pages(args.request())?;
    let target = match args.file() {
        Some(path) => Target::file(path, args.force)?,
        None => Target::stdout(),
    };
    let stop = stopping()?;
    let follower = out.progress();
    let written = write(pages, target, args, &stop, follower.as_ref()).await;
    drop(follower);
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    tell(&written?, args, out);
    Ok(Exit::Done)
}

/// What the operation may not do, this may not do either.
fn permitted(cli: &Cli) -> Result<(), Failure> {
    let verdict = cli.state.policy().decide(generated::find(OPERATION));
    if verdict.decision == fes_agent::Decision::Allow {
        return Ok(());
    }
    let why = verdict.reasons.join("; ");
    Err(Failure::failed(format!("the policy refuses {OPERATION}: {why}")))
}

struct Written {
    rows: u64,
    truncated: bool,
    /// The reader of stdout went away, such as `head`.
    reader_gone: bool,
}

async fn write(
    mut pages: DataPages,
    target: Target,
    args: &DataArgs,
    stop: &CancellationToken,
    follower: Option<&Follower>,
) -> Result<Written, Failure> {
    let mut sheet = Sheet::new(target, args.safe_for_spreadsheets);
    loop {
        let page = tokio::select! {
            page = pages.next() => page?,
            () = stop.cancelled() => {
                return Err(Failure::failed("stopped; no file was written"));
            }
        };
        let Some(page) = page else { break };
        match sheet.write(&page) {
            Ok(()) => {}
            Err(error) if sheet.is_stdout() && error.kind() == io::ErrorKind::BrokenPipe => {
                return Ok(Written {
                    rows: pages.rows_read(),
                    truncated: false,
                    reader_gone: true,
                });
            }
            Err(error) => return Err(cannot_write(args, &error)),
        }
        if let Some(follower) = follower {
            follower.sink()(Progress::new(OPERATION, "rows", pages.rows_read()));
        }
    }
    match (sheet.finish(), args.file()) {
        (Ok(()), _) => {}
        (Err(error), Some(path)) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(target::exists(path));
        }
        (Err(error), None) if error.kind() == io::ErrorKind::BrokenPipe => {}
        (Err(error), _) => return Err(cannot_write(args, &error)),
    }
    let truncated = pages.is_truncated();
    Ok(Written { rows: pages.rows_read(), truncated, reader_gone: false })
}

fn cannot_write(args: &DataArgs, error: &io::Error) -> Failure {
    match args.file() {
        Some(path) => Failure::failed(format!("cannot write {}: {error}", path.display()))
            .with_next_step("check the folder and the free space; no file was written"),
        None => Failure::failed(format!("cannot write to stdout: {error}")),
    }
}

/// The end, on stderr, so that stdout holds rows only.
fn tell(written: &Written, args: &DataArgs, out: &Out) {
    let Written { rows, truncated, reader_gone } = *written;
    if out.is_json() {
        let file = args.file().map(|path| path.display().to_string());
        out.json(&json!({ "ok": true, "rows": rows, "truncated": truncated, "file": file }));
        return;
    }
    if reader_gone {
        return;
    }
    let count = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
    let place = args.file().map_or_else(String::new, |path| format!(" in {}", path.display()));
    out.note(&format!("{count}{place}"));
    let next = args.offset + rows;
    if truncated && args.limit == Some(rows) {
        out.note(&format!("There are more rows: go on with --offset {next}."));
    } else if truncated {
        out.note(&format!(
            "The answer ends at a number of rows at which servers are known to stop, so there may \
             be more: compare with datamodel.get_row_count, or go on with --offset {next}."
        ));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn args(line: &[&str]) -> Result<DataArgs, clap::Error> {
        let cli = Cli::try_parse_from([&["fes-mcp", "data"], line].concat())?;
        match cli.command {
            crate::cli::Command::Data(args) => Ok(args),
            other => panic!("not data: {other:?}"),
        }
    }

    #[test]
    fn a_table_or_a_query_is_needed_and_no_limit_means_all() {
        assert!(args(&["Sales"]).is_err());
        assert!(args(&["Sales", "Orders", "--limit", "0"]).is_err());
        let table = args(&["Sales", "Orders"]).unwrap();
        assert_eq!(table.request(), DataRequest::table("Sales", "Orders"));
        let query = args(&["Sales", "--query", "select 1", "--limit", "5", "--offset", "2"]);
        let wanted = DataRequest::query("Sales", "select 1").limit(5).offset(2);
        assert_eq!(query.unwrap().request(), wanted);
    }

    #[test]
    fn a_dash_is_stdout() {
        assert_eq!(args(&["Sales", "Orders", "--to", "-"]).unwrap().file(), None);
        assert!(args(&["Sales", "Orders", "--to", "rows.csv"]).unwrap().file().is_some());
    }
}

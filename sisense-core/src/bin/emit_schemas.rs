//! Prints the schemas of every operation as JSON. The generator runs it.

use std::io::Write;

fn main() -> std::io::Result<()> {
    let text = serde_json::to_string_pretty(&sisense_core::domains::schemas())?;
    writeln!(std::io::stdout(), "{text}")
}

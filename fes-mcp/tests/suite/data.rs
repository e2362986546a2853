use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use tempfile::TempDir;

use crate::support::{Ended, run};

const MODEL: &str = "Sample Warehouse";

fn data(args: &[&str]) -> Ended {
    run(&[&["--sandbox", "data", MODEL], args].concat())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn rows_go_to_stdout_as_csv_and_the_rest_to_stderr() {
    let query = "SELECT [Part ID], [Part] FROM [Parts]";
    for to in [&[][..], &["--to", "-"]] {
        let ended = data(&[&["--query", query, "--limit", "2"], to].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let rows = "Part ID,Part\r\n1,\"Bolt, M8\"\r\n2,\"Nut \"\"wide\"\"\"\r\n";
        assert_eq!(ended.stdout, rows);
        assert!(ended.stderr.contains("2 rows"), "{}", ended.stderr);
        assert!(ended.stderr.contains("go on with --offset 2"), "{}", ended.stderr);
    }
}

#[test]
fn a_file_holds_every_row_and_is_not_overwritten() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    let to = path.to_str().unwrap();
    let ended = data(&["stock.moves.csv", "--to", to]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{}", ended.stderr);
    let written = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = written.split_terminator("\r\n").collect();
    assert!(lines[0].starts_with("Move ID,"), "{}", lines[0]);
    assert_eq!(names(folder.path()), ["rows.csv"]);

    let ended = data(&["Parts", "--to", to]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("--force"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
    let ended = data(&["Parts", "--to", to, "--force", "--json"]);
    assert_eq!(ended.json()["rows"], 12);
    assert_ne!(fs::read_to_string(&path).unwrap(), written);
}

#[test]
fn a_failure_leaves_no_file_and_says_why() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    let to = path.to_str().unwrap();
    for (args, code, words) in [
        (&["Part", "--to", to][..], 1, "Parts"),
        (&["--query", "DELETE FROM Parts", "--to", to], 2, "SELECT"),
        (&["Parts", "--json"], 2, "--to"),
        (&["Parts", "--to", "/no/such/folder/rows.csv"], 1, "folder"),
        (&["Parts", "--to", to, "--deny", "datamodel.get_data"], 1, "policy"),
    ] {
        let ended = data(args);
        assert_eq!(ended.code, Some(code), "{args:?}: {}", ended.stderr);
        let told = format!("{}{}", ended.stdout, ended.stderr);
        assert!(told.contains(words), "{args:?}: {told}");
    }
    assert!(names(folder.path()).is_empty());
}

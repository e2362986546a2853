//! The write door as the source keeps it. That no code can write without a pass is the compiler's
//! work (see the examples of `Pass`); these are the few places where that law is written down.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The files below `src`, but for one room, that hold one of these words.
fn files_with(words: &[&str], but: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 20, "the sources were not found");
    let hits = files.into_iter().filter_map(|path| {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let holds = code.into_iter().any(|line| words.iter().any(|word| line.contains(word)));
        (holds && !name.starts_with(but)).then_some(name)
    });
    hits.collect()
}

#[test]
fn only_the_transport_speaks_http() {
    let words = ["reqwest::Client", "reqwest::Request", ".http_request(", "TcpStream", "hyper::"];
    assert_eq!(files_with(&words, "transport/"), Vec::<String>::new());
}

#[test]
fn only_the_door_makes_a_pass() {
    assert_eq!(files_with(&["Pass::new(", "Pass {", "Pass{"], "run/"), Vec::<String>::new());
}

#[test]
fn a_post_without_a_pass_is_one_of_a_few_known_reads() {
    let transport = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/transport/mod.rs");
    let text = fs::read_to_string(transport).unwrap();
    let start = text.find("enum ReadPost").expect("the list of reading posts");
    let list: Vec<&str> = text[start..]
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with('}'))
        .filter(|line| line.trim_start().starts_with("/// `POST "))
        .map(str::trim)
        .collect();
    // Whoever adds one shows here that it changes nothing.
    let known = ["dashboards/searches", "/api/v2/ecm/", "table_schema_details", "/jaql"];
    for post in list {
        assert!(known.iter().any(|path| post.contains(path)), "{post}");
    }
}

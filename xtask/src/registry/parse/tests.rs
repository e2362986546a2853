//! A tiny domain in, a model out; and what is said when the source is wrong.

use pretty_assertions::assert_eq;

use super::*;

const DOCS: &str = "\
    /// Rename one thing.
    ///
    /// Returns the [`Thing`], in
    /// one line.
    ///
    /// # Errors
    /// `not_found`.
    ///
    /// # Ask
    /// - Rename the thing
    ///   called X
    /// - Call it Y
    ///
    /// ```no_run
    /// # fn main() {}
    /// ```
    ///
    /// <!-- @effect update -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    /// <!-- @idempotent -->
    /// <!-- @alias things.rename -->
";
const SIGNATURE: &str = "pub async fn rename(&self, run: &Run, params: super::RenameThing) -> Result<Partial<Vec<Thing>>>";

fn domain(docs: &str, signature: &str) -> Vec<Source> {
    let text = format!(
        "//! Things: rename.\n//!\n//! More.\n\
         impl Client {{ pub fn access(&self) -> Access {{ unreachable!() }} }}\n\
         impl Access {{\n{docs}{signature} {{ unreachable!() }}\n\
         pub fn helper(&self) {{}}\n pub(crate) async fn inner(&self) {{}}\n}}\n\
         #[cfg(test)] mod tests {{ impl Access {{ pub async fn fake(&self) {{}} }} }}"
    );
    vec![Source { domain: "access".into(), file: "domains/access/mod.rs".into(), text }]
}

fn problems(docs: &str, signature: &str) -> String {
    let problems = read(&domain(docs, signature)).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn reads_a_whole_domain() {
    let domains = read(&domain(DOCS, SIGNATURE)).unwrap();
    assert_eq!(domains.len(), 1);
    assert_eq!(domains[0].summary, "Things: rename.");
    let operation = &domains[0].operations[0];
    insta::assert_json_snapshot!(operation, @r#"
    {
      "id": "access.rename",
      "aliases": [
        "access_management.rename",
        "things.rename"
      ],
      "summary": "Rename one thing.",
      "description": "Returns the `Thing`, in one line.\n\n# Errors\n`not_found`.",
      "ask": [
        "Rename the thing called X",
        "Call it Y"
      ],
      "effect": "update",
      "idempotent": true,
      "scope": "deployment",
      "risk": "normal",
      "streams": false,
      "partial": true,
      "input_schema": null,
      "output_schema": null
    }
    "#);
    let method = &operation.method;
    assert_eq!(method.params.as_deref(), Some("RenameThing"));
    assert_eq!(method.result, "Vec<Thing>");
    assert!(method.takes_run);
    assert_eq!(method.place, Place { file: "domains/access/mod.rs".into(), line: 28 });
}

#[test]
fn each_fault_of_the_documentation_is_named_with_its_line() {
    let with = |from: &str, to: &str| problems(&DOCS.replace(from, to), SIGNATURE);
    let cases = [
        with("Rename one thing.", &"x".repeat(81)),
        with("/// Rename one thing.\n    ///\n", "/// Rename one thing.\n"),
        with("# Errors", "# Fails"),
        with("# Ask", "# Wish"),
        with("/// - Call it Y\n", "///\n"),
        with("<!-- @effect update -->", ""),
        with("@effect update", "@effect change"),
        with("@risk normal -->", "@risk normal -->\n    /// <!-- @risk low -->"),
        with("@idempotent", "@indempotent"),
        with("@idempotent", "@idempotent yes"),
        with("<!-- @idempotent -->", "<!-- idempotent -->"),
        with("@alias things.rename", "@alias rename"),
        with("@scope deployment", "@scope source-target"),
    ];
    insta::assert_snapshot!(cases.join("\n"));
}

#[test]
fn each_fault_of_the_signature_is_named() {
    let with = |from: &str, to: &str| problems(DOCS, &SIGNATURE.replace(from, to));
    let cases = [
        with("&self", "self"),
        with("&self", "&mut self"),
        with("run: &Run, params: super::RenameThing", "params: super::RenameThing, run: &Run"),
        with("params: super::RenameThing", "a: A, b: B"),
        with("run: &Run, ", ""),
        with("rename(", "rename<T>("),
        with("Result<Partial<Vec<Thing>>>", "Option<Thing>"),
        with("-> Result<Partial<Vec<Thing>>>", ""),
        with("pub async", "pub"),
    ];
    insta::assert_snapshot!(cases.join("\n"));
}

#[test]
fn a_method_without_markers_or_outside_the_handler_is_no_operation() {
    let bare = problems("    /// Rename.\n", SIGNATURE);
    let mut lost = domain(DOCS, SIGNATURE);
    lost[0].text = lost[0].text.replace("impl Access", "impl Other");
    let lost = read(&lost).unwrap_err();
    insta::assert_snapshot!(format!("{bare}\n{}", lost[0]));
}

#[test]
fn two_operations_never_share_a_name() {
    let mut sources = domain(DOCS, SIGNATURE);
    let other = DOCS.replace("things.rename", "access.rename");
    let text = format!("impl Access {{ {other} {} {{}} }}", SIGNATURE.replace("rename(", "name("));
    sources.push(Source { domain: "access".into(), file: "domains/access/b.rs".into(), text });
    let problems = read(&sources).unwrap_err();
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn what_is_no_rust_is_named_with_its_line() {
    let text = "impl Client {\n fn }".to_owned();
    let source = Source { domain: "access".into(), file: "domains/access/mod.rs".into(), text };
    let problems = read(&[source]).unwrap_err();
    assert_eq!(problems[0].place.line, 2);
}

use pretty_assertions::assert_eq;

use crate::support::run;

#[test]
fn nothing_waits_at_first_and_an_unknown_one_is_told() {
    let list = run(&["approvals", "list"]);
    assert_eq!((list.code, list.stdout.trim()), (Some(0), "Nothing waits for an approval."));
    for verb in ["show", "reject"] {
        let ended = run(&["approvals", verb, "0123"]);
        assert_eq!(ended.code, Some(1), "{verb}");
        assert!(ended.stderr.contains("no such approval"), "{verb}: {}", ended.stderr);
    }
}

use crate::support::run;

#[test]
fn the_help_helps() {
    let ended = run(&["--help"]);
    assert_eq!(ended.code, Some(0));
    insta::assert_snapshot!(ended.stdout);
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() {
    for args in [
        &["tools", "explode"][..],
        &["tools", "call"],
        &["serve", "--bind", "nowhere"],
        &["serve", "--allow-remote"],
        &["--sandbox", "--url", "http://x", "tools", "list"],
    ] {
        let ended = run(args);
        assert_eq!(ended.code, Some(2), "{args:?}");
        assert!(ended.stderr.contains("error"), "{args:?}: {}", ended.stderr);
    }
}

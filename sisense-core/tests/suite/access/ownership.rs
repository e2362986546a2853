use serde_json::{Value, json};
use sisense_core::domains::access::{ChangeFolderAndDashboardOwnership, OwnershipOutcome};
use sisense_core::run::{Action, Undo};
use sisense_core::{ErrorKind, Run};

use super::approved;
use crate::suite::fake::Fake;

pub const ME: &str = "aa0000000000000000000001";
pub const NEW: &str = "aa0000000000000000000002";
pub const SAM: &str = "aa0000000000000000000003";
pub const FINANCE: &str = "f00000000000000000000001";
pub const QUARTERLY: &str = "f00000000000000000000002";
pub const NORTH: &str = "f00000000000000000000003";
pub const MINE: &str = "5f0000000000000000000001";
pub const SAMS: &str = "5f0000000000000000000002";
pub const HIDDEN: &str = "5f0000000000000000000003";
pub const LIST: &str = "/api/v1/dashboards/admin";

pub fn dashboard(id: &str, title: &str, owner: &str, folder: &str) -> Value {
    json!({"oid": id, "title": title, "owner": owner, "parentFolder": folder,
           "shares": [{"shareId": owner, "type": "user"}]})
}

/// Two dashboards in the caller's folders, with these owners.
pub fn two(mine: &str, sams: &str) -> Value {
    json!([dashboard(MINE, "Mine", mine, FINANCE), dashboard(SAMS, "Sams", sams, QUARTERLY)])
}

pub fn tree() -> Value {
    json!({"folders": [{"oid": FINANCE, "name": "Finance", "owner": ME,
        "dashboards": [{"oid": MINE, "title": "Mine"}],
        "folders": [{"oid": QUARTERLY, "name": "Quarterly", "owner": ME}]}]})
}

pub async fn people(tree: Value) -> Fake {
    let fake = Fake::start().await;
    fake.get("/api/users/loggedin", &[], json!({"_id": ME, "email": "me@x"})).await;
    let user = |id: &str, email: &str| json!({"_id": id, "email": email, "userName": email});
    let users = json!([user(ME, "me@x"), user(NEW, "new@x"), user(SAM, "sam@x")]);
    fake.get("/api/v1/users", &[], users).await;
    fake.get("/api/v1/navver", &[], tree).await;
    fake
}

/// The share list of a dashboard, from now on.
pub async fn shares(fake: &Fake, id: &str, owner: &str, others: &[(&str, &str)]) {
    fake.get(&format!("/api/shares/dashboard/{id}"), &[], list(owner, others)).await;
}

pub fn list(owner: &str, others: &[(&str, &str)]) -> Value {
    let mut rows = vec![json!({"shareId": owner, "type": "user"})];
    rows.extend(
        others.iter().map(|(id, rule)| json!({"shareId": id, "type": "user", "rule": rule})),
    );
    json!({"sharesTo": rows, "owner": {"_id": owner}})
}

pub fn wish(more: Value) -> ChangeFolderAndDashboardOwnership {
    let mut params = json!({"folder_name": "Finance", "new_owner_name": "new@x"});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(params).unwrap()
}

/// A server that does what it is told.
pub async fn obedient(fake: &Fake) {
    for (id, former) in [(MINE, ME), (SAMS, SAM)] {
        let at = format!("/api/v1/dashboards/{id}/change_owner");
        fake.reply("POST", &at, &[], 200, json!({"oid": id})).await;
        shares(fake, id, NEW, &[(former, "edit")]).await;
    }
    for id in [FINANCE, QUARTERLY] {
        let done = json!({"oid": id, "owner": NEW});
        fake.reply("PATCH", &format!("/api/v1/folders/{id}"), &[], 200, done).await;
    }
}

#[tokio::test]
async fn what_is_not_clear_is_refused_and_nothing_is_sent() {
    let fake = people(tree()).await;
    fake.get(LIST, &[], two(ME, SAM)).await;
    let access = fake.client.access();
    let run = Run::unattended().start();
    for (more, kind) in [
        (json!({"folder_name": " "}), ErrorKind::InvalidInput),
        (json!({"new_owner_name": ""}), ErrorKind::InvalidInput),
        (json!({"executing_user": "sam@x"}), ErrorKind::InvalidInput),
        (json!({"new_owner_name": "nobody@x"}), ErrorKind::NotFound),
        (json!({"folder_name": "Finances"}), ErrorKind::NotFound),
    ] {
        let params = wish(more.clone());
        let error = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{more}: {error}");
    }
    let params = wish(json!({"folder_name": "Finances"}));
    let error = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap_err();
    assert_eq!(error.candidates(), ["Finance"]);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn a_refused_list_and_a_strange_tree_are_errors() {
    let fake = people(tree()).await;
    fake.reply("GET", LIST, &[], 403, json!({"error": {"code": 101}})).await;
    let run = Run::unattended().start();
    let access = fake.client.access();
    let error = access.change_folder_and_dashboard_ownership(&run, wish(json!({}))).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Forbidden);
    let fake = people(json!({"dashboards": []})).await;
    fake.get(LIST, &[], json!([])).await;
    let access = fake.client.access();
    let error = access.change_folder_and_dashboard_ownership(&run, wish(json!({}))).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn twins_are_listed_with_their_paths_and_a_path_means_one() {
    let twins = json!([
        {"oid": FINANCE, "name": "Year", "owner": ME,
         "folders": [{"oid": QUARTERLY, "name": "Reports", "owner": NEW}]},
        {"oid": NORTH, "name": "Reports", "owner": SAM}]);
    let fake = people(twins).await;
    fake.get(LIST, &[], json!([])).await;
    let access = fake.client.access();
    let run = Run::unattended().start();
    let params = wish(json!({"folder_name": "Reports"}));
    let error = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    let candidates = error.candidates().to_vec();
    assert!(
        candidates.contains(&format!("Year/Reports ({QUARTERLY}, of new@x)")),
        "{candidates:?}"
    );
    let params = wish(json!({"folder_name": "year/reports"}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap().value;
    assert_eq!((done.folder.id.as_str(), done.folder.path.as_str()), (QUARTERLY, "Year/Reports"));
    assert_eq!(done.folders[0].outcome, OwnershipOutcome::AlreadyOwned);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn the_deepest_folders_come_first_then_dashboards_and_only_own_ones_without_the_flag() {
    let fake = people(tree()).await;
    fake.get_once(LIST, &[], two(ME, SAM)).await;
    fake.get(LIST, &[], two(NEW, NEW)).await;
    obedient(&fake).await;
    let run = Run::unattended().start();
    let params = wish(json!({"executing_user": "ME@x"}));
    let access = fake.client.access();
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    assert!(done.is_whole(), "{:?}", done.missing);
    let value = done.value;
    assert_eq!((value.total_folders_changed, value.total_dashboards_changed), (2, 2));
    assert_eq!(value.dashboards[1].old_owner.as_deref(), Some("sam@x"));
    let body = json!({"ownerId": NEW, "originalOwnerRule": "edit"});
    let mut writes = fake.writes().await;
    // Dashboards go side by side.
    writes[2..].sort();
    assert_eq!(
        writes,
        [
            format!("PATCH /api/v1/folders/{QUARTERLY} {}", json!({"owner": NEW})),
            format!("PATCH /api/v1/folders/{FINANCE} {}", json!({"owner": NEW})),
            format!("POST /api/v1/dashboards/{MINE}/change_owner {body}"),
            format!("POST /api/v1/dashboards/{SAMS}/change_owner?adminAccess=true {body}"),
        ]
    );
}

#[tokio::test]
async fn a_refusal_is_not_repeated_and_the_rest_goes_on() {
    let fake = people(tree()).await;
    fake.get_once(LIST, &[], two(ME, SAM)).await;
    fake.get(LIST, &[], two(NEW, SAM)).await;
    fake.reply("PATCH", &format!("/api/v1/folders/{QUARTERLY}"), &[], 403, json!({})).await;
    fake.reply("POST", &format!("/api/v1/dashboards/{SAMS}/change_owner"), &[], 403, json!({}))
        .await;
    obedient(&fake).await;
    let run = Run::unattended().start();
    let access = fake.client.access();
    let params = wish(json!({"original_owner_rule": "view"}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    let named: Vec<&str> = done.missing.iter().map(|missing| missing.what.as_str()).collect();
    assert_eq!(named[0], format!("folder \"Finance/Quarterly\" ({QUARTERLY})"));
    assert!(named.contains(&format!("dashboard \"Sams\" ({SAMS})").as_str()), "{named:?}");
    let value = done.value;
    assert_eq!((value.total_folders_changed, value.total_dashboards_changed), (1, 1));
    assert_eq!(value.folders[0].outcome, OwnershipOutcome::Failed);
    assert_eq!(value.dashboards[1].outcome, OwnershipOutcome::Failed);
    let writes = fake.writes().await;
    let to = |part: &str| writes.iter().filter(|line| line.contains(part)).count();
    assert_eq!((to(QUARTERLY), to(FINANCE), to(SAMS)), (1, 1, 2), "{writes:?}");
}

#[tokio::test]
async fn a_server_that_says_yes_and_shows_another_owner_is_not_believed() {
    let fake = people(tree()).await;
    fake.get(LIST, &[], two(ME, SAM)).await;
    let says = json!({"oid": QUARTERLY});
    fake.reply("PATCH", &format!("/api/v1/folders/{QUARTERLY}"), &[], 200, says).await;
    fake.get(&format!("/api/v1/folders/{QUARTERLY}"), &[], json!({"oid": QUARTERLY, "owner": ME}))
        .await;
    obedient(&fake).await;
    let run = Run::unattended().start();
    let access = fake.client.access();
    let done = access.change_folder_and_dashboard_ownership(&run, wish(json!({}))).await.unwrap();
    assert_eq!(done.value.folders[0].outcome, OwnershipOutcome::Failed);
    assert_eq!(done.value.total_folders_changed, 1);
    assert_eq!(done.value.total_dashboards_changed, 0);
    assert_eq!(done.missing.len(), 3, "{:?}", done.missing);
}

#[tokio::test]
async fn only_what_a_person_saw_is_sent() {
    let fake = people(tree()).await;
    fake.get_once(LIST, &[], two(ME, NEW)).await;
    fake.get_once(LIST, &[], two(ME, NEW)).await;
    fake.get(LIST, &[], two(NEW, NEW)).await;
    obedient(&fake).await;
    let access = fake.client.access();
    let preview = Run::preview().start();
    let planned =
        access.change_folder_and_dashboard_ownership(&preview, wish(json!({}))).await.unwrap();
    assert!(fake.writes().await.is_empty());
    let value = planned.value;
    assert_eq!(value.folders[0].outcome, OwnershipOutcome::Planned);
    assert_eq!(value.dashboards[1].outcome, OwnershipOutcome::AlreadyOwned);
    assert_eq!((value.total_folders_changed, value.total_dashboards_changed), (0, 0));
    let changes = preview.changes();
    let summaries: Vec<&str> = changes.iter().map(|change| change.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "Give folder \"Finance/Quarterly\" from me@x to new@x",
            "Give folder \"Finance\" from me@x to new@x",
            "Give dashboard \"Mine\" from me@x to new@x",
        ]
    );
    assert!(changes.iter().all(|change| change.action == Action::Own));
    assert_eq!(changes[0].before, json!({"owner": ME}));
    assert!(matches!(changes[0].undo, Undo::Partly(_)) && matches!(changes[2].undo, Undo::Yes(_)));
    let row = |id: &str| json!({"shareId": id, "type": "user", "subscribe": false});
    assert_eq!(changes[2].before, json!({"owner": ME, "shares": [row(ME)]}));
    let mut kept = row(ME);
    kept["rule"] = json!("edit");
    assert_eq!(changes[2].after, json!({"owner": NEW, "shares": [kept, row(NEW)]}));
    let run = approved(changes);
    let done = access.change_folder_and_dashboard_ownership(&run, wish(json!({}))).await.unwrap();
    assert!(done.is_whole() && run.left().is_empty(), "{:?}", done.missing);
    assert_eq!(fake.writes().await.len(), 3);
}

#[tokio::test]
async fn a_drift_of_one_dashboard_stops_all_before_the_first_is_sent() {
    let fake = people(tree()).await;
    fake.get_once(LIST, &[], two(ME, SAM)).await;
    fake.get(LIST, &[], two(ME, ME)).await;
    obedient(&fake).await;
    let access = fake.client.access();
    let preview = Run::preview().start();
    let _ = access.change_folder_and_dashboard_ownership(&preview, wish(json!({}))).await.unwrap();
    let run = approved(preview.changes());
    let error = access.change_folder_and_dashboard_ownership(&run, wish(json!({}))).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Drifted);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn dashboards_may_stay() {
    let fake = people(tree()).await;
    fake.get(LIST, &[], two(ME, SAM)).await;
    obedient(&fake).await;
    let run = Run::unattended().start();
    let params = wish(json!({"change_dashboard_ownership": false, "folder_name": QUARTERLY}));
    let access = fake.client.access();
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap().value;
    assert!(done.dashboards.is_empty());
    assert_eq!((done.folders.len(), done.total_folders_changed), (1, 1));
    assert_eq!(fake.writes().await.len(), 1);
    let wide = wish(json!({"folder_name": "Quarterly", "scope": "with_parent_and_siblings"}));
    let preview = Run::preview().start();
    let planned = access.change_folder_and_dashboard_ownership(&preview, wide).await.unwrap().value;
    assert_eq!((planned.folders.len(), planned.dashboards.len()), (2, 2));
}

#[tokio::test]
async fn owners_that_the_tree_leaves_out_are_asked_for_once() {
    let bare = json!([{"oid": FINANCE, "name": "Finance",
        "folders": [{"oid": QUARTERLY, "name": "Quarterly"}]}]);
    let fake = people(bare).await;
    fake.get(LIST, &[], json!([])).await;
    let owned = json!([{"oid": FINANCE, "owner": NEW}, {"oid": QUARTERLY, "owner": {"_id": SAM}}]);
    fake.get("/api/v1/folders", &[], owned).await;
    let preview = Run::preview().start();
    let access = fake.client.access();
    let done =
        access.change_folder_and_dashboard_ownership(&preview, wish(json!({}))).await.unwrap();
    let owners: Vec<_> = done.value.folders.iter().map(|row| row.old_owner.as_deref()).collect();
    assert_eq!(owners, [Some("sam@x"), Some("new@x")]);
    assert_eq!(preview.changes().len(), 1);
    assert_eq!(fake.requests().await.len(), 5);
}

#[tokio::test]
async fn shares_that_the_change_drops_are_written_again() {
    let fake = people(tree()).await;
    let mut before = two(NEW, SAM);
    before[1]["shares"] = json!([{"shareId": SAM, "type": "user"},
        {"shareId": ME, "type": "user", "rule": "view", "subscribe": true},
        {"shareId": "dd0000000000000000000001", "type": "user", "rule": "view"}]);
    fake.get_once(LIST, &[], before).await;
    fake.get(LIST, &[], two(NEW, NEW)).await;
    let at = format!("/api/shares/dashboard/{SAMS}");
    fake.get_once(&at, &[], list(NEW, &[])).await;
    fake.get(&at, &[], list(NEW, &[(ME, "view"), (SAM, "edit")])).await;
    fake.reply("POST", &at, &[("adminAccess", "true")], 200, json!({})).await;
    obedient(&fake).await;
    let run = Run::unattended().start();
    let access = fake.client.access();
    let done = access.change_folder_and_dashboard_ownership(&run, wish(json!({}))).await.unwrap();
    assert!(done.is_whole(), "{:?}", done.missing);
    let last = fake.writes().await.pop().unwrap();
    // The user who is gone cannot be shared with again.
    let body = json!({"sharesTo": [
        {"shareId": NEW, "type": "user", "subscribe": false},
        {"shareId": ME, "type": "user", "rule": "view", "subscribe": true},
        {"shareId": SAM, "type": "user", "rule": "edit", "subscribe": false}]});
    assert_eq!(last, format!("POST {at}?adminAccess=true {body}"));
}

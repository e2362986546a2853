//! The story: a trading company, its people, folders, models and dashboards.

use serde_json::{Value, json};

use super::people::{CREATED, Person, TOUCHED, group, group_id, user_id};
use super::{
    commerce, commerce_boards, health, leads, sources, ward_boards, warehouse, wide_boards,
};
use crate::state::Deployment;
use crate::state::doc::set;

/// Ids that the dashboards speak of.
pub(super) struct Cast {
    pub(super) ada: String,
    pub(super) bruno: String,
    pub(super) dana: String,
    pub(super) deniz: String,
    pub(super) conny: String,
    pub(super) sam: String,
    pub(super) vera: String,
    pub(super) analysts: String,
    pub(super) sales: String,
    pub(super) rd: String,
    pub(super) everyone: String,
    pub(super) quarterly: String,
    pub(super) reports_of_ada: String,
    pub(super) reports_of_sam: String,
    pub(super) field_reports: String,
    pub(super) north: String,
}

/// Puts the story into a deployment that has its roles and first people.
pub(super) fn tell(deployment: &mut Deployment) {
    groups(deployment);
    people(deployment);
    let cast = cast(deployment);
    commerce::settle(deployment);
    commerce_boards::settle(deployment, &cast);
    health::settle(deployment, &cast);
    leads::settle(deployment, &cast);
    wide_boards::settle(deployment, &cast);
    ward_boards::settle(deployment, &cast);
    sources::settle(deployment, &cast);
    warehouse::settle(deployment, &cast);
    commerce::perspective(deployment);
}

fn groups(deployment: &mut Deployment) {
    let consumer = deployment.role_id("consumer").unwrap_or_default();
    for name in ["Analysts", "Sales", "R&D", "Field Ops", "Größe + Maß", "Nobody Yet"] {
        group(deployment, name);
    }
    let viewers = group(deployment, "Night Shift");
    if let Some(group) = deployment.groups.get_mut(&viewers) {
        set(group, "defaultRole", "consumer");
        set(group, "roleId", consumer);
    }
    let directory = group(deployment, "ACME-Directory");
    if let Some(group) = deployment.groups.get_mut(&directory) {
        set(group, "ad", true);
        set(group, "dn", "CN=ACME-Directory,DC=acme,DC=example");
        set(group, "objectSid", "S-1-5-21-1");
    }
}

fn people(deployment: &mut Deployment) {
    let custom = deployment.ids.object();
    let role = json!({
        "_id": custom, "name": "storyteller", "displayName": "Storyteller",
        "desc": "Designs dashboards, shares none", "baseRoleName": "contributor",
        "manifest": {
            "dashboards": { "create": true, "share": false },
            "manage": { "elasticubes": { "sql_manual_queries": { "get": true } } },
        },
    });
    deployment.roles.insert(custom, role);
    for (email, names) in [
        ("ada.admin@acme.example", &["Admins", "Analysts"][..]),
        ("conny.chart@acme.example", &["Analysts"]),
        ("deniz.yilmaz@acme.example", &["Analysts", "R&D"]),
        ("vera.viewer@acme.example", &["Sales"]),
    ] {
        let ids: Vec<Value> = names.iter().map(|name| json!(group_id(deployment, name))).collect();
        let user = user_id(deployment, email);
        if let Some(user) = deployment.users.get_mut(&user) {
            set(user, "groups", ids);
        }
    }
    Person::new("sam+sales@acme.example", "Sam", "Sales", "contributor")
        .groups(&["Sales", "Field Ops"])
        .settle(deployment);
    Person::new("r&d.bot@acme.example", "R&D", "Bot", "consumer")
        .groups(&["R&D"])
        .settle(deployment);
    Person::new("zoe.mueller@acme.example", "Zoë", "Müller", "consumer")
        .with("userName", "zoe")
        .groups(&["Sales", "Analysts", "Sales"])
        .settle(deployment);
    // No top-level domain and no last name.
    Person::new("vic@localhost", "Vic", "", "consumer").groups(&["Analysts"]).settle(deployment);
    Person::new("Mixed.Case@Acme.Example", "Mika", "Case", "storyteller")
        .groups(&["Größe + Maß"])
        .settle(deployment);
    Person::new("idle.ines@acme.example", "Ines", "Idle", "consumer")
        .with("active", false)
        .groups(&["Analysts"])
        .settle(deployment);
    let invited = Person::new("new.hire@acme.example", "Nova", "Hire", "consumer")
        .with("active", false)
        .with("password", "")
        .with("pendingExpiration", "2026-06-18T14:30:00.000Z")
        .with("activationToken", "sandbox-activation-secret")
        .with("activationExpires", 1_781_793_000_000_i64)
        .settle(deployment);
    if let Some(user) = deployment.users.get_mut(&invited) {
        crate::state::doc::remove(user, &["lastLogin"]);
    }
}

/// Makes a folder and answers with its id.
pub(super) fn folder(
    deployment: &mut Deployment,
    name: &str,
    owner: &str,
    parent: Option<&str>,
) -> String {
    let oid = deployment.ids.object();
    let folder = json!({
        "oid": oid, "name": name, "type": "folder", "owner": owner, "parentId": parent,
        "created": CREATED, "lastUpdated": TOUCHED, "tenantId": deployment.tenant,
    });
    deployment.folders.insert(oid.clone(), folder);
    oid
}

fn cast(deployment: &mut Deployment) -> Cast {
    let user = |name: &str| user_id(deployment, &format!("{name}@acme.example"));
    let group = |name: &str| group_id(deployment, name);
    let (ada, sam) = (user("ada.admin"), user("sam+sales"));
    let (bruno, dana, deniz) = (user("bruno.admin"), user("dana.data"), user("deniz.yilmaz"));
    let (conny, vera) = (user("conny.chart"), user("vera.viewer"));
    let (analysts, sales) = (group("Analysts"), group("Sales"));
    let (rd, everyone) = (group("R&D"), group("Everyone"));
    let finance = folder(deployment, "Finance", &ada, None);
    let quarterly = folder(deployment, "Quarterly", &ada, Some(&finance));
    let reports_of_ada = folder(deployment, "Reports", &ada, None);
    let reports_of_sam = folder(deployment, "Reports", &sam, None);
    // The first admin sees neither of these: nothing in them is shared with her.
    let field_reports = folder(deployment, "Field Reports", &sam, None);
    let north = folder(deployment, "North", &sam, Some(&field_reports));
    Cast {
        ada,
        bruno,
        dana,
        deniz,
        conny,
        sam,
        vera,
        analysts,
        sales,
        rd,
        everyone,
        quarterly,
        reports_of_ada,
        reports_of_sam,
        field_reports,
        north,
    }
}

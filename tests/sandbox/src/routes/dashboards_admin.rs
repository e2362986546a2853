//! Lists of dashboards over the whole deployment: the admin list and the searches.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::Routes;
use crate::auth::Caller;
use crate::config::RowsAs;
use crate::state::Deployment;
use crate::state::dashboards::{Content, Dashboard};
use crate::state::doc::{named, set, text};
use crate::state::instances::Access;
use crate::state::listing::Listing;
use crate::wire::{Answer, Call, Reply};

const EXPANDABLE: [&str; 3] = ["widgets", "parentFolder", "owner"];

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v1/dashboards/admin", list_by_query)
        .post("/api/v1/dashboards/admin", list_by_body)
        .post("/api/v1/dashboards/searches", search)
        .post("/api/v1/dashboards/{id}/metadata", metadata)
}

/// Filters, whether they came in the query or in a body.
struct Wanted(Map<String, Value>);

impl Wanted {
    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str).filter(|value| !value.is_empty())
    }

    fn flag(&self, key: &str) -> bool {
        match self.0.get(key) {
            Some(Value::Bool(value)) => *value,
            Some(Value::String(value)) => value.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }
}

fn list_by_query(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("admins-only")?;
    let query = call.query.iter().map(|(key, value)| (key.clone(), json!(value)));
    let mut listing = Listing::from_query(call, deployment.variants, &EXPANDABLE)?;
    list_all(deployment, &Wanted(query.collect()), &mut listing, &call.caller, true)
}

fn list_by_body(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("admins-only")?;
    let (wanted, mut listing) = parse(deployment, call)?;
    list_all(deployment, &wanted, &mut listing, &call.caller, true)
}

/// For admins this covers the whole deployment, for others what they have.
fn search(deployment: &mut Deployment, call: &Call) -> Answer {
    let (wanted, mut listing) = parse(deployment, call)?;
    let all = call.caller.role.is_admin();
    list_all(deployment, &wanted, &mut listing, &call.caller, all)
}

fn parse(deployment: &Deployment, call: &Call) -> Result<(Wanted, Listing), Reply> {
    let body = if call.body.is_empty() { Map::new() } else { call.object()? };
    let listing = Listing::from_body(&body, deployment.variants, &EXPANDABLE)?;
    let params = body.get("queryParams").and_then(Value::as_object).cloned().unwrap_or_default();
    Ok((Wanted(params), listing))
}

fn list_all(
    deployment: &Deployment,
    wanted: &Wanted,
    listing: &mut Listing,
    caller: &Caller,
    all: bool,
) -> Answer {
    if wanted.text("ownershipType") == Some("ownerAndSharedByLastOpened") {
        listing.then_by("lastOpened", true);
    }
    let mut rows = Vec::new();
    for dashboard in deployment.dashboards.values() {
        if !all && deployment.access(dashboard, &caller.id) == Access::None {
            continue;
        }
        // The dashboard's own filters come first: copies are only made of what is left.
        if !fits(deployment, dashboard, wanted) {
            continue;
        }
        for content in instances(deployment, dashboard, wanted, caller)? {
            let mut view = deployment.instance_view(&content, listing, caller);
            if wanted.flag("ownerInfo") {
                deployment.inline_owner(&mut view);
            }
            rows.push(view);
        }
    }
    let rows = listing.apply(rows, &[]);
    let as_items = wanted.flag("asObject") || deployment.variants.admin_list == RowsAs::Items;
    Ok(Reply::ok(if as_items { json!({ "items": rows }) } else { Value::Array(rows) }))
}

fn fits(deployment: &Deployment, dashboard: &Dashboard, wanted: &Wanted) -> bool {
    let doc = &dashboard.content.doc;
    let how = deployment.variants.name_filter;
    let source = &doc["datasource"];
    let folder = text(doc, "parentFolder");
    wanted.text("id").is_none_or(|id| dashboard.oid().eq_ignore_ascii_case(id))
        && wanted.text("parentFolder").is_none_or(|wanted| wanted == folder)
        && wanted.text("folderId").is_none_or(|wanted| wanted == folder)
        && wanted.text("name").is_none_or(|wanted| named(dashboard.title(), wanted, how))
        && wanted
            .text("datasourceTitle")
            .is_none_or(|wanted| named(text(source, "title"), wanted, how))
        && wanted
            .text("datasourceAddress")
            .is_none_or(|wanted| text(source, "address").eq_ignore_ascii_case(wanted))
        && wanted
            .text("search")
            .is_none_or(|wanted| dashboard.title().to_lowercase().contains(&wanted.to_lowercase()))
}

/// The instances of one dashboard that the type filters leave.
fn instances<'a>(
    deployment: &Deployment,
    dashboard: &'a Dashboard,
    wanted: &Wanted,
    caller: &Caller,
) -> Result<Vec<Cow<'a, Content>>, Reply> {
    let owner = || vec![Cow::Borrowed(&dashboard.content)];
    let own = dashboard.owner() == caller.id;
    let shared = !own && deployment.access(dashboard, &caller.id) > Access::None;
    let at_root = text(&dashboard.content.doc, "parentFolder").is_empty();
    if let Some(kind) = wanted.text("ownershipType") {
        let keep = match kind {
            "allRoot" => true,
            "root" => own && at_root,
            "owner" => own,
            "shared" => shared,
            "sharedRoot" => shared && at_root,
            "ownerAndShared" | "ownerAndSharedByLastOpened" => own || shared,
            _ => return Err(Reply::invalid(300, "'ownershipType' is not one of its values")),
        };
        return Ok(if keep { owner() } else { Vec::new() });
    }
    let mut found = match wanted.text("dashboardType") {
        Some("owner") => return Ok(owner()),
        None => owner(),
        Some("user" | "proxy") => Vec::new(),
        Some(_) => return Err(Reply::invalid(300, "'dashboardType' is not one of its values")),
    };
    for user in deployment.recipients(dashboard) {
        let Some(copy) = deployment.instance(dashboard, &user) else { continue };
        let kind = text(&copy.doc, "instanceType");
        if wanted.text("dashboardType").is_none_or(|wanted| wanted == kind) {
            found.push(Cow::Owned(copy));
        }
    }
    Ok(found)
}

fn metadata(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    let dashboard = deployment.dashboard(&oid)?;
    call.caller.need("admins-only")?;
    let doc = &dashboard.content.doc;
    let mut owner = doc.clone();
    deployment.inline_owner(&mut owner);
    let mut view = json!({
        "owner": owner["owner"], "datasource": [doc["datasource"]],
        "lastOpened": doc["lastOpened"], "lastUpdated": doc["lastUpdated"],
        "folder": doc["parentFolder"], "lastPublish": doc["lastPublish"], "viewedBy": [],
    });
    set(&mut view, "widgetsCount", dashboard.content.widgets.len());
    Ok(Reply::ok(view))
}

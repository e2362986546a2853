//! Signing in and out, and the health probe.

use axum::http::StatusCode;
use axum::routing::MethodFilter;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::Routes;
use crate::state::Deployment;
use crate::state::doc::text;
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .open(MethodFilter::GET, "/api/v1/application/status", status)
        .open(MethodFilter::POST, "/api/v1/authentication/login", login)
        .get("/api/v1/authentication/logout", logout)
        .get("/api/v1/authentication/logout_all", logout_all)
        .get("/api/v1/authentication/tokens/api", new_token)
        .post("/api/v1/authentication/tokens/api/renew", renew_token)
        .get("/api/v1/account/get_license_info", license)
        .open(MethodFilter::GET, "/api/auth/isauth", is_authenticated)
}

fn status(_: &mut Deployment, _: &Call) -> Answer {
    Ok(Reply::ok(json!({
        "version": { "version": "L2026.1.0.100", "isBigData": false, "isFeaturedDashboardsOn": false },
        "license": { "isMobileEnabled": true, "isExpired": false },
    })))
}

fn login(deployment: &mut Deployment, call: &Call) -> Answer {
    let form: Vec<(String, String)> = form_urlencoded::parse(&call.body).into_owned().collect();
    let field =
        |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
    let (name, password) = (field("username").to_lowercase(), field("password"));
    let user = deployment.users.values().find(|user| {
        user["active"] == true
            && [text(user, "email"), text(user, "userName")]
                .iter()
                .any(|own| own.to_lowercase() == name)
            && text(user, "password") == password
    });
    let Some(user) = user.filter(|_| !name.is_empty() && !password.is_empty()) else {
        let message = "Wrong username or password";
        return Err(Reply::error(StatusCode::UNAUTHORIZED, 401, message));
    };
    let id = text(user, "_id").to_owned();
    let profile = json!({
        "_id": id, "userName": user["userName"], "email": user["email"], "roleId": user["roleId"],
    });
    let role =
        deployment.role(text(user, "roleId")).map_or(Value::Null, |role| role["name"].clone());
    let token = deployment.ids.token();
    deployment.sessions.insert(token.clone(), id.clone());
    Ok(Reply::ok(json!({
        "success": true, "message": "Login successful", "access_token": token,
        "profile": profile, "userId": id, "tenantId": deployment.tenant, "roleName": role,
    })))
}

fn logout(deployment: &mut Deployment, call: &Call) -> Answer {
    deployment.sessions.remove(&call.token);
    Ok(Reply::blank())
}

fn logout_all(deployment: &mut Deployment, call: &Call) -> Answer {
    deployment.sessions.retain(|_, user| *user != call.caller.id);
    Ok(Reply::no_content())
}

fn new_token(deployment: &mut Deployment, call: &Call) -> Answer {
    let token = deployment.ids.token();
    deployment.sessions.insert(token.clone(), call.caller.id.clone());
    Ok(Reply::ok(json!({ "token": token })))
}

fn renew_token(deployment: &mut Deployment, call: &Call) -> Answer {
    deployment.sessions.retain(|_, user| *user != call.caller.id);
    new_token(deployment, call)
}

fn license(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("admins-only")?;
    let (used, seats) = (deployment.seats_in_use(), deployment.seats);
    Ok(Reply::ok(json!({
        "inUseAdmins": used[0], "inUseDesigners": used[1], "inUseViewers": used[2],
        "maxAdmins": seats[0], "maxDesigners": seats[1], "maxViewers": seats[2],
        "expirationDate": "2099-01-01T00:00:00.000Z", "trial": false, "bigData": false,
        "highAvailability": false,
    })))
}

fn is_authenticated(_: &mut Deployment, call: &Call) -> Answer {
    Ok(Reply::ok(json!({ "isAuthenticated": !call.caller.id.is_empty() })))
}

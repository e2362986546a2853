//! `fes-mcp doctor`: is everything in order, and what to do where it is not.

use std::error::Error as _;
use std::time::Instant;

use fes_agent::host::Remote;
use fes_agent::host::remote::RemoteConfig;
use fes_agent::{Store, StoreUrl};
use serde::Serialize;
use serde_json::{Value, json};
use sisense_core::{Client, Error, ErrorKind, Limits};

use super::output::Out;
use super::serve::words;
use super::{Cli, Exit, Failure};

/// Roles that see and change everything of a deployment.
const ADMINS: [&str; 3] = ["admin", "super", "sysAdmin"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mark {
    Ok,
    Warn,
    Fail,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: Mark,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Check { name, state: Mark::Ok, detail: detail.into(), next: None }
    }

    fn warn(name: &'static str, detail: impl Into<String>, next: impl Into<String>) -> Self {
        Check { name, state: Mark::Warn, detail: detail.into(), next: Some(next.into()) }
    }

    fn fail(name: &'static str, detail: impl Into<String>, next: Option<String>) -> Self {
        Check { name, state: Mark::Fail, detail: detail.into(), next }
    }
}

/// Look at everything, tell all of it, and fail if anything is broken.
pub async fn run(cli: &Cli, out: &Out) -> Result<Exit, Failure> {
    let mut checks = vec![clock()];
    checks.push(match cli.state.store_url() {
        Ok(None) => state_folder(cli),
        Ok(Some(url)) => store(&url).await,
        Err(failure) => {
            let next = failure.report.next_step.clone();
            Check::fail("store", failure.report.message.clone(), next)
        }
    });
    if let Some(config) = cli.tools_server()? {
        checks.push(tools_server(config).await);
        return Ok(tell(&checks, out));
    }
    let sandbox = match cli.deployment.sandbox {
        true => Some(cli.sandbox.start("sandbox", 0).await?),
        false => None,
    };
    let client = match &sandbox {
        Some(sandbox) => Client::builder(sandbox.url())
            .name("sandbox")
            .token(sisense_core::Secret::new(sandbox.token()))
            .build()
            .map_err(Failure::from),
        // One try tells enough: who asks the doctor does not want to wait for the fourth.
        None => cli.deployment.client_with(Limits { retries: 0, ..cli.deployment.limits() }),
    };
    match client {
        Ok(client) => {
            checks.push(Check::ok(
                "configuration",
                format!("deployment \"{}\" at {}", client.name(), client.url()),
            ));
            checks.extend(deployment(&client, cli).await);
        }
        Err(failure) => {
            let next = failure.report.next_step.clone();
            checks.push(Check::fail("configuration", failure.report.message.clone(), next));
        }
    }
    let exit = tell(&checks, out);
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    Ok(exit)
}

fn tell(checks: &[Check], out: &Out) -> Exit {
    let broken = checks.iter().any(|check| check.state == Mark::Fail);
    if out.is_json() {
        out.json(&json!({ "ok": !broken, "checks": checks }));
    } else {
        out.text(&describe(checks));
    }
    if broken { Exit::Failed } else { Exit::Done }
}

/// The tools server in place of a deployment: what it is, and whether changes can be made.
async fn tools_server(config: RemoteConfig) -> Check {
    let name = "tools server";
    match Remote::connect(config).await {
        Ok(remote) => {
            let about = remote.about().clone();
            remote.close().await;
            let detail = words(&about);
            match about.previews && !about.takes_approvals {
                true => Check::warn(name, detail, "give both processes the same FES_AGENT_KEY"),
                false => Check::ok(name, detail),
            }
        }
        Err(error) => {
            let next = error.report().next_step.clone();
            let report = sisense_core::ErrorReport { next_step: None, ..error.into_report() };
            Check::fail(name, report.to_string(), next)
        }
    }
}

fn describe(checks: &[Check]) -> String {
    let mut lines = Vec::new();
    for check in checks {
        let mark = match check.state {
            Mark::Ok => "ok  ",
            Mark::Warn => "warn",
            Mark::Fail => "FAIL",
        };
        lines.push(format!("{mark}  {}: {}", check.name, check.detail));
        lines.extend(check.next.as_ref().map(|next| format!("      next: {next}")));
    }
    lines.join("\n")
}

/// A clock that is years off makes every certificate invalid and every expiry wrong.
fn clock() -> Check {
    let now = jiff::Timestamp::now();
    let shown = now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    // This program is younger than 2025.
    let earliest = jiff::Timestamp::constant(1_735_689_600, 0);
    if now < earliest {
        return Check::fail(
            "clock",
            format!("this machine says it is {shown}"),
            Some("set the clock: certificates and approvals depend on it".to_owned()),
        );
    }
    Check::ok("clock", shown)
}

/// The store that several servers share.
async fn store(url: &StoreUrl) -> Check {
    match Store::connect(url).await {
        Ok(_) if url.is_checked() => Check::ok("store", url.to_string()),
        Ok(_) => Check::warn(
            "store",
            format!("{url}: nothing proves that it is the right server"),
            "add ?sslmode=verify-full to the store's URL, and &sslrootcert=FILE for an authority \
             of your own",
        ),
        Err(error) => Check::fail("store", error.to_string(), error.report().next_step.clone()),
    }
}

fn state_folder(cli: &Cli) -> Check {
    let folder = match cli.state.folder() {
        Ok(folder) => folder,
        Err(failure) => {
            let next = failure.report.next_step.clone();
            return Check::fail("state folder", failure.report.message.clone(), next);
        }
    };
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    match std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => Check::ok("state folder", folder.display().to_string()),
        Err(error) => Check::fail(
            "state folder",
            format!("{} cannot be written: {error}", folder.display()),
            Some("give a folder that can be written with --state-dir".to_owned()),
        ),
    }
}

async fn deployment(client: &Client, cli: &Cli) -> Vec<Check> {
    let mut checks = Vec::new();
    if client.url().starts_with("http://") && !is_loopback(client.url()) {
        checks.push(Check::warn(
            "transport",
            "the token travels over plain http",
            "use the https URL of the deployment",
        ));
    }
    if cli.deployment.insecure {
        checks.push(Check::warn(
            "transport",
            "any certificate is accepted (--insecure)",
            "trust the deployment's own certificate authority with --ca-file",
        ));
    }
    let started = Instant::now();
    match client.read(&["api", "v1", "application", "status"], &[]).await {
        Ok(answer) => {
            let took = started.elapsed().as_millis();
            checks.push(Check::ok("connection", format!("answered in {took} ms")));
            checks.push(version(answer.body()));
        }
        // Some versions and proxies hide the status; who the token is decides then.
        Err(error) if is_refused(&error) => checks.push(Check::warn(
            "version",
            format!("not told: {}", error.report().message),
            "nothing to do if the next check is good",
        )),
        Err(error) => {
            let next = advice(&error);
            checks.push(Check::fail("connection", error.report().message.clone(), Some(next)));
            return checks;
        }
    }
    checks.push(match client.whoami().await {
        Ok(caller) => {
            token(&caller.email, caller.role_name.as_deref(), caller.base_role_name.as_deref())
        }
        Err(error) => Check::fail("token", error.report().message.clone(), Some(advice(&error))),
    });
    checks
}

fn token(email: &str, role: Option<&str>, base: Option<&str>) -> Check {
    let detail = match role {
        Some(role) => format!("{email}, role {role}"),
        None => email.to_owned(),
    };
    let admin = [role, base].into_iter().flatten().any(|role| ADMINS.contains(&role));
    if admin || role.is_none() {
        Check::ok("token", detail)
    } else {
        Check::warn(
            "token",
            detail,
            "operations over users, groups and others' dashboards need an admin's token",
        )
    }
}

/// The version stands in an object or in a plain text, depending on the version.
fn version(status: &Value) -> Check {
    let version = &status["version"];
    let text = version.as_str().or_else(|| version["version"].as_str());
    let expired = status["license"]["isExpired"].as_bool() == Some(true);
    match text {
        _ if expired => Check::warn(
            "version",
            format!("{}, the license has expired", text.unwrap_or("unknown")),
            "ask the owner of the deployment to renew the license",
        ),
        Some(version) => Check::ok("version", version),
        None => Check::warn(
            "version",
            "the answer names none",
            "check that the URL is that of a Sisense deployment, with its tenant prefix if it has one",
        ),
    }
}

fn is_refused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Unauthenticated)
}

fn is_loopback(url: &str) -> bool {
    ["http://127.", "http://localhost", "http://[::1]"].iter().any(|known| url.starts_with(known))
}

/// What to do about an error: TLS problems are told by their cause, which stands in the sources.
fn advice(error: &Error) -> String {
    let mut causes = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push_str(&cause.to_string().to_lowercase());
        causes.push(' ');
        source = cause.source();
    }
    let known = [
        (
            &["unknownissuer", "unknown issuer", "self-signed", "selfsigned"][..],
            "the certificate is signed by an authority that this machine does not know: give that authority's PEM file with --ca-file",
        ),
        (
            &["expired"][..],
            "the certificate has expired, or this machine's clock is wrong: compare the clock above, then ask for a new certificate",
        ),
        (
            &["notvalidyet", "not valid yet"][..],
            "the certificate is not valid yet: this machine's clock is probably wrong",
        ),
        (
            &["notvalidforname", "not valid for name"][..],
            "the certificate belongs to another host name: use the name that is in it",
        ),
        (
            &["dns error", "failed to lookup", "name or service not known"][..],
            "the host name is not known: check the spelling of the URL and whether a VPN is needed",
        ),
        (
            &["connection refused"][..],
            "nothing listens there: check host and port of the URL (Sisense on Linux often listens on 30845)",
        ),
        (
            &["invalidcontenttype", "corrupt message"][..],
            "that port does not speak TLS: try the URL with http://, or another port",
        ),
    ];
    for (signs, what) in known {
        if signs.iter().any(|sign| causes.contains(sign)) {
            return what.to_owned();
        }
    }
    match (&error.report().next_step, error.kind()) {
        (Some(next), _) => next.clone(),
        (None, ErrorKind::Unauthenticated) => {
            "make a new API token in Sisense (Admin, REST API) and give it with --token-file"
                .to_owned()
        }
        (None, ErrorKind::Timeout | ErrorKind::Connect) => {
            "check the URL, the network, a proxy or a VPN between here and the deployment"
                .to_owned()
        }
        (None, _) => "run again with -v and read the log on stderr".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_in_both_forms() {
        assert_eq!(version(&json!({"version": {"version": "2024.2"}})).detail, "2024.2");
        assert_eq!(version(&json!({"version": "L2025.1"})).detail, "L2025.1");
        assert_eq!(version(&json!({})).state, Mark::Warn);
        let expired = json!({"version": "1", "license": {"isExpired": true}});
        assert_eq!(version(&expired).state, Mark::Warn);
    }

    #[test]
    fn a_viewer_is_warned_and_an_admin_is_not() {
        assert_eq!(token("a@b.c", Some("consumer"), None).state, Mark::Warn);
        assert_eq!(token("a@b.c", Some("own role"), Some("admin")).state, Mark::Ok);
        assert_eq!(token("a@b.c", Some("super"), None).state, Mark::Ok);
    }

    #[test]
    fn tls_problems_are_told_by_their_cause() {
        let error = Error::new(ErrorKind::Connect, "no connection")
            .with_source(std::io::Error::other("invalid peer certificate: UnknownIssuer"));
        assert!(advice(&error).contains("--ca-file"));
        assert!(advice(&Error::new(ErrorKind::Timeout, "slow")).contains("network"));
    }
}

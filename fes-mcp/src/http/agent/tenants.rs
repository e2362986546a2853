//! Deployments that clients bring with tokens of their own: only at origins that the operator
//! listed. They are kept in memory, for as long as their session is used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fes_agent::{Agent, Local, Session};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use sisense_core::{Client, Error, ErrorKind, Result, Secret};
use url::{Origin, Url};

use super::PRINCIPAL;
use super::body::{Mode, TurnBody};

/// Most sessions with tokens of their own at a time.
const MOST_GUESTS: usize = 1_000;

/// A deployment, as a client sends it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct TenantConfig {
    /// Host, or URL with port and tenant prefix; its origin is one that the operator listed.
    pub domain: String,
    /// The API token.
    pub token: Secret,
    /// Whether its certificate is checked. It always is: false is refused.
    #[serde(default = "yes")]
    pub ssl: bool,
}

fn yes() -> bool {
    true
}

/// Where a migration goes from and to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct MigrationConfig {
    /// The source.
    pub source: TenantConfig,
    /// The target.
    pub target: TenantConfig,
}

/// Makes a client of a URL and a token, with the operator's settings.
pub type Connect = Arc<dyn Fn(&str, Secret) -> Result<Client> + Send + Sync>;

/// What clients may bring.
#[derive(Clone)]
pub struct TenantRules {
    /// The origins that may be reached. With none, clients bring nothing.
    pub origins: Vec<Origin>,
    /// How clients are made.
    pub connect: Connect,
}

/// The sessions with tokens of their own.
pub(super) struct Tenants {
    rules: TenantRules,
    idle: Duration,
    guests: Mutex<HashMap<String, Guest>>,
}

/// What a session brought.
struct Guest {
    brought: Brought,
    used: Instant,
}

/// Deployments that a client brought.
#[derive(Clone)]
pub(super) struct Brought {
    agent: Agent,
    wanted: Vec<TenantConfig>,
    /// Where the session works.
    pub(super) session: Session,
}

impl Brought {
    /// Begin a session there.
    pub(super) async fn begin(&self) -> Result<Session> {
        self.agent.begin(&self.session).await
    }
}

impl Tenants {
    pub(super) fn new(rules: TenantRules, idle: Duration) -> Self {
        Tenants { rules, idle, guests: Mutex::default() }
    }

    /// What a request brings, if anything: connected to by nothing yet, and checked.
    ///
    /// # Errors
    /// `forbidden` for an origin that the operator did not list, `invalid_input` for what is not
    /// whole or not wanted.
    pub(super) fn brought(&self, body: &TurnBody, agent: &Agent) -> Result<Option<Brought>> {
        let chat = read::<TenantConfig>("tenant_config", body.tenant_config.as_ref())?;
        let both = read::<MigrationConfig>("migration_config", body.migration_config.as_ref())?;
        let wanted = match (body.mode, chat, both) {
            (_, None, None) => return Ok(None),
            (Some(Mode::Migration), _, Some(both)) | (None, None, Some(both)) => {
                vec![both.source, both.target]
            }
            (Some(Mode::Chat) | None, Some(one), _) => vec![one],
            (Some(Mode::Migration), Some(_), None) => {
                return Err(Error::invalid("a migration needs a source and a target")
                    .with_next_step("send migration_config with both"));
            }
            (Some(Mode::Chat), None, Some(_)) => return Ok(None),
        };
        if body.deployment.is_some() || body.target.is_some() {
            return Err(Error::invalid("a deployment is named and another one is brought")
                .with_next_step("send a name, or an address with a token"));
        }
        let known = body.session_id.as_deref().and_then(|id| self.known(id, &wanted));
        if known.is_some() {
            return Ok(known);
        }
        let clients = wanted.iter().map(|one| self.client(one)).collect::<Result<Vec<_>>>()?;
        let mut session = Session::new("", PRINCIPAL, clients.first().map_or("", Client::name));
        if let Some(target) = clients.get(1) {
            session = session.to(target.name());
            if target.name() == session.deployment {
                return Err(Error::invalid("the source and the target are the same deployment")
                    .with_next_step("send two different deployments"));
            }
        }
        let agent = agent.over(Arc::new(Local::new(clients)?));
        Ok(Some(Brought { agent, wanted, session }))
    }

    /// What a session brought, when it brings the same again: the older client does in each turn, and
    /// its connections are kept.
    fn known(&self, session: &str, wanted: &[TenantConfig]) -> Option<Brought> {
        let guests = self.guests();
        let brought = &guests.get(session)?.brought;
        let same = |(one, other): (&TenantConfig, &TenantConfig)| {
            one.domain == other.domain
                && one.token.expose() == other.token.expose()
                && one.ssl == other.ssl
        };
        let all =
            brought.wanted.len() == wanted.len() && brought.wanted.iter().zip(wanted).all(same);
        all.then(|| brought.clone())
    }

    fn client(&self, wanted: &TenantConfig) -> Result<Client> {
        if self.rules.origins.is_empty() {
            return Err(Error::new(
                ErrorKind::Forbidden,
                "this server takes no addresses and tokens of deployments from its clients",
            )
            .with_next_step(
                "name a deployment that the server was started with, or have its operator list \
                 the origin with --allow-origin",
            ));
        }
        let domain = wanted.domain.trim();
        if domain.is_empty() || wanted.token.expose().trim().is_empty() {
            return Err(Error::invalid("a deployment needs its address and its token")
                .with_next_step("send domain and token together"));
        }
        if !wanted.ssl {
            return Err(Error::invalid("this server checks the certificates of deployments")
                .with_next_step("have the operator trust its authority with --ca-file"));
        }
        let client = (self.rules.connect)(domain, wanted.token.clone())?;
        let origin = Url::parse(client.url()).map(|url| url.origin());
        match origin {
            Ok(origin) if self.rules.origins.contains(&origin) => Ok(client),
            _ => Err(Error::new(
                ErrorKind::Forbidden,
                format!("the operator did not list this origin: {}", client.url()),
            )
            .with_next_step("have the operator list it with --allow-origin")),
        }
    }

    /// Keep what was brought for a session. What the session brought before is forgotten.
    ///
    /// # Errors
    /// `rate_limited` when there are too many such sessions.
    pub(super) fn keep(&self, session: &str, brought: Brought) -> Result<()> {
        let mut guests = self.guests();
        if !guests.contains_key(session) && guests.len() >= MOST_GUESTS {
            let message = format!("{MOST_GUESTS} sessions with tokens of their own are open");
            return Err(Error::new(ErrorKind::RateLimited, message)
                .with_next_step("wait until some have ended"));
        }
        guests.insert(session.to_owned(), Guest { brought, used: Instant::now() });
        Ok(())
    }

    /// The agent of a session that brought its deployments.
    pub(super) fn agent(&self, session: &str) -> Option<Agent> {
        let mut guests = self.guests();
        let guest = guests.get_mut(session)?;
        guest.used = Instant::now();
        Some(guest.brought.agent.clone())
    }

    /// Forget what sessions brought that nobody used for long.
    pub(super) fn sweep(&self) {
        self.guests().retain(|_, guest| guest.used.elapsed() < self.idle);
    }

    fn guests(&self) -> MutexGuard<'_, HashMap<String, Guest>> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a member of the body holds. The reader's own words would quote it.
fn read<T: for<'de> Deserialize<'de>>(name: &str, value: Option<&Value>) -> Result<Option<T>> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    T::deserialize(value).map(Some).map_err(|_| {
        let shape = "each deployment has a domain, a token, and ssl where it is not true";
        Error::invalid(format!("{name} cannot be read")).with_next_step(shape)
    })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn tenants(origins: &[&str]) -> Tenants {
        let connect: Connect =
            Arc::new(|url, token| Client::builder(url).name(url).token(token).build());
        let origins = origins.iter().map(|url| Url::parse(url).unwrap().origin()).collect();
        Tenants::new(TenantRules { origins, connect }, Duration::from_secs(60))
    }

    async fn agent() -> Agent {
        let client = Client::builder("https://own.example").name("own").token(Secret::new("t"));
        let tools = Arc::new(Local::new([client.build().unwrap()]).unwrap());
        let store = fes_agent::Store::memory().await.unwrap();
        Agent::builder(tools).store(store).build().unwrap()
    }

    fn body(value: Value) -> TurnBody {
        serde_json::from_value(value).unwrap()
    }

    fn tenant(domain: &str, token: &str) -> TurnBody {
        body(json!({ "tenant_config": { "domain": domain, "token": token, "ssl": true } }))
    }

    #[tokio::test]
    async fn only_a_listed_origin_is_taken_and_nothing_that_was_sent_is_told() {
        let agent = agent().await;
        let listed = tenants(&["https://bi.example.com", "http://127.0.0.1:8123"]);
        for domain in ["bi.example.com", "https://bi.example.com/tenant", "http://127.0.0.1:8123"] {
            assert!(listed.brought(&tenant(domain, "tok-4711"), &agent).unwrap().is_some());
        }
        for domain in [
            "http://bi.example.com",
            "bi.example.com:8443",
            "bi.example.com.evil.example",
            "evil.example",
            "bi.example.com@evil.example",
            "http://169.254.169.254",
            "http://127.0.0.1:8124",
            " ",
            "::::",
        ] {
            let error = listed.brought(&tenant(domain, "tok-4711"), &agent).err().unwrap();
            assert!(!format!("{error:?} {error}").contains("tok-4711"), "{domain}");
        }
        for bad in [
            json!({ "tenant_config": "tok-4711" }),
            json!({ "tenant_config": { "token": "tok-4711" } }),
            json!({ "tenant_config": { "domain": "bi.example.com", "token": "" } }),
            json!({ "tenant_config": { "domain": "bi.example.com", "token": "t", "ssl": false } }),
            json!({ "tenant_config": { "domain": "bi.example.com", "token": "t" }, "target": "own" }),
            json!({ "mode": "migration",
                    "tenant_config": { "domain": "bi.example.com", "token": "t" } }),
        ] {
            let error = listed.brought(&body(bad), &agent).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(!format!("{error:?} {error}").contains("tok-4711"));
        }
        let error = tenants(&[]).brought(&tenant("bi.example.com", "t"), &agent).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Forbidden);
        let nothing = body(json!({ "tenant_config": null, "migration_config": null }));
        assert!(tenants(&[]).brought(&nothing, &agent).unwrap().is_none());
    }

    #[tokio::test]
    async fn a_migration_has_two_ends() {
        let agent = agent().await;
        let listed = tenants(&["https://a.example", "https://b.example"]);
        let both = |source: &str, target: &str| {
            let one = |domain: &str| json!({ "domain": domain, "token": "t" });
            body(json!({ "mode": "migration",
                         "migration_config": { "source": one(source), "target": one(target) } }))
        };
        let brought = listed.brought(&both("a.example", "b.example"), &agent).unwrap().unwrap();
        assert_eq!(brought.session.target.as_deref(), Some("b.example"));
        assert!(listed.brought(&both("a.example", "a.example"), &agent).is_err());
        assert!(listed.brought(&both("a.example", "c.example"), &agent).is_err());
    }

    #[tokio::test]
    async fn what_is_not_used_is_forgotten() {
        let agent = agent().await;
        let mut listed = tenants(&["https://bi.example.com"]);
        let brought = |tenants: &Tenants| {
            tenants.brought(&tenant("bi.example.com", "t"), &agent).unwrap().unwrap()
        };
        listed.keep("s", brought(&listed)).unwrap();
        listed.sweep();
        assert!(listed.agent("s").is_some() && listed.agent("other").is_none());
        listed.idle = Duration::ZERO;
        listed.sweep();
        assert!(listed.agent("s").is_none());
    }
}

//! What an agent and an `fes-mcp` server say to each other about changes, beside what any MCP
//! client and server say.
//!
//! The server previews and writes; the person who approves is at the agent. So the agent asks for a
//! preview as data, shows it, and when its person has approved it calls again with a [`Grant`]: which
//! call, exactly which changes, who approved them, once. A grant is signed with a key that the
//! operator gave to both processes. It is no argument of a tool, so that no model can write one, and
//! the key itself never travels.

use hmac::{Hmac, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use sisense_core::error::ErrorReport;
use sisense_core::run::Missing;
use sisense_core::{Change, Error, ErrorKind, Result, Secret};

use crate::approval::random_id;
use crate::report::ChangeState;

/// The capability under which a server offers this, among its experimental ones.
pub const CAPABILITY: &str = "fes/door";
/// In `_meta` of a call: look at what it would change, and change nothing.
pub const PREVIEW: &str = "fes/preview";
/// In `_meta` of a call: a signed [`Grant`].
pub const GRANT: &str = "fes/grant";
/// In `_meta` of a call: tell again how the call with the grant of this id ended.
pub const OUTCOME: &str = "fes/outcome";

/// The form of what is said here. Another one is not understood.
pub const VERSION: u32 = 1;

/// Shortest key, in characters: whoever can guess it can approve.
pub const SHORTEST_KEY: usize = 32;
/// How long a grant holds: it is made just before it is sent.
const LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// How far apart the clocks of the two processes may be.
const SKEW: SignedDuration = SignedDuration::from_mins(30);

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The form of what is said here.
    pub version: u32,
    /// The deployment that the server works on; the source where there is a target.
    pub deployment: String,
    /// The deployment that the server migrates to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Whether the server has a key, so that it can take grants.
    pub grants: bool,
    /// Another word in every process: a grant holds for one process of the server alone.
    pub process: String,
}

/// What a call is asked to look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// What the steps before it would change: it may rest on that.
    #[serde(default)]
    pub earlier: Vec<Change>,
}

/// What a call would change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Looked {
    /// The changes, whole, in their order.
    pub changes: Vec<Change>,
    /// What the operation answers to a preview.
    pub result: Value,
    /// What could not be loaded.
    #[serde(default)]
    pub missing: Vec<Missing>,
}

/// How one change ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// Which one, by its digest.
    pub change: String,
    /// How it ended.
    pub state: ChangeState,
    /// The id that a new asset was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why it failed, or why its end is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

/// How a call with a grant ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// What the operation answers.
    #[serde(default)]
    pub result: Value,
    /// What could not be loaded.
    #[serde(default)]
    pub missing: Vec<Missing>,
    /// Each change, and how it ended.
    #[serde(default)]
    pub changes: Vec<Settled>,
    /// Whether changes that are not named may have been made. Else they were not.
    #[serde(default)]
    pub unclear: bool,
    /// Why the call failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

/// A person's approval of exactly these changes of exactly this call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id. A server takes it once.
    pub id: String,
    /// The process of the server that it is for.
    pub process: String,
    /// The operation.
    pub operation: String,
    /// The digest of its arguments.
    pub arguments: String,
    /// The digest of the changes that were approved, in their order.
    pub preview: String,
    /// Who approved or asked, as the agent knows it.
    pub by: String,
    /// The approval, as the agent keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// When it ends.
    pub expires: Timestamp,
}

/// A grant with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    grant: Grant,
    signature: String,
}

impl Grant {
    /// A grant for a call of a server's process.
    ///
    /// # Errors
    /// `unexpected` when the system gives no random numbers.
    pub fn new(
        process: &str,
        operation: &str,
        args: &Value,
        preview: String,
        now: Timestamp,
    ) -> Result<Self> {
        Ok(Grant {
            id: random_id()?,
            process: process.to_owned(),
            operation: operation.to_owned(),
            arguments: sisense_core::run::digest(args),
            preview,
            by: String::new(),
            approval: None,
            expires: now.checked_add(LIFETIME).map_err(|error| {
                Error::new(ErrorKind::Unexpected, "the time is out of range").with_source(error)
            })?,
        })
    }

    /// Sign it.
    #[must_use]
    pub fn sign(self, key: &Secret) -> Signed {
        let signature =
            self.mac(key).map_or_else(String::new, |mac| hex::encode(mac.finalize().into_bytes()));
        Signed { grant: self, signature }
    }

    // HMAC takes keys of any length; were it otherwise, nothing would be signed.
    fn mac(&self, key: &Secret) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
        let text = serde_json_canonicalizer::to_string(&json!([VERSION, GRANT, self])).ok()?;
        mac.update(text.as_bytes());
        Some(mac)
    }
}

impl Signed {
    /// The grant, when it was signed with this key for this call of this process.
    ///
    /// # Errors
    /// `forbidden` with what does not fit, and never what would.
    pub fn open(
        self,
        key: &Secret,
        process: &str,
        operation: &str,
        args: &Value,
        now: Timestamp,
    ) -> Result<Grant> {
        let refuse = |why: &str, next: &str| {
            Err(Error::new(ErrorKind::Forbidden, format!("the grant does not hold: {why}"))
                .with_operation(operation)
                .with_next_step(next))
        };
        let signed = hex::decode(&self.signature).ok().zip(self.grant.mac(key));
        // Both have to be there and fit.
        if signed.is_none_or(|(given, mac)| mac.verify_slice(&given).is_err()) {
            return refuse(
                "it is not signed with the key of this server",
                "give the agent and the server the same key: FES_AGENT_KEY",
            );
        }
        let grant = self.grant;
        if grant.process != process {
            return refuse("the server was started again since", "look at a new preview");
        }
        let same =
            grant.operation == operation && grant.arguments == sisense_core::run::digest(args);
        if !same {
            return refuse("it is for another call", "look at a new preview");
        }
        let over = now.duration_since(grant.expires) > SKEW;
        let far = grant.expires.duration_since(now) > LIFETIME.saturating_add(SKEW);
        if over || far {
            return refuse("its time is over", "see that the clocks of both machines are right");
        }
        Ok(grant)
    }
}

/// A key that both processes can use.
///
/// # Errors
/// `config` when it is too short.
pub fn check_key(key: &Secret) -> Result<()> {
    if key.expose().chars().count() >= SHORTEST_KEY {
        return Ok(());
    }
    let message = format!("the agent key is shorter than {SHORTEST_KEY} characters");
    Err(Error::new(ErrorKind::Config, message)
        .with_next_step("make one with: openssl rand -hex 32"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Secret {
        Secret::new("0123456789abcdef0123456789abcdef")
    }

    fn grant(now: Timestamp) -> Grant {
        Grant::new("p1", "access.delete_user", &json!({"a": 1}), "digest".into(), now).unwrap()
    }

    #[test]
    fn a_grant_holds_for_its_very_call_and_key() {
        let now = Timestamp::now();
        let open = |signed: Signed, key: &Secret, process, operation, args: Value, now| {
            signed.open(key, process, operation, &args, now).map_err(|error| error.to_string())
        };
        let call = "access.delete_user";
        let signed = grant(now).sign(&key());
        assert!(open(signed.clone(), &key(), "p1", call, json!({"a": 1}), now).is_ok());
        let other = Secret::new("f".repeat(32));
        let told = open(signed.clone(), &other, "p1", call, json!({"a": 1}), now).unwrap_err();
        assert!(told.contains("not signed with the key") && !told.contains("ffff"), "{told}");
        for (process, operation, args, told) in [
            ("p2", call, json!({"a": 1}), "started again"),
            ("p1", "access.get_user", json!({"a": 1}), "another call"),
            ("p1", call, json!({"a": 2}), "another call"),
        ] {
            let error = open(signed.clone(), &key(), process, operation, args, now).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        let late = now + SignedDuration::from_hours(1);
        assert!(open(signed, &key(), "p1", call, json!({"a": 1}), late).is_err());
    }

    #[test]
    fn nothing_of_a_grant_can_be_changed() {
        let now = Timestamp::now();
        let signed = serde_json::to_value(grant(now).sign(&key())).unwrap();
        for field in ["id", "process", "operation", "arguments", "preview", "by"] {
            let mut other = signed.clone();
            other["grant"][field] = json!("x");
            let other: Signed = serde_json::from_value(other).unwrap();
            let error = other.open(&key(), "p1", "access.delete_user", &json!({"a": 1}), now);
            assert!(error.unwrap_err().to_string().contains("not signed"), "{field}");
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(check_key(&Secret::new("1234")).is_err() && check_key(&key()).is_ok());
    }
}

//! Which model is used, from the environment. Half a configuration is an error.

use std::time::Duration;

use sisense_core::{Error, ErrorKind, Result, Secret};
use url::{Host, Url};

use super::provider::{AzureStyle, Provider};
use super::usage::Prices;
use crate::privacy::SummaryRules;

/// How a model is asked and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LlmLimits {
    /// How long one attempt may take, from sending to the last byte (`LLM_HTTP_TIMEOUT`, seconds).
    pub timeout: Duration,
    /// How often a request is sent at most, the first time counted (`LLM_HTTP_MAX_RETRIES`).
    pub attempts: u32,
    /// The wait before the second attempt when the server names none; it doubles from there
    /// (`LLM_HTTP_RETRY_BASE_DELAY`, seconds).
    pub first_delay: Duration,
}

impl Default for LlmLimits {
    fn default() -> Self {
        LlmLimits {
            timeout: Duration::from_secs(60),
            attempts: 3,
            first_delay: Duration::from_millis(500),
        }
    }
}

/// What an answer may be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Most tokens of an answer (`LLM_MAX_TOKENS`). The seed's 1024 cut plans short.
    pub max_tokens: u32,
    /// How much chance plays a part, from 0 to 2 (`LLM_TEMPERATURE`).
    pub temperature: f64,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling { max_tokens: 4096, temperature: 0.2 }
    }
}

/// Which model is used, and how.
#[derive(Clone, Debug)]
pub struct LlmConfig {
    /// Where it is.
    pub provider: Provider,
    /// How long it may take.
    pub limits: LlmLimits,
    /// What an answer may be like.
    pub sampling: Sampling,
    /// What tokens cost, where that is known (`LLM_PRICE_INPUT`, `LLM_PRICE_OUTPUT`: per million).
    pub prices: Option<Prices>,
    /// How many earlier turns a planner sees (`LLM_PLANNING_HISTORY_TURNS`).
    pub history: usize,
}

/// Most attempts that can be configured.
const MOST_ATTEMPTS: u64 = 10;

/// Longest time of an attempt that can be configured, in seconds.
const MOST_SECONDS: f64 = 3600.0;

/// Most earlier turns that can be configured.
const MOST_TURNS: u64 = 50;

/// The version of Azure's API in the legacy style when none is configured.
const AZURE_VERSION: &str = "2024-11-20";

/// The address of OpenAI itself.
const OPENAI: &str = "https://api.openai.com/v1";

/// Read the configuration of the process's environment. The only place of this crate that does.
///
/// # Errors
/// As [`LlmConfig::from_lookup`] and [`SummaryRules::from_lookup`].
pub fn from_env() -> Result<(Option<LlmConfig>, SummaryRules)> {
    let lookup = |name: &str| std::env::var(name).ok();
    Ok((LlmConfig::from_lookup(&lookup)?, SummaryRules::from_lookup(&lookup)?))
}

impl LlmConfig {
    /// Read the configuration. Nothing for `LLM_PROVIDER=offline`, which is the default. Variables
    /// that are empty count as absent. Keys come from variables only: a secret manager of a cloud
    /// is asked by whoever starts the process.
    ///
    /// # Errors
    /// `config`, naming the variable, when one is missing or its value makes no sense.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let vars = Vars(lookup);
        let provider = match vars.get("LLM_PROVIDER").map(|name| name.to_lowercase()).as_deref() {
            None | Some("offline") => return Ok(None),
            Some("azure") => azure(&vars)?,
            Some("databricks") => Provider::Databricks {
                host: vars.url("DATABRICKS_HOST", None, true)?,
                endpoint: vars.required("LLM_ENDPOINT", "databricks")?,
                token: Secret::new(vars.required("DATABRICKS_TOKEN", "databricks")?),
            },
            Some("openai") => Provider::OpenAi {
                base: vars.url("OPENAI_BASE_URL", Some(OPENAI), false)?,
                key: vars.get("OPENAI_API_KEY").map(Secret::new),
                model: vars.required("OPENAI_MODEL", "openai")?,
            },
            Some(other) => {
                let message = format!("LLM_PROVIDER is unknown: {}", crate::host::clip(other, 40));
                return Err(Error::new(ErrorKind::Config, message)
                    .with_next_step("set it to offline, azure, databricks or openai"));
            }
        };
        // Tells now, and not at the first question, that a key cannot be sent.
        provider.credential()?;
        provider.url()?;
        if let Provider::OpenAi { base, key: None, .. } = &provider
            && base.as_str().trim_end_matches('/') == OPENAI
        {
            return Err(missing("OPENAI_API_KEY", "openai")
                .with_other_step("set it, or set OPENAI_BASE_URL to a server that needs no key"));
        }
        let limits = LlmLimits::default();
        let sampling = Sampling::default();
        Ok(Some(LlmConfig {
            provider,
            limits: LlmLimits {
                timeout: vars.seconds("LLM_HTTP_TIMEOUT", limits.timeout, 0.001)?,
                attempts: vars.whole(
                    "LLM_HTTP_MAX_RETRIES",
                    limits.attempts.into(),
                    1,
                    MOST_ATTEMPTS,
                )? as u32,
                first_delay: vars.seconds("LLM_HTTP_RETRY_BASE_DELAY", limits.first_delay, 0.0)?,
            },
            sampling: Sampling {
                max_tokens: vars.whole(
                    "LLM_MAX_TOKENS",
                    sampling.max_tokens.into(),
                    1,
                    1_000_000,
                )? as u32,
                temperature: vars
                    .number("LLM_TEMPERATURE", 0.0, 2.0)?
                    .unwrap_or(sampling.temperature),
            },
            prices: prices(&vars)?,
            history: vars.whole("LLM_PLANNING_HISTORY_TURNS", 5, 0, MOST_TURNS)? as usize,
        }))
    }
}

impl SummaryRules {
    /// Read `ALLOW_SUMMARIZATION` (off by default) and `FES_ALLOW_SUMMARIZATION_TOGGLE` (on by
    /// default; it allows nothing alone).
    ///
    /// # Errors
    /// `config` for a value that is neither true nor false.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let vars = Vars(lookup);
        Ok(SummaryRules {
            allowed: vars.switch("ALLOW_SUMMARIZATION")?.unwrap_or(false),
            toggle: vars.switch("FES_ALLOW_SUMMARIZATION_TOGGLE")?.unwrap_or(true),
        })
    }
}

fn azure(vars: &Vars<'_>) -> Result<Provider> {
    let style = match vars.get("AZURE_OPENAI_API_STYLE").map(|name| name.to_lowercase()).as_deref()
    {
        None | Some("v1") => AzureStyle::V1,
        Some("legacy") => AzureStyle::Legacy,
        Some(_) => return Err(bad("AZURE_OPENAI_API_STYLE", "v1 or legacy")),
    };
    Ok(Provider::Azure {
        endpoint: vars.url("AZURE_OPENAI_ENDPOINT", None, true)?,
        deployment: vars.required("AZURE_OPENAI_DEPLOYMENT", "azure")?,
        key: Secret::new(vars.required("AZURE_OPENAI_API_KEY", "azure")?),
        style,
        version: vars.get("AZURE_OPENAI_API_VERSION").unwrap_or_else(|| AZURE_VERSION.to_owned()),
    })
}

fn prices(vars: &Vars<'_>) -> Result<Option<Prices>> {
    let price = |name| vars.number(name, 0.0, f64::MAX);
    match (price("LLM_PRICE_INPUT")?, price("LLM_PRICE_OUTPUT")?) {
        (Some(input), Some(output)) => Ok(Some(Prices { input, output })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(half("LLM_PRICE_OUTPUT", "LLM_PRICE_INPUT")),
        (None, Some(_)) => Err(half("LLM_PRICE_INPUT", "LLM_PRICE_OUTPUT")),
    }
}

/// The variables, those that are empty left out.
struct Vars<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Vars<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str, provider: &str) -> Result<String> {
        self.get(name).ok_or_else(|| missing(name, provider))
    }

    fn number(&self, name: &str, least: f64, most: f64) -> Result<Option<f64>> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number =
            text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= least && *n <= most);
        let range = if most == f64::MAX {
            format!("a number of at least {least}")
        } else {
            format!("a number from {least} to {most}")
        };
        number.map(Some).ok_or_else(|| bad(name, &range))
    }

    fn seconds(&self, name: &str, default: Duration, least: f64) -> Result<Duration> {
        let seconds = self.number(name, least, MOST_SECONDS)?;
        Ok(seconds.map_or(default, Duration::from_secs_f64))
    }

    fn whole(&self, name: &str, default: u64, least: u64, most: u64) -> Result<u64> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let number = text.parse::<u64>().ok().filter(|n| (least..=most).contains(n));
        number.ok_or_else(|| bad(name, &format!("a whole number from {least} to {most}")))
    }

    fn switch(&self, name: &str) -> Result<Option<bool>> {
        match self.get(name).map(|text| text.to_lowercase()).as_deref() {
            None => Ok(None),
            Some("true" | "1" | "yes" | "on") => Ok(Some(true)),
            Some("false" | "0" | "no" | "off") => Ok(Some(false)),
            Some(_) => Err(bad(name, "true or false")),
        }
    }

    /// An address. A cloud's is given a scheme when it has none, and has to be encrypted unless it
    /// is on this machine; another server's may be in the same network without.
    fn url(&self, name: &str, default: Option<&str>, cloud: bool) -> Result<Url> {
        let Some(text) = self.get(name).or_else(|| default.map(str::to_owned)) else {
            return Err(missing(
                name,
                if name.starts_with("AZURE") { "azure" } else { "databricks" },
            ));
        };
        let text = if cloud && !text.contains("://") { format!("https://{text}") } else { text };
        let url =
            Url::parse(&text).map_err(|_| bad(name, "an address such as https://example.com"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(bad(name, "an address that begins with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad(name, "an address without a name and a password in it"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad(name, "an address without a query"));
        }
        if cloud && url.scheme() == "http" && !is_here(&url) {
            return Err(bad(name, "an address that begins with https://"));
        }
        Ok(url)
    }
}

/// Whether an address is on this machine.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn missing(name: &str, provider: &str) -> Error {
    Error::new(ErrorKind::Config, format!("{name} is missing for LLM_PROVIDER={provider}"))
        .with_next_step(format!("set {name}, or set LLM_PROVIDER=offline"))
}

/// The value is not shown: somebody may have put a key into the wrong variable.
fn bad(name: &str, wanted: &str) -> Error {
    Error::new(ErrorKind::Config, format!("{name} is not what it should be"))
        .with_next_step(format!("set {name} to {wanted}"))
}

fn half(name: &str, other: &str) -> Error {
    Error::new(ErrorKind::Config, format!("{name} is missing while {other} is set"))
        .with_next_step("set both prices or none")
}

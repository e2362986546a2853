//! Where a model is, and how its server knows the caller.

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use sisense_core::{Error, ErrorKind, Result, Secret};
use url::Url;

/// The two ways in which Azure OpenAI is addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AzureStyle {
    /// `{endpoint}/openai/v1/chat/completions`; the deployment is the model.
    #[default]
    V1,
    /// `{endpoint}/openai/deployments/{deployment}/chat/completions?api-version=…`.
    Legacy,
}

/// A server with models.
#[derive(Clone, Debug)]
pub enum Provider {
    /// Azure OpenAI.
    Azure {
        /// The resource, such as `https://name.openai.azure.com`.
        endpoint: Url,
        /// The name of the deployed model.
        deployment: String,
        /// The key.
        key: Secret,
        /// How it is addressed.
        style: AzureStyle,
        /// The version of the API; only the legacy style has one.
        version: String,
    },
    /// A serving endpoint of Databricks.
    Databricks {
        /// The workspace, such as `https://adb-1.azuredatabricks.net`.
        host: Url,
        /// The name of the serving endpoint.
        endpoint: String,
        /// The access token.
        token: Secret,
    },
    /// Any server that speaks OpenAI's protocol, local ones too.
    OpenAi {
        /// The address before `/chat/completions`, such as `https://api.openai.com/v1`.
        base: Url,
        /// The key, where the server wants one.
        key: Option<Secret>,
        /// The model.
        model: String,
    },
}

impl Provider {
    /// The value of `LLM_PROVIDER` for it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Provider::Azure { .. } => "azure",
            Provider::Databricks { .. } => "databricks",
            Provider::OpenAi { .. } => "openai",
        }
    }

    /// The model, by the name that the server gives it.
    #[must_use]
    pub fn model(&self) -> &str {
        match self {
            Provider::Azure { deployment, .. } => deployment,
            Provider::Databricks { endpoint, .. } => endpoint,
            Provider::OpenAi { model, .. } => model,
        }
    }

    /// The model as the request names it; nothing where the address says it.
    pub(super) fn model_in_body(&self) -> Option<&str> {
        match self {
            Provider::Azure { style: AzureStyle::Legacy, .. } | Provider::Databricks { .. } => None,
            Provider::Azure { deployment: model, .. } | Provider::OpenAi { model, .. } => {
                Some(model)
            }
        }
    }

    /// The address of chat completions.
    pub(super) fn url(&self) -> Result<Url> {
        match self {
            Provider::Azure { endpoint, style: AzureStyle::V1, .. } => {
                under(endpoint, &["openai", "v1", "chat", "completions"])
            }
            Provider::Azure { endpoint, deployment, version, .. } => {
                let path = ["openai", "deployments", deployment, "chat", "completions"];
                let mut url = under(endpoint, &path)?;
                url.query_pairs_mut().append_pair("api-version", version);
                Ok(url)
            }
            Provider::Databricks { host, endpoint, .. } => {
                under(host, &["serving-endpoints", endpoint, "invocations"])
            }
            Provider::OpenAi { base, .. } => under(base, &["chat", "completions"]),
        }
    }

    /// The header that says who calls, if any.
    pub(super) fn credential(&self) -> Result<Option<(HeaderName, HeaderValue)>> {
        let (name, text) = match self {
            Provider::Azure { key, .. } => {
                (HeaderName::from_static("api-key"), key.expose().to_owned())
            }
            Provider::Databricks { token: key, .. } | Provider::OpenAi { key: Some(key), .. } => {
                (AUTHORIZATION, format!("Bearer {}", key.expose()))
            }
            Provider::OpenAi { key: None, .. } => return Ok(None),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            Error::new(ErrorKind::Config, "the model's key holds characters that no key has")
        })?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }
}

/// An address below another one. Names are quoted, so that none can leave its place in the path.
fn under(base: &Url, path: &[&str]) -> Result<Url> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| Error::new(ErrorKind::Config, "the model's address has no path"))?
        .pop_if_empty()
        .extend(path);
    Ok(url)
}

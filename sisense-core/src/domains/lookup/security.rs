//! Data security rules: extract and live models keep them in different places.

use serde_json::{Map, Value};

use super::about;
use super::models::never_deployed;
use crate::client::Client;
use crate::documents::ModelDocument;
use crate::error::{ErrorKind, Result};
use crate::transport::{Answer, ApiPath};

impl Client {
    /// The data security rules of a model, as the server has them.
    pub(crate) async fn model_security(
        &self,
        model: &ModelDocument,
        title: &str,
    ) -> Result<Vec<Value>> {
        let rules = self.security_rules(model, title).await;
        rules.map_err(about("data security of data model", title))
    }

    async fn security_rules(&self, model: &ModelDocument, title: &str) -> Result<Vec<Value>> {
        if !model.is_live() {
            let path = ["api", "elasticubes", "localhost", title, "datasecurity"];
            return self.objects(&path, Vec::new()).await;
        }
        let path = ["api", "v1", "elasticubes", "live", title, "datasecurity"];
        match self.objects(&path, Vec::new()).await {
            // Rules hang on the published record. A model that says of itself that it was never
            // published has none; where it does not say, nobody knows.
            Err(error) if error.kind() == ErrorKind::NotFound && never_deployed(model) => {
                Ok(Vec::new())
            }
            other => other,
        }
    }

    /// A list of objects. One that holds anything else was not understood, which is not "nothing".
    pub(crate) async fn objects(
        &self,
        path: &[&str],
        query: Vec<(&'static str, &str)>,
    ) -> Result<Vec<Value>> {
        let query = query.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        let path = ApiPath::new(path.iter().copied());
        let answer = self.transport().get(path, query).await?;
        let rows: Vec<Map<String, Value>> = Answer::decode_list(answer)?;
        Ok(rows.into_iter().map(Value::Object).collect())
    }
}

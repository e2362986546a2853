//! Paths and queries in which no name can inject anything.

use std::collections::HashMap;
use std::fmt;

use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::run::is_planned;

/// A path below the deployment's base URL, as unencoded segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiPath(Vec<String>);

impl ApiPath {
    pub(crate) fn new<S: Into<String>>(segments: impl IntoIterator<Item = S>) -> Self {
        ApiPath(segments.into_iter().map(Into::into).collect())
    }

    /// The same path with the real ids of what it names by placeholders.
    pub(crate) fn with_ids(mut self, made: &HashMap<String, String>) -> Self {
        for segment in &mut self.0 {
            if let Some(id) = made.get(segment) {
                segment.clone_from(id);
            }
        }
        self
    }

    /// Whether it names something that exists only in the preview.
    pub(crate) fn is_planned(&self) -> bool {
        self.0.iter().any(|segment| is_planned(segment))
    }

    /// The path without what names an asset: calls of the same pattern do the same kind of work.
    pub(super) fn pattern(&self) -> String {
        let word = |segment: &str| {
            segment.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                || matches!(segment, "v0.9" | "v1" | "v2")
        };
        let segments = self.0.iter().map(String::as_str);
        segments.fold(String::new(), |path, s| path + "/" + if word(s) { s } else { "*" })
    }

    /// Check the segments and put them behind the base URL.
    pub(super) fn url(&self, base: &Url) -> Result<Url> {
        if let Some(planned) = self.0.iter().find(|segment| is_planned(segment)) {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("this exists only in the preview: {planned}"),
            ));
        }
        if self.0.iter().any(|segment| matches!(segment.as_str(), "" | "." | "..")) {
            return Err(Error::invalid("a name or id is empty, '.' or '..'"));
        }
        let mut url = base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::new(ErrorKind::Config, "the base URL cannot hold a path"))?
            .pop_if_empty()
            .extend(&self.0);
        Ok(url)
    }
}

impl fmt::Display for ApiPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
}

/// Query parameters, unencoded.
pub(crate) type Query = Vec<(&'static str, String)>;

pub(super) fn with_query(mut url: Url, query: &Query) -> Url {
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> Url {
        Url::parse("https://bi.example.com/tenant").unwrap()
    }

    #[test]
    fn keeps_the_tenant_prefix_and_encodes_each_segment() {
        let url = ApiPath::new(["api", "x", "a/b?c#d e%2F"]).url(&base()).unwrap();
        assert_eq!(url.as_str(), "https://bi.example.com/tenant/api/x/a%2Fb%3Fc%23d%20e%252F");
    }

    #[test]
    fn refuses_segments_that_walk_and_ids_that_are_only_planned() {
        for bad in ["", ".", ".."] {
            let error = ApiPath::new(["api", bad]).url(&base()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        let error = ApiPath::new(["api", "planned:user:1"]).url(&base()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_pattern_holds_no_id() {
        let id = "5f0000000000000000000001";
        let path = ApiPath::new(["api", "v1", "dashboards", id, "widgets", "a/b", "R&D"]);
        assert_eq!(path.pattern(), "/api/v1/dashboards/*/widgets/*/*");
    }

    proptest! {
        #[test]
        fn a_name_stays_one_segment_and_one_parameter(name in "\\PC{1,40}") {
            prop_assume!(name != "." && name != "..");
            let url = ApiPath::new(["api", &name, "end"]).url(&base());
            let url = with_query(url.unwrap(), &vec![("name", name.clone()), ("x", "1".into())]);
            prop_assert_eq!(url.path_segments().unwrap().count(), 4);
            let pairs: Vec<_> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(pairs, vec![("name".to_owned(), name), ("x".to_owned(), "1".to_owned())]);
        }
    }
}

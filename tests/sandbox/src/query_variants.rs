//! Switches around queries and data security.

use serde::{Deserialize, Serialize};

use crate::config::switch;

switch! {
    /// Where the error of a query stands.
    SqlErrors {
        /// In an answer of status 200, as `error` and `details`.
        #[default]
        InBody = "in-body",
        /// In the error envelope: 404 for an unknown model, 400 for the rest.
        Status = "status",
    }
}
switch! {
    /// What the body of a query sent by POST must be.
    SqlBody {
        /// Plain text, or a JSON text.
        #[default]
        Both = "both",
        /// Plain text.
        Text = "text",
        /// A JSON text.
        Json = "json",
    }
}
switch! {
    /// Whether a query may hold another, in FROM or in WITH.
    SubSelect {
        /// Yes.
        #[default]
        On = "on",
        /// No: it is an error.
        Off = "off",
    }
}
switch! {
    /// Which rows admins see.
    AdminRows {
        /// Those that data security leaves them, like everybody.
        #[default]
        Secured = "secured",
        /// All.
        All = "all",
    }
}
switch! {
    /// Answer to several security rules of a live model at once.
    AddMany {
        /// Status 201.
        #[default]
        Created = "201",
        /// Status 200.
        Ok = "200",
        /// There is no such route.
        NoRoute = "404",
    }
}

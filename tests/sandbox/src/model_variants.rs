//! Switches around connections, model writes and builds.

use serde::{Deserialize, Serialize};

use crate::config::switch;

switch! {
    /// Whether connections are managed apart from models.
    Connections {
        /// They are.
        #[default]
        On = "on",
        /// They are not: every path of theirs is unknown, and datasets carry their own.
        Off = "off",
    }
}
switch! {
    /// Answer to deleting a connection.
    ConnectionDelete {
        /// Status 204.
        #[default]
        NoContent = "204",
        /// Status 200 with a problem object that tells success.
        Ok = "200",
        /// There is no such route.
        NoRoute = "404",
    }
}
switch! {
    /// Answer to a second connection of the same name.
    ConnectionTwin {
        /// It is made.
        #[default]
        Created = "created",
        /// Status 400.
        BadRequest = "400",
        /// Status 409.
        Conflict = "409",
    }
}
switch! {
    /// Shape of the columns of a source table.
    TableSchema {
        /// One object.
        #[default]
        Object = "object",
        /// An array of one object.
        Array = "array",
    }
}
switch! {
    /// Which bodies ask for the columns of a source table.
    TableSchemaBody {
        /// Any that names database, schema and table.
        #[default]
        Any = "any",
        /// Only one that repeats the provider, the server and the user name.
        Full = "full",
    }
}
switch! {
    /// Answer about a source table that is not there.
    UnknownTable {
        /// Status 200 with `{}`.
        #[default]
        Empty = "empty-object",
        /// Status 200 with a table that has no columns.
        NoColumns = "empty-columns",
        /// Status 404.
        NotFound = "404",
        /// Status 400.
        BadRequest = "400",
    }
}
switch! {
    /// What happens to relations whose table or column goes away.
    DroppedColumns {
        /// The whole relation goes.
        #[default]
        Removed = "removed",
        /// The relation stays; its end is marked as dropped.
        Marked = "marked",
    }
}
switch! {
    /// What a build answers right after it was started, before it is queued.
    BuildTask {
        /// Status 200 with a state of `null`.
        #[default]
        Null = "null-window",
        /// Status 404.
        NotFound = "404-window",
        /// Status 400 with a text about a missing data source.
        BadRequest = "400-window",
    }
}
switch! {
    /// Status of the refusal of a second build while one runs.
    BuildConflict {
        /// Status 409.
        #[default]
        Conflict = "409",
        /// Status 400.
        BadRequest = "400",
        /// Status 500.
        ServerError = "500",
    }
}
switch! {
    /// How a build is written.
    BuildForm {
        /// As documented: build types with hyphens; moments not reached are `null`.
        #[default]
        Documented = "documented",
        /// As it was asked for: build types with underscores; moments not reached are absent.
        Asked = "asked",
    }
}
switch! {
    /// Answer to cancelling a build.
    BuildCancel {
        /// Status 200 with the envelope of the build service.
        #[default]
        Ok = "200",
        /// Status 204.
        NoContent = "204",
    }
}
switch! {
    /// Where a failed build tells its reason.
    BuildError {
        /// In the build log alone.
        #[default]
        Log = "log",
        /// In the build, too.
        Body = "body",
    }
}
switch! {
    /// Whether a model can be shared with a viewer, who has no access to models at all.
    ViewerShare {
        /// The row is stored and gives nothing.
        #[default]
        Accepted = "accepted",
        /// Refused with code 29001.
        Refused = "29001",
    }
}

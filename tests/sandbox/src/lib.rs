//! A whole Sisense deployment in memory, served over HTTP on the loopback interface.
//!
//! It is written from the API contract alone and shares no code with the client, so that a
//! wrong guess in the client cannot hide behind the same guess here. Tests, the demo and the
//! benchmarks talk to it exactly as they would talk to a real server:
//!
//! ```no_run
//! # async fn example() -> Result<(), sisense_sandbox::SandboxError> {
//! use sisense_sandbox::{Sandbox, SandboxConfig};
//!
//! let sandbox = Sandbox::start(SandboxConfig::default()).await?;
//! let (origin, token) = (sandbox.url(), sandbox.token());
//! # let _ = (origin, token);
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Where the contract leaves a behaviour open, [`Variants`] chooses between the plausible ones.
//! [`Fault`] rules make single requests fail in the ways that networks and proxies do.

mod auth;
mod config;
mod control;
mod faults;
mod import_variants;
mod log;
mod model_variants;
mod query_variants;
mod routes;
mod sandbox;
mod seed;
mod server;
mod sql;
mod state;
mod touched;
mod wire;

pub use config::{
    AdminAccess, ChangeOwner, ExpandWithFields, ExportUnknown, FolderPatch, FolderUnseen,
    GraphqlError, GraphqlFields, NameFilter, Navver, RowSizes, RowsAs, SandboxConfig, ScheduleForm,
    ShareKey, Sizes, TitleMiss, Variants,
};
pub use faults::{Fault, FaultAction, WrongShape};
pub use import_variants::{
    BulkCreate, ImportEmpty, ImportFailed, ImportFailure, ImportFolder, ImportMatch, ImportModel,
    ImportParent, ImportPlace, ImportPreview, ImportTitle, ModelAnswer, ModelBoth, ModelConnection,
    ModelCopy, ModelOid, ModelOver, ModelParties, ModelStatus,
};
pub use log::{Counts, RequestEntry};
pub use model_variants::{
    BuildCancel, BuildConflict, BuildError, BuildForm, BuildTask, ConnectionDelete, ConnectionTwin,
    Connections, DroppedColumns, TableSchema, TableSchemaBody, UnknownTable, ViewerShare,
};
pub use query_variants::{AddMany, AdminRows, SqlBody, SqlErrors, SubSelect};
pub use sandbox::{PASSWORD, Sandbox, SandboxError, Snapshot, Tokens};
pub use touched::{AssetKind, Change, Touched};

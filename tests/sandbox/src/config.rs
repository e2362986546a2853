//! What a sandbox is started with: its name, its size, its documents and its variants.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::import_variants::{
    BulkCreate, ImportEmpty, ImportFailed, ImportFailure, ImportFolder, ImportMatch, ImportModel,
    ImportParent, ImportPlace, ImportPreview, ImportTitle, ModelAnswer, ModelBoth, ModelConnection,
    ModelCopy, ModelOid, ModelOver, ModelParties, ModelStatus,
};
use crate::model_variants::{
    BuildCancel, BuildConflict, BuildError, BuildForm, BuildTask, ConnectionDelete, ConnectionTwin,
    Connections, DroppedColumns, TableSchema, TableSchemaBody, UnknownTable, ViewerShare,
};
use crate::query_variants::{AddMany, AdminRows, SqlBody, SqlErrors, SubSelect};

/// Settings of one sandbox. Everything has a default.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxConfig {
    /// Name of the deployment. Ids and tokens depend on it, so that two deployments with
    /// different names hold different ids for the same things.
    pub name: String,
    /// Port on the loopback interface; 0 takes any free one.
    pub port: u16,
    /// Seed of every id and token and of the generated data.
    pub seed: u64,
    /// Whether the seeded story is there. Built-in roles, groups and the people behind
    /// [`Tokens`](crate::Tokens) always are.
    pub story: bool,
    /// Generated data on top of the story.
    pub sizes: Sizes,
    /// Model and dashboard documents to load. A model replaces the seeded model of the same
    /// title together with everything seeded about it.
    pub documents: Vec<Value>,
    /// Files with such documents.
    pub document_paths: Vec<PathBuf>,
    /// How many rows tables have, and how many of them an answer holds.
    pub rows: RowSizes,
    /// Seats in the licence for admins, designers and viewers; plenty when absent.
    pub seats: Option<[usize; 3]>,
    /// Milliseconds that every request under `/api` takes at least.
    pub latency_ms: u64,
    /// Milliseconds that a build takes from its start to its end; 0 is at once.
    pub build_ms: u64,
    /// Milliseconds that a build that has ended can still be read.
    pub build_keep_ms: u64,
    /// Choices where the contract is open.
    pub variants: Variants,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            name: "sandbox".to_owned(),
            port: 0,
            seed: 7,
            story: true,
            sizes: Sizes::default(),
            documents: Vec::new(),
            document_paths: Vec::new(),
            rows: RowSizes::default(),
            seats: None,
            latency_ms: 0,
            build_ms: 150,
            build_keep_ms: 600_000,
            variants: Variants::default(),
        }
    }
}

/// How much is generated in addition to the story.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// Number of users.
    pub users: usize,
    /// Number of groups.
    pub groups: usize,
    /// Number of dashboards, each shared with one to three parties when there are any.
    pub dashboards: usize,
    /// Number of widgets in each generated dashboard.
    pub widgets_per_dashboard: usize,
    /// Number of models, each shared with one or two parties when there are any.
    pub models: usize,
    /// Number of folders, three deep, spread over those who own dashboards.
    pub folders: usize,
    /// Bytes of each generated dashboard's document, about; 0 is as it comes. The text that fills
    /// it takes no memory here: in [`Sandbox::state`](crate::Sandbox::state) its length stands
    /// for it.
    pub widget_bytes: usize,
}

/// How many rows tables have, and how many of them an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RowSizes {
    /// Rows of each table that is not seeded.
    pub per_table: usize,
    /// Most rows in one answer about a live model.
    pub live_cap: usize,
    /// Most rows in one answer about an extract model.
    pub extract_cap: usize,
}

impl Default for RowSizes {
    fn default() -> Self {
        Self { per_table: 50, live_cap: 5_000, extract_cap: 2_000_000 }
    }
}

/// Behaviours that the contract leaves open, one switch each. The first value of each switch
/// is its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Variants {
    /// Answer of a model lookup by title that finds nothing.
    pub title_miss: TitleMiss,
    /// How name filters of lists compare.
    pub name_filter: NameFilter,
    /// Which key of a model share the server understands on writing.
    pub share_key: ShareKey,
    /// Which bodies the build schedule accepts, and how it answers.
    pub schedule_form: ScheduleForm,
    /// A bulk export in which one id is unknown.
    pub export_unknown_in_chunk: ExportUnknown,
    /// Whether `adminAccess=true` is honoured.
    pub admin_access: AdminAccess,
    /// What `fields` does to `expand`.
    pub expand_with_fields: ExpandWithFields,
    /// Shape of the navigation tree.
    pub navver: Navver,
    /// Shape of the admin list of dashboards when `asObject` is not given.
    pub admin_list: RowsAs,
    /// What an ownership move does to the shares.
    pub change_owner: ChangeOwner,
    /// Who may change a folder.
    pub folder_patch: FolderPatch,
    /// Answer about a folder that the caller does not see.
    pub folder_unseen: FolderUnseen,
    /// HTTP status of a GraphQL answer that holds only errors.
    pub graphql_error: GraphqlError,
    /// Which fields the GraphQL model list knows.
    pub graphql_fields: GraphqlFields,
    /// Whether connections are managed apart from models.
    pub connections: Connections,
    /// Answer to deleting a connection.
    pub connection_delete: ConnectionDelete,
    /// Answer to a second connection of the same name.
    pub connection_twin: ConnectionTwin,
    /// Shape of the columns of a source table.
    pub table_schema: TableSchema,
    /// Which bodies ask for the columns of a source table.
    pub table_schema_body: TableSchemaBody,
    /// Answer about a source table that is not there.
    pub unknown_table: UnknownTable,
    /// What happens to relations whose table or column goes away.
    pub dropped_columns: DroppedColumns,
    /// What a build answers right after it was started.
    pub build_task: BuildTask,
    /// Status of the refusal of a second build while one runs.
    pub build_conflict: BuildConflict,
    /// How a build is written.
    pub build_form: BuildForm,
    /// Answer to cancelling a build.
    pub build_cancel: BuildCancel,
    /// Where a failed build tells its reason.
    pub build_error: BuildError,
    /// Whether a model can be shared with a viewer.
    pub viewer_share: ViewerShare,
    /// Where the error of a query stands.
    pub sql_errors: SqlErrors,
    /// What the body of a query sent by POST must be.
    pub sql_body: SqlBody,
    /// Whether a query may hold another.
    pub sub_select: SubSelect,
    /// Which rows admins see.
    pub admin_rows: AdminRows,
    /// Answer to several security rules of a live model at once.
    pub add_many: AddMany,
    /// Which present dashboards an import matches by their ids.
    pub import_match: ImportMatch,
    /// What one bad document does to an import of several.
    pub import_failure: ImportFailure,
    /// How an import tells of documents that failed.
    pub import_failed: ImportFailed,
    /// Whether the answer to an import has members that would be empty.
    pub import_empty: ImportEmpty,
    /// A document whose `previewLayout` is `null`.
    pub import_preview: ImportPreview,
    /// A document about a model that is not there.
    pub import_model: ImportModel,
    /// A `parentFolder` that the importer does not see.
    pub import_parent: ImportParent,
    /// Where an overwritten dashboard stands.
    pub import_place: ImportPlace,
    /// An `importFolder` that the importer does not see.
    pub import_folder: ImportFolder,
    /// Title of the copy that an import with `duplicate` makes.
    pub import_title: ImportTitle,
    /// Status of a successful import of a model.
    pub model_status: ModelStatus,
    /// Body of a successful import of a model.
    pub model_answer: ModelAnswer,
    /// An import of a model with both `datamodelId` and `newTitle`.
    pub model_both: ModelBoth,
    /// Import of a model whose id is taken by a model of another title.
    pub model_oid: ModelOid,
    /// Ids of the parts of a model imported with `newTitle`.
    pub model_copy: ModelCopy,
    /// Ids of the parts of a model that an import has replaced.
    pub model_over: ModelOver,
    /// A document whose dataset names a connection that is not there.
    pub model_connection: ModelConnection,
    /// Security rules of an imported model that name users or groups unknown here.
    pub model_parties: ModelParties,
    /// What one bad element does to a bulk creation of users or groups.
    pub bulk_create: BulkCreate,
}

macro_rules! switch {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }
    };
}
pub(crate) use switch;

switch! {
    /// Answer of a model lookup by title that finds nothing.
    TitleMiss {
        /// Status 200 with no body.
        #[default]
        Empty = "empty",
        /// Status 200 with `null`.
        Null = "null",
        /// Status 200 with `[]`.
        List = "[]",
        /// Status 200 with `{}`.
        Object = "{}",
        /// Status 404.
        NotFound = "404",
        /// Status 500.
        ServerError = "500",
    }
}
switch! {
    /// How name filters of lists compare.
    NameFilter {
        /// Equal, letter by letter.
        #[default]
        Exact = "exact",
        /// Contained, letter by letter.
        Partial = "partial",
        /// Equal, ignoring case.
        CaseBlind = "case-blind",
    }
}
switch! {
    /// Which key of a model share the server understands on writing. Rows with another key are
    /// dropped silently, as a server does that ignores members it does not know.
    ShareKey {
        /// `party` and `partyId`.
        #[default]
        Both = "both",
        /// Only `party`.
        Party = "party",
        /// Only `partyId`.
        PartyId = "partyId",
    }
}
switch! {
    /// Which bodies the build schedule accepts, and how it answers.
    ScheduleForm {
        /// Any form; answers 200 with JSON.
        #[default]
        Both = "both",
        /// Only what the specification describes; answers 201 with JSON.
        Spec = "spec",
        /// Only what is known to work in the field; answers 200 with plain text.
        Field = "field",
    }
}
switch! {
    /// A bulk export in which one id is unknown.
    ExportUnknown {
        /// The whole request fails with 404.
        #[default]
        NotFound = "404",
        /// The unknown id is left out.
        Skip = "skip",
    }
}
switch! {
    /// Whether `adminAccess=true` is honoured.
    AdminAccess {
        /// For admins.
        #[default]
        Ok = "ok",
        /// For nobody: 403.
        Forbidden = "403",
    }
}
switch! {
    /// What `fields` does to `expand`.
    ExpandWithFields {
        /// Both work together.
        #[default]
        Both = "both",
        /// Members that `fields` does not name are dropped, expanded or not, and nothing is
        /// expanded.
        FieldsWin = "fields-win",
    }
}
switch! {
    /// Shape of the navigation tree.
    Navver {
        /// An object with `folders` and `dashboards`.
        #[default]
        Object = "object",
        /// An array of folders.
        Array = "array",
    }
}
switch! {
    /// Shape of a list.
    RowsAs {
        /// A bare array.
        #[default]
        Array = "array",
        /// An object whose `items` holds the rows.
        Items = "items",
    }
}
switch! {
    /// What an ownership move does to the shares.
    ChangeOwner {
        /// Rows stay; only the owner's row moves.
        #[default]
        KeepsShares = "keeps-shares",
        /// Only the new owner's and the former owner's rows are left.
        DropsShares = "drops-shares",
    }
}
switch! {
    /// Who may change a folder.
    FolderPatch {
        /// Its owner, and admins in whose tree it is.
        #[default]
        AdminsWhoSee = "admins-who-see",
        /// Its owner only.
        OwnersOnly = "owners-only",
    }
}
switch! {
    /// Answer about a folder that the caller does not see.
    FolderUnseen {
        /// Status 403.
        #[default]
        Forbidden = "403",
        /// Status 404.
        NotFound = "404",
    }
}
switch! {
    /// HTTP status of a GraphQL answer that holds only errors.
    GraphqlError {
        /// Status 400.
        #[default]
        BadRequest = "400",
        /// Status 200.
        Ok = "200",
    }
}
switch! {
    /// Which fields the GraphQL model list knows.
    GraphqlFields {
        /// All that were ever seen.
        #[default]
        Full = "full",
        /// `oid`, `title`, `type`, `status` and `sizeInMb`.
        Basic = "basic",
    }
}

//! Switches around what migrations write: imports of dashboards and models, and bulk creation.

use serde::{Deserialize, Serialize};

use crate::config::switch;

switch! {
    /// Which present dashboards an import matches by their ids.
    ImportMatch {
        /// The importer's own. Another person's dashboard is left alone: the document comes in
        /// under a new id, whatever the action.
        #[default]
        Own = "own",
        /// Everybody's. Overwriting another person's makes it the importer's.
        All = "all",
    }
}
switch! {
    /// What one bad document does to an import of several.
    ImportFailure {
        /// It fails alone.
        #[default]
        Alone = "alone",
        /// The whole request fails with status 400.
        BadRequest = "400",
        /// The whole request fails with status 422.
        Invalid = "422",
    }
}
switch! {
    /// How an import tells of documents that failed.
    ImportFailed {
        /// An object with a list for each kind of failure.
        #[default]
        ByCategory = "by-category",
        /// One list.
        List = "list",
    }
}
switch! {
    /// Whether the answer to an import has members that would be empty.
    ImportEmpty {
        /// They are left out.
        #[default]
        Missing = "missing",
        /// They are there.
        Present = "present",
    }
}
switch! {
    /// A document whose `previewLayout` is `null`.
    ImportPreview {
        /// It fails.
        #[default]
        Refused = "refused",
        /// It comes in.
        Accepted = "accepted",
    }
}
switch! {
    /// A document about a model that is not there.
    ImportModel {
        /// It comes in, and its widgets fail later.
        #[default]
        Accepted = "accepted",
        /// It fails.
        Refused = "refused",
    }
}
switch! {
    /// A `parentFolder` that the importer does not see.
    ImportParent {
        /// The dashboard lands at the top.
        #[default]
        Root = "root",
        /// The dashboard names a folder that is not there.
        Kept = "kept",
    }
}
switch! {
    /// Where an overwritten dashboard stands.
    ImportPlace {
        /// Where it stood, unless a folder was asked for.
        #[default]
        Stays = "stays",
        /// Where the document says.
        Document = "document",
    }
}
switch! {
    /// An `importFolder` that the importer does not see.
    ImportFolder {
        /// Status 404.
        #[default]
        NotFound = "404",
        /// Status 422.
        Invalid = "422",
    }
}
switch! {
    /// Title of the copy that an import with `duplicate` makes.
    ImportTitle {
        /// That of the document.
        #[default]
        Same = "same",
        /// With a suffix.
        Suffix = "suffix",
    }
}
switch! {
    /// Status of a successful import of a model.
    ModelStatus {
        /// 201.
        #[default]
        Created = "201",
        /// 200.
        Ok = "200",
    }
}
switch! {
    /// Body of a successful import of a model.
    ModelAnswer {
        /// The whole model.
        #[default]
        Model = "model",
        /// Its id and title.
        Brief = "brief",
    }
}
switch! {
    /// An import of a model with both `datamodelId` and `newTitle`.
    ModelBoth {
        /// The title is ignored.
        #[default]
        Ignored = "ignored",
        /// Status 400.
        Refused = "400",
    }
}
switch! {
    /// Import of a model whose id is taken by a model of another title.
    ModelOid {
        /// Status 400.
        #[default]
        Refused = "400",
        /// The model comes in under a new id.
        Renewed = "new-oid",
    }
}
switch! {
    /// Ids of datasets, tables, columns and relations of a model imported with `newTitle`.
    ModelCopy {
        /// They are new.
        #[default]
        Renewed = "renewed",
        /// They are those of the document.
        Kept = "kept",
    }
}
switch! {
    /// Ids of the parts of a model that an import has replaced.
    ModelOver {
        /// They are those of the document.
        #[default]
        Document = "document",
        /// They are new.
        Renewed = "renewed",
    }
}
switch! {
    /// A document whose dataset names a connection that is not there.
    ModelConnection {
        /// Status 404.
        #[default]
        NotFound = "404",
        /// Status 400.
        BadRequest = "400",
        /// It comes in, and a build of it fails.
        Kept = "kept",
    }
}
switch! {
    /// Security rules of an imported model that name users or groups unknown here.
    ModelParties {
        /// They come in as they are.
        #[default]
        Kept = "kept",
        /// Unknown parties are dropped, and rules that are left without any.
        Dropped = "dropped",
    }
}
switch! {
    /// What one bad element does to a bulk creation of users or groups.
    BulkCreate {
        /// Nothing is made.
        #[default]
        AllOrNothing = "all-or-nothing",
        /// What comes before it is made, and the answer does not tell.
        UntilBad = "until-bad",
    }
}

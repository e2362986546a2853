//! A typed async client for the Sisense REST API.
pub mod error;
pub mod operation;
pub mod run { 
    //! The write door.
    /// Something that could not be loaded.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Missing;
}
pub use error::{Error, ErrorKind, Result};

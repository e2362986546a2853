//! Every operation by its id: good and bad arguments, answers against their schema, and faults.

mod answers;
mod arguments;
mod calls;
mod faults;
mod seed;
mod settled;
pub mod variants;

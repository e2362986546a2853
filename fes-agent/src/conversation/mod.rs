//! What was said in a session before: what a follow-up refers to, and what is still open. Pure.

mod exchange;

pub use exchange::{Conversation, End, Exchange, MAX_EXCHANGES, MAX_TRIES, Open};

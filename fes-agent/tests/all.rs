//! The integration tests of the agent.

mod suite;

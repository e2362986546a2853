//! The integration tests of the agent.

#[cfg(test)]
mod suite;

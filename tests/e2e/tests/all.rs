//! End-to-end tests: the real client and agent against the sandbox, over HTTP on loopback.

#[cfg(test)]
mod suite;

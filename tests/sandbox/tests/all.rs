//! The sandbox as clients see it.

#[cfg(test)]
mod suite;

//! The whole line over the sandbox. The tests are in `tests/`; what they share is in `tests/suite`.

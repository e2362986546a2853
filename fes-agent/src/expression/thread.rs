//! The thread with a stack of known size on which expressions are parsed and evaluated.

use std::thread;

use super::fault::{Fault, FaultKind};
use super::limits::STACK_BYTES;

/// Do some work on a thread of its own and wait for it.
pub(super) fn on_a_deep_stack<T: Send>(
    work: impl FnOnce() -> Result<T, Fault> + Send,
) -> Result<T, Fault> {
    thread::scope(|scope| {
        let started = thread::Builder::new()
            .name("expression".into())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work);
        let Ok(handle) = started else {
            return Err(Fault::new(FaultKind::Internal, "no thread could be started"));
        };
        handle.join().unwrap_or_else(|_| {
            Err(Fault::new(FaultKind::Internal, "the work on the expression broke off"))
        })
    })
}

//! Room for the documents that are under way, so that memory does not grow with their number or size.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Most bytes of documents under way, but that one chunk may always be.
const MOST: usize = 4 * 1024 * 1024;

/// What a document is taken to have before one was seen.
const GUESS: usize = 50 * 1024;

/// Hands out room by what documents were found to have.
pub(super) struct Room {
    free: Semaphore,
    /// Bytes of a document, of the largest mean of a chunk so far.
    each: AtomicUsize,
    seen: AtomicUsize,
}

impl Room {
    pub(super) fn new() -> Self {
        Room {
            free: Semaphore::new(MOST),
            each: AtomicUsize::new(GUESS),
            seen: AtomicUsize::new(0),
        }
    }

    /// Wait for the room that so many documents are expected to take.
    pub(super) async fn take(&self, documents: usize) -> Taken<'_> {
        let expected = self.each.load(Ordering::Relaxed).saturating_mul(documents).min(MOST);
        // It is never closed, so there is always a permit in the end.
        let permit = self.free.acquire_many(permits(expected)).await.ok();
        Taken { room: self, permit, documents, taken: expected }
    }
}

/// Room that is taken until this is dropped.
pub(super) struct Taken<'a> {
    room: &'a Room,
    permit: Option<SemaphorePermit<'a>>,
    documents: usize,
    taken: usize,
}

impl Taken<'_> {
    /// Say what the documents have. What is not needed is free again; what is taken beyond is what
    /// the next chunk is measured by.
    pub(super) fn holds(&mut self, bytes: usize) {
        if let Some(each) = bytes.checked_div(self.documents) {
            let seen = self.room.seen.fetch_max(each, Ordering::Relaxed).max(each);
            self.room.each.store(seen, Ordering::Relaxed);
        }
        let over = self.taken.saturating_sub(bytes);
        if let Some(permit) = &mut self.permit {
            drop(permit.split(over));
            self.taken -= over;
        }
    }
}

fn permits(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn as_many_documents_are_under_way_as_there_is_room_for() {
        let room = Room::new();
        let mut first = room.take(10).await;
        first.holds(MOST / 2);
        let second = room.take(10).now_or_never().unwrap();
        assert!(room.take(10).now_or_never().is_none());
        drop(first);
        assert!(room.take(10).now_or_never().is_some());
        drop(second);
    }

    #[tokio::test]
    async fn what_small_documents_do_not_need_is_free_again() {
        let room = Room::new();
        room.take(10).await.holds(10_000);
        let many: Vec<_> = (0..100).filter_map(|_| room.take(10).now_or_never()).collect();
        assert_eq!(many.len(), 100);
    }

    #[tokio::test]
    async fn one_chunk_is_always_under_way_however_large_it_is() {
        let room = Room::new();
        let mut large = room.take(100).await;
        large.holds(MOST * 10);
        assert!(room.take(1).now_or_never().is_none());
        drop(large);
        assert!(room.take(100).now_or_never().is_some());
    }
}

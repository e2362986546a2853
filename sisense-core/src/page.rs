//! Lazy pages over `skip` and `limit`.

use std::collections::HashSet;
use std::future::Future;

use futures_util::stream::{self, Stream, TryStreamExt};

use crate::error::{Error, ErrorKind, Result};

/// Most pages that one listing reads, so that a server which never ends does not hold us for ever.
const MAX_PAGES: usize = 10_000;

/// A window of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many items to pass over.
    pub skip: usize,
    /// How many items to return at most.
    pub limit: usize,
}

/// Read a listing page by page, on demand.
///
/// Stops at a page that is shorter than asked, without asking for another. Items whose key was
/// seen before are left out, since pages of a list that changes meanwhile overlap.
pub fn items<T, K, F, Fut>(
    limit: usize,
    key: impl Fn(&T) -> K,
    fetch: F,
) -> impl Stream<Item = Result<T>>
where
    K: std::hash::Hash + Eq,
    F: Fn(Window) -> Fut,
    Fut: Future<Output = Result<Vec<T>>>,
{
    struct State<K> {
        page: usize,
        seen: HashSet<K>,
        ended: bool,
    }
    let start = State { page: 0, seen: HashSet::new(), ended: false };
    stream::try_unfold((start, key, fetch), move |(mut state, key, fetch)| async move {
        if state.ended {
            return Ok(None);
        }
        if state.page >= MAX_PAGES {
            return Err(Error::new(
                ErrorKind::Decode,
                format!("the listing has no end: {MAX_PAGES} pages"),
            ));
        }
        let page = fetch(Window { skip: state.page * limit, limit }).await?;
        state.page += 1;
        state.ended = page.len() < limit;
        let fresh: Vec<T> = page.into_iter().filter(|item| state.seen.insert(key(item))).collect();
        // A full page of nothing new means that the server ignores `skip`.
        state.ended |= fresh.is_empty();
        Ok(Some((stream::iter(fresh.into_iter().map(Ok)), (state, key, fetch))))
    })
    .try_flatten()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    async fn read(all: Vec<u32>, limit: usize) -> (Vec<u32>, usize) {
        let calls = AtomicUsize::new(0);
        let fetch = |w: Window| {
            calls.fetch_add(1, Ordering::Relaxed);
            let page = all.iter().skip(w.skip).take(w.limit).copied().collect();
            async move { Ok(page) }
        };
        let found = items(limit, |n| *n, fetch).try_collect().await.unwrap();
        (found, calls.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_short_page_ends_the_listing_without_another_request() {
        assert_eq!(read(vec![1, 2, 3], 2).await, (vec![1, 2, 3], 2));
        assert_eq!(read(vec![1], 2).await, (vec![1], 1));
        assert_eq!(read(vec![], 2).await, (vec![], 1));
    }

    #[tokio::test]
    async fn overlapping_pages_give_each_item_once() {
        assert_eq!(read(vec![1, 2, 2, 3], 2).await.0, vec![1, 2, 3]);
    }

    #[tokio::test]
    async fn a_server_that_ignores_skip_does_not_hold_us() {
        let fetch = |_: Window| async { Ok(vec![1, 2]) };
        let found: Vec<u32> = items(2, |n| *n, fetch).try_collect().await.unwrap();
        assert_eq!(found, [1, 2]);
    }

    #[tokio::test]
    async fn a_lost_page_is_an_error_not_a_shorter_list() {
        let fetch = |w: Window| async move {
            if w.skip == 0 { Ok(vec![1, 2]) } else { Err(Error::new(ErrorKind::Server, "lost")) }
        };
        let found: Result<Vec<u32>> = items(2, |n| *n, fetch).try_collect().await;
        assert_eq!(found.unwrap_err().kind(), ErrorKind::Server);
    }
}

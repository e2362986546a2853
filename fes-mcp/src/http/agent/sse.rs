//! The events of a turn as a stream.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::stage::Scene;

/// Longest silence of a stream.
const SILENCE: Duration = Duration::from_secs(10);

/// Stream what a turn tells, from after an event on, until it ends.
pub fn stream(scene: Arc<Scene>, after: u64) -> Response {
    struct At {
        scene: Arc<Scene>,
        news: tokio::sync::watch::Receiver<u64>,
        waiting: std::vec::IntoIter<super::stage::Event>,
        seq: u64,
        _listening: super::stage::Listening,
    }
    let at = At {
        news: scene.news(),
        _listening: scene.listen(),
        waiting: Vec::new().into_iter(),
        seq: after,
        scene,
    };
    let events = stream::unfold(at, |mut at| async move {
        loop {
            if let Some(event) = at.waiting.next() {
                at.seq = event.seq;
                let wire = Event::default()
                    .id(format!("{}:{}", at.scene.turn, event.seq))
                    .event(event.kind.as_str())
                    .data(event.data.to_string());
                return Some((Ok::<_, Infallible>(wire), at));
            }
            // Marked as seen first: what is told between the two looks is not missed.
            at.news.borrow_and_update();
            let (events, ended) = at.scene.after(at.seq);
            match (events.is_empty(), ended) {
                (false, _) => at.waiting = events.into_iter(),
                (true, true) => return None,
                (true, false) => at.news.changed().await.ok()?,
            }
        }
    });
    let quiet = Event::default().event("keepalive").data(r#"{"keepalive":true}"#);
    let mut response = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(SILENCE).event(quiet))
        .into_response();
    // Proxies hold streams back unless they are told not to.
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The turn and the number in the id of an event, as a client gives it back.
pub fn last_seen(id: &str) -> Option<(&str, u64)> {
    let (turn, seq) = id.rsplit_once(':')?;
    Some((turn, seq.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_names_the_turn_and_the_number() {
        assert_eq!(last_seen("abc:12"), Some(("abc", 12)));
        assert_eq!(last_seen("abc"), None);
        assert_eq!(last_seen("abc:x"), None);
    }
}

//! A deployment that has too much to do for a while: everything gets done, and no faster than it
//! can.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use sisense_core::{Client, Limits, Secret};
use sisense_sandbox::{Fault, FaultAction, Sandbox};

use super::support::sandbox;

fn client(sandbox: &Sandbox) -> Client {
    let limits = Limits { retries: 9, retry_time: Duration::from_secs(20), ..Limits::default() };
    let builder = Client::builder(sandbox.url()).name(sandbox.name());
    builder.token(Secret::new(sandbox.token())).limits(limits).build().unwrap()
}

/// Reads at once; gives the lowest limit that was seen.
async fn read_many(client: &Client, many: usize) -> usize {
    let lowest = AtomicUsize::new(client.concurrency().most);
    let reads = (0..many).map(|_| async {
        client.read(&["api", "v1", "groups"], &[]).await.unwrap();
        lowest.fetch_min(client.concurrency().limit, Ordering::Relaxed);
    });
    join_all(reads).await;
    lowest.into_inner()
}

fn refusal(status: u16, wait: Option<&str>) -> FaultAction {
    FaultAction::Status { status, body: None, retry_after: wait.map(str::to_owned) }
}

#[tokio::test]
async fn the_limit_sinks_in_a_burst_of_refusals_and_rises_again() {
    for (status, wait) in [(429, Some("1")), (429, None), (503, None)] {
        let sandbox = sandbox().await;
        let client = client(&sandbox);
        let most = client.concurrency().most;
        sandbox.add_fault(Fault::new("/api/", refusal(status, wait)).times(most as u64));
        sandbox.add_fault(Fault::new("/api/", FaultAction::Latency { ms: 5 }));
        let lowest = read_many(&client, 60).await;
        assert_eq!(lowest, most / 2, "all refusals of one round are one");
        assert_eq!(client.concurrency().limit, most, "{status}");
        let counts = sandbox.counts();
        assert_eq!(counts.total, 60 + most as u64);
        assert!(counts.most_in_flight <= most as u64, "{}", counts.most_in_flight);
    }
}

#[tokio::test]
async fn a_server_that_refuses_by_chance_gets_everything_done() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let most = client.concurrency().most;
    sandbox.add_fault(Fault::new("/api/", refusal(429, Some("0"))).probability(0.1).times(20));
    sandbox.add_fault(Fault::new("/api/", FaultAction::Latency { ms: 2 }));
    let lowest = read_many(&client, 200).await;
    assert!(lowest < most);
    assert!(sandbox.counts().most_in_flight <= most as u64);
}

#[tokio::test]
async fn the_limit_sinks_when_the_server_slows_down_and_rises_when_it_is_quick_again() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let most = client.concurrency().most;
    sandbox.set_latency(Duration::from_millis(5));
    assert_eq!(read_many(&client, 40).await, most);
    sandbox.set_latency(Duration::from_millis(400));
    let lowest = read_many(&client, 40).await;
    assert!((2..most).contains(&lowest), "{lowest}");
    sandbox.set_latency(Duration::from_millis(5));
    read_many(&client, 120).await;
    assert_eq!(client.concurrency().limit, most);
}

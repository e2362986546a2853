//! When the next request may start: what the server's answers say about its load, without a clock.

use std::collections::HashMap;

use tokio::time::{Duration, Instant};

/// A limit that was at least this high is never brought below it by slow answers alone: only a
/// server that refuses asks for one request at a time.
const LEAST_BY_LATENCY: usize = 2;

/// Answers have slowed when their smoothed time is this many times the best one.
const GROWTH: f64 = 3.0;

/// Growth by less than this is noise, whatever the ratio.
const NOISE: Duration = Duration::from_millis(50);

/// The weight of the newest answer in the smoothed time.
const WEIGHT: f64 = 0.125;

/// One answer counts as at most this many times the smoothed time, so that a large asset among
/// small ones is no sign of load.
const OUTLIER: f64 = 4.0;

/// The best time moves by this part of its distance to the smoothed one with each answer, so that
/// a server that has become slower for good is its own measure after a while.
const AGEING: f64 = 1.0 / 256.0;

/// Answers of an endpoint before its times are compared.
const WARM_UP: u32 = 8;

/// Most endpoints whose times are kept; those that come later are not compared.
const MOST_ENDPOINTS: usize = 128;

/// The longest wait that a server can impose on requests other than the one that it refused.
const LONGEST_CLOSED: Duration = Duration::from_secs(3600);

/// What the rule says to a request that wants to start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum May {
    Start(Ticket),
    /// Ask again when a request has ended.
    AfterAnother,
    /// The server asked to wait until then.
    At(Instant),
}

/// A request that has started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ticket {
    number: u64,
    /// Whether others were under way.
    beside_others: bool,
}

/// The limit of requests under way. It starts at the most, is halved by a refusal, shrinks by one
/// when answers slow down, and grows by one with each limit's worth of good answers.
#[derive(Debug)]
pub(super) struct Rule {
    most: usize,
    limit: usize,
    under_way: usize,
    /// Good answers since the limit last changed.
    good: usize,
    started: u64,
    /// Requests with a lower number started before the limit sank: they speak of the time before.
    judged_from: u64,
    closed_until: Option<Instant>,
    endpoints: HashMap<String, Times>,
}

impl Rule {
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1);
        Rule {
            most,
            limit: most,
            under_way: 0,
            good: 0,
            started: 0,
            judged_from: 0,
            closed_until: None,
            endpoints: HashMap::new(),
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// A request wants to start.
    pub(super) fn ask(&mut self, now: Instant) -> May {
        if let Some(until) = self.closed_until {
            if now < until {
                return May::At(until);
            }
            self.closed_until = None;
        }
        if self.under_way >= self.limit {
            return May::AfterAnother;
        }
        self.under_way += 1;
        self.started += 1;
        May::Start(Ticket { number: self.started, beside_others: self.under_way > 1 })
    }

    /// A request has ended, whatever came of it.
    pub(super) fn ended(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// The server refused a request because it has too much to do. Those that started before the
    /// limit last sank are refused for the same reason, which is heard once.
    pub(super) fn refused(&mut self, ticket: Ticket, now: Instant, wait: Option<Duration>) {
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            let until = now + wait.min(LONGEST_CLOSED);
            self.closed_until = Some(self.closed_until.map_or(until, |known| known.max(until)));
        }
        self.sink(ticket, (self.limit / 2).max(1));
    }

    /// The server answered, in a time that says nothing.
    pub(super) fn answered(&mut self, ticket: Ticket) {
        if ticket.number <= self.judged_from {
            return;
        }
        self.good += 1;
        if self.good >= self.limit {
            self.good = 0;
            self.limit = (self.limit + 1).min(self.most);
        }
    }

    /// The server answered, in a time that can be compared with others of the same endpoint.
    pub(super) fn answered_in(&mut self, ticket: Ticket, endpoint: &str, took: Duration) {
        let alone = !ticket.beside_others && self.under_way <= 1;
        if self.slowed(endpoint, took) && !alone {
            let least = self.limit.min(LEAST_BY_LATENCY);
            self.sink(ticket, self.limit.saturating_sub(1).max(least));
        } else {
            self.answered(ticket);
        }
    }

    fn slowed(&mut self, endpoint: &str, took: Duration) -> bool {
        if let Some(times) = self.endpoints.get_mut(endpoint) {
            return times.note(took);
        }
        if self.endpoints.len() < MOST_ENDPOINTS {
            self.endpoints.insert(endpoint.to_owned(), Times::new(took));
        }
        false
    }

    fn sink(&mut self, ticket: Ticket, limit: usize) {
        if ticket.number > self.judged_from {
            self.limit = limit;
            self.good = 0;
            self.judged_from = self.started;
        }
    }
}

/// How long one endpoint takes to answer, in seconds.
#[derive(Debug)]
struct Times {
    smoothed: f64,
    best: f64,
    seen: u32,
}

impl Times {
    fn new(took: Duration) -> Self {
        let took = took.as_secs_f64();
        Times { smoothed: took, best: took, seen: 1 }
    }

    /// Whether answers have slowed with this one.
    fn note(&mut self, took: Duration) -> bool {
        let noise = NOISE.as_secs_f64();
        let took = took.as_secs_f64().min((self.smoothed * OUTLIER).max(noise));
        self.smoothed += (took - self.smoothed) * WEIGHT;
        self.best += (self.smoothed - self.best) * AGEING;
        self.best = self.best.min(self.smoothed);
        self.seen = self.seen.saturating_add(1);
        self.seen > WARM_UP
            && self.smoothed > self.best * GROWTH
            && self.smoothed - self.best > noise
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USERS: &str = "GET /api/v1/users";

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn start(rule: &mut Rule, now: Instant) -> Ticket {
        match rule.ask(now) {
            May::Start(ticket) => ticket,
            other => panic!("may not start: {other:?}"),
        }
    }

    /// A limit's worth of requests at once, all answered in this time.
    fn round(rule: &mut Rule, endpoint: &str, took: u64) {
        let now = Instant::now();
        let tickets: Vec<Ticket> = (0..rule.limit()).map(|_| start(rule, now)).collect();
        for ticket in tickets {
            rule.answered_in(ticket, endpoint, ms(took));
            rule.ended();
        }
    }

    #[test]
    fn starts_at_the_most_and_never_lets_more_through() {
        let mut rule = Rule::new(2);
        let now = Instant::now();
        start(&mut rule, now);
        start(&mut rule, now);
        assert_eq!(rule.ask(now), May::AfterAnother);
        rule.ended();
        start(&mut rule, now);
        assert_eq!(Rule::new(0).limit(), 1);
    }

    #[test]
    fn refusals_of_one_round_halve_the_limit_once() {
        let mut rule = Rule::new(8);
        let now = Instant::now();
        let first: Vec<Ticket> = (0..8).map(|_| start(&mut rule, now)).collect();
        for ticket in first {
            rule.refused(ticket, now, None);
            rule.ended();
        }
        assert_eq!(rule.limit(), 4);
        for limit in [2, 1, 1] {
            let ticket = start(&mut rule, now);
            rule.refused(ticket, now, None);
            rule.ended();
            assert_eq!(rule.limit(), limit);
        }
    }

    #[test]
    fn the_limit_sinks_while_more_than_it_are_under_way() {
        let mut rule = Rule::new(4);
        let now = Instant::now();
        let tickets: Vec<Ticket> = (0..4).map(|_| start(&mut rule, now)).collect();
        rule.refused(tickets[0], now, None);
        rule.ended();
        assert_eq!(rule.ask(now), May::AfterAnother, "three are still under way");
        rule.ended();
        rule.ended();
        start(&mut rule, now);
        assert_eq!(rule.ask(now), May::AfterAnother);
    }

    #[test]
    fn grows_by_one_with_each_limits_worth_of_good_answers() {
        let mut rule = Rule::new(4);
        let now = Instant::now();
        for _ in 0..3 {
            let ticket = start(&mut rule, now);
            rule.refused(ticket, now, None);
            rule.ended();
        }
        assert_eq!(rule.limit(), 1);
        let mut limits = Vec::new();
        for _ in 0..11 {
            let ticket = start(&mut rule, now);
            rule.answered(ticket);
            rule.ended();
            limits.push(rule.limit());
        }
        assert_eq!(limits, [2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4]);
    }

    #[test]
    fn good_answers_from_before_the_limit_sank_do_not_raise_it() {
        let mut rule = Rule::new(2);
        let now = Instant::now();
        let (refused, good) = (start(&mut rule, now), start(&mut rule, now));
        rule.refused(refused, now, None);
        rule.answered(good);
        assert_eq!(rule.limit(), 1);
    }

    #[test]
    fn nothing_starts_before_the_time_that_the_server_named() {
        let mut rule = Rule::new(4);
        let now = Instant::now();
        let (one, two) = (start(&mut rule, now), start(&mut rule, now));
        rule.refused(one, now, Some(ms(2_000)));
        rule.refused(two, now, Some(ms(1_000)));
        assert_eq!(rule.ask(now + ms(1_500)), May::At(now + ms(2_000)));
        assert!(matches!(rule.ask(now + ms(2_000)), May::AfterAnother));
        rule.ended();
        start(&mut rule, now + ms(2_000));
    }

    #[test]
    fn an_absurd_wait_is_cut() {
        let mut rule = Rule::new(4);
        let now = Instant::now();
        let ticket = start(&mut rule, now);
        rule.refused(ticket, now, Some(Duration::MAX));
        assert_eq!(rule.ask(now), May::At(now + LONGEST_CLOSED));
        rule.refused(ticket, now, Some(Duration::ZERO));
        assert_eq!(rule.ask(now), May::At(now + LONGEST_CLOSED));
    }

    #[test]
    fn sinks_when_answers_slow_down_and_rises_when_they_are_quick_again() {
        let mut rule = Rule::new(8);
        for _ in 0..4 {
            round(&mut rule, USERS, 40);
        }
        assert_eq!(rule.limit(), 8);
        for _ in 0..5 {
            round(&mut rule, USERS, 2_000);
        }
        assert!(rule.limit() < 6, "{}", rule.limit());
        for _ in 0..30 {
            round(&mut rule, USERS, 40);
        }
        assert_eq!(rule.limit(), 8);
    }

    #[test]
    fn slow_answers_alone_never_bring_it_to_one_and_are_the_measure_after_a_while() {
        let mut rule = Rule::new(8);
        for _ in 0..4 {
            round(&mut rule, USERS, 10);
        }
        let mut lowest = 8;
        for _ in 0..100 {
            round(&mut rule, USERS, 60_000);
            lowest = lowest.min(rule.limit());
        }
        assert_eq!(lowest, LEAST_BY_LATENCY);
        assert_eq!(rule.limit(), 8);
    }

    #[test]
    fn an_endpoint_that_is_slow_by_nature_is_compared_with_itself_only() {
        let mut rule = Rule::new(8);
        for _ in 0..40 {
            round(&mut rule, USERS, 5);
            round(&mut rule, "GET /api/v1/dashboards/export", 8_000);
        }
        assert_eq!(rule.limit(), 8);
    }

    #[test]
    fn a_few_large_assets_and_little_jitter_change_nothing() {
        let mut rule = Rule::new(8);
        for _ in 0..40 {
            for took in [20, 20, 20, 20, 20, 20, 20, 20, 20, 5_000] {
                let ticket = start(&mut rule, Instant::now());
                rule.answered_in(Ticket { beside_others: true, ..ticket }, USERS, ms(took));
                rule.ended();
            }
        }
        assert_eq!(rule.limit(), 8);
        let mut rule = Rule::new(8);
        round(&mut rule, USERS, 0);
        for _ in 0..10 {
            round(&mut rule, USERS, 40);
        }
        assert_eq!(rule.limit(), 8, "growth within the noise");
    }

    #[test]
    fn a_request_that_is_alone_cannot_be_slow_because_of_others() {
        let mut rule = Rule::new(8);
        for took in [10; 20].into_iter().chain([3_000; 20]) {
            let ticket = start(&mut rule, Instant::now());
            rule.answered_in(ticket, USERS, ms(took));
            rule.ended();
        }
        assert_eq!(rule.limit(), 8);
    }

    #[test]
    fn the_times_that_are_kept_are_bounded() {
        let mut rule = Rule::new(2);
        for n in 0..2 * MOST_ENDPOINTS {
            round(&mut rule, &format!("GET /{n}"), 10);
        }
        assert_eq!(rule.endpoints.len(), MOST_ENDPOINTS);
    }

    proptest! {
        #[test]
        fn whatever_is_heard_the_limit_stays_within_its_bounds(
            most in 1_usize..12,
            heard in proptest::collection::vec((0_u8..4, 0_u64..90_000), 1..300),
        ) {
            let mut rule = Rule::new(most);
            let mut now = Instant::now();
            let mut open = Vec::new();
            for (what, number) in heard {
                now += ms(number);
                match rule.ask(now) {
                    May::Start(ticket) => open.push(ticket),
                    May::At(until) => now = until,
                    May::AfterAnother => {}
                }
                prop_assert!(open.len() <= most);
                if open.is_empty() || what == 0 {
                    continue;
                }
                let ticket = open.remove(usize::try_from(number).unwrap_or(0) % open.len());
                match what {
                    1 => rule.refused(ticket, now, (number % 2 == 0).then(|| ms(number))),
                    2 => rule.answered(ticket),
                    _ => rule.answered_in(ticket, USERS, ms(number)),
                }
                rule.ended();
                prop_assert!((1..=most).contains(&rule.limit()));
            }
        }
    }
}

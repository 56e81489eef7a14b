//! What is counted, in the text form of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The upper ends of the histogram, in milliseconds.
const BUCKETS_MS: [u64; 10] = [1, 5, 10, 25, 50, 100, 250, 1000, 5000, 30_000];

/// What a server has done since it was started. Everything is counted by routes, statuses and kinds that the server itself names, so that clients
/// cannot make it grow.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(String, u16), u64>>,
    durations: Mutex<BTreeMap<String, Histogram>>,
    rejections: Mutex<BTreeMap<&'static str, u64>>,
    pub(crate) bytes_sent: AtomicU64,
    pub(crate) published: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) connections_refused: AtomicU64,
    pub(crate) connections_stalled: AtomicU64,
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: [u64; BUCKETS_MS.len()],
    count: u64,
    sum: Duration,
}

impl Metrics {
    /// Counts a request that was answered.
    pub(crate) fn answered(&self, route: &str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((route.to_owned(), status)).or_default() += 1;
        drop(requests);
        let mut durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = durations.entry(route.to_owned()).or_default();
        for (bucket, end) in histogram.buckets.iter_mut().zip(BUCKETS_MS) {
            *bucket += u64::from(took <= Duration::from_millis(end));
        }
        histogram.count += 1;
        histogram.sum += took;
    }

    /// Counts an answer that says no.
    pub(crate) fn rejected(&self, kind: &'static str) {
        *self.rejections.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
    }

    /// All of it.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, samples: &str| {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{samples}");
        };

        let name = "driftless_registry_requests_total";
        let mut samples = String::new();
        for ((route, status), count) in &*self.requests.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(samples, "{name}{{route=\"{route}\",status=\"{status}\"}} {count}");
        }
        family(name, "counter", "Requests that were answered.", &samples);

        let name = "driftless_registry_rejections_total";
        let mut samples = String::new();
        for (kind, count) in &*self.rejections.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(samples, "{name}{{kind=\"{kind}\"}} {count}");
        }
        family(name, "counter", "Requests that were refused, by the kind of the error.", &samples);

        let name = "driftless_registry_request_duration_seconds";
        let mut samples = String::new();
        for (route, histogram) in &*self.durations.lock().unwrap_or_else(PoisonError::into_inner) {
            for (count, end) in histogram.buckets.iter().zip(BUCKETS_MS) {
                let end = Duration::from_millis(end).as_secs_f64();
                let _ = writeln!(samples, "{name}_bucket{{route=\"{route}\",le=\"{end}\"}} {count}");
            }
            let Histogram { count, sum, .. } = histogram;
            let _ = writeln!(samples, "{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}");
            let _ = writeln!(samples, "{name}_sum{{route=\"{route}\"}} {}", sum.as_secs_f64());
            let _ = writeln!(samples, "{name}_count{{route=\"{route}\"}} {count}");
        }
        family(name, "histogram", "From the head of a request to the head of its answer.", &samples);

        let numbers = [
            ("sent_bytes_total", "counter", "Bytes that were sent.", &self.bytes_sent),
            ("published_total", "counter", "Releases that were published.", &self.published),
            ("connections", "gauge", "Connections that are open.", &self.connections),
            (
                "connections_refused_total",
                "counter",
                "Connections beyond those that an address may have.",
                &self.connections_refused,
            ),
            (
                "connections_stalled_total",
                "counter",
                "Connections whose client took next to nothing of an answer.",
                &self.connections_stalled,
            ),
        ];
        for (name, kind, help, number) in numbers {
            let name = format!("driftless_registry_{name}");
            family(&name, kind, help, &format!("{name} {}\n", number.load(Ordering::Relaxed)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_upwards() {
        let metrics = Metrics::default();
        metrics.answered("/healthz", 200, Duration::from_millis(7));
        metrics.answered("/healthz", 200, Duration::from_secs(60));
        metrics.rejected("exists");
        let text = metrics.to_text();
        for line in [
            "driftless_registry_requests_total{route=\"/healthz\",status=\"200\"} 2",
            "driftless_registry_request_duration_seconds_bucket{route=\"/healthz\",le=\"0.005\"} 0",
            "driftless_registry_request_duration_seconds_bucket{route=\"/healthz\",le=\"0.01\"} 1",
            "driftless_registry_request_duration_seconds_bucket{route=\"/healthz\",le=\"30\"} 1",
            "driftless_registry_request_duration_seconds_bucket{route=\"/healthz\",le=\"+Inf\"} 2",
            "driftless_registry_request_duration_seconds_count{route=\"/healthz\"} 2",
            "driftless_registry_rejections_total{kind=\"exists\"} 1",
            "driftless_registry_sent_bytes_total 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}

//! Log sources: batches, ends, failures, and starting anew.

use std::cell::Cell;

use plugin_sdk::serde_json::{self, Value, json};

thread_local! {
    /// How often a source was started.
    static STARTED: Cell<u32> = const { Cell::new(0) };
}

#[plugin_sdk::plugin]
mod plugin {
    use plugin_sdk::prelude::*;

    use super::STARTED;

    #[derive(Deserialize, JsonSchema)]
    struct Count {
        count: u32,
        fail_at: Option<u32>,
    }

    #[log_source]
    fn lines(config: Count) -> impl Iterator<Item = String> {
        STARTED.set(STARTED.get() + 1);
        (0..config.count).map(|number| format!("line {number:>1000}"))
    }

    #[log_source]
    fn fallible(config: Count) -> impl Iterator<Item = Result<Value>> {
        STARTED.set(STARTED.get() + 1);
        (0..config.count).map(move |number| match config.fail_at {
            Some(at) if at == number => bail!("record {number} cannot be had"),
            _ => Ok(json!({"number": number, "text": "x".repeat(1000)})),
        })
    }

    #[log_source]
    fn cannot_start(config: Count) -> Result<Vec<Result<String, String>>> {
        if config.count == 0 {
            bail!("there is nothing to read");
        }
        Ok(vec![Ok("one".into()), Err("the line was cut off".into())])
    }

    /// An iterator with a name, whose items are a `Result` by another name.
    struct Named(u32);

    type Record = std::io::Result<u32>;

    impl Iterator for Named {
        type Item = Record;

        fn next(&mut self) -> Option<Record> {
            self.0 += 1;
            Some(if self.0 < 3 { Ok(self.0) } else { Err(std::io::Error::other("closed")) })
        }
    }

    #[log_source]
    fn named() -> Named {
        Named(0)
    }

    #[log_source]
    fn boxed() -> Box<dyn Iterator<Item = Result<&'static str, &'static str>>> {
        Box::new(["a", "b"].into_iter().map(Ok))
    }

    #[log_source]
    fn panics() -> impl Iterator<Item = u32> {
        (0..).map(|number| if number == 2 { panic!("out of numbers") } else { number })
    }

    #[log_source]
    fn keys_that_are_no_text() -> Vec<std::collections::BTreeMap<Option<u8>, u8>> {
        vec![[(Some(1), 1)].into(), [(None, 2)].into()]
    }
}

fn call(name: &str, config: &Value) -> Value {
    serde_json::from_str(&execute_log_source(name, &config.to_string())).unwrap()
}

/// What one run of a source brings: the records of each batch, and how it ended.
fn run(name: &str, config: Value) -> (Vec<Vec<Value>>, Value) {
    let mut batches = Vec::new();
    loop {
        let reply = call(name, &config);
        let Value::Array(records) = &reply["records"] else {
            return (batches, reply["error"].clone());
        };
        batches.push(records.clone());
        if reply["more"] == false {
            return (batches, Value::Null);
        }
    }
}

#[test]
fn little_comes_in_one_batch() {
    let (batches, end) = run("lines", json!({"count": 3}));
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].len(), 3);
    assert_eq!(end, Value::Null);
    assert_eq!(execute_log_source("lines", r#"{"count": 0}"#), r#"{"records":[],"more":false}"#);
}

#[test]
fn much_comes_in_batches_that_promise_more_until_the_end() {
    let config = json!({"count": 1000});
    let mut lines = 0;
    for last in [false, false, false, false, false, false, false, true] {
        let reply = execute_log_source("lines", &config.to_string());
        assert!(reply.len() < 140_000, "{}", reply.len());
        let reply: Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(reply["more"], !last, "after {lines} lines");
        for record in reply["records"].as_array().unwrap() {
            assert_eq!(record, &format!("line {lines:>1000}"));
            lines += 1;
        }
    }
    assert_eq!(lines, 1000);
    assert_eq!(STARTED.get(), 1);
}

#[test]
fn after_its_end_a_source_starts_anew() {
    for round in 1..=2 {
        let (batches, end) = run("lines", json!({"count": 200}));
        assert_eq!(batches.concat().len(), 200);
        assert_eq!(end, Value::Null);
        assert_eq!(STARTED.get(), round);
    }
}

#[test]
fn two_configurations_are_two_sources() {
    let (a, b) = (json!({"count": 200}), json!({"count": 300}));
    assert_eq!(call("lines", &a)["more"], true);
    assert_eq!(call("lines", &b)["more"], true);
    let first = call("lines", &a)["records"].as_array().unwrap().len();
    let second = run("lines", b).0.concat().len();
    assert!(first < 200 && second < 300, "{first} {second}");
    assert_eq!(STARTED.get(), 2);
}

#[test]
fn a_failure_comes_after_the_records_before_it() {
    let config = json!({"count": 500, "fail_at": 300});
    let (batches, end) = run("fallible", config.clone());
    let records = batches.concat();
    assert_eq!(records.len(), 300);
    assert_eq!(records[299]["number"], 299);
    assert_eq!(end, "record 300 cannot be had");
    assert!(batches.iter().all(|batch| !batch.is_empty()));

    // The failure is told once; then the source begins again.
    assert_eq!(STARTED.get(), 1);
    assert_eq!(call("fallible", &config)["records"][0]["number"], 0);
    assert_eq!(STARTED.get(), 2);
}

#[test]
fn a_failure_at_the_first_record_is_the_reply() {
    let config = json!({"count": 5, "fail_at": 0});
    for _ in 0..2 {
        assert_eq!(call("fallible", &config), json!({"error": "record 0 cannot be had"}));
    }
    assert_eq!(run("fallible", json!({"count": 2})).0.concat().len(), 2);
}

#[test]
fn a_source_can_fail_to_start() {
    assert_eq!(call("cannot_start", &json!({"count": 0})), json!({"error": "there is nothing to read"}));
    let (batches, end) = run("cannot_start", json!({"count": 1}));
    assert_eq!(batches, [[json!("one")]]);
    assert_eq!(end, "the line was cut off");
    assert_eq!(
        call("lines", &json!({})),
        json!({"error": "its configuration does not fit: missing field `count`"})
    );
}

#[test]
fn any_iterator_will_do() {
    assert_eq!(run("named", json!({})), (vec![vec![json!(1), json!(2)]], json!("closed")));
    assert_eq!(run("boxed", json!({})), (vec![vec![json!("a"), json!("b")]], Value::Null));
}

#[test]
fn what_cannot_be_written_is_a_failure_after_what_could() {
    let (batches, end) = run("keys_that_are_no_text", json!({}));
    assert_eq!(batches, [[json!({"1": 1})]]);
    assert_eq!(end, "what it returned cannot be written as JSON: key must be a string");
}

#[test]
fn a_panic_is_not_swallowed_and_ends_the_source() {
    let panic = std::panic::catch_unwind(|| call("panics", &json!({}))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"out of numbers"));
    assert!(std::panic::catch_unwind(|| call("panics", &json!({}))).is_err());
}

//! Steps of a chore, with the time that each takes, and a table of them at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::run::{heading, hold_back, say};

/// What is done, and under which name.
pub(crate) struct Step {
    pub(crate) title: &'static str,
    /// It runs beside the others from the beginning on, those of its kind one after the other. Its output is shown when it is done.
    pub(crate) beside: bool,
    /// Titles of steps that have to be done before.
    pub(crate) after: &'static [&'static str],
    pub(crate) work: Box<dyn FnOnce() -> Result<()> + Send>,
}

/// How far a step came.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Done(Duration),
    Failed(Duration),
}

/// What became of a step beside the others.
struct Ended {
    title: &'static str,
    time: Duration,
    result: Result<()>,
    said: String,
}

/// The steps of a run.
struct Run {
    began: Instant,
    rows: Vec<(&'static str, bool, State)>,
    ended: Receiver<Ended>,
    /// The first failure among those that ran beside.
    failure: Option<anyhow::Error>,
}

/// Runs steps in order, up to the first that fails. The table at the end has all of them.
pub(crate) fn run(steps: Vec<Step>) -> Result<()> {
    let rows = steps.iter().map(|step| (step.title, step.beside, State::Waiting)).collect();
    let (beside, ordered): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(|step| step.beside);
    let stop = Arc::new(AtomicBool::new(false));
    let (worker, ended) = work_beside(beside, Arc::clone(&stop));
    let mut run = Run { began: Instant::now(), rows, ended, failure: None };
    let mut result = run.in_order(ordered);
    if result.is_err() {
        stop.store(true, Ordering::Relaxed);
    }
    // Waits for what is still going on, and for what waits behind it unless it was stopped.
    while let Ok(ended) = run.ended.recv() {
        run.take(ended);
    }
    worker.join().expect("a step does not panic");
    if result.is_ok()
        && let Some(failure) = run.failure.take()
    {
        result = Err(failure);
    }
    run.show_table();
    result
}

/// Does the steps one after the other on a thread of their own.
fn work_beside(steps: Vec<Step>, stop: Arc<AtomicBool>) -> (JoinHandle<()>, Receiver<Ended>) {
    let (sender, receiver) = mpsc::channel();
    let worker = thread::spawn(move || {
        for Step { title, work, .. } in steps {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let begun = Instant::now();
            let (result, said) = hold_back(work);
            let failed = result.is_err();
            let ended = Ended { title, time: begun.elapsed(), result, said };
            if sender.send(ended).is_err() || failed {
                return;
            }
        }
    });
    (worker, receiver)
}

impl Run {
    fn in_order(&mut self, steps: Vec<Step>) -> Result<()> {
        for Step { title, after, work, .. } in steps {
            while after.iter().any(|title| self.is_waiting(title)) && self.failure.is_none() {
                match self.ended.recv() {
                    Ok(ended) => self.take(ended),
                    Err(_) => bail!("{title} waits for a step that never began"),
                }
            }
            while let Ok(ended) = self.ended.try_recv() {
                self.take(ended);
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            heading(title);
            let begun = Instant::now();
            let result = work();
            self.note(title, begun.elapsed(), result.is_ok());
            result.with_context(|| format!("failed: {title}"))?;
        }
        Ok(())
    }

    fn is_waiting(&self, title: &str) -> bool {
        self.rows.iter().any(|(other, _, state)| *other == title && *state == State::Waiting)
    }

    /// Shows what a step said that ran beside.
    fn take(&mut self, Ended { title, time, result, said }: Ended) {
        heading(&format!("{title}, beside the others"));
        say(said.trim_end());
        self.note(title, time, result.is_ok());
        if let Err(error) = result {
            self.failure.get_or_insert(error.context(format!("failed: {title}")));
        }
    }

    fn note(&mut self, title: &str, time: Duration, succeeded: bool) {
        say(&format!("   {title}: {}", seconds(time)));
        if let Some((_, _, state)) = self.rows.iter_mut().find(|(other, _, _)| *other == title) {
            *state = if succeeded { State::Done(time) } else { State::Failed(time) };
        }
    }

    fn show_table(&self) {
        heading("Time of each step");
        say(&table(&self.rows, self.began.elapsed()));
    }
}

fn table(rows: &[(&str, bool, State)], total: Duration) -> String {
    let width = rows.iter().map(|(title, _, _)| title.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (title, beside, state) in rows {
        let (time, what) = match state {
            State::Waiting => ("–".to_owned(), "not run"),
            State::Done(time) => (seconds(*time), if *beside { "beside the others" } else { "" }),
            State::Failed(time) => (seconds(*time), "FAILED"),
        };
        text.push_str(format!("{title:width$}  {time:>8}  {what}").trim_end());
        text.push('\n');
    }
    text + &format!("{:width$}  {:>8}", "all", seconds(total))
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    type Log = Arc<Mutex<Vec<&'static str>>>;

    fn step(
        log: &Log,
        title: &'static str,
        beside: bool,
        after: &'static [&'static str],
        works: bool,
    ) -> Step {
        let log = Arc::clone(log);
        let work = Box::new(move || {
            log.lock().unwrap().push(title);
            anyhow::ensure!(works, "{title} is broken");
            Ok(())
        });
        Step { title, beside, after, work }
    }

    #[test]
    fn a_step_waits_for_those_that_it_needs() {
        let log = Log::default();
        let steps = vec![
            step(&log, "needs tools", false, &["tools"], true),
            step(&log, "tools", true, &[], true),
            step(&log, "last", false, &["needs tools"], true),
        ];
        run(steps).unwrap();
        assert_eq!(*log.lock().unwrap(), ["tools", "needs tools", "last"]);
    }

    #[test]
    fn nothing_follows_a_failure() {
        let log = Log::default();
        let failed = run(vec![
            step(&log, "first", false, &[], true),
            step(&log, "second", false, &[], false),
            step(&log, "third", false, &[], true),
        ]);
        assert_eq!(format!("{:#}", failed.unwrap_err()), "failed: second: second is broken");
        assert_eq!(*log.lock().unwrap(), ["first", "second"]);
    }

    #[test]
    fn a_failure_beside_the_others_counts() {
        let log = Log::default();
        let failed = run(vec![
            step(&log, "tools", true, &[], false),
            step(&log, "needs tools", false, &["tools"], true),
        ]);
        assert_eq!(format!("{:#}", failed.unwrap_err()), "failed: tools: tools is broken");
        let failed = run(vec![step(&log, "first", false, &[], true), step(&log, "beside", true, &[], false)]);
        assert_eq!(format!("{:#}", failed.unwrap_err()), "failed: beside: beside is broken");
    }

    #[test]
    fn the_table_has_every_step() {
        let time = Duration::from_millis(1500);
        let rows = [
            ("format", false, State::Done(time)),
            ("deny", true, State::Done(2 * time)),
            ("tests", false, State::Failed(3 * time)),
            ("book", false, State::Waiting),
        ];
        assert_eq!(
            table(&rows, 10 * time),
            "format     1.5 s\n\
             deny       3.0 s  beside the others\n\
             tests      4.5 s  FAILED\n\
             book           –  not run\n\
             all       15.0 s"
        );
    }
}

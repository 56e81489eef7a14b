//! What people see while a plugin is compiled, which for one with an interpreter in it takes half a minute.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use driftless_plugin_api::text::printable_line;
use driftless_sandbox::CompileEvent;
use indicatif::{ProgressBar, ProgressStyle};

/// What takes no longer is not worth a word.
const QUIET: Duration = Duration::from_millis(500);

/// Shows on a terminal which plugins are being compiled.
#[derive(Default)]
pub(crate) struct CompileProgress {
    going_on: Mutex<Vec<Shown>>,
}

/// A compilation that is shown, until its sender is gone.
struct Shown {
    plugin: String,
    ends: Sender<()>,
    thread: JoinHandle<()>,
}

impl CompileProgress {
    /// Hears that a compilation begins or ends.
    pub(crate) fn hear(&self, event: CompileEvent<'_>) {
        match event {
            CompileEvent::Begins { plugin } => {
                let (ends, end) = channel();
                let message = format!("compiling {}, once on this machine", printable_line(plugin));
                let thread = thread::spawn(move || show(message, &end));
                self.lock().push(Shown { plugin: plugin.to_owned(), ends, thread });
            }
            CompileEvent::Ends { plugin } => {
                let mut going_on = self.lock();
                let Some(place) = going_on.iter().position(|shown| shown.plugin == plugin) else { return };
                let Shown { ends, thread, .. } = going_on.remove(place);
                drop(going_on);
                drop(ends);
                // What is printed next stands on a line of its own.
                let _ = thread.join();
            }
            _ => {}
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Shown>> {
        self.going_on.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn show(message: String, end: &Receiver<()>) {
    if end.recv_timeout(QUIET) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
    let bar = ProgressBar::new_spinner().with_style(style.expect("the template is a constant"));
    bar.set_message(message);
    bar.enable_steady_tick(Duration::from_millis(100));
    let _ = end.recv();
    bar.finish_and_clear();
}

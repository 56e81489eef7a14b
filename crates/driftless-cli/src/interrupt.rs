//! Ctrl-C: the first ends what plugins are doing, the second ends the command.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use driftless_host::CancelHandle;

use crate::terminal::Terminal;

/// The exit code of a command that was interrupted.
pub(crate) const EXIT_CODE: u8 = 130;

/// How long a command has to end before its user is told how to end it at once.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the programs of plugins have to be ended before the command is.
const LAST_MOMENT: Duration = Duration::from_millis(100);

/// Signals are the whole process's, so this is too. It is there once a command has plugins that can be cancelled.
static CANCEL: OnceLock<CancelHandle> = OnceLock::new();
/// What the first interrupt does instead of cancelling.
static FIRST: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

/// Listens for interrupts from now on.
pub(crate) fn listen(terminal: &Terminal) -> anyhow::Result<()> {
    let (terminal, interrupted) = (terminal.clone(), AtomicBool::new(false));
    ctrlc::set_handler(move || {
        let first = FIRST.lock().unwrap_or_else(PoisonError::into_inner).take();
        let is_first = !interrupted.swap(true, Ordering::AcqRel);
        match (first, CANCEL.get()) {
            (Some(first), _) if is_first => first(),
            (None, Some(cancel)) if is_first => cancel.cancel(),
            (_, Some(cancel)) => {
                cancel.cancel();
                thread::sleep(LAST_MOMENT);
                process::exit(EXIT_CODE.into());
            }
            // No plugin is running.
            (_, None) => process::exit(EXIT_CODE.into()),
        }
        // The end of the process is the end of this thread, mostly long before.
        let terminal = terminal.clone();
        thread::spawn(move || {
            thread::sleep(PATIENCE);
            terminal.note("still waiting for what was begun; another Ctrl-C ends it at once");
        });
    })?;
    Ok(())
}

/// What an interrupt cancels.
pub(crate) fn cancel_handle() -> &'static CancelHandle {
    CANCEL.get_or_init(CancelHandle::new)
}

/// Lets the first interrupt do something else than cancel what plugins are doing.
pub(crate) fn first_does(act: impl FnOnce() + Send + 'static) {
    *FIRST.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(act));
}

/// Whether an interrupt has cancelled what plugins were doing.
pub(crate) fn has_cancelled() -> bool {
    CANCEL.get().is_some_and(CancelHandle::is_cancelled)
}

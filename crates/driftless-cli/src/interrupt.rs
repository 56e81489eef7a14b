//! Signals: the first Ctrl-C ends what plugins are doing, and a moment later the command, wherever it is, but for an output that is being
//! written. A pipeline ends in good order instead, however long that takes. The second Ctrl-C ends the command at once. SIGTERM is the same. A terminal
//! that goes away (SIGHUP) ends the command, but for a pipeline that follows files, which it ends in good order.

use std::process;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use driftless_host::CancelHandle;

use crate::output::Output;
use crate::terminal::Terminal;

/// The exit code of a command that was interrupted.
pub(crate) const INTERRUPTED: u8 = 130;
/// The exit code of a command whose terminal went away: 128 and the number of the signal, as a shell has it.
const HUNG_UP: u8 = 129;

/// How long a command that was cancelled has to end in good order: what a plugin's call takes to notice, and the message about it. What is in no
/// plugin, such as a template that is being rendered, does not notice.
const GRACE: Duration = Duration::from_millis(700);
/// How long a command has to end before its user is told how to end it at once.
const REMIND_AFTER: Duration = Duration::from_secs(1);
/// How long the programs of plugins have to be ended before the command is.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(100);

/// Signals are the whole process's, so this is too. It is there once a command has plugins that can be cancelled.
static CANCEL: OnceLock<CancelHandle> = OnceLock::new();
/// The exit code of a command that is ended by the last signal.
static EXIT_CODE: AtomicU8 = AtomicU8::new(INTERRUPTED);
/// What the first signal does instead of cancelling.
static FIRST_HANDLER: Mutex<Option<Handler>> = Mutex::new(None);

/// What a command does at the first signal.
struct Handler {
    run: Box<dyn FnOnce() + Send>,
    /// Whether it is run at SIGHUP as well, so that the command outlives its terminal.
    on_hang_up: bool,
}

/// A signal, by what it asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signal {
    /// The user wants an end: Ctrl-C, SIGTERM.
    Interrupt,
    /// The terminal is gone, and with it the reader of what the command prints: SIGHUP.
    #[cfg_attr(not(unix), allow(dead_code, reason = "there are no signals"))]
    HangUp,
}

/// Handles signals from now on.
pub(crate) fn handle_signals(terminal: &Terminal) -> anyhow::Result<()> {
    let (terminal, mut is_first, mut terminal_is_gone) = (terminal.clone(), true, false);
    on_signal(move |signal| {
        let was_first = std::mem::take(&mut is_first);
        // A terminal that goes away says so several times: the shell does, and the kernel when the shell has ended.
        if terminal_is_gone && signal == Signal::HangUp {
            return;
        }
        let handler =
            FIRST_HANDLER.lock().unwrap_or_else(PoisonError::into_inner).take().filter(|_| was_first);
        match (signal, handler) {
            (Signal::Interrupt, Some(handler)) => (handler.run)(),
            (Signal::HangUp, Some(handler)) if handler.on_hang_up => {
                terminal_is_gone = true;
                (handler.run)();
            }
            (Signal::HangUp, _) => exit_now(HUNG_UP),
            (Signal::Interrupt, None) => match CANCEL.get() {
                Some(cancel) if was_first => {
                    cancel.cancel();
                    // Where there is no thread for it, the second Ctrl-C is left.
                    let _ = thread::Builder::new().spawn(|| {
                        thread::sleep(GRACE);
                        let _none = Output::wait_for_none();
                        exit_now(INTERRUPTED);
                    });
                }
                _ => exit_now(INTERRUPTED),
            },
        }
        // The end of the process is the end of this thread, mostly long before.
        let terminal = terminal.clone();
        let remind = move || {
            thread::sleep(REMIND_AFTER);
            terminal.note("still waiting for what was begun; another Ctrl-C ends it at once");
        };
        // Without it the command ends all the same.
        let _ = thread::Builder::new().spawn(remind);
    })
}

/// Ends the programs of plugins, and the command.
fn exit_now(exit_code: u8) -> ! {
    // What is cancelled may be the last thing that the command waits for.
    EXIT_CODE.store(exit_code, Ordering::Release);
    if let Some(cancel) = CANCEL.get() {
        cancel.cancel();
        thread::sleep(SHUTDOWN_GRACE);
    }
    process::exit(exit_code.into())
}

/// Calls `handle` at each signal, on a thread of its own.
#[cfg(unix)]
fn on_signal(mut handle: impl FnMut(Signal) + Send + 'static) -> anyhow::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    if !ignores_hang_up() {
        signals.add_signal(SIGHUP)?;
    }
    thread::Builder::new().name("driftless-signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            handle(if signal == SIGHUP { Signal::HangUp } else { Signal::Interrupt });
        }
    })?;
    Ok(())
}

/// Calls `handle` at each Ctrl-C.
#[cfg(not(unix))]
fn on_signal(mut handle: impl FnMut(Signal) + Send + 'static) -> anyhow::Result<()> {
    Ok(ctrlc::set_handler(move || handle(Signal::Interrupt))?)
}

/// Whether the command was started with `nohup`: it is to go on without its terminal. Only Linux says so without unsafe code.
#[cfg(unix)]
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // SIGHUP is number 1, and has the lowest bit.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// What an interrupt cancels.
pub(crate) fn cancel_handle() -> &'static CancelHandle {
    CANCEL.get_or_init(CancelHandle::new)
}

/// Runs `handler` at the first interrupt, instead of cancelling what plugins are doing; with `on_hang_up`, also when the terminal goes away.
pub(crate) fn set_first_handler(on_hang_up: bool, handler: impl FnOnce() + Send + 'static) {
    let handler = Handler { run: Box::new(handler), on_hang_up };
    *FIRST_HANDLER.lock().unwrap_or_else(PoisonError::into_inner) = Some(handler);
}

/// Whether a signal has cancelled what plugins were doing.
pub(crate) fn has_cancelled() -> bool {
    CANCEL.get().is_some_and(CancelHandle::is_cancelled)
}

/// The exit code of a command that a signal has ended.
pub(crate) fn exit_code() -> u8 {
    EXIT_CODE.load(Ordering::Acquire)
}

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
const LAST_MOMENT: Duration = Duration::from_millis(100);

/// Signals are the whole process's, so this is too. It is there once a command has plugins that can be cancelled.
static CANCEL: OnceLock<CancelHandle> = OnceLock::new();
/// The exit code of a command that is ended by the last signal.
static EXIT_CODE: AtomicU8 = AtomicU8::new(INTERRUPTED);
/// What the first interrupt does instead of cancelling.
static FIRST: Mutex<Option<First>> = Mutex::new(None);

struct First {
    act: Box<dyn FnOnce() + Send>,
    /// Whether it is done as well when the terminal goes away.
    outlives_terminal: bool,
}

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The user wants an end: Ctrl-C, SIGTERM.
    Interrupt,
    /// There is nobody to read what the command says: SIGHUP.
    #[cfg_attr(not(unix), allow(dead_code, reason = "there are no signals"))]
    HangUp,
}

/// Listens for signals from now on.
pub(crate) fn listen(terminal: &Terminal) -> anyhow::Result<()> {
    let (terminal, mut is_first, mut terminal_is_gone) = (terminal.clone(), true, false);
    hear(move |asked| {
        let was_first = std::mem::take(&mut is_first);
        // A terminal that goes away says so several times: the shell does, and the kernel when the shell has ended.
        if terminal_is_gone && asked == Asked::HangUp {
            return;
        }
        let first = FIRST.lock().unwrap_or_else(PoisonError::into_inner).take().filter(|_| was_first);
        match (asked, first) {
            (Asked::Interrupt, Some(first)) => (first.act)(),
            (Asked::HangUp, Some(first)) if first.outlives_terminal => {
                terminal_is_gone = true;
                (first.act)();
            }
            (Asked::HangUp, _) => end_at_once(HUNG_UP),
            (Asked::Interrupt, None) => match CANCEL.get() {
                Some(cancel) if was_first => {
                    cancel.cancel();
                    // Where there is no thread for it, the second Ctrl-C is left.
                    let _ = thread::Builder::new().spawn(|| {
                        thread::sleep(GRACE);
                        let _none = Output::wait_for_none();
                        end_at_once(INTERRUPTED);
                    });
                }
                _ => end_at_once(INTERRUPTED),
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
fn end_at_once(exit_code: u8) -> ! {
    // What is cancelled may be the last thing that the command waits for.
    EXIT_CODE.store(exit_code, Ordering::Release);
    if let Some(cancel) = CANCEL.get() {
        cancel.cancel();
        thread::sleep(LAST_MOMENT);
    }
    process::exit(exit_code.into())
}

/// Calls something at each signal, on a thread of its own.
#[cfg(unix)]
fn hear(mut act: impl FnMut(Asked) + Send + 'static) -> anyhow::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    if !ignores_hang_up() {
        signals.add_signal(SIGHUP)?;
    }
    thread::Builder::new().name("driftless-signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            act(if signal == SIGHUP { Asked::HangUp } else { Asked::Interrupt });
        }
    })?;
    Ok(())
}

/// Calls something at each Ctrl-C.
#[cfg(not(unix))]
fn hear(mut act: impl FnMut(Asked) + Send + 'static) -> anyhow::Result<()> {
    Ok(ctrlc::set_handler(move || act(Asked::Interrupt))?)
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

/// Lets the first interrupt do something else than cancel what plugins are doing; with `outlives_terminal`, a terminal that goes away as
/// well.
pub(crate) fn first_does(outlives_terminal: bool, act: impl FnOnce() + Send + 'static) {
    let first = First { act: Box::new(act), outlives_terminal };
    *FIRST.lock().unwrap_or_else(PoisonError::into_inner) = Some(first);
}

/// Whether a signal has cancelled what plugins were doing.
pub(crate) fn has_cancelled() -> bool {
    CANCEL.get().is_some_and(CancelHandle::is_cancelled)
}

/// The exit code of a command that a signal has ended.
pub(crate) fn exit_code() -> u8 {
    EXIT_CODE.load(Ordering::Acquire)
}

//! Tests of plugins that ask their host for something, without touching the machine that runs the tests.
//!
//! Outside of the sandbox, [`fs`](crate::fs), [`http`](crate::http), [`env`](crate::env), [`process`](crate::process) and
//! [`functions`](crate::functions) are answered by what the
//! test sets with [`host`], for its own thread and as long as it holds what `host` returned. Without it everything is denied.
//!
//! ```
//! #[plugin_sdk::plugin(files("/srv/app:rw"), commands("git"))]
//! mod deploy {
//!     use plugin_sdk::prelude::*;
//!
//!     /// Notes which commit is deployed.
//!     #[task]
//!     fn note_commit() -> Result<String> {
//!         let output = process::Command::new("git").args(["rev-parse", "HEAD"]).run()?.ok()?;
//!         fs::append("/srv/app/deployed", &output.stdout)?;
//!         Ok(format!("noted {}", output.stdout_text()?.trim()))
//!     }
//! }
//!
//! use plugin_sdk::HostErrorKind;
//! use plugin_sdk::process::Output;
//! use plugin_sdk::testing::{self, FakeHost};
//!
//! let fake = FakeHost::new()
//!     .file("/srv/app/deployed", "0c5a\n")
//!     .command("git", ["rev-parse", "HEAD"], Output::new(0, "1f9e\n"));
//! let host = testing::host(fake);
//! assert_eq!(execute_task("note_commit", "{}"), r#"{"status":"success","message":"noted 1f9e"}"#);
//! assert_eq!(host.written("/srv/app/deployed").as_deref(), Some("0c5a\n1f9e\n"));
//! assert_eq!(host.calls(), ["run git rev-parse HEAD", "append /srv/app/deployed"]);
//!
//! // The user grants it the command, and not the folder.
//! let fake = FakeHost::new()
//!     .command("git", ["rev-parse", "HEAD"], Output::new(0, "1f9e\n"))
//!     .fails("append /srv/app/deployed", HostErrorKind::Denied);
//! let _host = testing::host(fake);
//! assert!(execute_task("note_commit", "{}").contains(r#""status":"error""#));
//! ```

mod fake;
mod files;

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use driftless_plugin_api::host_call::{
    Allowance, Answer, Capability, HostCallError, HostCallErrorKind, HostCalls,
};

use driftless_plugin_api::linked::LinkedHost;

pub use fake::{Call, FakeHost};

/// What an answer in a test may cost: as much as in the sandbox, where nothing else is configured.
const ALLOWANCE: Allowance<'static> = Allowance::new(Duration::from_secs(30), 64 << 20);

thread_local! {
    static HOSTS: RefCell<Vec<Rc<dyn HostCalls>>> = const { RefCell::new(Vec::new()) };
}

/// Answers what plugins ask for in this thread, until what it returns is dropped. Of several hosts, the last that was set answers.
///
/// ```
/// use plugin_sdk::testing::{self, FakeHost};
/// use plugin_sdk::{HostErrorKind, env};
///
/// {
///     let _host = testing::host(FakeHost::new().var("TOKEN", "secret"));
///     assert_eq!(env::var("TOKEN")?.as_deref(), Some("secret"));
/// }
/// assert_eq!(env::var("TOKEN").unwrap_err().kind(), HostErrorKind::Denied);
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// It takes every implementation of [`HostCalls`], also one that does what the machine can do.
#[must_use = "it answers until this is dropped: `let host = testing::host(…);`"]
pub fn host<H: HostCalls + 'static>(host: H) -> Installed<H> {
    let host = Rc::new(host);
    HOSTS.with_borrow_mut(|hosts| hosts.push(Rc::<H>::clone(&host)));
    Installed(host)
}

/// A host that answers for as long as this is held. It is the host itself: `host.calls()`.
pub struct Installed<H: HostCalls + 'static>(Rc<H>);

impl<H: HostCalls> Deref for Installed<H> {
    type Target = H;

    fn deref(&self) -> &H {
        &self.0
    }
}

impl<H: HostCalls> Drop for Installed<H> {
    fn drop(&mut self) {
        let own = Rc::as_ptr(&self.0).cast::<()>();
        // Not the last one, if they are dropped in another order than they were set in.
        let removed = HOSTS.with_borrow_mut(|hosts| {
            let place = hosts.iter().position(|host| Rc::as_ptr(host).cast::<()>() == own)?;
            Some(hosts.remove(place))
        });
        drop(removed);
    }
}

impl<H: HostCalls + fmt::Debug> fmt::Debug for Installed<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

thread_local! {
    static LINKED: RefCell<Vec<Arc<dyn LinkedHost>>> = const { RefCell::new(Vec::new()) };
}

/// Lets a real host stand behind everything that the plugin asks on this thread, until what it returns is dropped.
pub(crate) fn link(host: Arc<dyn LinkedHost>) -> impl Drop {
    struct Linked;

    impl Drop for Linked {
        fn drop(&mut self) {
            LINKED.with_borrow_mut(Vec::pop);
        }
    }

    LINKED.with_borrow_mut(|hosts| hosts.push(host));
    Linked
}

/// The real host of this thread, where the plugin is linked into one.
pub(crate) fn linked() -> Option<Arc<dyn LinkedHost>> {
    LINKED.with_borrow(|hosts| hosts.last().map(Arc::clone))
}

/// What the host of this thread says to a request.
pub(crate) fn answer(capability: Capability, request: &str, body: &[u8]) -> (String, Vec<u8>) {
    if let Some(host) = linked() {
        let Answer { head, body, .. } = host.answer(capability, request, body, ALLOWANCE);
        return (head, body);
    }
    // It is not borrowed while it answers: what it does may come back here.
    let host = HOSTS.with_borrow(|hosts| hosts.last().map(Rc::clone));
    let answer = match host {
        Some(host) => host.answer(capability, request, body, ALLOWANCE),
        None => Answer::error(HostCallError::new(
            HostCallErrorKind::Denied,
            "outside of the sandbox nothing of the machine is touched; in a test, \
             `plugin_sdk::testing::host(FakeHost::new())` answers for it",
        )),
    };
    (answer.head, answer.body)
}

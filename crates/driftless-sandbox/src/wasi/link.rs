//! Offers WASI to plugins, and runs those that may wait in it.
//!
//! WASI may wait, for a file or for a clock, where neither fuel nor epochs count. So these plugins run on a fiber of their own that is
//! left alone when the call's time is over. Other plugins pay nothing for that.

use std::future::Future;
use std::time::Duration;

use driftless_transport::CancelHandle;
use thiserror::Error;
use wasmtime::{Linker, Trap, component};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{I32Exit, WasiCtxView, WasiView, p2};

use crate::plugin::Shared;
use crate::state::State;
use crate::ticker::Deadline;

/// Offers it, preview 1 to modules and preview 2 to components.
pub(crate) fn define(
    modules: &mut Linker<State>,
    components: &mut component::Linker<State>,
) -> wasmtime::Result<()> {
    p1::add_to_linker_async(modules, State::wasi_context)?;
    p2::add_to_linker_async(components)
}

impl State {
    fn wasi_context(&mut self) -> &mut WasiP1Ctx {
        self.wasi.as_mut().expect("an instance of a plugin that imports WASI has it").context()
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi_context().ctx()
    }
}

/// Runs what may wait, for as long as the running call has time and is not cancelled.
pub(crate) fn drive<R>(
    shared: &Shared,
    bounds: Bounds,
    work: impl Future<Output = wasmtime::Result<R>>,
) -> wasmtime::Result<R> {
    let runtime = shared.runtime.as_ref().expect("a sandbox that allows WASI has a runtime");
    let _entered = runtime.enter();
    pollster::block_on(async {
        let mut work = std::pin::pin!(work);
        loop {
            let left = shared.clock.left(bounds.deadline);
            match tokio::time::timeout(left.min(GLANCE), work.as_mut()).await {
                Ok(done) => return done,
                Err(_) if bounds.cancel.is_cancelled() => return Err(Cancelled.into()),
                Err(_) if shared.clock.left(bounds.deadline).is_zero() => return Err(Trap::Interrupt.into()),
                Err(_) => {}
            }
        }
    })
}

/// What ends a call that waits.
pub(crate) struct Bounds {
    deadline: Deadline,
    cancel: CancelHandle,
}

impl Bounds {
    /// Those of the running call.
    pub(crate) fn of(state: &State) -> Self {
        Self { deadline: state.deadline, cancel: state.cancel().clone() }
    }
}

/// How often a waiting call looks whether it was cancelled.
const GLANCE: Duration = Duration::from_millis(10);

/// A call that waited was cancelled.
#[derive(Clone, Copy, Debug, Error)]
#[error("the call was cancelled")]
pub(crate) struct Cancelled;

/// The code with which a guest asked to end the process.
pub(crate) fn exit_code(error: &wasmtime::Error) -> Option<i32> {
    error.downcast_ref::<I32Exit>().map(|exit| exit.0)
}

//! Where what WASI can wait for is waited for.

use tokio::runtime::Runtime;

/// Where everything that WASI can wait for is waited for.
pub(crate) struct WasiRuntime(Option<Runtime>);

impl WasiRuntime {
    pub(crate) fn new() -> std::io::Result<Self> {
        // The caller's thread polls; this one keeps the clock.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("driftless-wasi")
            .enable_time()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    pub(super) fn enter(&self) -> tokio::runtime::EnterGuard<'_> {
        self.0.as_ref().expect("it is there until the drop").enter()
    }
}

impl Drop for WasiRuntime {
    fn drop(&mut self) {
        // A guest may have opened a pipe without a writer: dropping the sandbox does not wait for the thread that waits there.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

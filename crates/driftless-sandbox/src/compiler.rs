//! Machine code out of validated plugins: from the cache, or by a compiler, for which a caller waits until a deadline.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use driftless_plugin_api::limit::Limit;
use driftless_validator::ValidatedPlugin;
use wasmtime::Engine;

use crate::cache::{CacheKey, MachineCodeCache};
use crate::error::CompileError;
use crate::functions::FunctionStore;
use crate::machine_code::MachineCode;

/// Compilations that run at once in one sandbox.
///
/// A thread cannot be ended from outside, so one that compiles longer than its callers wait goes on. Two, so that such a one
/// leaves a turn to other plugins; not more, since the compiler spreads the functions of a single module over all cores
/// already, and its memory grows with every module that is in work.
const AT_ONCE: usize = 2;

/// A compilation, as its caller hears of it. What the cache has is not compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompileEvent<'a> {
    /// A plugin of this name begins to be compiled, or waits for its turn.
    Begins {
        /// What the plugin is called.
        plugin: &'a str,
    },
    /// It is compiled, or was given up.
    Ends {
        /// What the plugin is called.
        plugin: &'a str,
    },
}

pub(crate) type OnCompile = dyn Fn(CompileEvent<'_>) + Send + Sync;

/// Makes machine code, on threads of its own and within [`Limits::compile_time`](crate::Limits::compile_time).
pub(crate) struct Compiler {
    engine: Engine,
    cache: Option<(MachineCodeCache, Arc<FunctionStore>)>,
    timeout: Duration,
    on_compile: Option<Arc<OnCompile>>,
    work: Arc<CompileQueue<ValidatedPlugin, Result<MachineCode, String>>>,
}

impl Compiler {
    pub(crate) fn new(
        engine: Engine,
        cache: Option<(MachineCodeCache, Arc<FunctionStore>)>,
        timeout: Duration,
        on_compile: Option<Arc<OnCompile>>,
    ) -> Self {
        Self { engine, cache, timeout, on_compile, work: CompileQueue::new(AT_ONCE) }
    }

    /// The machine code of a module. `name` is what the plugin is called.
    ///
    /// What the cache has is taken on this thread: a start that compiles nothing starts no thread either.
    pub(crate) fn machine_code(
        &self,
        name: &str,
        module: &ValidatedPlugin,
    ) -> Result<MachineCode, CompileError> {
        if let Some((cache, _)) = &self.cache
            && let Some(code) = cache.load(&CacheKey::of_code(&self.engine, module))
            && let Ok(code) = code.deserialize(&self.engine, module.info().is_wasm_component())
        {
            return Ok(code);
        }
        let tell = |event: CompileEvent<'_>| {
            if let Some(on_compile) = &self.on_compile {
                on_compile(event);
            }
        };
        tell(CompileEvent::Begins { plugin: name });
        let code = self.compiled(module);
        tell(CompileEvent::Ends { plugin: name });
        code
    }

    fn compiled(&self, module: &ValidatedPlugin) -> Result<MachineCode, CompileError> {
        let (engine, cache) = (self.engine.clone(), self.cache.clone());
        let compile = move |module: &ValidatedPlugin| compile(&engine, cache.as_ref(), module);
        let same = |known: &ValidatedPlugin| known.digest() == module.digest();
        match self.work.result(self.timeout, same, || module.clone(), compile) {
            Ok(outcome) => outcome.map_err(CompileError::Compiler),
            Err(Unfinished::Late) => {
                let allowed = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
                Err(CompileError::Limit(Limit::CompileTime.exceeded(allowed)))
            }
            Err(Unfinished::Panicked) => Err(CompileError::Compiler("the compiler panicked".to_owned())),
            Err(Unfinished::NoThread(error)) => {
                Err(CompileError::Compiler(format!("no thread could be started: {error}")))
            }
        }
    }
}

/// Threads for one module.
const MAX_THREADS: usize = 4;

/// Bytes of stack for each of them. The compiler recurses with the nesting of blocks.
const COMPILER_STACK: usize = 4 << 20;

fn compile(
    engine: &Engine,
    cache: Option<&(MachineCodeCache, Arc<FunctionStore>)>,
    module: &ValidatedPlugin,
) -> Result<MachineCode, String> {
    let failed = |error: wasmtime::Error| format!("{error:#}");
    // wasmtime compiles the functions of a module side by side, on rayon's global threads unless it runs in a pool. In a pool of its own, a
    // module that is slow on purpose keeps no other module's threads busy, and its memory does not grow with the number of processors.
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(COMPILER_STACK).build();
    let pool = pool.map_err(|error| format!("no threads could be started: {error}"))?;
    let compile = || pool.install(|| MachineCode::compile(engine, module));
    let code = match cache.zip(interpreter(module)) {
        Some(((cache, functions), key)) => functions.while_compiling(cache, &key, compile),
        None => compile(),
    };
    let code = code.map_err(failed)?;
    if let Some((cache, _)) = cache {
        // Before the caller gets the code: a process that ends as soon as it has its answer would compile again at every start.
        // A cache that cannot be written costs that time as well, and nothing else.
        let _ = cache.store(&CacheKey::of_code(engine, module), &code.serialize().map_err(failed)?);
    }
    Ok(code)
}

/// The bytes of code from which on functions are looked for: what has less is compiled in less time than they take to read.
const MIN_SHARED_CODE_BYTES: u64 = 2 << 20;

/// Under what the functions of an interpreter are kept, where a plugin has one.
fn interpreter(module: &ValidatedPlugin) -> Option<CacheKey> {
    // The digest of the file is at hand, and this is not: the file is read through, which takes a thousandth of the time to compile it.
    let family = module.code_family().filter(|family| family.code_bytes >= MIN_SHARED_CODE_BYTES)?;
    Some(CacheKey::of_functions(*family.types.as_bytes()))
}

/// Why a caller that waited has no result.
#[derive(Debug)]
enum Unfinished {
    Late,
    Panicked,
    NoThread(std::io::Error),
}

/// Does a few long jobs at once, each on its own thread, even when no caller waits for it any more.
struct CompileQueue<J, R> {
    places: usize,
    jobs: Mutex<Vec<Arc<Job<J, R>>>>,
    /// A job is done.
    done: Condvar,
}

type Jobs<'a, J, R> = MutexGuard<'a, Vec<Arc<Job<J, R>>>>;

struct Job<J, R> {
    input: J,
    /// Nothing in it where the work panicked.
    outcome: OnceLock<Option<R>>,
}

impl<J: Send + Sync + 'static, R: Clone + Send + Sync + 'static> CompileQueue<J, R> {
    fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { places, jobs: Mutex::default(), done: Condvar::new() })
    }

    /// The result of a job, if it can be had within `timeout`, in which waiting for a place counts.
    ///
    /// A caller that wants what is in work already waits for that: one that gave up and asks again takes no second place.
    fn result(
        self: &Arc<Self>,
        timeout: Duration,
        same: impl Fn(&J) -> bool,
        input: impl FnOnce() -> J,
        work: impl FnOnce(&J) -> R + Send + 'static,
    ) -> Result<R, Unfinished> {
        // A timeout beyond what a clock can show has no end.
        let deadline = Instant::now().checked_add(timeout);
        let mut jobs = self.lock();
        let job = loop {
            if let Some(job) = jobs.iter().find(|job| same(&job.input)) {
                break Arc::clone(job);
            }
            if jobs.len() < self.places {
                let job = Arc::new(Job { input: input(), outcome: OnceLock::new() });
                self.start(Arc::clone(&job), work).map_err(Unfinished::NoThread)?;
                jobs.push(Arc::clone(&job));
                break job;
            }
            jobs = self.wait(jobs, deadline)?;
        };
        loop {
            if let Some(outcome) = job.outcome.get() {
                return outcome.clone().ok_or(Unfinished::Panicked);
            }
            jobs = self.wait(jobs, deadline)?;
        }
    }

    /// The caller holds the lock, so the job is on the list before it can be done.
    fn start(
        self: &Arc<Self>,
        job: Arc<Job<J, R>>,
        work: impl FnOnce(&J) -> R + Send + 'static,
    ) -> std::io::Result<()> {
        let queue = Arc::clone(self);
        std::thread::Builder::new().name("driftless-compiler".into()).spawn(move || {
            // The place is given back whatever happens.
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&job.input))).ok();
            let mut jobs = queue.lock();
            let _ = job.outcome.set(outcome);
            jobs.retain(|other| !Arc::ptr_eq(other, &job));
            drop(jobs);
            queue.done.notify_all();
        })?;
        Ok(())
    }

    fn wait<'a>(
        &self,
        jobs: Jobs<'a, J, R>,
        deadline: Option<Instant>,
    ) -> Result<Jobs<'a, J, R>, Unfinished> {
        let Some(deadline) = deadline else {
            return Ok(self.done.wait(jobs).unwrap_or_else(PoisonError::into_inner));
        };
        let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
        let left = left.ok_or(Unfinished::Late)?;
        Ok(self.done.wait_timeout(jobs, left).unwrap_or_else(PoisonError::into_inner).0)
    }

    fn lock(&self) -> Jobs<'_, J, R> {
        // Every change leaves the list whole, so a panic elsewhere does not make it wrong.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(20);

    type Numbers = Arc<CompileQueue<u32, u32>>;

    /// Doubles a number when it is told to.
    fn double(
        numbers: &Numbers,
        timeout: Duration,
        number: u32,
        when: mpsc::Receiver<()>,
    ) -> Result<u32, Unfinished> {
        numbers.result(
            timeout,
            |known| *known == number,
            || number,
            move |number| {
                when.recv().unwrap();
                2 * number
            },
        )
    }

    /// Something to wait for that has happened already.
    fn at_once() -> mpsc::Receiver<()> {
        let (sender, receiver) = mpsc::channel();
        sender.send(()).unwrap();
        receiver
    }

    #[test]
    fn a_job_gets_done() {
        let numbers = CompileQueue::new(1);
        for number in 0..100 {
            assert_eq!(double(&numbers, LONG, number, at_once()).unwrap(), 2 * number);
        }
        assert!(numbers.lock().is_empty());
    }

    #[test]
    fn a_timeout_beyond_the_clock_waits_without_end() {
        assert_eq!(double(&CompileQueue::new(1), Duration::MAX, 4, at_once()).unwrap(), 8);
    }

    #[test]
    fn a_caller_that_waits_too_long_gives_up_and_the_job_does_not() {
        let numbers = CompileQueue::new(2);
        let (finish, when) = mpsc::channel();
        assert!(matches!(double(&numbers, SHORT, 4, when), Err(Unfinished::Late)));
        // It keeps one place, and others have the second.
        assert_eq!(double(&numbers, LONG, 5, at_once()).unwrap(), 10);
        // A caller that asks again waits for the same job, and takes no place from the others.
        let (_never, when) = mpsc::channel();
        assert!(matches!(double(&numbers, SHORT, 4, when), Err(Unfinished::Late)));
        assert_eq!(numbers.lock().len(), 1);
        std::thread::scope(|scope| {
            let (_never, when) = mpsc::channel();
            let waiting = scope.spawn(|| double(&numbers, LONG, 4, when));
            std::thread::sleep(SHORT);
            finish.send(()).unwrap();
            assert_eq!(waiting.join().unwrap().unwrap(), 8);
        });
        assert!(numbers.lock().is_empty());
    }

    #[test]
    fn waiting_for_a_place_counts() {
        let numbers = CompileQueue::new(1);
        let (finish, when) = mpsc::channel();
        assert!(matches!(double(&numbers, SHORT, 4, when), Err(Unfinished::Late)));
        let began = Instant::now();
        assert!(matches!(double(&numbers, SHORT, 5, at_once()), Err(Unfinished::Late)));
        assert!(began.elapsed() >= SHORT);
        finish.send(()).unwrap();
        assert_eq!(double(&numbers, LONG, 5, at_once()).unwrap(), 10);
    }

    #[test]
    fn no_more_than_have_a_place() {
        let numbers: Numbers = CompileQueue::new(2);
        let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        std::thread::scope(|scope| {
            for number in 0..20 {
                let (numbers, busy, most) = (&numbers, Arc::clone(&busy), Arc::clone(&most));
                scope.spawn(move || {
                    let work = move |number: &u32| {
                        most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(2));
                        busy.fetch_sub(1, Ordering::SeqCst);
                        *number
                    };
                    assert_eq!(
                        numbers.result(LONG, |known| *known == number, || number, work).unwrap(),
                        number
                    );
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_panic_gives_the_place_back() {
        let numbers: Numbers = CompileQueue::new(1);
        let panics = numbers.result(LONG, |_| false, || 4, |_| panic!("as this test wants it"));
        assert!(matches!(panics, Err(Unfinished::Panicked)));
        assert_eq!(double(&numbers, LONG, 4, at_once()).unwrap(), 8);
    }
}

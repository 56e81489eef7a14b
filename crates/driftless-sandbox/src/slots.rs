//! How many instances there may be, and how many memories they may have together: a permit for each instance, and idle ones give way to those that
//! are needed.

use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use driftless_transport::Deadline;

/// Something that keeps idle instances and can do without one.
pub(crate) trait Idle: Send + Sync {
    /// Drops one idle instance, within a deadline. Returns whether there was one.
    fn release_one(&self, deadline: Deadline) -> bool;
}

/// The permits of one sandbox.
pub(crate) struct Slots {
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    free: u32,
    /// The memories that are reserved and not taken.
    free_memories: u32,
    pools: Vec<Weak<dyn Idle>>,
}

/// The permit of one living instance; dropping it lets another live.
pub(crate) struct Slot {
    slots: Arc<Slots>,
    memories: u32,
}

impl State {
    fn has_room_for(&self, memories: u32) -> bool {
        self.free > 0 && self.free_memories >= memories
    }
}

impl Slots {
    /// For so many instances with so many memories together.
    pub(crate) fn new(instances: u32, memories: u32) -> Arc<Self> {
        let state = State { free: instances, free_memories: memories, pools: Vec::new() };
        Arc::new(Self { state: Mutex::new(state), freed: Condvar::new() })
    }

    /// Lets a pool give way when all permits are taken.
    pub(crate) fn register(&self, pool: Weak<dyn Idle>) {
        let mut state = self.lock();
        state.pools.retain(|known| known.strong_count() > 0);
        state.pools.push(pool);
    }

    /// A permit for an instance that takes so many memories, if one can be had before the deadline, and while the wait is not cancelled.
    pub(crate) fn acquire(
        self: &Arc<Self>,
        memories: u32,
        deadline: Deadline,
        cancelled: &dyn Fn() -> bool,
    ) -> Option<Slot> {
        let deadline = deadline.fixed();
        let mut state = self.lock();
        loop {
            if state.has_room_for(memories) {
                state.free -= 1;
                state.free_memories -= memories;
                return Some(Slot { slots: Arc::clone(self), memories });
            }
            let pools: Vec<_> = state.pools.iter().filter_map(Weak::upgrade).collect();
            // An instance that is dropped gives its permit back, which takes the lock.
            drop(state);
            let released = pools.iter().any(|pool| pool.release_one(deadline));
            // So does a pool whose owner has dropped it meanwhile.
            drop(pools);
            state = self.lock();
            if released || state.has_room_for(memories) {
                continue;
            }
            let left = deadline.left();
            if left.is_zero() || cancelled() {
                return None;
            }
            // An instance may also become idle without being dropped, so look again now and then.
            let nap = left.min(Duration::from_millis(20));
            state = self.freed.wait_timeout(state, nap).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Every change leaves the state whole, so a panic elsewhere does not make it wrong.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.slots.lock();
        state.free += 1;
        state.free_memories += self.memories;
        drop(state);
        // It may be too little for one of those that wait, and enough for another.
        self.slots.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(slots: &Arc<Slots>, time: Duration) -> Option<Slot> {
        slots.acquire(1, Deadline::After(time), &|| false)
    }

    struct OneIdle(Mutex<Option<Slot>>);

    impl Idle for OneIdle {
        fn release_one(&self, _: Deadline) -> bool {
            self.0.lock().unwrap().take().is_some()
        }
    }

    #[test]
    fn no_more_than_there_are() {
        let slots = Slots::new(1, 1);
        let first = within(&slots, Duration::ZERO);
        assert!(first.is_some());
        assert!(within(&slots, Duration::from_millis(5)).is_none());
        drop(first);
        assert!(within(&slots, Duration::ZERO).is_some());
    }

    #[test]
    fn memories_count_as_well() {
        let slots = Slots::new(3, 5);
        let large = slots.acquire(4, Deadline::After(Duration::ZERO), &|| false).unwrap();
        let small = within(&slots, Duration::ZERO).unwrap();
        // There is an instance left, and no memory for it.
        assert!(within(&slots, Duration::from_millis(5)).is_none());
        drop(small);
        assert!(slots.acquire(2, Deadline::After(Duration::from_millis(5)), &|| false).is_none());
        // As many idle ones give way as it takes.
        let permits = (0..1).filter_map(|_| within(&slots, Duration::ZERO)).chain([large]).collect();
        let pool: Arc<dyn Idle> = Arc::new(SeveralIdle(Mutex::new(permits)));
        slots.register(Arc::downgrade(&pool));
        assert!(slots.acquire(5, Deadline::After(Duration::ZERO), &|| false).is_some());
    }

    struct SeveralIdle(Mutex<Vec<Slot>>);

    impl Idle for SeveralIdle {
        fn release_one(&self, _: Deadline) -> bool {
            self.0.lock().unwrap().pop().is_some()
        }
    }

    /// Stands in for another thread that drops a pool just now.
    struct DropsAnother(Mutex<Option<Arc<dyn Idle>>>);

    impl Idle for DropsAnother {
        fn release_one(&self, _: Deadline) -> bool {
            self.0.lock().unwrap().take();
            false
        }
    }

    #[test]
    fn a_pool_may_be_dropped_while_it_is_looked_through() {
        let slots = Slots::new(2, 2);
        let permits = (0..2).filter_map(|_| within(&slots, Duration::ZERO)).collect();
        let pool: Arc<dyn Idle> = Arc::new(SeveralIdle(Mutex::new(permits)));
        let weak = Arc::downgrade(&pool);
        let meddler: Arc<dyn Idle> = Arc::new(DropsAnother(Mutex::new(Some(pool))));
        slots.register(Arc::downgrade(&meddler));
        slots.register(weak);
        // The permits that the pool still had come back while no thread holds the lock: else this waits for ever.
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || sender.send(within(&slots, Duration::ZERO).is_some()));
        assert_eq!(receiver.recv_timeout(Duration::from_secs(10)), Ok(true));
    }

    #[test]
    fn an_idle_instance_gives_way() {
        let slots = Slots::new(1, 1);
        let pool: Arc<dyn Idle> = Arc::new(OneIdle(Mutex::new(within(&slots, Duration::ZERO))));
        slots.register(Arc::downgrade(&pool));
        assert!(within(&slots, Duration::ZERO).is_some());
    }
}

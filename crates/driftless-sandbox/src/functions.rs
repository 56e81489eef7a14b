//! Machine code of single functions, kept between compilations: plugins that carry the same interpreter compile it once on a machine.
//!
//! The compiler looks a function up by a SHA-256 of all that its code depends on, so what is found is right whoever had it compiled. What is kept in
//! files is authenticated as whole machine code is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::CacheStore;

use crate::cache::{CacheKey, MachineCodeCache, Trusted};

/// The most bytes of functions that are kept for the plugins of a family. What SpiderMonkey becomes has a third of it: where a plugin imports more or
/// fewer functions than another, most of its own are other ones.
const MAX_BYTES: usize = 128 << 20;

/// Of what was found, the part that has to come to it before all is written anew. A few functions are never found again.
const WORTH_WRITING: usize = 8;

const KEY_BYTES: usize = 32;
const HEAD_BYTES: usize = KEY_BYTES + size_of::<u32>();

/// What the compiler asks for functions, and hands those to that it compiled.
#[derive(Debug, Default)]
pub(crate) struct FunctionStore(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What is known for the compilations that are going on.
    known: Vec<Arc<Known>>,
    /// What they compiled: keys, lengths and code, as it is kept.
    fresh: Vec<u8>,
}

/// The functions of a file.
#[derive(Debug, Default)]
struct Known {
    bytes: Option<Trusted>,
    entries: HashMap<[u8; KEY_BYTES], Entry>,
}

#[derive(Debug)]
struct Entry {
    /// Where it is, with its key and length.
    place: Range<usize>,
    is_used: AtomicBool,
}

impl FunctionStore {
    /// Compiles with the functions that are kept under this key, and keeps those that come to them.
    pub(crate) fn while_compiling<T>(
        &self,
        cache: &MachineCodeCache,
        key: &CacheKey,
        compile: impl FnOnce() -> T,
    ) -> T {
        let known = Arc::new(Known::read(cache.load(key)));
        self.lock().known.push(Arc::clone(&known));
        let compiled = compile();
        let fresh = {
            let mut state = self.lock();
            state.known.retain(|other| !Arc::ptr_eq(other, &known));
            // Of two compilations at once, the first that ends takes the functions of both. The other's are then kept with the next plugin.
            std::mem::take(&mut state.fresh)
        };
        let found = known.entries.values().filter(|entry| entry.is_used.load(Ordering::Relaxed));
        let found_bytes: usize = found.map(|entry| entry.place.len()).sum();
        if fresh.len() > found_bytes / WORTH_WRITING {
            // Where it cannot be written, the next plugin is compiled as a whole.
            let _ = cache.store(key, &known.with(fresh));
        }
        compiled
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for FunctionStore {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let known = self.lock().known.clone();
        known.iter().find_map(|known| known.get(key)).map(|code| Cow::Owned(code.to_vec()))
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let (Ok(key), Ok(length)) = (<[u8; KEY_BYTES]>::try_from(key), u32::try_from(value.len())) else {
            return false;
        };
        let mut state = self.lock();
        if state.known.is_empty() || state.fresh.len() + value.len() > MAX_BYTES {
            return false;
        }
        state.fresh.extend(key);
        state.fresh.extend(length.to_le_bytes());
        state.fresh.extend(value);
        true
    }
}

impl Known {
    fn read(bytes: Option<Trusted>) -> Self {
        let mut entries = HashMap::new();
        let all = bytes.as_ref().map_or(&[][..], Trusted::bytes);
        let mut at = 0;
        while let Some((key, length)) = all.get(at..).and_then(head) {
            let place = at..at + HEAD_BYTES + length;
            at = place.end;
            if at <= all.len() {
                entries.insert(key, Entry { place, is_used: AtomicBool::new(false) });
            }
        }
        Self { bytes, entries }
    }

    fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let entry = self.entries.get(key)?;
        entry.is_used.store(true, Ordering::Relaxed);
        self.bytes.as_ref()?.bytes().get(entry.place.clone())?.get(HEAD_BYTES..)
    }

    /// What was compiled, then what was found, then what else is known, as far as there is room.
    fn with(&self, mut fresh: Vec<u8>) -> Vec<u8> {
        let all = self.bytes.as_ref().map_or(&[][..], Trusted::bytes);
        let mut entries: Vec<&Entry> = self.entries.values().collect();
        entries.sort_by_key(|entry| (!entry.is_used.load(Ordering::Relaxed), entry.place.start));
        for entry in entries {
            if fresh.len() + entry.place.len() > MAX_BYTES {
                break;
            }
            fresh.extend_from_slice(&all[entry.place.clone()]);
        }
        fresh
    }
}

/// The key and the length with which an entry begins.
fn head(bytes: &[u8]) -> Option<([u8; KEY_BYTES], usize)> {
    let (key, rest) = bytes.split_first_chunk()?;
    let (length, _) = rest.split_first_chunk()?;
    Some((*key, u32::from_le_bytes(*length) as usize))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn cache(folder: &TempDir) -> MachineCodeCache {
        MachineCodeCache::open(&folder.path().join("code"), &folder.path().join("key")).unwrap()
    }

    #[test]
    fn what_was_compiled_is_found_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, key) = (cache(&folder), CacheKey::of_functions([1; 32]));
        let keys = [[7; KEY_BYTES], [8; KEY_BYTES]];
        let store = FunctionStore::default();
        assert!(!store.insert(&keys[0], b"lost".to_vec()), "no compilation is going on");
        store.while_compiling(&cache, &key, || {
            assert_eq!(store.get(&keys[0]), None);
            assert!(store.insert(&keys[0], b"one".to_vec()));
            assert!(!store.insert(&[1, 2], b"no key".to_vec()));
        });
        let store = FunctionStore::default();
        store.while_compiling(&cache, &key, || {
            assert_eq!(store.get(&keys[0]).as_deref(), Some(&b"one"[..]));
            assert!(store.insert(&keys[1], Vec::new()));
        });
        assert_eq!(store.get(&keys[0]), None);
        store.while_compiling(&cache, &key, || {
            assert_eq!(store.get(&keys[0]).as_deref(), Some(&b"one"[..]));
            assert_eq!(store.get(&keys[1]).as_deref(), Some(&b""[..]));
        });
        store.while_compiling(&cache, &CacheKey::of_functions([2; 32]), || {
            assert_eq!(store.get(&keys[0]), None)
        });
    }

    #[test]
    fn a_file_that_was_changed_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, key) = (cache(&folder), CacheKey::of_functions([1; 32]));
        let store = FunctionStore::default();
        store.while_compiling(&cache, &key, || assert!(store.insert(&[7; KEY_BYTES], b"code".to_vec())));
        let mut files = std::fs::read_dir(folder.path().join("code")).unwrap();
        let file = files.next().unwrap().unwrap().path();
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, bytes).unwrap();
        store.while_compiling(&cache, &key, || assert_eq!(store.get(&[7; KEY_BYTES]), None));
    }

    #[test]
    fn what_is_used_stays_when_there_is_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, key) = (cache(&folder), CacheKey::of_functions([1; 32]));
        let store = FunctionStore::default();
        let large = || vec![0; MAX_BYTES / 2 - 100];
        let keys = [[1; KEY_BYTES], [2; KEY_BYTES], [3; KEY_BYTES]];
        store.while_compiling(&cache, &key, || {
            assert!(keys[..2].iter().all(|key| store.insert(key, large())));
        });
        store.while_compiling(&cache, &key, || {
            assert!(store.get(&keys[1]).is_some());
            assert!(store.insert(&keys[2], large()));
        });
        store.while_compiling(&cache, &key, || {
            let there = keys.map(|key| store.get(&key).is_some());
            assert_eq!(there, [false, true, true]);
        });
    }

    #[test]
    fn what_is_cut_off_is_left_out() {
        for cut in 0..80 {
            let mut bytes = [[7; KEY_BYTES].as_slice(), &5_u32.to_le_bytes(), b"whole"].concat();
            bytes.extend([[8; KEY_BYTES].as_slice(), &9_u32.to_le_bytes(), b"nine byte"].concat());
            bytes.truncate(cut);
            let folder = tempfile::tempdir().unwrap();
            let (cache, key) = (cache(&folder), CacheKey::of_functions([1; 32]));
            cache.store(&key, &bytes).unwrap();
            let known = Known::read(cache.load(&key));
            assert_eq!(known.get(&[7; KEY_BYTES]).is_some(), cut >= 41, "{cut}");
            assert_eq!(known.get(&[8; KEY_BYTES]), None);
        }
    }
}

//! The machine-code cache: what it keeps, and everything that it must not believe.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use driftless_plugin_api::function::Function;
use driftless_sandbox::{CacheError, Limits, MachineCodeCache, Sandbox};
use tempfile::TempDir;

/// A cache folder and a key file, both still to be made.
struct Home {
    root: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("cache")
    }

    fn key(&self) -> PathBuf {
        self.root.path().join("keys/cache.key")
    }

    fn open(&self) -> Result<MachineCodeCache, CacheError> {
        MachineCodeCache::open(&self.folder(), &self.key())
    }

    /// Compiles a plugin that answers with this letter, in a sandbox of its own, and calls it.
    fn answer(&self, letter: char) -> String {
        answer(&sandbox(self.open().unwrap()), letter)
    }

    /// The only file of machine code in the cache.
    fn file(&self) -> PathBuf {
        let [file] = <[PathBuf; 1]>::try_from(self.files()).expect("there is one file");
        file
    }

    /// What is there of machine code.
    fn files(&self) -> Vec<PathBuf> {
        self.all_files().into_iter().filter(|file| !is_record(file)).collect()
    }

    fn all_files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder()).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// The only record of a validation.
    fn record(&self) -> PathBuf {
        self.all_files().into_iter().find(|file| is_record(file)).expect("there is a record")
    }
}

fn is_record(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "record")
}

fn sandbox(cache: MachineCodeCache) -> Sandbox {
    let limits = Limits { instances: 2, ..Limits::default() };
    Sandbox::builder(limits).cache(cache).build().unwrap()
}

fn answer(sandbox: &Sandbox, letter: char) -> String {
    let module = sandbox.validate(&plugin(letter)).unwrap();
    let mut instance = sandbox.compile("cached", &module).unwrap().instantiate().unwrap();
    let reply = instance.call(Function::GetTaskDefinitions, &[]).unwrap();
    reply.text.to_owned()
}

fn plugin(letter: char) -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 16) "{letter}")
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
            (func (export "get_task_definitions") (result i64) i64.const 0x10_0000_0001))"#
    );
    wat::parse_str(text).unwrap()
}

/// Does something to the only file of a cache and says whether the next compilation wrote it anew.
fn is_rewritten_after(change: impl FnOnce(&Path)) -> bool {
    let home = Home::new();
    assert_eq!(home.answer('a'), "a");
    let right = fs::read(home.file()).unwrap();
    change(&home.file());
    let inode = fs::metadata(home.file()).map_or(0, |metadata| metadata.ino());
    assert_eq!(home.answer('a'), "a", "whatever is in the cache, the answer is the same");
    assert_eq!(fs::read(home.file()).unwrap(), right, "the file is not what it was");
    fs::metadata(home.file()).unwrap().ino() != inode
}

fn overwrite(change: impl Fn(&mut Vec<u8>)) -> impl Fn(&Path) {
    move |path| {
        let mut bytes = fs::read(path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn what_was_compiled_is_used_again() {
    assert!(!is_rewritten_after(|_| ()));
}

#[test]
fn what_is_used_is_young_again() {
    let home = Home::new();
    home.answer('a');
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let file = fs::File::options().write(true).open(home.file()).unwrap();
    file.set_modified(long_ago).unwrap();
    home.answer('a');
    let age = file.metadata().unwrap().modified().unwrap().elapsed();
    // An hour of tolerance for clocks; a clock that went back is an error, and young enough.
    assert!(age.is_ok_and(|age| age < Duration::from_secs(3600)));
}

#[test]
fn a_file_that_was_changed_is_not_believed() {
    assert!(is_rewritten_after(overwrite(Vec::clear)), "an empty file");
    assert!(is_rewritten_after(overwrite(|bytes| bytes.truncate(8))), "only the magic");
    assert!(is_rewritten_after(overwrite(|bytes| bytes.truncate(40))), "only the header");
    assert!(is_rewritten_after(overwrite(|bytes| bytes.truncate(bytes.len() - 1))), "a byte is missing");
    assert!(is_rewritten_after(overwrite(|bytes| bytes.push(0))), "a byte too many");
    assert!(is_rewritten_after(overwrite(|bytes| *bytes = b"hello".to_vec())), "something else");
}

#[test]
fn a_single_bit_is_noticed_wherever_it_is() {
    let length = {
        let home = Home::new();
        home.answer('a');
        fs::metadata(home.file()).unwrap().len() as usize
    };
    // In the magic, in the hash, in the code's header, in its middle, and in its last byte.
    for at in [0, 7, 8, 39, 40, 41, 1000, length / 2, length - 1] {
        for bit in [0, 7] {
            let flipped = is_rewritten_after(overwrite(|bytes| bytes[at] ^= 1 << bit));
            assert!(flipped, "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_file_of_another_plugin_is_not_believed() {
    let home = Home::new();
    assert_eq!((home.answer('a'), home.answer('b')), ("a".to_owned(), "b".to_owned()));
    let [one, other] = <[PathBuf; 2]>::try_from(home.files()).unwrap();
    let before = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
    let aside = home.root.path().join("aside");
    fs::rename(&one, &aside).unwrap();
    fs::rename(&other, &one).unwrap();
    fs::rename(&aside, &other).unwrap();

    assert_eq!((home.answer('a'), home.answer('b')), ("a".to_owned(), "b".to_owned()));
    assert_eq!((fs::read(&one).unwrap(), fs::read(&other).unwrap()), before);
}

#[test]
fn what_passed_is_not_read_through_again() {
    let home = Home::new();
    let first = sandbox(home.open().unwrap());
    let validated = first.validate(&plugin('a')).unwrap();
    let written = fs::metadata(home.record()).unwrap().ino();
    let known = sandbox(home.open().unwrap()).validate(&plugin('a')).unwrap();
    assert_eq!(fs::metadata(home.record()).unwrap().ino(), written, "it was validated again");
    assert_eq!(
        (known.digest(), known.abi(), known.functions(), known.manifest(), known.permissions()),
        (
            validated.digest(),
            validated.abi(),
            validated.functions(),
            validated.manifest(),
            validated.permissions()
        ),
    );
}

#[test]
fn a_record_made_without_the_key_is_not_believed() {
    let home = Home::new();
    sandbox(home.open().unwrap()).validate(&plugin('a')).unwrap();
    let right = fs::read(home.record()).unwrap();
    overwrite(|bytes| *bytes.last_mut().unwrap() ^= 1)(&home.record());
    let sandbox_of = |home: &Home| sandbox(home.open().unwrap());
    sandbox_of(&home).validate(&plugin('a')).unwrap();
    assert_eq!(fs::read(home.record()).unwrap(), right, "the file is what it was");
    // The record of one file says nothing of another, whatever it is called.
    let of_a = home.record();
    let refused = wat::parse_str("(module)").unwrap();
    let name_of = |bytes: &[u8]| {
        let other = Home::new();
        fs::create_dir_all(other.key().parent().unwrap()).unwrap();
        fs::copy(home.key(), other.key()).unwrap();
        sandbox_of(&other).validate(bytes).ok()?;
        Some(other.record().file_name().unwrap().to_owned())
    };
    let of_b = home.folder().join(name_of(&plugin('b')).unwrap());
    fs::copy(&of_a, &of_b).unwrap();
    let before = fs::read(&of_b).unwrap();
    sandbox_of(&home).validate(&plugin('b')).unwrap();
    assert_ne!(fs::read(&of_b).unwrap(), before, "another file's record was taken for its own");
    assert!(sandbox_of(&home).validate(&refused).is_err());
}

#[test]
fn a_record_does_not_let_wasi_in() {
    let module = wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
            (memory (export "memory") 1)
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
            (func (export "get_task_definitions") (result i64) i64.const 0))"#,
    );
    let module = module.unwrap();
    let home = Home::new();
    let with_wasi =
        || Sandbox::builder(Limits::default()).cache(home.open().unwrap()).allow_wasi(true).build();
    with_wasi().unwrap().validate(&module).unwrap();
    assert!(home.record().exists());
    assert!(sandbox(home.open().unwrap()).validate(&module).is_err());
    with_wasi().unwrap().validate(&module).unwrap();
}

#[test]
fn a_symbolic_link_in_the_cache_is_not_followed() {
    assert!(is_rewritten_after(|path| {
        let elsewhere = path.with_file_name("../elsewhere");
        fs::rename(path, &elsewhere).unwrap();
        symlink(&elsewhere, path).unwrap();
    }));
}

#[test]
fn machine_code_under_another_key_is_compiled_anew() {
    assert!(is_rewritten_after(|path| {
        // Made with a new key, the same code has another hash; put the old file back with the old key to compare.
        let home = path.parent().unwrap().parent().unwrap();
        let (folder, other_key) = (path.parent().unwrap(), home.join("other.key"));
        let right = fs::read(path).unwrap();
        let cache = MachineCodeCache::open(folder, &other_key).unwrap();
        assert_eq!(answer(&sandbox(cache), 'a'), "a");
        assert_ne!(fs::read(path).unwrap(), right, "the key has no part in the hash");
    }));
}

#[test]
fn machine_code_for_other_settings_is_another_file() {
    let home = Home::new();
    home.answer('a');
    let debugging = Sandbox::builder(Limits { instances: 2, ..Limits::default() })
        .debug(true)
        .cache(home.open().unwrap());
    answer(&debugging.build().unwrap(), 'a');
    assert_eq!(home.files().len(), 2);
}

#[test]
fn everything_is_private() {
    let home = Home::new();
    home.answer('a');
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.folder()), 0o700);
    assert_eq!(mode(&home.file()), 0o600);
    assert_eq!(mode(&home.key()), 0o600);
}

#[test]
fn a_cache_that_others_can_write_to_is_refused() {
    for mode in [0o777, 0o770, 0o701, 0o710, 0o704] {
        let home = Home::new();
        home.open().unwrap();
        fs::set_permissions(home.folder(), fs::Permissions::from_mode(mode)).unwrap();
        refuses(&home, "the cache folder is open to others; `chmod 700` it, or remove it");
    }
}

#[test]
fn a_cache_behind_a_symbolic_link_is_refused() {
    let home = Home::new();
    let elsewhere = home.root.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o700)).unwrap();
    symlink(&elsewhere, home.folder()).unwrap();
    refuses(&home, "the cache folder is a symbolic link");
}

#[test]
fn a_cache_of_another_user_is_refused() {
    let home = Home::new();
    home.open().unwrap();
    // Only the administrator can give something away, so only there can this be tried.
    if chown(home.folder(), Some(65_534), None).is_ok() {
        refuses(&home, "the cache folder is open to others; `chmod 700` it, or remove it");
    }
    let home = Home::new();
    home.open().unwrap();
    if chown(home.key(), Some(65_534), None).is_ok() {
        refuses(&home, "the key can be read by others; remove it, and a new one is made");
    }
}

#[test]
fn a_cache_that_is_a_file_is_refused() {
    let home = Home::new();
    fs::write(home.folder(), "").unwrap();
    assert!(matches!(home.open(), Err(CacheError::Io { path, .. }) if path == home.folder()));
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    for mode in [0o640, 0o604, 0o666, 0o620] {
        let home = Home::new();
        home.open().unwrap();
        fs::set_permissions(home.key(), fs::Permissions::from_mode(mode)).unwrap();
        refuses(&home, "the key can be read by others; remove it, and a new one is made");
    }
}

#[test]
fn a_key_of_the_wrong_length_is_refused() {
    for length in [0, 31, 33] {
        let home = Home::new();
        home.open().unwrap();
        fs::write(home.key(), vec![7; length]).unwrap();
        refuses(&home, "the key does not have 32 bytes; remove it, and a new one is made");
    }
}

#[test]
fn a_key_behind_a_symbolic_link_is_refused() {
    let home = Home::new();
    home.open().unwrap();
    let elsewhere = home.root.path().join("elsewhere");
    fs::rename(home.key(), &elsewhere).unwrap();
    symlink(&elsewhere, home.key()).unwrap();
    assert!(matches!(home.open(), Err(CacheError::Io { path, .. }) if path == home.key()));
}

fn refuses(home: &Home, expected: &str) {
    match home.open() {
        Err(CacheError::Unsafe { why, .. }) => assert_eq!(why, expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_is_made_once_and_kept() {
    let home = Home::new();
    home.open().unwrap();
    let key = fs::read(home.key()).unwrap();
    assert_eq!(key.len(), 32);
    assert_ne!(key, [0; 32]);
    home.open().unwrap();
    assert_eq!(fs::read(home.key()).unwrap(), key);
    let other = Home::new();
    other.open().unwrap();
    assert_ne!(fs::read(other.key()).unwrap(), key);
}

#[test]
fn a_cache_that_cannot_be_written_costs_nothing_but_time() {
    let home = Home::new();
    let sandbox = sandbox(home.open().unwrap());
    fs::remove_dir(home.folder()).unwrap();
    assert_eq!(answer(&sandbox, 'a'), "a");
}

#[test]
fn what_was_not_used_for_longest_makes_room() {
    let home = Home::new();
    home.open().unwrap();
    // Three files of 600 MiB by their own word, which is more than a cache keeps; there is nothing in them.
    for (age, name) in [(3, "oldest"), (2, "older"), (1, "old")] {
        let file = fs::File::create(home.folder().join(name)).unwrap();
        file.set_len(600 << 20).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age * 86_400)).unwrap();
    }
    home.answer('a');
    let is_there = |name: &str| home.folder().join(name).exists();
    assert!(!is_there("oldest") && !is_there("older") && is_there("old"));
    assert_eq!(home.files().len(), 2);
}

/// Puts a pipe without a writer in the place of a file.
fn pipe(path: &Path) {
    fs::remove_file(path).unwrap();
    let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(path).status().unwrap();
    assert!(made.success());
}

/// The result of something that must not wait.
fn at_once<T: Send + 'static>(does: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(does()));
    end.recv_timeout(Duration::from_secs(30)).expect("it waits, or it panicked")
}

#[test]
fn a_pipe_or_a_file_without_end_in_the_cache_is_not_read() {
    assert!(at_once(|| is_rewritten_after(pipe)));
    // More than a cache keeps, and there is nothing in it.
    let huge = |path: &Path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap();
    assert!(at_once(move || is_rewritten_after(huge)));
    let home = Home::new();
    home.answer('a');
    pipe(&home.record());
    assert_eq!(at_once(move || home.answer('a')), "a");
}

#[test]
fn a_pipe_in_the_place_of_the_key_is_not_waited_for() {
    let home = Home::new();
    home.open().unwrap();
    pipe(&home.key());
    match at_once(move || home.open()) {
        Err(CacheError::Io { source, .. }) => assert_eq!(source.to_string(), "it is no regular file"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn many_compile_at_once() {
    let home = Home::new();
    let (threads, rounds) = (8, 5);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..rounds {
                    for letter in ['a', 'b', 'c'] {
                        assert_eq!(home.answer(letter), letter.to_string());
                    }
                }
            });
        }
    });
    // No temporary file is left, and each is whole.
    assert_eq!(home.files().len(), 3);
    let before: Vec<_> = home.files().iter().map(|file| fs::metadata(file).unwrap().ino()).collect();
    assert_eq!(home.answer('b'), "b");
    let after: Vec<_> = home.files().iter().map(|file| fs::metadata(file).unwrap().ino()).collect();
    assert_eq!(before, after);
}

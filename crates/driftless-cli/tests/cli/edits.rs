//! Files that the example tasks edit, with all that a real machine's files have: what is different afterwards is what was asked for.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use driftless_test_support::skip;
use rustix::fs::{XattrFlags, getxattr, listxattr, setxattr};
use serde_json::{Value, json};

use crate::harness::{Home, Outcome};

const FILES: u32 = 500;

/// Numbers that look random and are the same in every run.
struct Numbers(u32);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % limit
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u32) as usize]
    }
}

/// A file, the task that edits it, and what it has to be afterwards.
struct Edit {
    before: Vec<u8>,
    task: Value,
    after: Vec<u8>,
}

/// A text before and after, of lines among which one is different, or there and then not.
fn edit(numbers: &mut Numbers, path: &Path) -> Edit {
    let end = numbers.one_of(&["\n", "\r\n"]);
    let mark = numbers.one_of(&["", "\u{feff}"]);
    let last = numbers.one_of(&["", end]);
    let path = path.to_str().unwrap();
    let noise: &[&[u8]] =
        &[b"# a comment", b"", b"caf\xe9=1", b"\tindented  ", b"port", b"\x00\xff", b"key: 'value'"];
    let text = |lines: &[Vec<u8>], last: &str| {
        [mark.as_bytes(), &lines.join(end.as_bytes()), last.as_bytes()].concat()
    };
    let mut lines: Vec<Vec<u8>> = (0..numbers.below(6)).map(|_| numbers.one_of(noise).to_vec()).collect();
    let at = numbers.below(lines.len() as u32 + 1) as usize;
    match numbers.below(5) {
        0 => Edit {
            before: text(&lines, last),
            task: json!({"type": "custom-task-plugin.file", "path": path, "content": "all of it\r\n"}),
            after: b"all of it\r\n".to_vec(),
        },
        1 => {
            lines.push(b"first".to_vec());
            let before = text(&lines, last);
            let first = if lines.len() > 1 {
                end
            } else if last.is_empty() {
                "\n"
            } else {
                end
            };
            let missing = if last.is_empty() { first } else { "" };
            let after = [before.as_slice(), missing.as_bytes(), b"port=80", first.as_bytes()].concat();
            let task = json!({"type": "custom-task-plugin.line_in_file", "path": path, "line": "port=80"});
            Edit { before, task, after }
        }
        2 => {
            lines.insert(at, b"port=1".to_vec());
            let before = text(&lines, last);
            lines[at] = b"port=80".to_vec();
            let task = json!({
                "type": "custom-task-plugin.line_in_file", "path": path, "line": "port=80", "starts_with": "port=",
            });
            Edit { before, task, after: text(&lines, last) }
        }
        3 => {
            lines.insert(at, b"gone".to_vec());
            let before = text(&lines, end);
            lines.remove(at);
            let task = json!({
                "type": "custom-task-plugin.line_in_file", "path": path, "line": "gone", "state": "absent",
            });
            Edit { before, task, after: text(&lines, if lines.is_empty() { "" } else { end }) }
        }
        _ => {
            let (value, written) = numbers.one_of(&[
                ("9090", "9090"),
                ("\"yes\"", "\"yes\""),
                ("\"0x1F\"", "\"0x1F\""),
                ("\"some text\"", "some text"),
                ("true", "true"),
                ("\"- a\"", "\"- a\""),
            ]);
            let around = numbers.one_of(&["", " # behind", "   # this:  'and' that"]);
            let blanks = numbers.one_of(&["  ", "    ", " "]);
            let document = |value: &str| {
                let lines = [
                    "# a comment".to_owned(),
                    "server:".to_owned(),
                    format!("{blanks}host:   example.com"),
                    format!("{blanks}port: {value}{around}"),
                    String::new(),
                    "mode: 0644".to_owned(),
                    "account: 12345678901234567890".to_owned(),
                    "hosts:".to_owned(),
                    "- {name: a, tags: [ \"x\",\"y\" ]}".to_owned(),
                ];
                [mark, &lines.join(end), last].concat().into_bytes()
            };
            let value: Value = serde_json::from_str(value).unwrap();
            let task = json!({
                "type": "javascript-custom-task.yaml", "path": path, "key": "server.port", "value": value,
            });
            Edit { before: document("8080"), task, after: document(written) }
        }
    }
}

/// What a file has beside its contents.
#[derive(Debug, PartialEq)]
struct Beside {
    mode: u32,
    owner: (u32, u32),
    attributes: BTreeMap<Vec<u8>, Vec<u8>>,
}

fn beside(path: &Path) -> Beside {
    let metadata = fs::metadata(path).unwrap();
    let mut buffer = vec![0; 64 << 10];
    let length = listxattr(path, &mut buffer[..]).unwrap();
    let names: Vec<_> = buffer[..length].split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    let attributes = names.into_iter().filter(|name| !name.is_empty()).map(|name| {
        let length = getxattr(path, name.as_slice(), &mut buffer[..]).unwrap();
        (name, buffer[..length].to_vec())
    });
    let attributes = attributes.collect();
    Beside { mode: metadata.mode() & 0o7777, owner: (metadata.uid(), metadata.gid()), attributes }
}

/// Gives a file an access control list, attributes, and where that is possible another owner.
fn dress(numbers: &mut Numbers, path: &Path) -> std::io::Result<()> {
    fs::set_permissions(
        path,
        fs::Permissions::from_mode(numbers.one_of(&[0o600, 0o640, 0o644, 0o664, 0o755])),
    )?;
    if numbers.below(2) == 0 {
        let mut list = 2_u32.to_le_bytes().to_vec();
        let user = 1000 + numbers.below(100_000);
        let mut entry = |tag: u16, permissions: u32, id: u32| {
            list.extend(tag.to_le_bytes());
            list.extend((permissions as u16).to_le_bytes());
            list.extend(id.to_le_bytes());
        };
        entry(0x01, 6, u32::MAX);
        entry(0x02, numbers.below(8), user);
        entry(0x04, numbers.below(8), u32::MAX);
        entry(0x10, numbers.below(8), u32::MAX);
        entry(0x20, numbers.below(8), u32::MAX);
        setxattr(path, "system.posix_acl_access", &list, XattrFlags::empty())?;
    }
    for _ in 0..numbers.below(3) {
        let name = format!("user.attribute-{}", numbers.below(9));
        setxattr(path, name.as_str(), &numbers.below(u32::MAX).to_le_bytes(), XattrFlags::empty())?;
    }
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(1 + numbers.below(60_000)), Some(1 + numbers.below(60_000)))?;
    }
    Ok(())
}

/// Runs tasks whose plugins may write in the folder `work`.
fn apply(home: &Home, tasks: &[&Value]) -> Outcome {
    home.write("site.yml", json!({"tasks": tasks}).to_string());
    let granted = format!("{}:rw", home.path().canonicalize().unwrap().join("work").display());
    for plugin in ["custom-task-plugin", "javascript-custom-task"] {
        home.install(plugin);
        home.run(&["plugin", "grant", plugin, "--files", &granted]).exits_with(0);
    }
    home.run(&["apply", "site.yml"])
}

#[test]
fn what_is_different_is_what_was_asked_for() {
    let home = Home::new();
    let folder = home.path().canonicalize().unwrap().join("work");
    fs::create_dir(&folder).unwrap();
    let mut numbers = Numbers(7);
    let mut edits: Vec<(PathBuf, Edit, Beside)> = Vec::new();
    for number in 0..FILES {
        let path = folder.join(format!("file-{number}"));
        let edit = edit(&mut numbers, &path);
        fs::write(&path, &edit.before).unwrap();
        if let Err(error) = dress(&mut numbers, &path) {
            skip(&format!("the file system of {} keeps no attributes: {error}", folder.display()));
            return;
        }
        let beside = beside(&path);
        edits.push((path, edit, beside));
    }
    let tasks: Vec<&Value> = edits.iter().map(|(_, edit, _)| &edit.task).collect();
    let outcome = apply(&home, &tasks);
    outcome.exits_with(0);
    for (path, edit, before) in &edits {
        let found = fs::read(path).unwrap();
        let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
        assert_eq!(shown(&found), shown(&edit.after), "{} of {:?}", edit.task, shown(&edit.before));
        assert_eq!(&beside(path), before, "{}", edit.task);
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), edits.len(), "no temporary file stays");
}

#[test]
fn in_place_writes_where_the_file_is() {
    let home = Home::new();
    let folder = home.path().canonicalize().unwrap().join("work");
    let (lines, document) = (home.write("work/lines", "a=1\n"), home.write("work/document.yml", "a: 1\n"));
    let inodes = || [&lines, &document].map(|path| fs::metadata(path).unwrap().ino());
    let before = inodes();
    let tasks = |in_place: bool, value: u32| {
        [
            json!({
                "type": "custom-task-plugin.line_in_file", "path": folder.join("lines"), "line": format!("a={value}"),
                "starts_with": "a=", "in_place": in_place,
            }),
            json!({
                "type": "javascript-custom-task.yaml", "path": folder.join("document.yml"), "key": "a", "value": value,
                "in_place": in_place,
            }),
        ]
    };
    apply(&home, &tasks(true, 22).each_ref()).exits_with(0);
    assert_eq!(inodes(), before);
    assert_eq!(
        (home.read("work/lines"), home.read("work/document.yml")),
        ("a=22\n".into(), "a: 22\n".into())
    );
    apply(&home, &tasks(false, 3).each_ref()).exits_with(0);
    assert_ne!(inodes(), before);
}

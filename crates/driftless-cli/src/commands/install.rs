//! `driftless plugin install` and `remove`: what is in the plugin folder.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use driftless_files::NewFile;
use driftless_host::api::manifest::likeness;
use driftless_host::{Digest, Error, Grants, ListedPlugin, LoadError};
use driftless_plugin_api::text::{listed, printable_line};
use driftless_registry::{LocalFolder, Request};
use driftless_validator::ValidatedPlugin;
use serde_json::{Value, json};

use super::request::print_request;
use super::{MAX_LISTED, installed, print_json};
use crate::args::{self, Global};
use crate::failure::{Failure, unreadable};
use crate::links::Links;
use crate::terminal::{FAINT, GOOD, STRONG, Terminal, printable_path};
use crate::{context, words};

/// Installs plugins of registries, or files.
pub(crate) fn install(
    global: &Global,
    terminal: &Terminal,
    asked: &args::Install,
) -> anyhow::Result<ExitCode> {
    let (files, plugins): (Vec<_>, Vec<_>) =
        asked.plugins.iter().cloned().partition(|plugin| context::is_file(plugin) && !is_request(plugin));
    match (&files[..], &plugins[..]) {
        (files, []) if asked.link => {
            files.iter().try_for_each(|file| link(global, terminal, file)).map(|()| ExitCode::SUCCESS)
        }
        (_, [plugin, ..]) if asked.link => {
            let message = format!("`{}` is no file, and only a file can be linked", printable_line(plugin));
            Err(Failure::Usage(message).into())
        }
        (files, []) => from_files(global, terminal, files),
        ([], _) => installed::install(global, terminal, asked),
        ([file, ..], [plugin, ..]) => {
            let (file, plugin) = (printable_line(file), printable_line(plugin));
            let message = format!(
                "`{file}` is a file and `{plugin}` is a plugin of a registry; install them one after the other, so that each is all or nothing"
            );
            Err(Failure::Usage(message).into())
        }
    }
}

/// Lets a file stand in front of what is installed under its name.
fn link(global: &Global, terminal: &Terminal, file: &str) -> anyhow::Result<()> {
    let Checked { name, plugin, .. } = Checked::of(global, file)?;
    // As it was named: what it leads to may change.
    let path = std::path::absolute(file).map_err(|error| unreadable(Path::new(file), &error))?;
    Links::add(&name, path.clone())?;
    if global.json {
        let told =
            json!({"plugin": name, "file": path, "digest": plugin.digest().to_string(), "linked": true});
        return print_json(global, terminal, &[told]);
    }
    let (name, path) = (printable_line(&name), printable_path(&path));
    Ok(writeln!(terminal.out(), "{GOOD}linked{GOOD:#} {STRONG}{name}{STRONG:#} to {path}")?)
}

/// Whether a text names a plugin of a registry with its namespace, `team/main/greeter@^1`, rather than a file.
fn is_request(text: &str) -> bool {
    !text.starts_with(['.', '/'])
        && !text.ends_with(".wasm")
        && text.parse::<Request>().is_ok()
        && !Path::new(text).exists()
}

/// Checks files and copies them into the plugin folder, each in the place of the one that has its name there. Where one is refused, none is copied.
fn from_files(global: &Global, terminal: &Terminal, files: &[String]) -> anyhow::Result<ExitCode> {
    let checked = files.iter().map(|file| Checked::of(global, file)).collect::<Result<Vec<_>, _>>()?;
    let folder = context::plugin_folder_to_change(global)?;
    std::fs::create_dir_all(&folder).map_err(|error| unreadable(&folder, &error))?;
    let mut names = BTreeMap::new();
    for (checked, file) in checked.iter().zip(files) {
        if let Some(other) = names.insert(likeness(&checked.name), file) {
            let (name, other, file) =
                (printable_line(&checked.name), printable_line(other), printable_line(file));
            let message = format!("{other} and {file} are both called `{name}`; install one of them");
            return Err(Failure::Usage(message).into());
        }
    }
    // All places are looked at before the first of them is written to.
    let there = context::manager(global, terminal)?.list()?;
    let places = checked.into_iter().map(|checked| Place::of(&there, &folder, checked));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    let grants = context::grants_to_change(global)?;
    put_all(&places, &folder)?;
    let installed: Vec<_> = places.into_iter().map(|place| place.installed(&grants)).collect();
    if global.json {
        print_json(global, terminal, &installed.iter().map(Installed::to_json).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    for installed in &installed {
        installed.print(terminal)?;
    }
    let lacking: Vec<_> = installed.iter().filter(|installed| installed.lacks_grant).collect();
    if !lacking.is_empty() {
        let names = lacking.iter().map(|installed| installed.checked.name.as_str());
        terminal.note(words::not_yet_granted(names, &global.places()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Removes a plugin from the plugin folder, and what was granted to it.
pub(crate) fn remove(global: &Global, terminal: &Terminal, name_or_file: &str) -> anyhow::Result<ExitCode> {
    if let Some(path) = Links::remove(name_or_file)? {
        if global.json {
            print_json(global, terminal, &json!({"plugin": name_or_file, "file": path, "revoked": false}))?;
        } else {
            let name = printable_line(name_or_file);
            writeln!(terminal.out(), "{GOOD}removed{GOOD:#} the link {STRONG}{name}{STRONG:#}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if installed::is_installed(global, name_or_file)? {
        return installed::remove(global, terminal, name_or_file);
    }
    let folder = context::plugin_folder_to_change(global)?;
    let path = match name_or_file {
        // One of several of a name can be told only by its file.
        file if context::is_file(file) && Path::new(file).parent() == Some(folder.as_path()) => {
            PathBuf::from(file)
        }
        name => only_of_this_name(global, terminal, &folder, name)?,
    };
    let bytes = context::read_file(&path)?;
    let name = driftless_validator::inspect(&bytes)
        .manifest()
        .map_or_else(|| context::stem(&path), |manifest| manifest.name.clone());
    let name = name.as_str();
    std::fs::remove_file(&path).map_err(|error| unreadable(&path, &error))?;
    let mut was_granted = false;
    let digest = Digest::of(&bytes);
    let granted = context::grants_to_change(global)?;
    if granted.granted(name).is_some_and(|granted| granted.digest == digest) {
        context::change_grants(global, name, |grants| {
            was_granted = grants.revoke(name);
            Ok(())
        })?;
    }
    if global.json {
        print_json(global, terminal, &json!({"plugin": name, "file": path, "revoked": was_granted}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let revoked = if was_granted { ", and what was granted to it" } else { "" };
    let (name, path) = (printable_line(name), printable_path(&path));
    writeln!(
        terminal.out(),
        "{GOOD}removed{GOOD:#} {STRONG}{name}{STRONG:#}{revoked} {FAINT}({path}){FAINT:#}"
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The file of the plugin in the plugin folder that is called exactly this.
fn only_of_this_name(
    global: &Global,
    terminal: &Terminal,
    folder: &Path,
    name: &str,
) -> anyhow::Result<PathBuf> {
    let manager = context::manager(global, terminal)?;
    let here = manager.list()?.into_iter().filter(|plugin| plugin.name == name);
    let here = here.map(|plugin| PathBuf::from(plugin.origin)).filter(|path| path.parent() == Some(folder));
    let mut here: Vec<_> = here.collect();
    let message = match &here[..] {
        [_] => return Ok(here.remove(0)),
        [] => {
            // With what is near, and what there is.
            let error = manager.find(name).err();
            let message = format!("no plugin `{}` is in {}", printable_line(name), folder.display());
            return Err(error.map_or_else(|| Failure::NotFound(message).into(), Into::into));
        }
        several => {
            let files = several.iter().map(|path| printable_path(path));
            format!(
                "several files are called `{}`: {}; name one of them",
                printable_line(name),
                listed(files, MAX_LISTED)
            )
        }
    };
    Err(Failure::Usage(message).into())
}

/// The plugin that is called this in the plugin folder, of all that there are. One that people and templates would take for it is in the way.
fn of_this_name(there: &[ListedPlugin], folder: &Path, name: &str) -> Result<Option<ListedPlugin>, Failure> {
    let wanted = likeness(name);
    let alike: Vec<_> = there.iter().filter(|plugin| likeness(&plugin.name) == wanted).collect();
    let is_here = |plugin: &ListedPlugin| Path::new(&plugin.origin).parent() == Some(folder);
    match &alike[..] {
        [] => Ok(None),
        [only] if is_here(only) && only.name == name => Ok(Some((*only).clone())),
        several => {
            let others = several.iter().map(|plugin| {
                format!("`{}` ({})", printable_line(&plugin.name), printable_line(&plugin.origin))
            });
            Err(Failure::Usage(format!(
                "there would be several plugins with this name: {}; remove them first",
                listed(others, MAX_LISTED)
            )))
        }
    }
}

/// A file that may be installed.
struct Checked {
    name: String,
    bytes: Vec<u8>,
    plugin: ValidatedPlugin,
}

impl Checked {
    fn of(global: &Global, file: &str) -> anyhow::Result<Self> {
        let path = Path::new(file);
        let bytes = context::read_file(path)?;
        let stem = context::stem(path);
        let plugin = context::sandbox_validate(global, &bytes)?.map_err(|error| Error::Load {
            plugin: stem.clone(),
            source: LoadError::Refused(context::reasons(&error)),
        })?;
        let name = plugin.manifest().map_or(stem, |manifest| manifest.name.clone());
        Ok(Self { name, bytes, plugin })
    }
}

/// A plugin that was put into the plugin folder.
struct Installed {
    checked: Checked,
    /// The one that was there.
    before: Option<ListedPlugin>,
    to: PathBuf,
    /// Whether what was there is the same file.
    same: bool,
    /// Whether it asks for something that is not granted to it.
    lacks_grant: bool,
}

/// Where a plugin goes.
struct Place {
    checked: Checked,
    /// The one that is there.
    before: Option<ListedPlugin>,
    /// The file.
    to: PathBuf,
    /// Whether what is there is the same file.
    same: bool,
}

impl Place {
    fn of(there: &[ListedPlugin], folder: &Path, checked: Checked) -> Result<Self, Failure> {
        let name = &checked.name;
        let before = of_this_name(there, folder, name)?;
        // It stays the file that it is, whatever that is called.
        let to = match &before {
            Some(before) => PathBuf::from(&before.origin),
            None => LocalFolder::new(folder).path_of(name),
        };
        // What cannot be looked into is listed as well, and is no plugin.
        let is_plugin = before.as_ref().is_some_and(|before| before.functions.is_some());
        // What is there is no plugin of this name, so it is not this command's to replace.
        if !is_plugin && to.symlink_metadata().is_ok() {
            let message =
                format!("{} is there already, and is no plugin `{name}`; move it away", to.display());
            return Err(Failure::Usage(message));
        }
        let same = is_plugin && context::read_file(&to).is_ok_and(|there| there == checked.bytes);
        Ok(Self { before, to, same, checked })
    }

    fn installed(self, grants: &Grants) -> Installed {
        let Self { checked, before, to, same } = self;
        let Checked { name, plugin, .. } = &checked;
        let grant = grants.grant_to(name, plugin.digest(), plugin.permissions().clone());
        Installed { lacks_grant: !grant.is_complete(), before, to, same, checked }
    }
}

/// Writes all files beside where they go, and then puts each there. Where one cannot be put, those before it are taken back.
fn put_all(places: &[Place], folder: &Path) -> Result<(), Failure> {
    let places: Vec<_> = places.iter().filter(|place| !place.same).collect();
    let mut written = Vec::new();
    for place in &places {
        let failed = |error| unreadable(&place.to, &error);
        let new = written_beside(folder, &place.checked.bytes).map_err(failed)?;
        // What was there is kept in the same way: there may be no room for it later. One alone is put there or not.
        let before = match place.before {
            Some(_) if places.len() > 1 => {
                Some(written_beside(folder, &context::read_file(&place.to)?).map_err(failed)?)
            }
            _ => None,
        };
        written.push((&place.to, new, before));
    }
    let mut put: Vec<(&Path, Option<NewFile>)> = Vec::new();
    for (to, new, before) in written {
        if let Err(error) = new.put(to) {
            for (to, before) in put {
                // The failure that came first is told.
                let _ = match before {
                    Some(before) => before.put(to),
                    None => std::fs::remove_file(to),
                };
            }
            return Err(unreadable(to, &error));
        }
        put.push((to, before));
    }
    Ok(())
}

fn written_beside(folder: &Path, bytes: &[u8]) -> io::Result<NewFile> {
    let new = NewFile::in_folder(folder)?;
    new.as_file().write_all(bytes)?;
    Ok(new)
}

impl Installed {
    fn version(&self) -> Option<&str> {
        Some(&self.checked.plugin.manifest()?.version)
    }

    fn version_before(&self) -> Option<&str> {
        Some(&self.before.as_ref()?.manifest.as_ref()?.version)
    }

    fn to_json(&self) -> Value {
        let Checked { name, plugin, .. } = &self.checked;
        json!({
            "plugin": name, "version": self.version(), "file": self.to, "digest": plugin.digest().to_string(),
            "replaced": self.before.is_some(), "version_before": self.version_before(), "changed": !self.same,
            "permissions": plugin.permissions().to_manifest(), "granted": !self.lacks_grant,
        })
    }

    fn print(&self, terminal: &Terminal) -> std::io::Result<()> {
        let mut out = terminal.out();
        let name = printable_line(&self.checked.name);
        let version =
            self.version().map_or_else(String::new, |version| format!(" {}", printable_line(version)));
        let instead = match self.version_before() {
            _ if self.same => ", which was there already".to_owned(),
            Some(before) => format!(", in the place of {}", printable_line(before)),
            None if self.before.is_some() => ", in the place of another file".to_owned(),
            None => String::new(),
        };
        let path = printable_path(&self.to);
        writeln!(
            out,
            "{GOOD}installed{GOOD:#} {STRONG}{name}{STRONG:#}{version}{instead} {FAINT}({path}){FAINT:#}"
        )?;
        print_request(&mut out, self.checked.plugin.permissions())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_one_cannot_be_put_none_is() {
        let within = tempfile::tempdir().unwrap();
        let folder = within.path();
        let bytes = wat::parse_str(
            r#"(module (memory (export "memory") 1)
                (func (export "driftless_reserve") (param i32) (result i32) (i32.const 1024))
                (func (export "get_task_definitions") (result i64) (i64.const 2)))"#,
        )
        .unwrap();
        let place = |name: &str, is_there: bool| {
            let plugin = driftless_validator::PluginFile::inspect(&*bytes)
                .validate(driftless_validator::Rules::default());
            let before = ListedPlugin {
                name: name.to_owned(),
                origin: String::new(),
                manifest: None,
                functions: Some(Default::default()),
            };
            Place {
                checked: Checked { name: name.to_owned(), bytes: bytes.clone(), plugin: plugin.unwrap() },
                before: is_there.then_some(before),
                to: folder.join(name),
                same: false,
            }
        };
        std::fs::write(folder.join("old"), "old").unwrap();
        // A file cannot be put where a folder is.
        std::fs::create_dir(folder.join("folder")).unwrap();
        let places = [place("old", true), place("new", false), place("folder", false)];
        put_all(&places, folder).unwrap_err();
        assert_eq!(std::fs::read(folder.join("old")).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2, "nothing else is there");
        put_all(&places[..2], folder).unwrap();
        assert_eq!(std::fs::read(folder.join("old")).unwrap(), bytes);
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 3);
    }
}

//! A file of tasks that is checked as a whole, before anything of it is run.

use std::collections::BTreeSet;
use std::ops::Range;

use driftless_documents::{ValuePath, WITH};
use driftless_host::api::component::ComponentKind;
use driftless_host::{Component, PluginManager, nearest};
use driftless_plugin_api::text::listed;
use driftless_templates::{Templates, check_variable_name};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::file::{COLLECTOR_KEYS, CollectorStep, TASK_KEYS, TaskStep};
use crate::mistake::{Mistake, Mistakes};
use crate::tags::Selection;
use crate::task_file::{TaskFile, position, unknown_key};
use crate::{condition, foreign, mistyped, repeat};

/// What is said about a run from outside of the file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Variables that go before those of the file. They are no templates.
    pub vars: Map<String, Value>,
    /// Which tasks are run.
    pub selection: Selection,
}

/// A file of tasks in which everything is right that can be told before it is run: plugins and components are there, configurations without
/// templates match their schemas, templates can be read, keys are known.
///
/// ```
/// use driftless_documents::{Document, Format};
/// use driftless_host::PluginManager;
/// use driftless_runner::{Options, Plan, TaskFile};
/// use driftless_templates::Templates;
///
/// let text = "tasks:\n  - type: site.greet\n    message: \"{{ 1 + }}\"\n  - type: site.greet\n    become: true\n";
/// let file = TaskFile::read(Document::parse(Format::Yaml, text)?);
/// let manager = PluginManager::builder().build()?;
/// let templates = Templates::new(&manager);
/// let mistakes = Plan::new(&manager, &templates, file, Options::default()).unwrap_err();
/// // The plugin is not there, which is told for both tasks; a template cannot be read, and a key is that of another tool.
/// assert_eq!(mistakes.iter().count(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Plan<'a> {
    pub(crate) manager: &'a PluginManager,
    pub(crate) templates: &'a Templates,
    pub(crate) file: TaskFile<'a>,
    pub(crate) options: Options,
}

impl<'a> Plan<'a> {
    /// Checks a file as a whole, tasks that are not selected included. Plugins are loaded for it, and of each no more is run than what says which
    /// components there are.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file.
    pub fn new(
        manager: &'a PluginManager,
        templates: &'a Templates,
        mut file: TaskFile<'a>,
        options: Options,
    ) -> Result<Self, Mistakes> {
        let (mistakes, hidden) = (file.mistakes(), file.hidden().to_vec());
        let has_type = mistakes.is_empty();
        let variables = variables(&file, &options);
        let mut check = Check {
            manager,
            templates,
            file: &file,
            variables,
            mistakes,
            refused: BTreeSet::new(),
            has_type,
        };
        check.vars();
        check.collectors();
        file.tasks().for_each(|(number, step)| check.task(number, step));
        check.tags(&options.selection);
        match Mistakes::new(check.mistakes, hidden) {
            Some(mistakes) => Err(mistakes),
            None => Ok(Self { manager, templates, file, options }),
        }
    }

    /// The tasks that are selected, in order.
    pub fn tasks(&self) -> impl Iterator<Item = &TaskStep> {
        self.file.file().tasks.iter().filter(|step| self.options.selection.selects(&step.tags))
    }

    /// What ended a run in the variables of the file.
    pub(crate) fn ended_in_vars(&self, error: Error) -> Mistakes {
        self.ended(None, self.file.place_of(&error.path()), error, false)
    }

    /// What ended a run in a collector.
    pub(crate) fn ended_in_collector(&self, number: usize, step: &CollectorStep, error: Error) -> Mistakes {
        let error = advised(error, &COLLECTOR_KEYS);
        let place = self.place_in_step("collectors", number, &error);
        self.ended(Some(&position("collectors", number, step.key())), place, error, false)
    }

    /// What ended a run in a task, which has this name there.
    pub(crate) fn ended_in_task(
        &self,
        number: usize,
        step: &TaskStep,
        label: &str,
        error: Error,
    ) -> Mistakes {
        let error = advised(error, &TASK_KEYS);
        let place = self.place_in_step("tasks", number, &error);
        self.ended(Some(&position("tasks", number, label)), place, error, step.no_log)
    }

    /// Where in a step it is: at its type where the plugin failed.
    fn place_in_step(&self, list: &str, number: usize, error: &Error) -> Option<Range<usize>> {
        let (step, path) = (ValuePath::default().with(list).with(number), error.path());
        match () {
            () if path.is_empty() => self.file.place_of(&step.with("type")),
            () if error.is_in_config() => self.file.config_place_of(&step, &path),
            () => self.file.place_of(&step.join(&path)),
        }
    }

    fn ended(&self, step: Option<&str>, place: Option<Range<usize>>, error: Error, no_log: bool) -> Mistakes {
        let mistake = Mistake { no_log, ..Mistake::of_run(step, place, error) };
        Mistakes::of_run(mistake, self.file.hidden().to_vec())
    }
}

/// An error about a configuration, with what to write where a key of it is missing that the file has for itself.
fn advised(mut error: Error, of_the_file: &[&str]) -> Error {
    if let Error::Plugin(error) = &mut error
        && let driftless_host::Error::Configuration { violations, .. } = &mut **error
    {
        for violation in violations {
            *violation = below_with(std::mem::take(violation), of_the_file);
        }
    }
    error
}

fn below_with(violation: String, of_the_file: &[&str]) -> String {
    let missing = violation.strip_prefix('"').and_then(|rest| rest.strip_suffix("\" is a required property"));
    match missing.filter(|key| of_the_file.contains(key)) {
        Some(key) => format!(
            "{violation}, and a `{key}` beside the type is the file's own; write `{WITH}:` and below that the `{key}` of the configuration"
        ),
        None => violation,
    }
}

/// The names that templates of a file may use.
fn variables(file: &TaskFile<'_>, options: &Options) -> BTreeSet<String> {
    let written = file.file();
    let mut names: BTreeSet<String> = written.vars.keys().chain(options.vars.keys()).cloned().collect();
    names.insert("facts".to_owned());
    for step in &written.tasks {
        names.extend(step.register.clone());
        names.insert(step.loop_control.loop_var.clone());
        names.extend(step.loop_control.index_var.clone());
    }
    names
}

struct Check<'a, 't> {
    manager: &'a PluginManager,
    templates: &'a Templates,
    file: &'a TaskFile<'t>,
    /// The variables that there may be.
    variables: BTreeSet<String>,
    mistakes: Vec<Mistake>,
    /// Plugins that cannot be loaded. Each is told once.
    refused: BTreeSet<String>,
    /// Whether every step has a type: otherwise that was told where the file was read.
    has_type: bool,
}

/// The step that is being checked.
struct At<'s> {
    label: String,
    path: ValuePath,
    /// Whether what is written in it may not be shown.
    no_log: bool,
    config: &'s Map<String, Value>,
}

impl Check<'_, '_> {
    fn vars(&mut self) {
        for (name, value) in &self.file.file().vars {
            each_text(value, &mut ValuePath::default().with("vars").with(name), &mut |path, text| {
                if let Err(error) = self.templates.check(text, &self.variables) {
                    let error = Error::from(error).in_value(path.clone());
                    self.mistakes.push(Mistake::of_file(None, self.file.place_of(path), error));
                }
            });
        }
    }

    fn collectors(&mut self) {
        let mut keys = BTreeSet::new();
        for (number, step) in self.file.collectors() {
            let key = step.key();
            let at = At {
                label: position("collectors", number, key),
                path: ValuePath::default().with("collectors").with(number),
                no_log: false,
                config: &step.config,
            };
            if !keys.insert(key) {
                let error = Error::File {
                    path: ValuePath::default(),
                    what: "collectors".to_owned(),
                    why: format!("there are two called `{key}`; give one a `name`"),
                };
                self.mistake(&at, self.file.place_of(&at.path), error);
            }
            self.texts(&at);
            let CollectorStep { r#type, .. } = step;
            if let Some(component) = self.component(&at, ComponentKind::FactsCollector, r#type) {
                self.config(&at, component, &COLLECTOR_KEYS);
            }
        }
    }

    fn task(&mut self, number: usize, step: &TaskStep) {
        let at = At {
            label: position("tasks", number, step.label()),
            path: ValuePath::default().with("tasks").with(number),
            no_log: step.no_log,
            config: &step.config,
        };
        self.texts(&at);
        self.control(&at, step);
        let component = match step.r#type.is_empty() && !self.has_type {
            true => None,
            false => self.component(&at, ComponentKind::Task, &step.r#type),
        };
        let schema = component.as_ref().map(|component| component.definition().config_schema.as_ref());
        let is_foreign = |key: &str| {
            let foreign = foreign::of_a_task(key)?;
            let is_own = match schema {
                // The component is not known, and what it may take neither.
                None => foreign.may_be_own,
                Some(schema) => {
                    schema.is_some_and(|schema| names(schema, key))
                        || (foreign.may_be_own && schema.is_none_or(|schema| closed(schema).is_none()))
                }
            };
            (!is_own).then_some(foreign.instead)
        };
        let mut own = Map::new();
        for (key, value) in &step.config {
            if let Some(schema) = schema
                && let Some(meant) = mistyped::meant(key, schema)
                && !self.file.is_below_with(&at.path, key)
            {
                let instead = format!(
                    "did you mean `{meant}`? A key of the plugin's own that is called so stands below `{WITH}`"
                );
                let place = self.file.config_key_place_of(&at.path, &ValuePath::default().with(key));
                self.mistake(&at, place, unknown_key(key, &instead));
                continue;
            }
            match is_foreign(key) {
                Some(instead) => {
                    let place = self.file.config_key_place_of(&at.path, &ValuePath::default().with(key));
                    self.secret_mistake(&at, place, unknown_key(key, instead), None);
                }
                None => drop(own.insert(key.clone(), value.clone())),
            }
        }
        if let Some(component) = component {
            self.config(&At { config: &own, ..at }, component, &TASK_KEYS);
        }
    }

    /// What says how a task is run.
    fn control(&mut self, at: &At<'_>, step: &TaskStep) {
        let place = |key: &str| self.file.place_of(&at.path.clone().with(key));
        let mut found: Vec<(Option<Range<usize>>, Error)> = Vec::new();
        if let Some(name) = &step.name
            && let Err(error) = self.templates.check(name, &self.variables)
        {
            found.push((place("name"), Error::from(error).in_value(ValuePath::default().with("name"))));
        }
        for (path, condition) in condition::conditions(step) {
            if let Err(error) = condition::check(self.templates, condition, &path, &self.variables) {
                found.push((self.file.place_of(&at.path.clone().join(&path)), error));
            }
        }
        if let Some(made_of) = &step.r#loop {
            if let Err(error) = repeat::check(self.templates, made_of, &self.variables) {
                found.push((place("loop"), error));
            }
            each_text(made_of, &mut ValuePath::default().with("loop"), &mut |path, text| {
                if let Err(error) = self.templates.check(text, &self.variables) {
                    let place = self.file.place_of(&at.path.clone().join(path));
                    found.push((place, Error::from(error).in_value(path.clone())));
                }
            });
        }
        let control = &step.loop_control;
        let names = [
            ("register", step.register.as_ref()),
            ("loop_var", Some(&control.loop_var)),
            ("index_var", control.index_var.as_ref()),
        ];
        for (key, name) in names {
            if let Some(Err(error)) = name.map(|name| check_variable_name(name)) {
                let place = if key == "register" { place(key) } else { place("loop_control") };
                found.push((place, Error::from(error).at(key)));
            }
        }
        for (place, error) in found {
            self.secret_mistake(at, place, error, None);
        }
    }

    /// The templates of a configuration.
    fn texts(&mut self, at: &At<'_>) {
        for (key, value) in at.config {
            each_text(value, &mut ValuePath::default().with(key), &mut |path, text| {
                if let Err(error) = self.templates.check(text, &self.variables) {
                    let place = self.file.config_place_of(&at.path, path);
                    // The way there is one through keys, which are not shown either.
                    self.secret_mistake(at, place, Error::from(error).in_value(path.clone()), None);
                }
            });
        }
    }

    /// The component of a step, if it is there.
    fn component(&mut self, at: &At<'_>, kind: ComponentKind, name: &str) -> Option<Component> {
        let plugin = name.split_once('.').map_or(name, |(plugin, _)| plugin);
        if self.refused.contains(plugin) {
            return None;
        }
        match self.manager.component(kind, name) {
            Ok(component) => Some(component),
            Err(error) => {
                if !matches!(
                    error,
                    driftless_host::Error::NotFound(_) | driftless_host::Error::Configuration { .. }
                ) {
                    self.refused.insert(plugin.to_owned());
                }
                let place = self.file.place_of(&at.path.clone().with("type"));
                self.mistake(at, place, error.into());
                None
            }
        }
    }

    /// A configuration, as far as it can be told before its templates are filled in.
    fn config(&mut self, at: &At<'_>, component: Component, of_the_file: &[&str]) {
        let config = self.known_keys(at, &component);
        if config.values().any(Templates::has_templates) {
            return;
        }
        let Err(error) = component.configure(config) else { return };
        let driftless_host::Error::Configuration { what, violations } = error else {
            return self.secret_mistake(at, self.file.place_of(&at.path), error.into(), None);
        };
        for violation in violations {
            let violation = below_with(violation, of_the_file);
            let place = self.file.config_place_of(&at.path, &ValuePath::of_message(&violation));
            let error =
                driftless_host::Error::Configuration { what: what.clone(), violations: vec![violation] };
            self.secret_mistake(at, place, error.into(), Some(&what));
        }
    }

    /// A configuration without the keys that its schema does not have. These are mistakes, whatever stands behind them.
    fn known_keys(&mut self, at: &At<'_>, component: &Component) -> Map<String, Value> {
        let schema = component.definition().config_schema.as_ref();
        let Some(known) = schema.and_then(closed) else { return at.config.clone() };
        let mut config = Map::new();
        for (key, value) in at.config {
            if known.contains(key) {
                config.insert(key.clone(), value.clone());
                continue;
            }
            let instead = match nearest(key, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => format!("{} has no keys", component.location()),
                None => format!("{} has {}", component.location(), listed(&known, MAX_LISTED)),
            };
            let place = self.file.config_key_place_of(&at.path, &ValuePath::default().with(key));
            self.secret_mistake(at, place, unknown_key(key, &instead), None);
        }
        config
    }

    fn tags(&mut self, selection: &Selection) {
        let known: Vec<&str> = self.file.tasks().flat_map(|(_, step)| step.tags.iter()).collect();
        for tag in selection.unknown(&known) {
            let tags: BTreeSet<_> = known.iter().map(|known| format!("`{known}`")).collect();
            let why = match tags.is_empty() {
                true => "no task has a tag".to_owned(),
                false => format!("no task has it; there is: {}", listed(&tags, MAX_LISTED)),
            };
            let error = Error::File { path: ValuePath::default(), what: format!("the tag `{tag}`"), why };
            self.mistakes.push(Mistake::of_file(None, None, error));
        }
    }

    fn mistake(&mut self, at: &At<'_>, place: Option<Range<usize>>, error: Error) {
        self.mistakes.push(Mistake { no_log: at.no_log, ..Mistake::of_file(Some(&at.label), place, error) });
    }

    /// A mistake whose words may show what is written. `what` is told in any case, and does not.
    fn secret_mistake(&mut self, at: &At<'_>, place: Option<Range<usize>>, error: Error, what: Option<&str>) {
        let mistake = Mistake::of_file(Some(&at.label), place, error);
        self.mistakes.push(if at.no_log { mistake.hidden(what) } else { mistake });
    }
}

/// How many tags or keys a message lists.
const MAX_LISTED: usize = 20;

/// Calls `found` with every text of a value, and the path to it.
fn each_text(value: &Value, path: &mut ValuePath, found: &mut dyn FnMut(&ValuePath, &str)) {
    match value {
        Value::String(text) => found(path, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index);
                each_text(item, path, found);
                path.pop();
            }
        }
        Value::Object(object) => {
            for (key, value) in object {
                path.push(key);
                each_text(value, path, found);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The properties of a configuration whose schema allows no others.
fn closed(schema: &Value) -> Option<Vec<String>> {
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    if !is_closed || schema.get("patternProperties").is_some() {
        return None;
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    Some(properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default())
}

/// Whether a schema names a property, anywhere.
fn names(schema: &Value, property: &str) -> bool {
    match schema {
        Value::Object(keywords) => keywords.iter().any(|(keyword, value)| {
            (keyword == "properties" && value.get(property).is_some()) || names(value, property)
        }),
        Value::Array(schemas) => schemas.iter().any(|schema| names(schema, property)),
        _ => false,
    }
}

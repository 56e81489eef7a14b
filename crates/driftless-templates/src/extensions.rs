//! Filters and functions of plugins, as a template engine takes them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, OnceLock};

use driftless_host::reply::BOUNDS;
use driftless_host::{Binding, PluginManager};
use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::manifest::likeness;
use driftless_plugin_api::text::listed;
use minijinja::value::{Kwargs, Rest, ValueOrKwargs};
use minijinja::{Environment, ErrorKind};

use crate::named_function::named_function;

/// A filter or function of a plugin, bound to its configuration when it is first used.
struct Extension {
    manager: PluginManager,
    plugin: String,
    /// Where the plugin is.
    origin: String,
    kind: ComponentKind,
    name: String,
    binding: OnceLock<Binding>,
}

impl Extension {
    fn binding(&self) -> driftless_host::Result<&Binding> {
        if let Some(binding) = self.binding.get() {
            return Ok(binding);
        }
        let component = self.manager.component(self.kind, &format!("{}.{}", self.plugin, self.name))?;
        let of_plugin = self.manager.settings().config.get(&self.plugin);
        let said = of_plugin.and_then(|components| components.get(&self.name)).cloned().unwrap_or_default();
        let binding = component.configure(said.config)?.on_failure(&said.on_failure)?;
        Ok(self.binding.get_or_init(|| binding))
    }

    /// Calls it with a value, where it is a filter, and with arguments.
    fn call(
        &self,
        value: Option<&minijinja::Value>,
        arguments: &[minijinja::Value],
    ) -> Result<minijinja::Value, minijinja::Error> {
        let failed = |error: driftless_host::Error| {
            minijinja::Error::new(ErrorKind::InvalidOperation, "a plugin failed").with_source(error)
        };
        let binding = self.binding().map_err(failed)?;
        let arguments = arguments_json(arguments)?;
        let reply = match value {
            Some(value) => {
                let value = to_json(value)?;
                binding.call(&[&value, &arguments], read_value)
            }
            None => binding.call(&[&arguments], read_value),
        };
        reply.map_err(failed)
    }
}

fn read_value(text: &str) -> Result<minijinja::Value, String> {
    BOUNDS.read(text).map_err(|error| format!("its reply is not JSON: {error}"))
}

pub(crate) fn not_json(error: serde_json::Error) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::BadSerialization, format!("this value cannot be handed on: {error}"))
}

/// `[1, 2]`, or with keyword arguments `{"positional": [1], "keyword": {"end": 2}}`.
fn arguments_json(arguments: &[minijinja::Value]) -> Result<String, minijinja::Error> {
    let (positional, keyword) = match arguments.split_last() {
        None => return Ok("[]".to_owned()),
        Some((last, before)) if last.is_kwargs() => (before, Some(Kwargs::try_from(last.clone())?)),
        Some(_) => (arguments, None),
    };
    let positional: Vec<_> = positional.iter().map(to_json).collect::<Result<_, _>>()?;
    let positional = positional.join(",");
    let Some(keyword) = keyword else {
        return Ok(format!("[{positional}]"));
    };
    let mut named = BTreeMap::new();
    for name in keyword.args() {
        named.insert(name, to_json(&keyword.get(name)?)?);
    }
    let named: Vec<_> = named.iter().map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
    Ok(format!(r#"{{"positional":[{positional}],"keyword":{{{}}}}}"#, named.join(",")))
}

/// What a template hands to a plugin. What is not defined is an error here as everywhere else.
fn to_json(value: &minijinja::Value) -> Result<String, minijinja::Error> {
    if value.is_undefined() {
        return Err(minijinja::Error::new(ErrorKind::UndefinedError, "it cannot be handed to a plugin"));
    }
    serde_json::to_string(value).map_err(not_json)
}

/// Adds the filters and functions of every plugin to an environment, and returns the names of the filters. `left_out` hears of those that could not be asked for theirs.
///
/// A plugin whose manifest lists its components is loaded when one of them is first used; any other is asked now.
///
/// # Errors
///
/// When the plugins cannot be listed.
pub(crate) fn add_extensions(
    environment: &mut Environment<'static>,
    manager: &PluginManager,
    left_out: impl FnMut(driftless_host::Error),
) -> driftless_host::Result<Vec<String>> {
    let extensions = extensions(manager, left_out)?;
    add_filters(environment, &extensions);
    add_functions(environment, &extensions);
    let filters = by_short_name(&extensions, ComponentKind::TemplateFilter);
    Ok(filters.into_keys().map(str::to_owned).collect())
}

/// Whether an environment has a filter. It is asked by a test of its own, so that no filter is called.
pub(crate) fn has_filter(environment: &Environment<'_>, name: &str) -> bool {
    let asked = environment.empty_state().perform_test("filter", &[minijinja::Value::from(name)]);
    asked.unwrap_or(false)
}

/// Whether an environment has a test. What it says of nothing does not matter.
pub(crate) fn has_test(environment: &Environment<'_>, name: &str) -> bool {
    let asked = environment.empty_state().perform_test(name, &[minijinja::Value::UNDEFINED]);
    asked.err().is_none_or(|error| error.kind() != ErrorKind::UnknownTest)
}

/// Every template extension of every plugin.
fn extensions(
    manager: &PluginManager,
    mut left_out: impl FnMut(driftless_host::Error),
) -> driftless_host::Result<Vec<Arc<Extension>>> {
    let mut extensions = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |plugin: &str, origin: &str, kind, name: &str| {
        // A manifest may list one twice.
        if !seen.insert((origin.to_owned(), kind, name.to_owned())) {
            return;
        }
        extensions.push(Arc::new(Extension {
            manager: manager.clone(),
            plugin: plugin.to_owned(),
            origin: origin.to_owned(),
            kind,
            name: name.to_owned(),
            binding: OnceLock::new(),
        }));
    };
    for listed in manager.list()? {
        // What is not a plugin is for `plugin validate` to complain about, not for every template.
        let Some(functions) = listed.functions else {
            continue;
        };
        if let Some(components) = listed.manifest.and_then(|manifest| manifest.components) {
            for component in components {
                add(&listed.name, &listed.origin, component.kind, &component.name);
            }
        } else if functions.contains(&ComponentKind::TemplateFilter.definitions()) {
            let mut ask = || -> driftless_host::Result<()> {
                let plugin = manager.plugin(&listed.name)?;
                for kind in [ComponentKind::TemplateFilter, ComponentKind::TemplateFunction] {
                    for definition in plugin.definitions(kind)? {
                        add(&listed.name, &listed.origin, kind, &definition.name);
                    }
                }
                Ok(())
            };
            if let Err(error) = ask() {
                left_out(error);
            }
        }
    }
    Ok(extensions)
}

type Named<'a> = BTreeMap<&'a str, Vec<&'a Arc<Extension>>>;

fn by_short_name(extensions: &[Arc<Extension>], kind: ComponentKind) -> Named<'_> {
    let mut named = Named::new();
    for extension in extensions.iter().filter(|extension| extension.kind == kind) {
        named.entry(extension.name.as_str()).or_default().push(extension);
    }
    named
}

fn add_filters(environment: &mut Environment<'static>, extensions: &[Arc<Extension>]) {
    for (short, owners) in by_short_name(extensions, ComponentKind::TemplateFilter) {
        for extension in &owners {
            let extension = Arc::clone(extension);
            let qualified = format!("{}.{short}", underscored(&extension.plugin));
            environment.add_filter(
                qualified,
                move |value: &minijinja::Value, arguments: Rest<ValueOrKwargs>| {
                    extension.call(Some(value), &arguments.into_values())
                },
            );
        }
        if has_filter(environment, short) {
            continue;
        }
        match owners.as_slice() {
            [extension] => {
                let extension = Arc::clone(extension);
                environment.add_filter(
                    short.to_owned(),
                    move |value: &minijinja::Value, arguments: Rest<ValueOrKwargs>| {
                        extension.call(Some(value), &arguments.into_values())
                    },
                );
            }
            several => {
                let message = ambiguous("filter", short, several);
                environment.add_filter(
                    short.to_owned(),
                    move |_: &minijinja::Value, _: Rest<ValueOrKwargs>| {
                        Err::<minijinja::Value, _>(minijinja::Error::new(
                            ErrorKind::UnknownFilter,
                            message.clone(),
                        ))
                    },
                );
            }
        }
    }
}

fn add_functions(environment: &mut Environment<'static>, extensions: &[Arc<Extension>]) {
    let built_in: BTreeSet<String> = environment.globals().map(|(name, _)| name.to_owned()).collect();
    let mut namespaces: BTreeMap<String, Vec<(String, minijinja::Value)>> = BTreeMap::new();
    for (short, owners) in by_short_name(extensions, ComponentKind::TemplateFunction) {
        for extension in &owners {
            let extension = Arc::clone(extension);
            let plugin = underscored(&extension.plugin);
            let name = format!("{plugin}.{short}");
            let function = minijinja::Value::from_function(move |arguments: Rest<ValueOrKwargs>| {
                extension.call(None, &arguments.into_values())
            });
            let namespace = namespaces.entry(plugin).or_default();
            namespace.push((short.to_owned(), named_function(name, function)));
        }
        if built_in.contains(short) {
            continue;
        }
        match owners.as_slice() {
            [extension] => {
                let extension = Arc::clone(extension);
                let function = minijinja::Value::from_function(move |arguments: Rest<ValueOrKwargs>| {
                    extension.call(None, &arguments.into_values())
                });
                environment.add_global(short.to_owned(), named_function(short, function));
            }
            several => {
                let message = ambiguous("function", short, several);
                let function = minijinja::Value::from_function(move |_: Rest<ValueOrKwargs>| {
                    Err::<minijinja::Value, _>(minijinja::Error::new(
                        ErrorKind::UnknownFunction,
                        message.clone(),
                    ))
                });
                environment.add_global(short.to_owned(), named_function(short, function));
            }
        }
    }
    for (plugin, functions) in namespaces.into_iter().filter(|(plugin, _)| !built_in.contains(plugin)) {
        environment.add_global(plugin, minijinja::Value::from_pairs(functions));
    }
}

/// The plugins that a message lists.
const MAX_LISTED: usize = 10;

fn ambiguous(what: &str, short: &str, owners: &[&Arc<Extension>]) -> String {
    let alike: BTreeSet<_> = owners.iter().map(|extension| likeness(&extension.plugin)).collect();
    if alike.len() < owners.len() {
        // To say which would be of no use.
        let origins = owners.iter().map(|extension| format!("`{}` ({})", extension.plugin, extension.origin));
        let plugins = listed(origins, MAX_LISTED);
        return format!(
            "several plugins bring a {what} `{short}`, and some are called the same but for case, `-` and `_`: {plugins}; remove one"
        );
    }
    let full = |extension: &&Arc<Extension>| format!("`{}.{short}`", underscored(&extension.plugin));
    let mut full: Vec<_> = owners.iter().map(full).collect();
    let more = full.len().saturating_sub(MAX_LISTED);
    full.truncate(MAX_LISTED);
    let more = if more > 0 { format!(" or {more} more") } else { String::new() };
    format!("several plugins bring a {what} `{short}`; say which: {}{more}", full.join(" or "))
}

/// A plugin's name as a template can write it.
fn underscored(plugin: &str) -> String {
    plugin.replace('-', "_")
}

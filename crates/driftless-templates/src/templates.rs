//! Jinja2 templates with the filters and functions of plugins.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::sync::{Arc, OnceLock};

use driftless_host::{Configured, PluginManager};
use driftless_plugin_api::component::ComponentKind;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Rest, Serde, ValueOrKwargs};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Result, TemplateError};

/// An environment in which templates can use what plugins bring.
///
/// A filter goes by its short name, `{{ title | slugify }}`, and where that is taken by its full name with underscores,
/// `{{ title | template_filter_plugin.slugify }}`; so does a function, `{{ random_string(8) }}`. What a template language has
/// built in stays built in. A variable that is not defined is an error, and so is a plugin that fails.
///
/// ```
/// use driftless_host::PluginManager;
/// use driftless_templates::Templates;
/// use serde_json::json;
///
/// let manager = PluginManager::builder().build()?;
/// let templates = Templates::new(&manager)?;
/// let vars = json!({"who": "world"});
/// assert_eq!(templates.render("greeting", "Hello {{ who | upper }}", vars.as_object().unwrap())?, "Hello WORLD");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Templates {
    environment: Environment<'static>,
    unasked: Vec<driftless_host::Error>,
}

/// The largest file that `lookup('file', …)` reads.
const MOST_LOOKED_UP: u64 = 16 << 20;

impl Templates {
    /// An environment with the template extensions of every plugin.
    ///
    /// A plugin whose manifest lists its components is loaded when one of them is first used; any other has to be asked now.
    ///
    /// # Errors
    ///
    /// When the plugins cannot be listed.
    pub fn new(manager: &PluginManager) -> Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_debug(true);
        environment.set_auto_escape_callback(|name| {
            // What is rendered is mostly configuration files, which are text like any other. Only HTML has to be told apart.
            let name = name.strip_suffix(".j2").unwrap_or(name);
            match name.rsplit_once('.') {
                Some((_, "html" | "htm" | "xml")) => AutoEscape::Html,
                _ => AutoEscape::None,
            }
        });
        let mut syntax = SyntaxConfig::builder();
        let syntax = syntax.keep_trailing_newline(true).build().map_err(TemplateError)?;
        environment.set_syntax(syntax);
        let (extensions, unasked) = extensions(manager)?;
        add_filters(&mut environment, &extensions);
        add_functions(&mut environment, &extensions);
        Ok(Self { environment, unasked })
    }

    /// Why plugins that had to be asked for their template extensions could not be. Those extensions are not there; one bad
    /// file is no reason that nothing else works.
    pub fn unasked(&self) -> &[driftless_host::Error] {
        &self.unasked
    }

    /// Adds `lookup('file', path)` and `lookup('env', name)`, for templates that the user wrote: they read whatever the
    /// user can.
    #[must_use]
    pub fn with_lookups(mut self) -> Self {
        self.environment.add_function("lookup", lookup);
        self
    }

    /// The environment, to add filters and functions of one's own.
    pub fn environment_mut(&mut self) -> &mut Environment<'static> {
        &mut self.environment
    }

    /// Renders a template. `name` is what errors call it; one that ends in `.html` or `.xml`, perhaps with `.j2` behind it,
    /// escapes for HTML.
    ///
    /// # Errors
    ///
    /// When the template is wrong, or something in it fails, with the line.
    pub fn render(&self, name: &str, source: &str, vars: &Map<String, Value>) -> Result<String> {
        self.render_with(name, source, &minijinja::Value::from(Serde(vars)))
    }

    fn render_with(&self, name: &str, source: &str, vars: &minijinja::Value) -> Result<String> {
        let template = self.environment.template_from_named_str(name, source).map_err(TemplateError)?;
        Ok(template.render(vars.clone()).map_err(TemplateError)?)
    }

    /// Evaluates an expression: `greeting.status == 'success'`.
    ///
    /// # Errors
    ///
    /// When the expression is wrong, or something in it fails.
    pub fn evaluate(&self, expression: &str, vars: &Map<String, Value>) -> Result<Value> {
        self.evaluate_with(expression, &minijinja::Value::from(Serde(vars)))
    }

    fn evaluate_with(&self, expression: &str, vars: &minijinja::Value) -> Result<Value> {
        let compiled = self.environment.compile_expression(expression).map_err(TemplateError)?;
        let value = compiled.eval(vars.clone()).map_err(TemplateError)?;
        if value.is_undefined() {
            let error = minijinja::Error::new(
                ErrorKind::UndefinedError,
                format!("`{}` is undefined", expression.trim()),
            );
            return Err(TemplateError(error).into());
        }
        Ok(serde_json::to_value(&value).map_err(|error| TemplateError(not_json(error)))?)
    }

    /// Fills in every string of a value. A string that is nothing but one expression becomes what the expression is, a number
    /// for example; any other becomes text.
    ///
    /// # Errors
    ///
    /// As for [`render`](Self::render).
    pub fn fill(&self, value: &Value, vars: &Map<String, Value>) -> Result<Value> {
        self.fill_with(value, &minijinja::Value::from(Serde(vars)))
    }

    fn fill_with(&self, value: &Value, vars: &minijinja::Value) -> Result<Value> {
        match value {
            Value::String(text) => match (is_template(text), single_expression(text)) {
                (false, _) => Ok(value.clone()),
                (true, Some(expression)) if self.environment.compile_expression(expression).is_ok() => {
                    self.evaluate_with(expression, vars)
                }
                (true, _) => self.render_with("template", text, vars).map(Value::String),
            },
            Value::Array(items) => items.iter().map(|item| self.fill_with(item, vars)).collect(),
            Value::Object(object) => {
                let filled =
                    object.iter().map(|(key, value)| Ok((key.clone(), self.fill_with(value, vars)?)));
                filled.collect::<Result<_>>().map(Value::Object)
            }
            other => Ok(other.clone()),
        }
    }

    /// Variables in the order in which they are written, each with its templates filled in by those above it.
    ///
    /// # Errors
    ///
    /// As for [`render`](Self::render), with the variable's name.
    pub fn fill_vars(&self, raw: &Map<String, Value>) -> Result<Map<String, Value>> {
        let mut vars = Map::new();
        for (name, value) in raw {
            let filled = self.fill(value, &vars).map_err(|error| error.at(format!("vars.{name}")))?;
            vars.insert(name.clone(), filled);
        }
        Ok(vars)
    }

    /// Fills in every string of an object's values.
    ///
    /// # Errors
    ///
    /// As for [`render`](Self::render), with the key.
    pub fn fill_object(
        &self,
        object: &Map<String, Value>,
        vars: &Map<String, Value>,
    ) -> Result<Map<String, Value>> {
        let filled = object.iter().map(|(key, value)| {
            let filled = self.fill(value, vars);
            Ok((key.clone(), filled.map_err(|error| error.at(key))?))
        });
        filled.collect()
    }

    /// The variables that the strings of a value use. What cannot be read uses none.
    pub fn variables(&self, value: &Value) -> Vec<String> {
        match value {
            Value::String(text) => {
                let template = self.environment.template_from_str(text);
                template.map_or_else(
                    |_| Vec::new(),
                    |template| template.undeclared_variables(false).into_iter().collect(),
                )
            }
            Value::Array(items) => items.iter().flat_map(|item| self.variables(item)).collect(),
            Value::Object(object) => object.values().flat_map(|item| self.variables(item)).collect(),
            _ => Vec::new(),
        }
    }
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Templates")
    }
}

/// A filter or function of a plugin, bound to its configuration when it is first used.
struct Extension {
    manager: PluginManager,
    plugin: String,
    kind: ComponentKind,
    name: String,
    configured: OnceLock<Configured>,
}

impl Extension {
    fn configured(&self) -> driftless_host::Result<&Configured> {
        if let Some(configured) = self.configured.get() {
            return Ok(configured);
        }
        let component = self.manager.component(self.kind, &format!("{}.{}", self.plugin, self.name))?;
        let of_plugin = self.manager.settings().config.get(&self.plugin);
        let said = of_plugin.and_then(|components| components.get(&self.name)).cloned().unwrap_or_default();
        let configured = component.configure(said.config)?.on_failure(&said.on_failure)?;
        Ok(self.configured.get_or_init(|| configured))
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
        let configured = self.configured().map_err(failed)?;
        let arguments = arguments_json(arguments)?;
        let reply = match value {
            Some(value) => {
                let value = to_json(value)?;
                configured.call(&[&value, &arguments], read_value)
            }
            None => configured.call(&[&arguments], read_value),
        };
        reply.map_err(failed)
    }
}

fn read_value(text: &str) -> Result<minijinja::Value, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = minijinja::Value::deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| format!("its reply is not JSON: {error}"))
}

fn not_json(error: serde_json::Error) -> minijinja::Error {
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

/// Every template extension of every plugin, and the errors of those that could not be asked.
fn extensions(manager: &PluginManager) -> Result<(Vec<Arc<Extension>>, Vec<driftless_host::Error>)> {
    let (mut extensions, mut unasked) = (Vec::new(), Vec::new());
    let mut add = |plugin: &str, kind, name: &str| {
        extensions.push(Arc::new(Extension {
            manager: manager.clone(),
            plugin: plugin.to_owned(),
            kind,
            name: name.to_owned(),
            configured: OnceLock::new(),
        }));
    };
    for listed in manager.list()? {
        // What is not a plugin is for `plugin validate` to complain about, not for every template.
        let Some(functions) = listed.functions else {
            continue;
        };
        if let Some(components) = listed.manifest.and_then(|manifest| manifest.components) {
            for component in components {
                add(&listed.name, component.kind, &component.name);
            }
        } else if functions.contains(&ComponentKind::TemplateFilter.definitions()) {
            let mut ask = || -> driftless_host::Result<()> {
                let plugin = manager.plugin(&listed.name)?;
                for kind in [ComponentKind::TemplateFilter, ComponentKind::TemplateFunction] {
                    for definition in plugin.definitions(kind)? {
                        add(&listed.name, kind, &definition.name);
                    }
                }
                Ok(())
            };
            unasked.extend(ask().err());
        }
    }
    Ok((extensions, unasked))
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
        let built_in = environment.empty_state().apply_filter(short, &[]);
        if !matches!(built_in, Err(error) if error.kind() == ErrorKind::UnknownFilter) {
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
            let namespace = namespaces.entry(underscored(&extension.plugin)).or_default();
            let function = minijinja::Value::from_function(move |arguments: Rest<ValueOrKwargs>| {
                extension.call(None, &arguments.into_values())
            });
            namespace.push((short.to_owned(), function));
        }
        if built_in.contains(short) {
            continue;
        }
        match owners.as_slice() {
            [extension] => {
                let extension = Arc::clone(extension);
                environment.add_function(short.to_owned(), move |arguments: Rest<ValueOrKwargs>| {
                    extension.call(None, &arguments.into_values())
                });
            }
            several => {
                let message = ambiguous("function", short, several);
                environment.add_function(short.to_owned(), move |_: Rest<ValueOrKwargs>| {
                    Err::<minijinja::Value, _>(minijinja::Error::new(
                        ErrorKind::UnknownFunction,
                        message.clone(),
                    ))
                });
            }
        }
    }
    for (plugin, functions) in namespaces.into_iter().filter(|(plugin, _)| !built_in.contains(plugin)) {
        environment.add_global(plugin, minijinja::Value::from_pairs(functions));
    }
}

fn ambiguous(what: &str, short: &str, owners: &[&Arc<Extension>]) -> String {
    let full = |extension: &&Arc<Extension>| format!("`{}.{short}`", underscored(&extension.plugin));
    let full: Vec<_> = owners.iter().map(full).collect();
    format!("several plugins bring a {what} `{short}`; say which: {}", full.join(" or "))
}

/// A plugin's name as a template can write it.
fn underscored(plugin: &str) -> String {
    plugin.replace('-', "_")
}

fn lookup(kind: &str, name: &str) -> Result<String, minijinja::Error> {
    let failed = |why: String| minijinja::Error::new(ErrorKind::InvalidOperation, why);
    match kind {
        "file" => {
            let mut text = String::new();
            let read =
                File::open(name).and_then(|file| file.take(MOST_LOOKED_UP + 1).read_to_string(&mut text));
            match read {
                Ok(length) if length as u64 > MOST_LOOKED_UP => {
                    Err(failed(format!("lookup('file', '{name}'): the file has more than 16 MiB")))
                }
                Ok(_) => Ok(text),
                Err(error) => Err(failed(format!("lookup('file', '{name}'): {error}"))),
            }
        }
        "env" => std::env::var(name).map_err(|error| failed(format!("lookup('env', '{name}'): {error}"))),
        other => Err(failed(format!("lookup('{other}', …): there are 'file' and 'env'"))),
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// What stands between the braces of a string that may be nothing but one expression.
fn single_expression(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    // A sign next to a brace is about white space: `{{- 5 }}` is five.
    let inside = inside.strip_prefix(['-', '+']).unwrap_or(inside);
    Some(inside.strip_suffix(['-', '+']).unwrap_or(inside))
}

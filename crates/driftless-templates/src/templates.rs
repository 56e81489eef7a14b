//! Jinja2 templates with the filters and functions of plugins.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, OnceLock, PoisonError};

use driftless_host::PluginManager;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{EXPRESSION, Result, TEXT, TemplateError};
use crate::event::Event;
use crate::extensions::{add_extensions, has_filter, has_test, not_json};
use crate::imports;
use crate::lookup::lookup;
use crate::meant::{self, Known};
use crate::named_function::{name_functions, named_function};
use crate::names::{called_names, tags, used_filters, used_tests, uses_other_filters, uses_templates};
use crate::nesting;

/// An environment in which templates can use what plugins bring.
///
/// A filter goes by its short name, `{{ title | slugify }}`, and where that is taken by its full name with underscores,
/// `{{ title | template_filter_plugin.slugify }}`; so does a function, `{{ random_string(8) }}`. What a template language has
/// built in stays built in. A variable that is not defined is an error, and so is a plugin that fails. Plugins are looked at when a
/// template first uses a filter, or calls a name, that is not built in.
///
/// Variables are whatever serialises to an object: a struct, a map.
///
/// ```
/// use driftless_host::PluginManager;
/// use driftless_templates::Templates;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Guest {
///     who: &'static str,
/// }
///
/// let manager = PluginManager::builder().build()?;
/// let mut templates = Templates::new(&manager);
/// let guest = Guest { who: "world" };
/// assert_eq!(templates.render("greeting", "Hello {{ who | upper }}", &guest)?, "Hello WORLD");
///
/// // Templates with a name are compiled once, and may include, import and extend each other.
/// templates.add("greeting.txt", "Hello {{ who }}")?;
/// templates.add("letter.txt", "{% include 'greeting.txt' %}, how are you?")?;
/// assert_eq!(templates.render_named("letter.txt", &guest)?, "Hello world, how are you?");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Templates {
    manager: PluginManager,
    /// Without what plugins bring.
    environment: Environment<'static>,
    /// With it, once a template has used it.
    extended: OnceLock<Extended>,
    extending: Mutex<()>,
    /// What all named templates use together: any of them may be included.
    named: Uses,
    /// Whether the program had the environment in its hands, and there may be templates and loaders of which nothing is known here.
    is_shared: bool,
    on_event: Option<Box<OnEvent>>,
}

/// An environment with what plugins bring.
struct Extended {
    environment: Environment<'static>,
    /// The filters of plugins, by their short names.
    filters: Vec<String>,
    /// Whether every plugin could be asked.
    is_complete: bool,
}

type OnEvent = dyn Fn(Event<'_>) + Send + Sync;

/// What a template uses that may be a plugin's.
#[derive(Debug, Default)]
struct Uses {
    /// Whether it uses a filter that is not built in.
    filters: bool,
    /// Whether it includes, imports or extends other templates.
    templates: bool,
    /// Names that it calls and does not define itself: functions, plugins. A name that it only looks at is a variable.
    names: BTreeSet<String>,
}

impl Templates {
    /// An environment in which templates can use the filters and functions of a manager's plugins.
    pub fn new(manager: &PluginManager) -> Self {
        let mut environment = Environment::new();
        name_functions(&mut environment);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_debug(true);
        environment.set_auto_escape_callback(|name| {
            if is_markup(name) { AutoEscape::Html } else { AutoEscape::None }
        });
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
        Self {
            manager: manager.clone(),
            environment,
            extended: OnceLock::new(),
            extending: Mutex::new(()),
            named: Uses::default(),
            is_shared: false,
            on_event: None,
        }
    }

    /// Adds `lookup('file', path)` and `lookup('env', name)`, for templates that the user wrote: they read whatever the
    /// user can, regular files of up to 16 MiB.
    #[must_use]
    pub fn with_lookups(mut self) -> Self {
        self.extended.take();
        let function = minijinja::Value::from_function(lookup);
        self.environment.add_global("lookup", named_function("lookup", function));
        self
    }

    /// Calls `handler` with each event: a plugin that could not be asked what it brings.
    #[must_use]
    pub fn on_event(mut self, handler: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Box::new(handler));
        self
    }

    /// The environment, to add filters and functions of one's own. They go before those of plugins. Where a template includes others,
    /// plugins are looked at from now on: what was added here besides is not known.
    ///
    /// A function of one's own may be called twice for one rendering: a template that fails for want of a name, before plugins were looked at,
    /// is run once more with them.
    pub fn environment_mut(&mut self) -> &mut Environment<'static> {
        // What plugins bring is added again, beside what is added now.
        self.extended.take();
        self.is_shared = true;
        &mut self.environment
    }

    /// The environment with what plugins bring.
    ///
    /// # Errors
    ///
    /// When the plugins cannot be listed.
    pub fn environment(&self) -> Result<&Environment<'static>> {
        Ok(&self.extended()?.environment)
    }

    fn extended(&self) -> Result<&Extended> {
        if let Some(extended) = self.extended.get() {
            return Ok(extended);
        }
        // A plugin is asked once, and reported once: after the lock is given back, so that no other thread waits for the report.
        let mut left_out = Vec::new();
        let extended = {
            let _extending = self.extending.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(extended) = self.extended.get() {
                return Ok(extended);
            }
            let mut environment = self.environment.clone();
            let filters = add_extensions(&mut environment, &self.manager, |error| left_out.push(error))?;
            let extended = Extended { environment, filters, is_complete: left_out.is_empty() };
            self.extended.get_or_init(|| extended)
        };
        for error in &left_out {
            if let Some(handler) = &self.on_event {
                handler(Event::PluginLeftOut(error));
            }
        }
        Ok(extended)
    }

    /// Adds a template with a name, for [`render_named`](Self::render_named) and for other templates that include, import or extend it. It
    /// takes the place of one that has the name already.
    ///
    /// # Errors
    ///
    /// When the template is wrong, with the line.
    pub fn add(&mut self, name: impl Into<String>, source: impl Into<String>) -> Result<()> {
        let (name, source) = (name.into(), source.into());
        self.bounded(&name, &source)?;
        if let Some(extended) = self.extended.get_mut() {
            let added = extended.environment.add_template_owned(name.clone(), source.clone());
            added.map_err(|error| TemplateError::new(error, self.environment.syntax()))?;
        }
        let added = self.environment.add_template_owned(name.clone(), source);
        added.map_err(|error| self.error(error))?;
        let uses = self.uses(&self.environment.get_template(&name).map_err(|error| self.error(error))?);
        self.named.filters |= uses.filters;
        self.named.names.extend(uses.names);
        Ok(())
    }

    /// Renders a template that was [added](Self::add).
    ///
    /// # Errors
    ///
    /// When there is none of this name, or something in it fails, with the line.
    pub fn render_named(&self, name: &str, vars: impl Serialize) -> Result<String> {
        let vars = minijinja::Value::from(Serde(vars));
        // Which of the named templates it leads to is not asked.
        let environment = self.environment_for(&vars, || Uses { templates: true, ..Uses::default() })?;
        self.run(environment, &vars, |environment| environment.get_template(name)?.render(vars.clone()))
    }

    /// Renders a template. `name` is what errors call it. One that ends like a file of markup, `.html`, `.xml` or `.svg` for example, escapes for
    /// that; the case does not matter, nor does `.j2` behind it.
    ///
    /// # Errors
    ///
    /// When the template is wrong, or something in it fails, with the line.
    pub fn render(&self, name: &str, source: &str, vars: impl Serialize) -> Result<String> {
        self.render_with(name, source, &minijinja::Value::from(Serde(vars)))
    }

    fn render_with(&self, name: &str, source: &str, vars: &minijinja::Value) -> Result<String> {
        self.bounded(name, source)?;
        let render = |environment: &Environment<'static>| {
            environment.template_from_named_str(name, source)?.render(vars.clone())
        };
        if let Some(extended) = self.extended.get() {
            return self.run(&extended.environment, vars, render);
        }
        let plain = self.environment.template_from_named_str(name, source);
        let plain = plain.map_err(|error| self.error(error))?;
        let environment = self.environment_for(vars, || self.uses(&plain))?;
        self.run(environment, vars, |environment| {
            if std::ptr::eq(environment, &self.environment) {
                return plain.render(vars.clone());
            }
            render(environment)
        })
    }

    /// Evaluates an expression: `greeting.status == 'success'`.
    ///
    /// # Errors
    ///
    /// When the expression is wrong, or something in it fails.
    pub fn evaluate(&self, expression: &str, vars: impl Serialize) -> Result<Value> {
        self.evaluate_with(expression, &minijinja::Value::from(Serde(vars)))
    }

    fn evaluate_with(&self, expression: &str, vars: &minijinja::Value) -> Result<Value> {
        bounded_tags(EXPRESSION, [expression])?;
        let environment = self.environment_for(vars, || Uses {
            filters: self.uses_filters(&[expression]),
            templates: false,
            names: match self.environment.compile_expression(expression) {
                Ok(compiled) => called(&[expression], compiled.undeclared_variables(false)),
                Err(_) => BTreeSet::new(),
            },
        })?;
        let value = self.run(environment, vars, |environment| {
            environment.compile_expression(expression)?.eval(vars.clone())
        })?;
        if value.is_undefined() {
            let error = minijinja::Error::new(
                ErrorKind::UndefinedError,
                format!("`{}` is undefined", expression.trim()),
            );
            return Err(self.missing(self.error(error), environment, vars).into());
        }
        Ok(serde_json::to_value(&value).map_err(|error| self.error(not_json(error)))?)
    }

    /// Runs a template in an environment. Where it turns out to use a name after all that is not there without plugins, it is run with them.
    fn run<T>(
        &self,
        environment: &Environment<'static>,
        vars: &minijinja::Value,
        run: impl Fn(&Environment<'static>) -> Result<T, minijinja::Error>,
    ) -> Result<T> {
        let error = match run(environment).map_err(|error| self.error(error)) {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        if !error.is_about_a_name() || !std::ptr::eq(environment, &self.environment) {
            return Err(self.missing(error, environment, vars).into());
        }
        match self.environment() {
            Ok(extended) => {
                let done = run(extended).map_err(|error| self.error(error));
                Ok(done.map_err(|error| self.missing(error, extended, vars))?)
            }
            // That plugins cannot be listed is not what is wrong with this template.
            Err(_) => Err(error.into()),
        }
    }

    /// An error about a name that is not there, with what was probably meant.
    fn missing(
        &self,
        error: TemplateError,
        environment: &Environment<'static>,
        vars: &minijinja::Value,
    ) -> TemplateError {
        let filters = self.extended.get().map_or(&[][..], |extended| &extended.filters);
        let meant = Known { environment, filters, vars }.meant(error.engine_error());
        error.meaning(meant)
    }

    fn error(&self, error: minijinja::Error) -> TemplateError {
        TemplateError::new(error, self.environment.syntax())
    }

    /// The environment that something needs, which plugins are only asked for where it may use one.
    fn environment_for(
        &self,
        vars: &minijinja::Value,
        uses: impl FnOnce() -> Uses,
    ) -> Result<&Environment<'static>> {
        match self.extended.get() {
            Some(extended) => Ok(&extended.environment),
            None if self.may_use_plugins(vars, &uses()) => self.environment(),
            None => Ok(&self.environment),
        }
    }

    fn uses(&self, template: &minijinja::Template<'_, '_>) -> Uses {
        let tags = tags(template.source(), self.environment.syntax());
        Uses {
            filters: self.uses_filters(&tags),
            templates: tags.iter().any(|tag| uses_templates(tag)),
            names: called(&tags, template.undeclared_variables(false)),
        }
    }

    fn uses_filters(&self, tags: &[&str]) -> bool {
        tags.iter().any(|tag| uses_other_filters(tag, |name| has_filter(&self.environment, name)))
    }

    /// Whether a template, or one that it may include, uses a name that is neither built in nor a variable.
    fn may_use_plugins(&self, vars: &minijinja::Value, uses: &Uses) -> bool {
        let is_known = |name: &String| {
            vars.get_attr(name).is_ok_and(|value| !value.is_undefined())
                || self.environment.globals().any(|(global, _)| global == name)
        };
        let has_other_names = |uses: &Uses| uses.filters || !uses.names.iter().all(is_known);
        has_other_names(uses) || (uses.templates && (self.is_shared || has_other_names(&self.named)))
    }

    /// Fills in every string of a value. A string that is nothing but one expression becomes what the expression is, a number
    /// for example; any other becomes text. White space around the expression is something, too: it is kept.
    ///
    /// # Errors
    ///
    /// As for [`render`](Self::render).
    pub fn fill(&self, value: &Value, vars: impl Serialize) -> Result<Value> {
        self.fill_with(value, &minijinja::Value::from(Serde(vars)))
    }

    fn fill_with(&self, value: &Value, vars: &minijinja::Value) -> Result<Value> {
        match value {
            Value::String(text) => match (is_template(text), single_expression(text)) {
                (false, _) => Ok(value.clone()),
                (true, Some(expression)) if self.is_expression(expression)? => {
                    self.evaluate_with(expression, vars)
                }
                (true, _) => self.render_with(TEXT, text, vars).map(Value::String),
            },
            Value::Array(items) => {
                let filled = items.iter().enumerate();
                let filled = filled
                    .map(|(index, item)| self.fill_with(item, vars).map_err(|error| error.within(index)));
                filled.collect()
            }
            Value::Object(object) => self.fill_members(object, vars).map(Value::Object),
            other => Ok(other.clone()),
        }
    }

    /// Whether a text is one expression, and not the beginning of one and the end of another.
    fn is_expression(&self, text: &str) -> Result<bool> {
        bounded_tags(TEXT, [text])?;
        Ok(self.environment.compile_expression(text).is_ok())
    }

    /// Whether the engine can read a template without ending the program.
    fn bounded(&self, name: &str, source: &str) -> Result<()> {
        bounded_tags(name, tags(source, self.environment.syntax()).iter().copied())
    }

    /// Variables in the order in which they are written, each with its templates filled in by those above it.
    ///
    /// # Errors
    ///
    /// As for [`render`](Self::render), with the variable's name.
    pub fn fill_vars(&self, raw: &Map<String, Value>) -> Result<Map<String, Value>> {
        self.fill_vars_beside(&Map::new(), raw)
    }

    /// The same beside variables that are given: all of them may be used, and one that has the name of a given one is left out, with its templates.
    ///
    /// # Errors
    ///
    /// As for [`render`](Self::render), with the variable's name.
    pub fn fill_vars_beside(
        &self,
        given: &Map<String, Value>,
        raw: &Map<String, Value>,
    ) -> Result<Map<String, Value>> {
        let mut vars = given.clone();
        for (name, value) in raw.iter().filter(|(name, _)| !given.contains_key(*name)) {
            let filled = self.fill(value, &vars).map_err(|error| error.within(name).within("vars"))?;
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
        vars: impl Serialize,
    ) -> Result<Map<String, Value>> {
        self.fill_members(object, &minijinja::Value::from(Serde(vars)))
    }

    fn fill_members(
        &self,
        object: &Map<String, Value>,
        vars: &minijinja::Value,
    ) -> Result<Map<String, Value>> {
        let filled = object.iter().map(|(key, value)| {
            let filled = self.fill_with(value, vars).map_err(|error| error.within(key))?;
            Ok((key.clone(), filled))
        });
        filled.collect()
    }

    /// Whether a string of a value holds a template, so that [filling it in](Self::fill) makes something else of it.
    pub fn has_templates(value: &Value) -> bool {
        match value {
            Value::String(text) => is_template(text),
            Value::Array(items) => items.iter().any(Self::has_templates),
            Value::Object(object) => object.values().any(Self::has_templates),
            _ => false,
        }
    }

    /// Checks whether a string can be read as [`fill`](Self::fill) reads it, and whether the filters and functions that it uses are there. Nothing
    /// is rendered. Variables need not be there: `variables` are those that may be, and that may be called.
    ///
    /// # Errors
    ///
    /// When it holds a template that is wrong, with the line.
    pub fn check(&self, text: &str, variables: &BTreeSet<String>) -> Result<()> {
        if !is_template(text) {
            return Ok(());
        }
        if let Some(expression) = single_expression(text)
            && self.is_expression(expression)?
        {
            return self.check_expression(expression, variables);
        }
        self.bounded(TEXT, text)?;
        let template = self.environment.template_from_named_str(TEXT, text);
        let template = template.map_err(|error| self.error(error))?;
        let tags = tags(text, self.environment.syntax());
        self.check_names(text, &tags, &template.undeclared_variables(false), variables)
    }

    /// Checks whether an expression can be read as [`evaluate`](Self::evaluate) reads it, as for [`check`](Self::check).
    ///
    /// # Errors
    ///
    /// When the expression is wrong.
    pub fn check_expression(&self, expression: &str, variables: &BTreeSet<String>) -> Result<()> {
        bounded_tags(EXPRESSION, [expression])?;
        let compiled = self.environment.compile_expression(expression).map_err(|error| self.error(error))?;
        self.check_names(expression, &[expression], &compiled.undeclared_variables(false), variables)
    }

    /// Checks whether the filters and functions are there that the tags of a text use.
    fn check_names(
        &self,
        source: &str,
        tags: &[&str],
        undeclared: &HashSet<String>,
        variables: &BTreeSet<String>,
    ) -> Result<()> {
        for tag in tags {
            let start = tag.as_ptr() as usize - source.as_ptr() as usize;
            for (at, name) in used_tests(tag) {
                // Plugins bring none.
                if !has_test(&self.environment, &name) {
                    let place = start + at..start + at + name.len();
                    let message = format!("test {name} is unknown");
                    let error = TemplateError::unknown_name(ErrorKind::UnknownTest, message, source, place);
                    return Err(error.meaning(meant::test(&name)).into());
                }
            }
        }
        let of_plugins = |tag: &str| {
            used_filters(tag).iter().any(|(_, name)| !has_filter(&self.environment, name))
                || called_names(tag).any(|name| undeclared.contains(name))
        };
        if !tags.iter().any(|tag| of_plugins(tag)) {
            return Ok(());
        }
        let extended = self.extended()?;
        if !extended.is_complete {
            // A plugin that could not be asked may bring any name.
            return Ok(());
        }
        let environment = &extended.environment;
        let known = Known { environment, filters: &extended.filters, vars: &minijinja::Value::UNDEFINED };
        for tag in tags {
            let start = tag.as_ptr() as usize - source.as_ptr() as usize;
            let place = |at: usize, name: &str| start + at..start + at + name.len();
            for (at, name) in used_filters(tag) {
                if !has_filter(environment, &name) {
                    let message = format!("filter {name} is unknown");
                    let kind = ErrorKind::UnknownFilter;
                    let error = TemplateError::unknown_name(kind, message, source, place(at, &name));
                    return Err(error.meaning(known.filter(&name)).into());
                }
            }
            for name in called_names(tag).filter(|name| undeclared.contains(*name)) {
                let is_known = variables.contains(name)
                    || OF_THE_ENGINE.contains(&name)
                    || environment.globals().any(|(global, _)| global == name);
                let at = name.as_ptr() as usize - tag.as_ptr() as usize;
                if !is_known && is_called(&tag[at + name.len()..]) {
                    let message = format!("{name} is unknown");
                    let kind = ErrorKind::UnknownFunction;
                    let error = TemplateError::unknown_name(kind, message, source, place(at, name));
                    return Err(error.meaning(known.function(name, variables)).into());
                }
            }
        }
        Ok(())
    }

    /// The variables that the strings of a value use. What cannot be read uses none.
    pub fn variables(&self, value: &Value) -> Vec<String> {
        match value {
            Value::String(text) => {
                if self.bounded(TEXT, text).is_err() {
                    return Vec::new();
                }
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

/// Those of these names that a template calls, as a function or as what has one.
fn called(tags: &[&str], names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let called: BTreeSet<&str> = tags.iter().flat_map(|tag| called_names(tag)).collect();
    names.into_iter().filter(|name| called.contains(name.as_str())).collect()
}

/// The extensions of files that are markup. What is rendered otherwise is mostly configuration files, which are text like any other.
const MARKUP: [&str; 16] = [
    "html", "htm", "xhtml", "xht", "shtml", "xml", "svg", "rss", "atom", "xsl", "xslt", "xsd", "wsdl", "kml",
    "gpx", "plist",
];

/// The extensions of templates, which stand behind that of what they become.
const TEMPLATE: [&str; 4] = ["j2", "jinja", "jinja2", "tpl"];

/// Whether a template of this name becomes markup, in which what is filled in has to be escaped.
fn is_markup(name: &str) -> bool {
    let is_one_of =
        |known: &[&str], extension: &str| known.iter().any(|known| extension.eq_ignore_ascii_case(known));
    match name.rsplit_once('.') {
        Some((name, extension)) if is_one_of(&TEMPLATE, extension) => is_markup(name),
        Some((_, extension)) => is_one_of(&MARKUP, extension),
        None => false,
    }
}

/// Says where tags of a template are something that the engine cannot read without ending the program.
fn bounded_tags<'a>(name: &str, tags: impl IntoIterator<Item = &'a str> + Clone) -> Result<()> {
    nesting::check(tags.clone()).and_then(|()| imports::check(tags)).map_err(|why| {
        // A text that has no name of its own is shown with the error.
        let why = if matches!(name, TEXT | EXPRESSION) { why } else { format!("{name}: {why}") };
        TemplateError::unread(minijinja::Error::new(ErrorKind::SyntaxError, why)).into()
    })
}

/// Functions that there are in blocks, loops and macros only.
const OF_THE_ENGINE: [&str; 3] = ["super", "loop", "caller"];

/// Whether a name is called, and nothing of it: it is looked at what is behind the name.
fn is_called(behind: &str) -> bool {
    behind.trim_start().starts_with('(')
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// What stands between the braces of a string that may be nothing but one expression.
fn single_expression(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("{{")?.strip_suffix("}}")?;
    // A sign next to a brace is about white space: `{{- 5 }}` is five.
    let inside = inside.strip_prefix(['-', '+']).unwrap_or(inside);
    Some(inside.strip_suffix(['-', '+']).unwrap_or(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_told_by_its_extension() {
        for name in [
            "a.html",
            "a.HTML",
            "a.Html.J2",
            "b/a.xhtml",
            "a.svg",
            "a.xml.j2",
            "a.XML.jinja2",
            "a.htm.tpl",
            "feed.atom",
            ".html",
        ] {
            assert!(is_markup(name), "{name}");
        }
        for name in ["html", "a.j2", "a.conf", "a.html.txt", "a.yml.j2", "-", "a.", "j2", ".j2", ""] {
            assert!(!is_markup(name), "{name}");
        }
    }
}

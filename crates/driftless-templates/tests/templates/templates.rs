//! Templates with the filters and functions of plugins.

use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use driftless_host::{Candidate, Embedded, ErrorKind, Form, PluginManager, PluginSource, Settings};
use driftless_plugin_api::component::ComponentKind::{Task, TemplateFilter, TemplateFunction};
use driftless_plugin_api::function::Function;
use driftless_templates::{Error, Event, Result, TemplateError, Templates};
use serde_json::{Map, Value, json};

use crate::guest::{
    Action, Action::*, CONFIG, Guest, INPUT, LOOP, TRAP, builder, builder_in, manager, object, sandboxed,
};

/// Replies with the arguments of a filter.
const ARGUMENTS: Action<'_> = Runs("(call $reply (local.get $a3) (local.get $l3))");

/// Replies with the arguments of a function, which come where a filter has its value.
const FUNCTION_ARGUMENTS: Action<'_> = INPUT;

fn templates(plugins: &[(&str, &Guest)]) -> Templates {
    of(&manager(plugins))
}

fn of(manager: &PluginManager) -> Templates {
    Templates::new(manager)
}

/// Templates with one plugin `p` that has a filter `f` and a function `g`.
fn with(filter: Action<'_>, function: Action<'_>) -> Templates {
    let guest = Guest::new().with(TemplateFilter, "f", filter).with(TemplateFunction, "g", function);
    templates(&[("p", &guest)])
}

fn render(templates: &Templates, source: &str) -> Result<String> {
    let vars = json!({"who": "world", "n": 5, "list": [1, "two", null], "markup": "<b>&</b>"});
    templates.render("page.txt", source, object(vars))
}

/// What went wrong in the template.
#[track_caller]
fn template_error<T: std::fmt::Debug>(outcome: Result<T>) -> TemplateError {
    match outcome {
        Err(Error::Template(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// The template cannot be rendered, and its error is this.
#[track_caller]
fn fails(templates: &Templates, source: &str, kind: ErrorKind, text: &str) {
    let error = render(templates, source).expect_err("it should fail");
    assert_eq!((error.kind(), error.to_string()), (kind, text.to_owned()));
}

#[test]
fn extensions_go_by_their_short_and_their_full_names() {
    let guest = Guest::new().with(TemplateFilter, "shout", Says(r#""HEY""#)).with(
        TemplateFunction,
        "answer",
        Says("42"),
    );
    let templates = templates(&[("my-plugin", &guest)]);
    let check = |source: &str, expected: &str| assert_eq!(render(&templates, source).unwrap(), expected);
    check("{{ who | shout }}", "HEY");
    check("{{ who | my_plugin.shout }}", "HEY");
    check("{{ answer() + 1 }}", "43");
    check("{{ my_plugin.answer() + 1 }}", "43");
    check("{% if answer() == 42 %}yes{% endif %}", "yes");
    check("{{ [1, 2] | map('shout') | join(' ') }}", "HEY HEY");
}

#[test]
fn a_filter_gets_its_value_and_arguments_as_json() {
    let check = |filter: Action<'_>, expression: &str, expected: Value| {
        let templates = with(filter, FUNCTION_ARGUMENTS);
        let rendered = render(&templates, &format!("{{{{ {expression} | tojson }}}}")).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&rendered).unwrap(), expected, "{expression}");
    };
    for value in ["1", "-2.5", "true", "\"text \\\" ä 😀\"", "[1,[2],{}]", "{\"a\":{\"b\":[]}}"] {
        check(INPUT, &format!("({value}) | f"), serde_json::from_str(value).unwrap());
    }
    check(INPUT, "none | f", json!(null));
    check(INPUT, "list | f", json!([1, "two", null]));
    check(INPUT, "g()", json!([]));
    check(INPUT, "g(1, 'a', none)", json!([1, "a", null]));
    check(INPUT, "g(1, end='…', by=[2])", json!({"positional": [1], "keyword": {"end": "…", "by": [2]}}));
    check(INPUT, "g(end=1)", json!({"positional": [], "keyword": {"end": 1}}));
    check(ARGUMENTS, "who | f", json!([]));
    check(ARGUMENTS, "who | f(20)", json!([20]));
    check(ARGUMENTS, "who | f(20, end='…')", json!({"positional": [20], "keyword": {"end": "…"}}));
}

#[test]
fn a_short_name_of_two_plugins_is_an_error_that_names_both() {
    let guest = |reply| {
        Guest::new().with(TemplateFilter, "slug", Says(reply)).with(TemplateFunction, "pick", Says(reply))
    };
    let templates = templates(&[("one-plugin", &guest("1")), ("other-plugin", &guest("2"))]);
    let check = |source: &str, expected: &str| assert_eq!(render(&templates, source).unwrap(), expected);
    check("{{ who | one_plugin.slug }}{{ who | other_plugin.slug }}", "12");
    check("{{ one_plugin.pick() }}{{ other_plugin.pick() }}", "12");
    fails(
        &templates,
        "{{ who | slug }}",
        ErrorKind::Failed,
        "page.txt:1: unknown filter: several plugins bring a filter `slug`; say which: \
         `one_plugin.slug` or `other_plugin.slug`",
    );
    fails(
        &templates,
        "{{ pick() }}",
        ErrorKind::Failed,
        "page.txt:1: unknown function: several plugins bring a function `pick`; say which: \
         `one_plugin.pick` or `other_plugin.pick`",
    );
}

#[test]
fn what_is_built_in_stays_built_in() {
    let guest = Guest::new()
        .with(TemplateFilter, "upper", Says(r#""mine""#))
        .with(TemplateFilter, "default", Says(r#""mine""#))
        .with(TemplateFunction, "range", Says(r#""mine""#));
    let templates = templates(&[("p", &guest), ("dict", &guest)]);
    let check = |source: &str, expected: &str| assert_eq!(render(&templates, source).unwrap(), expected);
    check("{{ who | upper }}", "WORLD");
    check("{{ missing | default('built in') }}", "built in");
    check("{{ range(3) | join }}", "012");
    check("{{ who | p.upper }} {{ who | p.default }} {{ p.range() }}", "mine mine mine");
    // Neither does the name of a plugin take the place of a function.
    check("{{ dict(a=1).a }}", "1");
}

#[test]
fn a_plugin_that_fails_is_an_error_with_its_line() {
    let templates = with(Fails(r#"{"error":"no such host"}"#), TRAP);
    let source = "first\n\n  {{ who | f }}\n";
    fails(&templates, source, ErrorKind::Failed, "page.txt:3: plugin `p`, template filter `f`: no such host");
    let error = template_error(render(&templates, source));
    assert_eq!((error.line(), error.name()), (Some(3), Some("page.txt")));
    assert!(
        matches!(error.plugin_error(), Some(driftless_host::Error::Failed { message, .. }) if message == "no such host")
    );
    let (text, range) = error.place().unwrap();
    assert_eq!((text, &text[range]), (source, "f"));

    fails(
        &templates,
        "{{ g() }}",
        ErrorKind::Failed,
        "page.txt:1: plugin `p`, template function `g`: trapped: wasm `unreachable` instruction executed",
    );
}

#[test]
fn a_limit_inside_a_template_is_a_limit() {
    let guest = Guest::new().with(TemplateFilter, "f", LOOP);
    let settings = Settings::from_toml("[security]\nfuel_limit = 1000000").unwrap();
    let manager = builder_in(settings, &[("p", &guest)]).build().unwrap();
    let templates = of(&manager);
    let limit = "plugin `p`, template filter `f`: used up its 1,000,000 units of fuel";
    fails(&templates, "{{ 1 | f }}", ErrorKind::Limit, &format!("page.txt:1: {limit}"));
    // However deep it is.
    let nested = "{% macro m(x) %}{{ x | f }}{% endmacro %}\n{% for x in [1] %}\n{{ m(x) }}{% endfor %}";
    let error = render(&templates, nested).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.to_string().ends_with(limit), "{error}");
    let error = templates.fill(&json!({"deep": [{"x": "{{ 1 | f }}"}]}), Map::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
}

#[test]
fn a_reply_that_is_no_json_is_an_error() {
    for reply in ["", "text", "{", "1 2", "{}{}", "'a'"] {
        let error = template_error(render(&with(Says(reply), TRAP), "{{ who | f }}"));
        let text = error.to_string();
        let expected = "page.txt:1: plugin `p`, template filter `f`: its reply is not JSON: ";
        assert!(text.starts_with(expected), "{text}");
        assert!(matches!(error.plugin_error(), Some(driftless_host::Error::Protocol { .. })));
    }
}

#[test]
fn an_object_with_an_error_is_data() {
    let templates = with(Says(r#"{"error":"just data"}"#), TRAP);
    assert_eq!(render(&templates, "{{ (1 | f).error }}").unwrap(), "just data");
}

#[test]
fn what_is_not_defined_is_an_error() {
    let templates = with(INPUT, TRAP);
    let check = |source: &str, text: &str| fails(&templates, source, ErrorKind::Failed, text);
    check("\n{{ missing }}", "page.txt:2: undefined value: `missing` is undefined");
    for handed_on in ["missing | f", "who | f(missing)", "who | f(1, end=missing)", "g(missing)"] {
        let text = "page.txt:1: undefined value: it cannot be handed to a plugin";
        check(&format!("{{{{ {handed_on} }}}}"), text);
    }
    let error = render(&templates, "{{ who | missing }}").unwrap_err().to_string();
    assert_eq!(error, "page.txt:1: unknown filter: filter missing is unknown");
    let error = template_error(render(&templates, "a\n{{ who | }}"));
    assert_eq!(error.line(), Some(2));
    assert!(error.to_string().starts_with("page.txt:2: syntax error: "), "{error}");
}

#[test]
fn lookups_are_only_for_those_who_ask() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "from a file").unwrap();
    let path = file.path().display();
    let lookup = format!("{{{{ lookup('file', '{path}') }}}}");

    let plain = templates(&[]);
    fails(&plain, &lookup, ErrorKind::Failed, "page.txt:1: unknown function: lookup is unknown");

    let looking = templates(&[]).with_lookups();
    assert_eq!(render(&looking, &lookup).unwrap(), "from a file\n");
    let home = std::env::var("PATH").unwrap();
    assert_eq!(render(&looking, "{{ lookup('env', 'PATH') }}").unwrap(), home);
    let check = |source: &str, text: &str| {
        let error = render(&looking, source).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    };
    check("{{ lookup('file', '/no/such') }}", "lookup('file', '/no/such'): No such file or directory");
    check("{{ lookup('env', 'NO_SUCH_THING') }}", "lookup('env', 'NO_SUCH_THING'): ");
    check("{{ lookup('url', 'x') }}", "lookup('url', …): there are 'file' and 'env'");
    check("{{ lookup('file', '/dev/zero') }}", "it is no regular file");
}

#[test]
#[cfg(unix)]
fn a_lookup_reads_regular_files_of_a_bounded_size_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    // A file of many gigabytes that takes no room.
    std::fs::File::create(path("sparse")).unwrap().set_len(1 << 40).unwrap();
    std::fs::write(path("largest"), vec![b'x'; 16 << 20]).unwrap();
    std::fs::write(path("larger"), vec![b'x'; (16 << 20) + 1]).unwrap();
    let looking = templates(&[]).with_lookups();
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for name in ["pipe", "sparse", "larger", ".", "largest"] {
            let template = format!("{{{{ lookup('file', '{}') }}}}", folder.path().join(name).display());
            ended.send(render(&looking, &template).map_err(|error| error.to_string())).unwrap();
        }
    });
    let next = || end.recv_timeout(std::time::Duration::from_secs(10)).expect("it waits for a pipe");
    let why = |outcome: Result<String, String>| outcome.expect_err("it should be refused");
    assert!(why(next()).ends_with("it is no regular file"));
    assert!(why(next()).ends_with("the file has more than 16 MiB"));
    assert!(why(next()).ends_with("the file has more than 16 MiB"));
    assert!(why(next()).ends_with("it is a folder, not a file"));
    assert_eq!(next().map(|text| text.len()), Ok(16 << 20));
}

/// A source that counts how often it is listed and its plugins opened. One of them cannot be read.
struct Counted(Embedded, Arc<AtomicU32>);

impl PluginSource for Counted {
    fn list(&self) -> std::io::Result<Vec<Candidate>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let mut listed = self.0.list()?;
        listed.push(Candidate { name: "gone".to_owned(), origin: "nowhere".to_owned() });
        Ok(listed)
    }

    fn open(&self, candidate: &Candidate) -> std::io::Result<Form> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.open(candidate)
    }
}

/// Templates with plugins, and how often one was looked for.
fn counted(plugins: &[(&str, &Guest)]) -> (Templates, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let embedded =
        plugins.iter().fold(Embedded::default(), |all, (name, guest)| all.and(*name, guest.build()));
    let source = Counted(embedded, Arc::clone(&count));
    let manager = sandboxed(Settings::default()).source(source).build().unwrap();
    (of(&manager), count)
}

#[test]
fn templates_that_use_no_plugin_read_none() {
    let guest = Guest::new().with(TemplateFilter, "f", INPUT).with(TemplateFunction, "g", Says("1"));
    let (mut templates, looks) = counted(&[("p", &guest)]);
    templates.add("plugin.txt", "{{ who | f }}").unwrap();
    templates.add("plain.txt", "{{ who }}").unwrap();
    templates.environment_mut().add_filter("own", |text: &str| text.to_owned());
    let vars = json!({"who": "world", "list": [1, 2], "user": {"name": "Ada"}});
    for template in [
        "no template | at all",
        "| a | {{ who }} | table |\n{# {{ who | f }} #}",
        "{{ who | upper }} || {{ who | own }} {{ 'a|' | replace('|', '') }}",
        "{{ range(3) | join(', ') }} {{ dict(a=1).a }} {{ user.name }}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(1) }}{% set y = 5 %}{{ y }}",
        "{% for x in list %}{{ loop.index }}{{ x }}{% endfor %}{% filter upper %}x{% endfilter %}",
        "{{ [user] | map(attribute='name') | list }}",
        // What is not defined and only looked at is a variable that is not set.
        "{{ port | default(80) }} {{ host is defined }} {% if not port is defined %}-{% endif %}",
    ] {
        templates.render("t", template, object(vars.clone())).unwrap();
        assert_eq!(looks.load(Ordering::Relaxed), 0, "{template}");
    }
    templates.evaluate("who == 'world' and list | length > 1", object(vars.clone())).unwrap();
    templates.fill(&json!({"a": ["{{ who }}", "{{ list }}"]}), object(vars)).unwrap();
    assert_eq!(looks.load(Ordering::Relaxed), 0);
    // A plugin that cannot be read does not keep the others from being used.
    assert_eq!(render(&templates, "{{ who | f }}").unwrap(), "world");
    assert_eq!(
        looks.load(Ordering::Relaxed),
        3,
        "the list, and a look into each: what is loaded is what was read then"
    );
    assert_eq!(render(&templates, "{{ g() }}").unwrap(), "1");
    assert_eq!(looks.load(Ordering::Relaxed), 3);
}

#[test]
fn a_function_that_is_not_called_is_printed_by_its_name() {
    let guest = Guest::new().with(TemplateFunction, "g", Says("1"));
    let templates = templates(&[("p-q", &guest)]).with_lookups();
    for (template, expected) in [
        ("{{ g }}", "<function g>"),
        ("{{ p_q.g }}", "<function p_q.g>"),
        ("{{ range }} {{ lookup }}", "<function range> <function lookup>"),
        ("{% set f = g %}{{ f }} {{ f() }}", "<function g> 1"),
        ("{{ [g] }}", "[<function g>]"),
        ("{{ dict(a=1) }} {{ namespace(b=2).b }} {{ range(2) | list }}", "{'a': 1} 2 [0, 1]"),
    ] {
        assert_eq!(render(&templates, template).unwrap(), expected, "{template}");
    }
    let two = [("a", &guest), ("b", &guest)];
    assert_eq!(render(&self::templates(&two), "{{ g }}").unwrap(), "<function g>");
}

#[test]
fn named_templates_look_at_plugins_when_one_of_them_uses_one() {
    let guest = Guest::new().with(TemplateFilter, "f", Says("1"));
    let (mut templates, looks) = counted(&[("p", &guest)]);
    templates.add("plain.txt", "{{ who | upper }}").unwrap();
    templates.add("around.txt", "<{% include 'plain.txt' %}>").unwrap();
    let vars = json!({"who": "world"});
    assert_eq!(templates.render_named("around.txt", &vars).unwrap(), "<WORLD>");
    assert_eq!(looks.load(Ordering::Relaxed), 0);
    templates.add("plain.txt", "{{ who | f }}").unwrap();
    assert_eq!(templates.render("t", "{{ who }}", &vars).unwrap(), "world", "it includes none");
    assert_eq!(looks.load(Ordering::Relaxed), 0);
    assert_eq!(templates.render_named("around.txt", &vars).unwrap(), "<1>");
    assert!(looks.load(Ordering::Relaxed) > 0);

    // Of what a program puts into the environment itself, nothing is known.
    let (mut templates, _) = counted(&[("p", &guest)]);
    templates.environment_mut().add_template("own.txt", "{{ who | f }}").unwrap();
    assert_eq!(templates.render_named("own.txt", &vars).unwrap(), "1");
    let (mut templates, _) = counted(&[("p", &guest)]);
    templates.environment_mut().add_template("own.txt", "{{ who | f }}").unwrap();
    assert_eq!(templates.render("t", "{% include 'own.txt' %}", &vars).unwrap(), "1");
}

#[test]
fn a_plugin_called_lookup_does_not_stand_in_for_it() {
    let guest = Guest::new().with(TemplateFunction, "lookup", Says(r#""plugin""#)).with(
        TemplateFunction,
        "file",
        Says(r#""plugin""#),
    );
    let templates = templates(&[("lookup", &guest)]).with_lookups();
    let error = render(&templates, "{{ lookup('file', '/no/such') }}").unwrap_err().to_string();
    assert!(error.contains("No such file"), "{error}");
}

#[test]
fn what_a_plugin_returns_is_never_safe() {
    let templates = with(Says(r#""<script>&amp;""#), Says(r#"["<i>"]"#));
    let render = |name: &str, source: &str| templates.render(name, source, Map::new()).unwrap();
    for name in ["page.html", "page.htm", "page.html.j2"] {
        assert_eq!(render(name, "{{ 1 | f }}"), "&lt;script&gt;&amp;amp;", "{name}");
        assert_eq!(render(name, "{{ g()[0] }}"), "&lt;i&gt;", "{name}");
        // Not even where its value was.
        assert_eq!(render(name, "{{ 'x' | safe | f }}"), "&lt;script&gt;&amp;amp;", "{name}");
        // The author of the template may say so.
        assert_eq!(render(name, "{{ 1 | f | safe }}"), "<script>&amp;", "{name}");
    }
    assert_eq!(render("page.txt", "{{ 1 | f }}"), "<script>&amp;");
}

#[test]
fn only_html_is_escaped() {
    let templates = templates(&[]);
    let vars = object(json!({"who": "\"O'Neil\" & <sons>"}));
    for name in ["site.yml", "site.yaml", "data.json", "app.js", "nginx.conf", "page.txt", "html", "<string>"]
    {
        let rendered = templates.render(name, "who: {{ who }}", &vars).unwrap();
        assert_eq!(rendered, "who: \"O'Neil\" & <sons>", "{name}");
    }
}

#[test]
fn what_has_no_end_is_told_where_it_begins() {
    for (source, text, line, shown) in [
        (
            "a\n{% if n %}\nb\n",
            "page.txt:2: syntax error: the `if` that begins here has no `endif`",
            2,
            "{% if n %}",
        ),
        ("a\n\n{{ n\nb\n", "page.txt:3: syntax error: `{{` begins here and has no `}}`", 3, "{{"),
        ("{{ (n\n}}\n", "page.txt:1: syntax error: `(` has no `)`", 1, "("),
        // What comes before it, or stands in it, is told as ever.
        ("{{ 1 + }}{% if n %}", "page.txt:1: syntax error: unexpected end of variable block", 1, "}}"),
        ("{% if n %}\n{{ 1 + }}", "page.txt:2: syntax error: unexpected end of variable block", 2, "}}"),
    ] {
        let error = template_error(render(&templates(&[]), source));
        assert_eq!((error.to_string(), error.line()), (text.to_owned(), Some(line)), "{source}");
        let (source, place) = error.place().unwrap();
        assert_eq!(&source[place], shown);
    }
    let error = template_error(templates(&[]).evaluate("f('a", Map::new()));
    assert_eq!(error.to_string(), "syntax error: the string that begins here has no end");
    let mut named = templates(&[]);
    let error = template_error(named.add("a.txt", "{% for a in b %}"));
    assert_eq!(error.to_string(), "a.txt:1: syntax error: the `for` that begins here has no `endfor`");
}

#[test]
fn a_template_keeps_its_last_newline() {
    assert_eq!(render(&templates(&[]), "{{ n }}\n\n").unwrap(), "5\n\n");
}

/// A value with its templates filled in.
fn filled(value: Value) -> Value {
    let vars = json!({
        "n": 5, "text": "a b", "list": [1, 2], "map": {"k": true}, "nothing": null, "dir": "/srv/a&b",
    });
    templates(&[]).fill(&value, object(vars)).unwrap()
}

#[test]
fn a_single_expression_keeps_its_type() {
    let check = |template: &str, expected: Value| assert_eq!(filled(json!(template)), expected, "{template}");
    check("{{ n }}", json!(5));
    check("{{ n + 0.5 }}", json!(5.5));
    check("{{ n > 3 }}", json!(true));
    check("{{ list }}", json!([1, 2]));
    check("{{ map }}", json!({"k": true}));
    check("{{ nothing }}", json!(null));
    check("{{ text }}", json!("a b"));
    check("{{ '}}' ~ '{{' }}", json!("}}{{"));
    // Whitespace control is no arithmetic.
    check("{{- n -}}", json!(5));
    check("{{- n }}", json!(5));
    check("{{ n -}}", json!(5));
    check("{{ -n }}", json!(-5));
    check("{{- -n }}", json!(-5));
}

#[test]
fn anything_else_becomes_text() {
    let check =
        |template: &str, expected: &str| assert_eq!(filled(json!(template)), json!(expected), "{template}");
    check("{{ n }}{{ n }}", "55");
    check("{{ n }} {{ n }}", "5 5");
    // White space is something, too: a line that is indented, the end of a file.
    check("  {{ n }}", "  5");
    check("{{ n }}\n", "5\n");
    check("{{ text }}\n", "a b\n");
    check("port {{ n }}", "port 5");
    check("{% if n > 3 %}{{ n }}{% endif %}", "5");
    check("{# nothing #}", "");
    check("no template", "no template");
    check("{ not one }", "{ not one }");
    check("", "");
}

#[test]
fn a_path_is_text_whatever_it_ends_in() {
    let check =
        |template: &str, expected: &str| assert_eq!(filled(json!(template)), json!(expected), "{template}");
    check("{{ dir }}/index.html", "/srv/a&b/index.html");
    check("{{ dir }}/data.json", "/srv/a&b/data.json");
    check("{{ dir }}/site.yml", "/srv/a&b/site.yml");
    check("{{ dir }}/feed.xml", "/srv/a&b/feed.xml");
}

#[test]
fn every_string_inside_is_filled_in() {
    let value = json!({"{{ n }}": ["{{ n }}", {"deep": "{{ text }}!"}, 1, null, true]});
    // Keys are names and stay what they are.
    assert_eq!(filled(value), json!({"{{ n }}": [5, {"deep": "a b!"}, 1, null, true]}));
}

#[test]
fn what_cannot_be_filled_in_says_where() {
    let outcome = templates(&[]).fill(&json!("{{ missing }}"), Map::new());
    let error = template_error(outcome).to_string();
    assert!(error.contains("undefined value"), "{error}");
    let error = template_error(templates(&[]).fill(&json!("a {{ missing }}"), Map::new())).to_string();
    assert_eq!(error, "undefined value: `missing` is undefined");
}

#[test]
fn an_expression_is_evaluated() {
    let templates = with(INPUT, Says("true"));
    let evaluate = |expression: &str| templates.evaluate(expression, object(json!({"status": "success"})));
    assert_eq!(evaluate("status == 'success' and g()").unwrap(), json!(true));
    assert_eq!(evaluate("[1, status | f]").unwrap(), json!([1, "success"]));
    assert!(evaluate("missing").is_err());
    assert!(evaluate("status ==").is_err());
}

#[test]
fn an_extension_is_configured_in_the_settings() {
    let schema = json!({"properties": {"separator": {"type": "string", "default": "-"}}});
    let guest = Guest::new().with_schema(TemplateFilter, "f", schema, CONFIG);
    let render = |toml: &str| {
        let manager = builder_in(Settings::from_toml(toml).unwrap(), &[("my-plugin", &guest)]);
        let templates = of(&manager.build().unwrap());
        templates.render("page", "{{ (1 | f).separator }}", Map::new())
    };
    assert_eq!(render("").unwrap(), "-");
    assert_eq!(render("[config.my-plugin.f]\nseparator = '_'").unwrap(), "_");
    let error = render("[config.my-plugin.f]\nseparator = 1").unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (
            ErrorKind::Configuration,
            "page:1: the configuration of plugin `my-plugin`, template filter `f`: \
             /separator: 1 is not of type \"string\"; write it in quotes, or in a template with `| string`"
                .to_owned()
        )
    );
}

#[test]
fn a_plugin_that_lists_its_components_is_loaded_when_it_is_used() {
    let manifest = json!({
        "name": "p", "version": "1.0.0",
        "components": [{"kind": "template_filter", "name": "f"}, {"kind": "task", "name": "t"}],
    });
    // Its list of components is no JSON.
    let guest = Guest::new()
        .manifest(manifest)
        .with(TemplateFilter, "f", INPUT)
        .with(Task, "t", TRAP)
        .replies(Function::GetTemplateExtensions, "nonsense");
    let templates = templates(&[("p", &guest)]);
    assert_eq!(render(&templates, "not used").unwrap(), "not used");
    let error = render(&templates, "{{ 1 | f }}").unwrap_err().to_string();
    assert!(error.contains("its reply is not a list of definitions"), "{error}");

    // One that does not list them is asked when a template uses what may be its own, once, and left out.
    let guest = Guest::new().replies(Function::GetTemplateExtensions, "nonsense");
    let told = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&told);
    let templates = self::templates(&[("p", &guest)]).on_event(move |event| match event {
        Event::PluginLeftOut(error) => hear.lock().unwrap().push(error.to_string()),
        other => panic!("{other:?}"),
    });
    assert_eq!(render(&templates, "{{ who | upper }}").unwrap(), "WORLD");
    assert_eq!(told.lock().unwrap().len(), 0);
    for _ in 0..2 {
        let error = render(&templates, "{{ who | f }}").unwrap_err().to_string();
        assert_eq!(error, "page.txt:1: unknown filter: filter f is unknown");
    }
    let told = told.lock().unwrap();
    let [told] = told.as_slice() else { panic!("{told:?}") };
    let expected = "plugin `p`, function `get_template_extensions`: its reply is not a list of definitions";
    assert!(told.starts_with(expected), "{told}");
}

#[test]
fn a_file_that_is_no_plugin_does_not_keep_the_others_from_being_used() {
    let broken = driftless_host::Embedded::new("broken", *b"hello");
    let guest = Guest::new().with(TemplateFilter, "f", INPUT);
    let manager = builder(&[("p", &guest)]).source(broken).build().unwrap();
    let templates = of(&manager);
    assert_eq!(render(&templates, "{{ who | f }}").unwrap(), "world");
}

#[test]
fn templates_are_rendered_by_many_threads_at_once() {
    let templates = with(INPUT, FUNCTION_ARGUMENTS);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let templates = &templates;
            scope.spawn(move || {
                for round in 0..50 {
                    let vars = object(json!({"x": [thread, round]}));
                    let rendered = templates.render("page", "{{ x | f | join('-') }}", &vars).unwrap();
                    assert_eq!(rendered, format!("{thread}-{round}"));
                }
            });
        }
    });
}

#[test]
fn a_program_may_add_filters_of_its_own() {
    let manager = PluginManager::builder().build().unwrap();
    let mut templates = of(&manager);
    templates.environment_mut().add_filter("twice", |text: &str| text.repeat(2));
    assert_eq!(render(&templates, "{{ who | twice }}").unwrap(), "worldworld");
}

#[test]
fn named_templates_include_import_and_extend_each_other() {
    #[derive(serde::Serialize)]
    struct Page<'a> {
        title: &'a str,
        items: Vec<u32>,
    }
    let guest = Guest::new().with(TemplateFilter, "shout", Says(r#""HEY""#)).with(
        TemplateFunction,
        "answer",
        Says("42"),
    );
    let mut templates = templates(&[("p", &guest)]);
    templates.add("base.html", "<h1>{{ title }}</h1>{% block body %}{% endblock %}").unwrap();
    templates.add("macros.html", "{% macro item(n) %}<li>{{ n }}{% endmacro %}").unwrap();
    templates.add("footer.html", "{{ title | shout }} {{ answer() }}").unwrap();
    let source = "{% extends 'base.html' %}{% from 'macros.html' import item %}{% block body %}\
                  {% for n in items %}{{ item(n) }}{% endfor %}{% include 'footer.html' %}{% endblock %}";
    templates.add("page.html", source).unwrap();
    let page = Page { title: "a & b", items: vec![1, 2] };
    assert_eq!(templates.render_named("page.html", &page).unwrap(), "<h1>a &amp; b</h1><li>1<li>2HEY 42");
    // One without a name may use them as well.
    let source = "{% include 'footer.html' %}";
    assert_eq!(templates.render("other.txt", source, &page).unwrap(), "HEY 42");
    // A template takes the place of another, after plugins were asked as before.
    templates.add("footer.html", "{{ title | p.shout }}").unwrap();
    assert_eq!(templates.render_named("page.html", &page).unwrap(), "<h1>a &amp; b</h1><li>1<li>2HEY");

    let error = templates.render_named("missing.html", &page).unwrap_err();
    assert!(error.to_string().contains("missing.html"), "{error}");
    assert_eq!(template_error(templates.add("bad.html", "a\n{% if %}").map(|()| "")).line(), Some(2));
    // The place of an error is where it is, and not where that was included.
    templates.add("footer.html", "\n\n{{ missing }}").unwrap();
    let error = template_error(templates.render_named("page.html", &page));
    assert_eq!((error.name(), error.line()), (Some("footer.html"), Some(3)));
    assert_eq!(error.to_string(), "footer.html:3: undefined value: `missing` is undefined");
    let (text, range) = error.place().unwrap();
    assert_eq!(&text[range], "missing");
}

#[test]
fn a_plugins_names_are_found_wherever_they_are_used() {
    let guest = Guest::new().with(TemplateFilter, "f", Says("1")).with(TemplateFunction, "g", Says("2"));
    for (source, expected) in [
        ("{{ 0 | f }}", "1"),
        ("{{ 0 | p.f }}", "1"),
        ("{{ g() }}", "2"),
        ("{{ p.g() }}", "2"),
        ("{% filter f %}x{% endfilter %}", "1"),
        ("{{ [0] | map('f') | join }}", "1"),
        ("{% set name = 'f' %}{{ [0] | map(name) | join }}", "1"),
        ("{% macro m(x) %}{{ x | f }}{{ g() }}{% endmacro %}{{ m(0) }}", "12"),
        ("{{ 'f' is filter }} {{ g is defined }}", "True True"),
        // What looks like a variable of the template's own, and is not yet.
        ("{% set g = g() %}{{ g }}", "2"),
        ("{% set p = p.g() %}{{ p }}", "2"),
        ("{% with g = g() %}{{ g }}{% endwith %}", "2"),
        ("{% filter replace('x', g()) %}x{% endfilter %}", "2"),
    ] {
        // Each is the first that asks for plugins.
        assert_eq!(render(&templates(&[("p", &guest)]), source).unwrap(), expected, "{source}");
    }
    assert_eq!(templates(&[("p", &guest)]).evaluate("g() + (0 | f)", Map::new()).unwrap(), json!(3));
}

//! Templates that are nested deeper than a stack bears.

use std::thread;

use driftless_host::PluginManager;
use driftless_templates::Templates;
use serde_json::{Map, json};

/// A beginning that is repeated, a middle, and an end that is repeated.
const SHAPES: [(&str, &str, &str); 21] = [
    ("not ", "1", ""),
    ("-", "1", ""),
    ("- not ", "1", ""),
    ("1 + ", "1", ""),
    ("1 ~ ", "1", ""),
    ("2 ** ", "1", ""),
    ("1 < ", "1", ""),
    ("1 in ", "1", ""),
    ("1 and ", "1", ""),
    ("", "a", ".a"),
    ("", "a", "[0]"),
    ("", "a", "()"),
    ("", "a", "[1:2]"),
    ("", "a", "|upper"),
    ("", "a", " is defined"),
    ("1 if 1 else ", "1", ""),
    ("", "1", " if 1"),
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("{'a': ", "1", "}"),
    ("not (1 + ", "1", " + 1)"),
];

/// What holds for the main thread of a program holds for others, whose stack is a quarter.
fn with_the_stack_of_a_thread(test: impl FnOnce(&Templates) + Send + 'static) {
    let test = move || test(&Templates::new(&PluginManager::builder().build().unwrap()));
    thread::Builder::new().stack_size(2 << 20).spawn(test).unwrap().join().unwrap();
}

#[test]
fn an_expression_is_nested_no_deeper_than_a_stack_bears() {
    with_the_stack_of_a_thread(|templates| {
        for (before, middle, after) in SHAPES {
            for times in [10, 100, 150, 249, 499, 500, 1_000, 20_000] {
                let expression = before.repeat(times) + middle + &after.repeat(times);
                let vars = json!({"a": 1});
                // Whatever comes of it, something does.
                let evaluated = templates.evaluate(&expression, &vars);
                let rendered = templates.render("t", &format!("{{{{ {expression} }}}}"), &vars);
                let _ = templates.render("t", &format!("{{% if {expression} %}}{{% endif %}}"), &vars);
                let _ = templates.fill(&json!([format!("{{{{ {expression} }}}}")]), &vars);
                templates.variables(&json!(format!("{{{{ {expression} }}}}")));
                if times >= 1_000 {
                    let shape = format!("{before}{middle}{after}");
                    let why = evaluated.unwrap_err().to_string();
                    assert!(why.contains("more than 500 operators"), "{shape}: {why}");
                    let why = rendered.unwrap_err().to_string();
                    assert!(why.contains("t: an expression has more than 500 operators"), "{shape}: {why}");
                }
            }
        }
    });
}

#[test]
fn statements_are_nested_no_deeper_than_a_stack_bears() {
    with_the_stack_of_a_thread(|templates| {
        for (before, after) in [
            ("{% if 1 %}", "{% endif %}"),
            ("{% for x in [1] %}", "{% endfor %}"),
            ("{% elif 0 %}", ""),
            ("{% filter upper %}", "{% endfilter %}"),
            ("{% block b %}", "{% endblock %}"),
            ("{% set x %}", "{% endset %}"),
            ("{% macro m() %}", "{% endmacro %}"),
            ("{% with a = 1 %}", "{% endwith %}"),
            ("{% call f() %}", "{% endcall %}"),
        ] {
            for times in [10, 100, 149, 500, 20_000] {
                let source = before.repeat(times) + &after.repeat(times);
                let source =
                    if after.is_empty() { format!("{{% if 0 %}}{source}{{% endif %}}") } else { source };
                let rendered = templates.render("t", &source, Map::new());
                assert!(times < 20_000 || rendered.is_err(), "{before}");
            }
        }
    });
}

#[test]
fn a_template_that_calls_itself_ends() {
    with_the_stack_of_a_thread(|_| {
        let mut templates = Templates::new(&PluginManager::builder().build().unwrap());
        templates.add("self", "{% include 'self' %}").unwrap();
        templates.add("macro", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").unwrap();
        templates.add("loop", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}").unwrap();
        templates.add("caller", "{% macro m() %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}").unwrap();
        templates
            .add("import", "{% macro n() %}{% from 'import' import n %}{{ n() }}{% endmacro %}{{ n() }}")
            .unwrap();
        templates.add("a", "{% extends 'b' %}").unwrap();
        templates.add("b", "{% extends 'a' %}").unwrap();
        for name in ["self", "macro", "loop", "caller", "import", "a"] {
            let error = templates.render_named(name, Map::new()).unwrap_err();
            assert!(!error.to_string().is_empty(), "{name}");
        }
    });
}

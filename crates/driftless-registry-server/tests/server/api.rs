//! The API for programs that do not read the tree.

use serde_json::{Value, json};

use crate::served::Served;

#[test]
fn plugins_are_listed_and_searched() {
    let served = Served::new();
    served.put("greeter", "1.0.0", json!({"description": "Says hello"}));
    served.put("greeter", "1.1.0", json!({"description": "Says hello"}));
    served.put("weather", "0.1.0", json!({}));
    let answer = served.ask("GET /api/v1/plugins", &[]);
    let greeter =
        json!({"namespace": "main", "name": "greeter", "version": "1.1.0", "description": "Says hello"});
    let weather = json!({"namespace": "main", "name": "weather", "version": "0.1.0", "description": ""});
    assert_eq!(answer.json(), json!({"plugins": [greeter, weather], "page": 1, "next_page": null}));
    let found = served.ask("GET /api/v1/plugins?q=says+greet", &[]);
    assert_eq!(found.json()["plugins"], json!([greeter]));
    assert_eq!(served.ask("GET /api/v1/plugins?q=nothing", &[]).json()["plugins"], json!([]));
    assert_eq!(served.ask("GET /api/v1/plugins?page=2", &[]).json()["plugins"], json!([]));
    for query in ["page=0", "page=1001", "page=x", &format!("q={}", "x".repeat(201))] {
        let refused = served.ask(&format!("GET /api/v1/plugins?{query}"), &[]);
        assert_eq!(refused.refusal(), (400, "malformed".to_owned()), "{query}");
    }
}

#[test]
fn a_long_list_has_pages() {
    let served = Served::new();
    let line = |number: usize| {
        json!({"namespace": "main", "name": format!("p{number:04}"), "version": "1.0.0"}).to_string()
    };
    let lines: Vec<String> = (0..101).map(line).collect();
    std::fs::write(served.root.path().join("search.jsonl"), lines.join("\n")).unwrap();
    let mut names = Vec::new();
    let mut page = json!(1);
    while !page.is_null() {
        let answer = served.ask(&format!("GET /api/v1/plugins?page={page}"), &[]).json();
        names.extend(answer["plugins"].as_array().unwrap().iter().map(|plugin| plugin["name"].clone()));
        page = answer["next_page"].clone();
    }
    assert_eq!(names.len(), 101);
    assert_eq!((&names[0], &names[100]), (&json!("p0000"), &json!("p0100")));
}

#[test]
fn a_plugin_is_told_of_with_all_its_releases() {
    let served = Served::new();
    let asked = json!([{"Environment": {"vars": ["HOME"]}}]);
    served.put("base", "1.0.0", json!({}));
    let more = json!({"description": "Says hello", "dependencies": [{"name": "base", "version": "^1"}], "permissions": asked});
    let first = served.put("greeter", "1.0.0", more.clone());
    served.put("greeter", "1.1.0", more);
    served.put("greeter", "2.0.0-rc.1", json!({}));
    let id = &first.statement().id;
    served.folder.yank(id, &"1.1.0".parse().unwrap(), true).unwrap();

    let answer = served.ask("GET /api/v1/plugins/greeter", &[]);
    let value = answer.json();
    let digest = first.statement().digest.to_string();
    let url = format!("{}/blobs/sha256/{}", served.url(), &digest[7..]);
    assert_eq!(value["version"], "1.0.0", "the newest one that is not withdrawn and no preview");
    for (key, expected) in [
        ("namespace", json!("main")),
        ("name", json!("greeter")),
        ("description", json!("Says hello")),
        ("checksum", json!(digest)),
        ("size", json!(first.bytes().len())),
        ("download_url", json!(url)),
        ("yanked", json!(false)),
        ("revoked", json!(null)),
        ("permissions", asked),
        ("dependencies", json!([{"name": "main/base", "version": "^1"}])),
        ("statement", json!(first.text())),
        ("signature", json!(first.signature())),
    ] {
        assert_eq!(value[key], expected, "{key}");
    }
    let versions: Vec<(&Value, &Value)> =
        value["versions"].as_array().unwrap().iter().map(|one| (&one["version"], &one["yanked"])).collect();
    let (no, yes) = (json!(false), json!(true));
    assert_eq!(versions, [(&json!("2.0.0-rc.1"), &no), (&json!("1.1.0"), &yes), (&json!("1.0.0"), &no)]);

    let path = url.strip_prefix(&served.url()).unwrap();
    assert_eq!(served.ask(&format!("GET {path}"), &[]).body, first.bytes());
    let condition = format!("if-none-match: {}", answer.header("etag").unwrap());
    assert_eq!(served.ask("GET /api/v1/plugins/greeter", &[&condition]).status, 304);
}

#[test]
fn a_path_is_one_plugin_or_one_release() {
    let served = Served::new();
    served.put("greeter", "1.0.0", json!({}));
    served.put("greeter", "1.1.0", json!({}));
    for (path, version) in [
        ("greeter", "1.1.0"),
        ("Greeter", "1.1.0"),
        ("main/greeter", "1.1.0"),
        ("greeter/1.0.0", "1.0.0"),
        ("main/greeter/1.0.0", "1.0.0"),
    ] {
        let answer = served.ask(&format!("GET /api/v1/plugins/{path}"), &[]);
        assert_eq!((answer.status, &answer.json()["version"]), (200, &json!(version)), "{path}");
    }
    for path in [
        "other",
        "other/greeter",
        "greeter/2.0.0",
        "greeter/1.0",
        "main/greeter/latest",
        "a/b/c/d",
        "",
        "main/",
    ] {
        let refused = served.ask(&format!("GET /api/v1/plugins/{path}"), &[]);
        assert_eq!(refused.refusal(), (404, "not_found".to_owned()), "{path}");
    }
}

#[test]
fn a_url_is_the_one_that_the_operator_named() {
    let served =
        Served::with(|options| options.public_url = Some("https://plugins.example.com/team/".to_owned()));
    served.put("greeter", "1.0.0", json!({}));
    let url = served.ask("GET /api/v1/plugins/greeter", &[]).json()["download_url"].clone();
    assert!(url.as_str().unwrap().starts_with("https://plugins.example.com/team/blobs/sha256/"), "{url}");
}

#[test]
fn what_is_asked_for_in_another_way_is_refused() {
    let served = Served::new();
    for line in [
        "POST /config.json",
        "DELETE /api/v1/plugins/greeter",
        "PUT /api/v1/plugins",
        "GET /api/v1/keys/main/rotate",
        "BREW /healthz",
    ] {
        assert_eq!(served.ask(line, &[]).refusal(), (405, "method".to_owned()), "{line}");
    }
    assert_eq!(served.ask("GET /", &[]).refusal(), (404, "not_found".to_owned()));
}

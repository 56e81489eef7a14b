//! The plugin of the page "Rust with wasm-bindgen alone", written with the SDK, and its unit tests.

use plugin_sdk::serde_json::{self, Value, json};

#[plugin_sdk::plugin(name = "my-plugin")]
mod my_plugin {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize, JsonSchema)]
    struct Config {
        message: String,
    }

    #[task]
    fn my_custom_task(config: Config) -> String {
        log::info!("Executing custom task with message: {}", config.message);
        format!("Task executed with: {}", config.message)
    }
}

// As an author without the SDK would write it.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_task_definitions() {
        let definitions: Vec<Value> = serde_json::from_str(&get_task_definitions()).unwrap();
        assert!(!definitions.is_empty());
        assert_eq!(definitions[0]["name"], "my_custom_task");
    }

    #[test]
    fn test_task_execution() {
        let config = r#"{"message": "test"}"#;
        let result: Value = serde_json::from_str(&execute_task("my_custom_task", config)).unwrap();
        assert_eq!(result["status"], "success");
    }
}

fn run(name: &str, config: Value) -> Value {
    serde_json::from_str(&execute_task(name, &config.to_string())).unwrap()
}

#[test]
fn the_result_is_as_without_the_sdk() {
    assert_eq!(
        run("my_custom_task", json!({"message": "test"})),
        // As the plugin without the SDK makes it.
        json!({
            "status": "success",
            "message": format!("Task executed with: {}", "test")
        })
    );
}

#[test]
fn an_unknown_task_is_answered_as_without_the_sdk() {
    let name = "other";
    assert_eq!(
        run(name, json!({})),
        json!({
            "status": "error",
            "message": format!("Unknown task: {}", name)
        })
    );
}

#[test]
fn the_definition_holds_all_that_it_holds_without_the_sdk() {
    let expected = json!({
        "name": "my_custom_task",
        "type": "apply",
        "config_schema": {
            "type": "object",
            "properties": {
                "message": {"type": "string"}
            },
            "required": ["message"]
        }
    });
    let definitions: Vec<Value> = serde_json::from_str(&get_task_definitions()).unwrap();
    assert_eq!(definitions.len(), 1);
    assert_eq!(definitions[0]["name"], expected["name"]);
    assert_eq!(definitions[0]["type"], expected["type"]);
    for (keyword, value) in expected["config_schema"].as_object().unwrap() {
        assert_eq!(definitions[0]["config_schema"][keyword], *value, "{keyword}");
    }
}

#[test]
fn every_function_that_announces_components_is_there() {
    for list in [
        get_facts_collectors(),
        get_template_extensions(),
        get_log_sources(),
        get_log_parsers(),
        get_log_filters(),
        get_log_outputs(),
    ] {
        assert_eq!(list, "[]");
    }
}

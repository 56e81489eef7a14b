//! Keys that people know from other tools, and what is written instead.

/// A key that a task does not have here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Foreign {
    /// What is written instead.
    pub(crate) instead: &'static str,
    /// Whether it may be a word of a component's own where that takes any key.
    pub(crate) may_be_own: bool,
}

const USER: &str = "a plugin has the rights of the program that runs it: run that as another user";
const HANDLERS: &str =
    "there are no handlers: `register` the result, and give a later task a `when` that asks for it";
const BLOCKS: &str = "there are no blocks: write the tasks one after the other, and say with `ignore_errors` or `on_failure` which may fail";
const INCLUDES: &str = "a file includes no other: run the files one after the other";
const ELSEWHERE: &str = "tasks are run where the program is run, and on no other machine";
const RETRIES: &str = "write `on_failure: {policy: retry, retries: 3, pause_ms: 1000}`";
const RESULT: &str = "`register` the result, and let a later task look at it, in its `when`";
const MODULE: &str = "write `type: plugin.task`, and its configuration beside it";
const FACTS: &str = "facts are what `collectors:` at the top of the file says, and stand under `facts`";
const VARS: &str = "write `vars:` at the top of the file";
const WAITING: &str = "tasks are run one after the other, and each is waited for";

/// What is written instead of a key of a task.
pub(crate) fn of_a_task(key: &str) -> Option<Foreign> {
    let certain = |instead| Some(Foreign { instead, may_be_own: false });
    let perhaps = |instead| Some(Foreign { instead, may_be_own: true });
    match key {
        "become" | "become_user" | "become_method" | "become_flags" | "become_exe" | "remote_user" => {
            certain(USER)
        }
        "notify" | "handlers" => certain(HANDLERS),
        "with_items" | "with_list" | "with_flattened" => certain("write `loop:` with a list"),
        "with_dict" => {
            certain("write `loop: \"{{ the_mapping | items }}\"`; each `item` is a list of key and value")
        }
        "with_sequence" => certain("write `loop: \"{{ range(1, 4) }}\"`"),
        "with_fileglob" | "with_together" | "with_nested" | "with_subelements" | "with_first_found" => {
            certain("write `loop:` with a list, or an expression that makes one")
        }
        "block" | "rescue" => certain(BLOCKS),
        "include_tasks" | "import_tasks" | "include_role" | "import_role" | "import_playbook" => {
            certain(INCLUDES)
        }
        "include_vars" => certain("further variables come from outside of the file, when it is run"),
        "set_fact" => certain(VARS),
        "delegate_to" | "delegate_facts" | "run_once" => certain(ELSEWHERE),
        "failed_when" | "changed_when" => certain(RESULT),
        "local_action" => certain(MODULE),
        "gather_facts" => certain(FACTS),
        "ignore_unreachable" => certain(ELSEWHERE),
        "any_errors_fatal" => certain("a task that fails ends the run already"),
        "check_mode" => certain("a dry run is asked for when the file is run, for all tasks"),
        "until" | "retries" | "delay" => perhaps(RETRIES),
        "always" => perhaps(BLOCKS),
        "vars" => perhaps(VARS),
        "args" | "action" => perhaps(MODULE),
        "hosts" | "connection" => perhaps(ELSEWHERE),
        "async" | "poll" | "throttle" => perhaps(WAITING),
        "environment" => {
            perhaps("a plugin sees the variables of the environment that are granted to it, and no others")
        }
        "listen" => perhaps(HANDLERS),
        _ => None,
    }
}

/// What is written instead of a key at the top of a file of tasks.
pub(crate) fn at_the_top(key: &str) -> Option<&'static str> {
    Some(match key {
        "apply" | "pre_tasks" | "post_tasks" | "steps" | "plays" => {
            "write `tasks:`, a list; each task has `type: plugin.task` and its configuration beside it"
        }
        "plugins" => {
            "a file of tasks does not say which plugins there are; write `tasks:`, a list, in which `type: plugin.task` names them"
        }
        "sources" | "parsers" | "filters" | "outputs" => {
            "this belongs to a file that describes a log pipeline, which is run by another command"
        }
        "facts" => {
            "write `collectors:`, a list; each has `type: plugin.collector` and its configuration beside it"
        }
        "hosts" | "connection" | "serial" => ELSEWHERE,
        "become" | "become_user" | "remote_user" => USER,
        "handlers" => HANDLERS,
        "roles" => INCLUDES,
        "gather_facts" => FACTS,
        "vars_files" | "vars_prompt" => {
            "further variables come from outside of the file, when it is run; those of the file stand in `vars:`"
        }
        "environment" => {
            "a plugin sees the variables of the environment that are granted to it, and no others"
        }
        "block" | "rescue" | "always" => BLOCKS,
        _ => return None,
    })
}

//! Modules that do one thing with whatever request they are given, so that an attack by a request is a header and nothing else.
//!
//! Both arguments of `execute_task` belong to the attack: the first is the body of the request, the second is the request itself.

/// The text of a skeleton, `forward host_file` for example.
pub(super) fn named(skeleton: &str) -> Result<String, String> {
    let (what, import) = skeleton.split_once(' ').ok_or_else(|| format!("`{skeleton}` is no skeleton"))?;
    let body = match what {
        "forward" => FORWARD,
        "flood" => FLOOD,
        "linger" => LINGER,
        _ => return Err(format!("`{what}` is no skeleton")),
    };
    Ok(FRAME.replace("IMPORT", import).replace("BODY", body))
}

const FRAME: &str = r#"(module
    (import "env" "IMPORT" (func $ask (param i32 i32 i32 i32) (result i64)))
    (import "env" "host_take" (func $take (param i32)))
    (memory (export "memory") 64)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task")
        (param $body i32) (param $body_length i32) (param $request i32) (param $request_length i32) (result i64)
        (local $answer i64)
        BODY))"#;

/// Asks once. The reply is the answer, its JSON and right behind it its body.
const FORWARD: &str = "
    (local.set $answer (call $ask
        (local.get $request) (local.get $request_length) (local.get $body) (local.get $body_length)))
    (call $take (i32.const 0x200000))
    (i64.or (i64.const 0x200000_0000_0000) (i64.add
        (i64.shr_u (local.get $answer) (i64.const 32))
        (i64.and (local.get $answer) (i64.const 0xffff_ffff))))";

/// Asks for ever, and fetches no answer.
const FLOOD: &str = "
    (loop $forever
        (drop (call $ask
            (local.get $request) (local.get $request_length) (local.get $body) (local.get $body_length)))
        (br $forever))
    unreachable";

/// Asks once, and then goes on for ever.
const LINGER: &str = "
    (drop (call $ask
        (local.get $request) (local.get $request_length) (local.get $body) (local.get $body_length)))
    (loop $forever (br $forever))
    unreachable";

#[plugin_sdk::plugin(version = "1.0.0")]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    fn greet() -> String {
        "hello".into()
    }
}

mod more {
    #[plugin_sdk::plugin(name = "one", name = "two")]
    mod farewells {
        use plugin_sdk::prelude::*;

        #[task]
        fn leave() -> String {
            "goodbye".into()
        }
    }
}

fn main() {}

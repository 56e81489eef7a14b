#[plugin_sdk::plugin(files = "/etc/os-release")]
mod one {
    use plugin_sdk::prelude::*;

    #[task]
    fn greet() {}
}

mod empty {
    #[plugin_sdk::plugin(network(), commands("git"))]
    mod two {
        use plugin_sdk::prelude::*;

        #[task]
        fn greet() {}
    }
}

mod twice {
    #[plugin_sdk::plugin(files("/etc"), files("/srv"))]
    mod three {
        use plugin_sdk::prelude::*;

        #[task]
        fn greet() {}
    }
}

mod not_text {
    #[plugin_sdk::plugin(environment(HOME))]
    mod four {
        use plugin_sdk::prelude::*;

        #[task]
        fn greet() {}
    }
}

mod misspelt {
    #[plugin_sdk::plugin(file("/etc"))]
    mod five {
        use plugin_sdk::prelude::*;

        #[task]
        fn greet() {}
    }
}

fn main() {}

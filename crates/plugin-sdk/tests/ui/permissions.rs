#[plugin_sdk::plugin(
    files("etc/os-release", "/srv/app:rw", "/srv/app:rw", "/var/log/*.log"),
    network("https://api.example.com/v1", "ftp://example.com", "address:10.0.0.0/8", "example.com:http"),
    environment("HOME=/root"),
    commands("git status")
)]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    fn greet() -> String {
        "hello".into()
    }
}

fn main() {}

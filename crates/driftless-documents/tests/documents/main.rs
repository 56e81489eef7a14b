//! What is read of YAML, JSON and TOML, and what is refused.

mod limits;
mod mistakes;
mod round_trip;
mod scalars;
mod yaml_test_suite;

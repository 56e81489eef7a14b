//! What authors write with the SDK, and what becomes of it. Each module is a plugin, or several.

mod arguments;
mod components;
mod configuration;
mod definitions;
mod entries;
mod failures;
mod guide;
mod hooks;
mod host_calls;
mod imports;
mod names;
mod permissions;
mod readme;
mod single_dependency;
mod sources;
mod ui;

//! The host through its public API, with plugins written by hand.

mod apply;
mod failure;
mod guest;
mod logs;
mod plugins;
mod templates;

//! A component's configuration, read once for as long as it stays the same.

use std::cell::RefCell;
use std::rc::Rc;

use crate::Result;
use crate::input::{self, Config};

/// The configuration of the last call, kept because the next call nearly always brings the same.
#[derive(Debug)]
pub struct ConfigCache<C>(RefCell<Option<(String, Rc<C>)>>);

impl<C> ConfigCache<C> {
    /// With nothing in it yet.
    #[allow(
        clippy::new_without_default,
        reason = "a default cannot be const, and this stands in a thread-local"
    )]
    pub const fn new() -> Self {
        Self(RefCell::new(None))
    }

    /// The configuration that this JSON holds.
    pub fn get(&self, json: &str) -> Result<Rc<C>>
    where
        C: Config,
    {
        if let Some((kept, config)) = &*self.0.borrow()
            && kept == json
        {
            return Ok(Rc::clone(config));
        }
        let config = Rc::new(input::config(json)?);
        *self.0.borrow_mut() = Some((json.to_owned(), Rc::clone(&config)));
        Ok(config)
    }
}

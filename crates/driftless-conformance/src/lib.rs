//! Recorded cases of a plugin, and what every plugin has to get right.

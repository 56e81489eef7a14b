//! The server, on a port of its own, as clients and those who mean it ill see it.

mod api;
mod client;
mod hostile;
mod limits;
mod machine;
mod operation;
mod publishing;
mod release;
mod served;
mod tree;

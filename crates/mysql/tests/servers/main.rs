//! Sessions on real servers: MariaDB, and MySQL where it could be installed.

mod connecting;
mod errors;
mod faults;
mod ledger;
mod locking;
mod probing;
mod stage;

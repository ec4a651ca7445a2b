//! SQLite and memory back ends of every port, and the suite both pass.
//!
//! [`Database`] is the SQLite file under all of them: private to its owner, WAL with full durability, one version number, never made in
//! the place of a lost one, refused and left alone when it is damaged (`store_corrupt`) or newer (`store_newer`). [`KeyFolder`] is where a
//! service keeps its keys, and [`catalog_folder`] reads the types and purposes that stand beside its configuration,
//! where [`type_folder`] writes a new one. [`log`] keeps an authority's public log and publishes it. [`staff`] is who may use a service's own
//! pages, and when they did.

pub mod authority;
pub mod catalog_folder;
mod database;
pub mod guess_waits;
pub mod issuer;
mod key_folder;
pub mod log;
mod owner_only;
pub mod staff;
pub mod type_folder;
pub mod vault_file;
pub mod verifier;
pub mod wallet;

pub use database::{Database, DatabaseError, Schema};
pub use key_folder::{KeyFileError, KeyFolder};

//! SQLite and memory back ends of every port, and the suite both pass.

mod key_folder;
pub mod verifier;
pub mod wallet;

pub use key_folder::{KeyFileError, KeyFolder};
